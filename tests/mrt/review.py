"""How far a case came with the MRT before a test begins, by the acts."""

from datetime import date, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.walls import acting_as
from cases.models import Case
from mrt import escalation as mrt
from mrt.models import Advice, Escalation
from scenarios import decisions
from scenarios.decisions import Resolution
from scenarios.models import Decision
from tests.scenarios.lso import tabled

QUESTION = "Kan deze persoon binnen een jaar aan een reisdocument komen?"
Seating = tuple[str, User]


def deadlocked(chair: User, case: Case, on: date) -> Decision:
    """The LSO decided that it can't agree."""
    item = tabled(chair, case, on)
    with acting_as(chair):
        return decisions.decide(
            item, Resolution(outcome="escalated", text="Geen overeenstemming"), by=chair, at=timezone.now()
        )


def escalated(chair: User, case: Case, on: date) -> Escalation:
    """The case was put before the MRT."""
    decision = deadlocked(chair, case, on)
    with acting_as(chair):
        return mrt.escalate(
            decision,
            ground="disagreement",
            disagreements=["documents"],
            question=QUESTION,
            by=chair,
            on=on,
            at=timezone.now(),
        )


def seated(coordinator: User, escalation: Escalation, role: str, user: User) -> None:
    """The user has a seat, for the organisation they work at."""
    with acting_as(coordinator):
        mrt.seat(
            escalation,
            role=role,
            user=user,
            organisation=user.memberships.get().organisation,
            declared_uninvolved=True,
            by=coordinator,
            at=timezone.now(),
        )


def composed(coordinator: User, escalation: Escalation, team: list[Seating]) -> Escalation:
    """All five seats are taken."""
    for role, user in team:
        seated(coordinator, escalation, role, user)
    return escalation


def discussed(coordinator: User, escalation: Escalation, on: date) -> Escalation:
    with acting_as(coordinator):
        mrt.discuss(escalation, by=coordinator, on=on, at=timezone.now())
    return escalation


def advised(coordinator: User, escalation: Escalation, on: date, direction: str = "departure") -> Advice:
    with acting_as(coordinator):
        return mrt.advise(escalation, by=coordinator, on=on, at=timezone.now(), text="Ga door.", direction=direction)


BEFORE = timedelta(days=10)
