"""The audit trail: one line for each act, written in the act's own transaction."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from accounts.models import AuditEntry, User


def record(verb: str, subject: Model, *, by: User, at: datetime, **details: Any) -> AuditEntry:
    """Write one line. `details` holds ids, codes and dates, never a name or free text."""
    return AuditEntry.objects.create(
        at=at,
        user_id=by.pk,
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        details=details,
    )
