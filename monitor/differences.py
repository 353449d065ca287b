"""Where two measurements of one definition set differ, cell by cell."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps

from accounts.models import Municipality
from accounts.walls import as_monitor
from cases.models import CaseFact
from monitor.indicators import Indicator
from monitor.known import rows
from monitor.measurement import Measurement, cases_behind


class OtherSet(ValueError):
    """What was counted by other definitions is not compared cell by cell."""


@dataclass(frozen=True)
class Change:
    """One cell that differs; `value` is empty without a breakdown."""

    item: Indicator
    value: str
    before: int
    now: int


@dataclass(frozen=True)
class Causes:
    """How many cases moved a cell, by what was recorded about them in between.

    Late: something was added. Corrected: something was taken back and something was added. Withdrawn: only taken back.
    """

    late: int = 0
    corrected: int = 0
    withdrawn: int = 0


def causes(change: Change, before: Measurement, now: Measurement, municipality: Municipality | None) -> Causes:
    """Why a cell differs between two moments of knowledge, by the facts of the cases that entered or left it."""
    cell: dict[str, Any] = {"on": now.on, "municipality": municipality, "value": change.value}
    then = set(cases_behind(change.item, known_at=before.known_at, **cell))
    later = set(cases_behind(change.item, known_at=now.known_at, **cell))
    return _causes(then ^ later, before.known_at, now.known_at)


def _causes(cases: set[uuid.UUID], since: datetime, until: datetime) -> Causes:
    """What was recorded and withdrawn about these cases after one moment, up to and including another."""
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, CaseFact)]
    within = "{column} > %(since)s and {column} <= %(until)s"
    added = within.format(column="recorded_at")
    taken = f"{within.format(column='withdrawn_at')} and recorded_at <= %(since)s"
    each = " union all ".join(
        f"select case_id, {added} as is_added, {taken} as is_taken from {table} where case_id = any(%(cases)s)"
        for table in tables
    )
    query = f"""select count(*) filter (where added and not taken), count(*) filter (where added and taken),
            count(*) filter (where taken and not added)
        from (select case_id, bool_or(is_added) as added, coalesce(bool_or(is_taken), false) as taken
              from ({each}) facts group by case_id) cases"""
    with as_monitor():
        return Causes(*rows(query, {"cases": list(cases), "since": since, "until": until})[0])


def changed(before: Measurement, now: Measurement, scope: str) -> list[Change]:
    """Every cell of a scope that differs, in the order of the set; raises OtherSet."""
    if before.definition_set != now.definition_set:
        raise OtherSet(f"{before.definition_set.code} en {now.definition_set.code} zijn niet te vergelijken.")
    values = {
        item.code: sorted({*before.values(item.code), *now.values(item.code)}) if item.by else [""]
        for item in now.definition_set.indicators
    }
    cells = [
        Change(item, value, before.figure(item.code, scope, value), now.figure(item.code, scope, value))
        for item in now.definition_set.indicators
        for value in values[item.code]
    ]
    return [change for change in cells if change.before != change.now]
