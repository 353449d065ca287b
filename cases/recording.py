"""Records, withdraws and replaces facts. No other module writes a fact.

A fact is never edited: see `cases/models/facts.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from cases.models import Case, CaseFact

F = TypeVar("F", bound=CaseFact)


def record(fact: type[F], case: Case, /, *, by: User, at: datetime, **values: Any) -> F:
    """Record a new fact of a case. `values` are the fields of the fact itself, such as `valid_from`."""
    _refuse_the_future(values, at)
    return cast(F, fact._default_manager.create(**_key(case), **values, recorded_by=by, recorded_at=at))


def record_all(fact: type[F], rows: Iterable[tuple[Case, Mapping[str, Any]]], /, *, by: User, at: datetime) -> list[F]:
    """Record a new fact of each case, with the values beside it, in one query."""
    facts = []
    for case, values in rows:
        _refuse_the_future(values, at)
        facts.append(fact(**_key(case), **values, recorded_by=by, recorded_at=at))
    return cast(list[F], fact._default_manager.bulk_create(facts))


def withdraw(fact: CaseFact, *, by: User, at: datetime, reason: str) -> None:
    """Withdraw a fact. From the moment `at` on it is no longer known; before that moment it was."""
    if fact.withdrawn_at is not None:
        raise ValidationError("Dit feit is al ingetrokken.")
    fact.withdrawn_at, fact.withdrawn_by, fact.withdrawal_reason = at, by, reason
    fact.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])


def replace(fact: F, /, *, by: User, at: datetime, reason: str, **changes: Any) -> F:
    """Withdraw a fact and record it anew with changes. The new fact refers to the old one by `replaces`."""
    unchanged = {
        field.attname: getattr(fact, field.attname)
        for field in fact._meta.concrete_fields
        if field.name not in _ABOUT_THE_RECORDING
    }
    _refuse_the_future(changes, at)
    withdraw(fact, by=by, at=at, reason=reason)
    values = {**unchanged, **changes, "recorded_by": by, "recorded_at": at, "replaces": fact}
    return cast(F, type(fact)._default_manager.create(**values))


def _key(case: Case) -> dict[str, Any]:
    return {"case": case, "municipality_id": case.municipality_id, "subject": case.subject}


def _refuse_the_future(values: Mapping[str, Any], at: datetime) -> None:
    """Refuse dates after the day of recording: a fact says what has happened."""
    today = timezone.localdate(at)
    if any(values.get(name) and values[name] > today for name in ("valid_from", "valid_until")):
        raise ValidationError("Deze datum ligt in de toekomst. Leg het vast als het zover is.")


_ABOUT_THE_RECORDING = {
    "id",
    "recorded_at",
    "recorded_by",
    "withdrawn_at",
    "withdrawn_by",
    "withdrawal_reason",
    "replaces",
}
