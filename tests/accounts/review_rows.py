"""A row in every table of the MRT that its acts leave empty, for the world of the second wall."""

from datetime import datetime

from accounts.acting import acting_as
from accounts.models import User
from mrt import advising
from mrt.models import Escalation
from tests.mrt.review import excepted, raised


def ask_and_judge(escalation: Escalation, member: User, coordinator: User, chair: User, at: datetime) -> None:
    """Make an exception for a member of the MRT, which was granted."""
    waiver = excepted(coordinator, escalation, member, at)
    with acting_as(chair):
        waiver.is_granted, waiver.judgement, waiver.judged_by, waiver.judged_at = True, "Akkoord.", chair, at
        waiver.save(update_fields=["is_granted", "judgement", "judged_by", "judged_at"])


def think_otherwise(escalation: Escalation, member: User, at: datetime) -> None:
    with acting_as(member):
        advising.remark(escalation, text="Ik zie dit anders.", by=member, at=at)


def climb(escalation: Escalation, chair: User, at: datetime) -> None:
    """Make a confirmation of the advice by the stuurgroep."""
    rung = raised(chair, escalation, at)
    with acting_as(chair):
        rung.ruling, rung.text, rung.ruled_on, rung.ruled_by = "confirmed", "Volg het advies.", at.date(), chair
        rung.save(update_fields=["ruling", "text", "ruled_on", "ruled_by"])
