"""The hash chain over the audit trail, and the outcome of its last verification. `core/sealing.py` explains it."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings

from accounts import audit
from accounts.models import AuditEntry, AuditSeal
from core.sealing import Break, Chain

logger = logging.getLogger(__name__)

VERIFIED = "audit.verified"


def _anchor() -> Path:
    return Path(settings.AUDIT_ANCHOR_FILE)


TRAIL = Chain(
    AuditEntry,
    AuditSeal,
    columns=("at", "user_id", "verb", "subject_type", "subject_id", "details"),
    moment="at",
    lock=3,
    anchor=_anchor,
)


def note(checked: int, broken: Break | None, *, at: datetime) -> None:
    """Record the outcome of a verification, as a line of the trail itself."""
    outcome = {"checked": checked, "broken": broken.kind.name.lower() if broken else ""}
    audit.record_by_system(VERIFIED, "accounts.auditseal", str(checked), at=at, **outcome)
    if broken:
        logger.error("%s", broken)
    else:
        logger.info("The audit trail is whole: %s lines", checked)


def was_broken() -> bool:
    """Whether the last verification found a break. False when there was no verification yet."""
    noted = AuditEntry.objects.filter(subject_type="accounts.auditseal", verb=VERIFIED).order_by("-pk").first()
    return noted is not None and noted.details["broken"] != ""
