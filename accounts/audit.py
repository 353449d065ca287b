"""The audit trail: one line for each act, written in the act's own transaction."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import AuditEntry, User

SYSTEM = 0  # stands in the trail for the system itself; no user has this id


def record(verb: str, subject: Model, *, by: User, at: datetime, **details: Any) -> AuditEntry:
    """Write one line. `details` holds ids, codes and dates, never a name or free text."""
    entry = _entry(verb, subject, by=by, at=at, details=details)
    entry.save(force_insert=True)
    return entry


def record_each(verb: str, subject: Model, details: Iterable[dict[str, Any]], *, by: User, at: datetime) -> None:
    """Write several lines about one subject, one for each of the details, in one query."""
    record_all(verb, ((subject, line) for line in details), by=by, at=at)


def record_all(verb: str, lines: Iterable[tuple[Model, dict[str, Any]]], *, by: User, at: datetime) -> None:
    """Write one line for each subject with its details, in one query."""
    AuditEntry.objects.bulk_create(_entry(verb, subject, by=by, at=at, details=details) for subject, details in lines)


def _entry(verb: str, subject: Model, *, by: User, at: datetime, details: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        at=at,
        user_id=by.pk,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        details=details,
    )


def record_by_system(verb: str, subject_type: str, subject_id: str, *, at: datetime, **details: Any) -> AuditEntry:
    """Write one line about something that no user did."""
    return AuditEntry.objects.create(
        at=at, user_id=SYSTEM, verb=verb, subject_type=subject_type, subject_id=subject_id, details=details
    )
