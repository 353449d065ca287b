"""Where two measurements differ, cell by cell, and which recorded facts made the difference."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps

from accounts.acting import as_monitor
from accounts.models import Municipality
from cases.models import CaseFact
from monitor.figures.counting import KNOWN, rows
from monitor.figures.indicators import DefinitionSet, Indicator
from monitor.figures.measurement import Measurement, cases_of, measure


class OtherSet(ValueError):
    """The two measurements were made with different definition sets: their cells are not comparable."""


@dataclass(frozen=True)
class Change:
    """One cell that differs between two measurements; `value` is empty without a breakdown."""

    item: Indicator
    value: str
    before: int
    now: int


@dataclass(frozen=True)
class Causes:
    """How many cases changed a cell, by what was recorded about them between two moments.

    `late`: facts were only added. `corrected`: facts were both withdrawn and added, or a merge of the person was
    recorded or withdrawn. `withdrawn`: facts were only withdrawn.
    """

    late: int = 0
    corrected: int = 0
    withdrawn: int = 0


def causes(
    changes: Sequence[Change], before: Measurement, now: Measurement, municipality: Municipality | None
) -> list[Causes]:
    """Why cells of one scope differ between two moments of knowledge, in the order of `changes`.

    A cell is explained by the cases that it counts at one of the moments and not at the other.
    """
    items = list({change.item.code: change.item for change in changes}.values())
    cases_before, cases_now = (
        cases_of(items, on=now.on, known_at=moment, municipality=municipality)
        for moment in (before.known_at, now.known_at)
    )
    cells = [(change.item.code, change.value) for change in changes]
    moved = [cases_before.get(cell, set()) ^ cases_now.get(cell, set()) for cell in cells]
    return _causes(moved, before.known_at, now.known_at)


# SQL for the pseudonyms whose person changed between two moments: `pair` holds every merge that was known at one of
# them, `is_new` says that it was not known at the other; `parted` are the pseudonyms of those new pairs, and all that
# are joined to them by other merges.
_THEN, _LATER = (f"({KNOWN.replace('%(known_at)s', moment)})" for moment in ("%(since)s", "%(until)s"))
_PARTED = f"""pair as (
    select subject, same_as, {_THEN} <> {_LATER} as is_new from cases_merge where {_THEN} or {_LATER}
), parted as (
    select subject from pair where is_new
    union select case when pair.subject = parted.subject then same_as else pair.subject end
    from parted join pair on parted.subject in (pair.subject, same_as)
)"""


def _causes(moved: Sequence[set[uuid.UUID]], since: datetime, until: datetime) -> list[Causes]:
    """The causes for each set of cases: what was recorded and withdrawn after `since`, up to and including `until`."""
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, CaseFact)]
    within = "{column} > %(since)s and {column} <= %(until)s"
    added = within.format(column="recorded_at")
    taken = f"{within.format(column='withdrawn_at')} and recorded_at <= %(since)s"
    each = " union all ".join(
        f"select case_id, subject, {added} as is_added, {taken} as is_taken from {table} where case_id = any(%(all)s)"
        for table in tables
    )
    query = f"""with recursive {_PARTED}
        select place, count(*) filter (where added and not taken), count(*) filter (where added and taken),
            count(*) filter (where taken and not added)
        from unnest(%(places)s::int[], %(cases)s::uuid[]) as moved (place, case_id)
        join (select case_id, bool_or(is_added or is_parted) as added,
                  coalesce(bool_or(is_taken or is_parted), false) as taken
              from ({each}) facts cross join lateral (select subject in (select subject from parted) as is_parted) p
              group by case_id) known using (case_id)
        group by place"""
    pairs = [(place, case) for place, cases in enumerate(moved) for case in cases]
    parameters = {
        "places": [place for place, _ in pairs],
        "cases": [case for _, case in pairs],
        "all": list({case for _, case in pairs}),
        "since": since,
        "until": until,
    }
    with as_monitor():
        by_place = {place: Causes(*numbers) for place, *numbers in rows(query, parameters)}
    return [by_place.get(place, Causes()) for place in range(len(moved))]


@dataclass(frozen=True)
class Line:
    """A cell as it was reported, and as it is known now; None where the definition set of that moment lacks it.

    `causes` are the facts that were recorded in between; `definition` is the part of the difference that another
    definition makes.
    """

    item: Indicator
    value: str
    then: int | None
    now: int | None
    causes: Causes
    definition: int

    @property
    def differs(self) -> bool:
        return self.then != self.now

    @property
    def difference(self) -> int | None:
        return None if self.then is None or self.now is None else self.now - self.then


def then_and_now(then: Measurement, now: Measurement, scope: str, municipality: Municipality | None) -> list[Line]:
    """Every cell of a scope for one reference date, as known at two moments and possibly by two definition sets.

    A figure that the two sets count in different units, or among different people, gets a line for each set.
    """
    # The facts of now by the definitions of then: what differs from `then` is due to facts, the rest to definitions.
    same = now if then.definition_set == now.definition_set else measure(now.on, now.known_at, then.definition_set)
    changes = changed(then, same, scope)
    causes_by_cell = {
        (change.item.code, change.value): cell_causes
        for change, cell_causes in zip(changes, causes(changes, then, same, municipality), strict=True)
    }
    lines = []
    for old, new in _paired(then.definition_set, now.definition_set):
        item = new or old
        assert item is not None
        for value in sorted({*then.values(item.code), *same.values(item.code), *now.values(item.code)}) or [""]:
            before, after = then.figure(item.code, scope, value), now.figure(item.code, scope, value)
            by_definition = after - same.figure(item.code, scope, value) if old and new else 0
            by_facts = causes_by_cell.get((item.code, value), Causes()) if old else Causes()
            lines.append(Line(item, value, before if old else None, after if new else None, by_facts, by_definition))
    return lines


def _paired(then: DefinitionSet, now: DefinitionSet) -> Iterator[tuple[Indicator | None, Indicator | None]]:
    """(old, new) for each indicator, first those of `now`: a pair only if both sets count the same unit and people."""
    for code in dict.fromkeys(item.code for definition_set in (now, then) for item in definition_set.indicators):
        old, new = then.indicator(code), now.indicator(code)
        if old and new and (old.unit, old.population) != (new.unit, new.population):
            yield old, None
            yield None, new
        else:
            yield old, new


def changed(before: Measurement, now: Measurement, scope: str) -> list[Change]:
    """Every cell of a scope that differs, in the order of the set; raises OtherSet for two different sets."""
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
