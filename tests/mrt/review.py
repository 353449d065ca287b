"""How far a case came with the MRT before a test begins, by the acts."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from mrt import advising, ladder, team
from mrt import escalation as mrt
from mrt.advising import Conclusion
from mrt.models import Advice, Escalation, Level, Rung, Seat, SeatRole, Waiver
from scenarios.meetings import decisions
from scenarios.meetings.decisions import Resolution
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
        team.seat(
            escalation,
            role=role,
            user=user,
            organisation=user.memberships.get().organisation,
            declared_uninvolved=True,
            by=coordinator,
            at=timezone.now(),
        )


def composed(coordinator: User, escalation: Escalation, members: list[Seating]) -> Escalation:
    """All five seats are taken."""
    for role, user in members:
        seated(coordinator, escalation, role, user)
    return escalation


def discussed(coordinator: User, escalation: Escalation, on: date) -> Escalation:
    with acting_as(coordinator):
        advising.discuss(escalation, by=coordinator, on=on, at=timezone.now())
    return escalation


def drafted(coordinator: User, escalation: Escalation, direction: str = "departure", **said: Any) -> Escalation:
    """The coordinator wrote the advice and signed it first; with no direction: no durable solution is possible."""
    conclusion = Conclusion(text="Ga door.", direction=direction, no_durable_solution=not direction, **said)
    with acting_as(coordinator):
        advising.draft(escalation, conclusion, by=coordinator, at=timezone.now())
    return escalation


def signed(coordinator: User, escalation: Escalation, on: date | None = None) -> Advice:
    """The first member of the team signed second."""
    with acting_as(coordinator):
        taken = Seat.objects.filter(escalation=escalation, until=None).exclude(role=SeatRole.GUEST)
        member = taken.select_related("user").order_by("role", "user__email")[0].user
    with acting_as(member):
        return advising.sign(escalation, by=member, at=timezone.now(), on=on)


def advised(coordinator: User, escalation: Escalation, on: date, direction: str = "departure", **said: Any) -> Advice:
    return signed(coordinator, drafted(coordinator, escalation, direction, **said), on)


def excepted(coordinator: User, escalation: Escalation, member: User, at: datetime) -> Waiver:
    """An exception was asked for somebody, whatever the comparison says of them."""
    with acting_as(coordinator):
        return Waiver.objects.create(
            escalation=escalation,
            case=escalation.case,
            user=member,
            organisation=member.memberships.get().organisation,
            found=["schreef een notitie (01-02-2020)"],
            reason="Niemand anders kent dit land.",
            asked_by=coordinator,
            asked_at=at,
        )


def raised(chair: User, escalation: Escalation, at: datetime) -> Rung:
    """The case lies before the stuurgroep, whatever the stage says."""
    with acting_as(chair):
        return Rung.objects.create(
            escalation=escalation,
            case=escalation.case,
            level=Level.STEERING,
            organisation=ladder.owner(escalation, Level.STEERING),
            reason="Het LSO komt er niet uit.",
            raised_on=at.date(),
            raised_by=chair,
        )


BEFORE = timedelta(days=10)
