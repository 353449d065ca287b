"""How facts are written: recorded, withdrawn, replaced. Nothing else writes a fact."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from cases.models import Case, CaseFact

F = TypeVar("F", bound=CaseFact)


def record(fact: type[F], case: Case, /, *, by: User, at: datetime, **values: Any) -> F:
    """A new fact of a case."""
    _refuse_the_future(values, at)
    return cast(F, fact._default_manager.create(**_key(case), **values, recorded_by=by, recorded_at=at))


def record_all(fact: type[F], rows: Iterable[tuple[Case, Mapping[str, Any]]], /, *, by: User, at: datetime) -> list[F]:
    """New facts of many cases, each with its values, at once."""
    made = []
    for case, values in rows:
        _refuse_the_future(values, at)
        made.append(fact(**_key(case), **values, recorded_by=by, recorded_at=at))
    return cast(list[F], fact._default_manager.bulk_create(made))


def withdraw(fact: CaseFact, *, by: User, at: datetime, reason: str) -> None:
    """Take a fact back: from `at` on it is no longer known; what was known before stays so."""
    if fact.withdrawn_at is not None:
        raise ValidationError("Dit feit is al ingetrokken.")
    fact.withdrawn_at, fact.withdrawn_by, fact.withdrawal_reason = at, by, reason
    fact.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])


def replace(fact: F, /, *, by: User, at: datetime, reason: str, **changes: Any) -> F:
    """Withdraw a fact and record it anew with changes, linked to the old one."""
    kept = {
        field.attname: getattr(fact, field.attname)
        for field in fact._meta.concrete_fields
        if field.name not in _ABOUT_THE_RECORDING
    }
    _refuse_the_future(changes, at)
    withdraw(fact, by=by, at=at, reason=reason)
    values = {**kept, **changes, "recorded_by": by, "recorded_at": at, "replaces": fact}
    return cast(F, type(fact)._default_manager.create(**values))


def _key(case: Case) -> dict[str, Any]:
    return {"case": case, "municipality_id": case.municipality_id, "subject": case.subject}


def _refuse_the_future(values: Mapping[str, Any], at: datetime) -> None:
    """A fact says what has happened: its dates lie no later than the day on which it is recorded."""
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
