"""Helpers that bring a case to a stage of the MRT before a test begins, by the ordinary acts."""

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
    """A decision of the LSO to escalate the case."""
    item = tabled(chair, case, on)
    with acting_as(chair):
        return decisions.decide(
            item, Resolution(outcome="escalated", text="Geen overeenstemming"), by=chair, at=timezone.now()
        )


def escalated(chair: User, case: Case, on: date) -> Escalation:
    """The case, put before the MRT."""
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
    """Give the user a seat, for the organisation they work at."""
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
    """Give these members their seats."""
    for role, user in members:
        seated(coordinator, escalation, role, user)
    return escalation


def discussed(coordinator: User, escalation: Escalation, on: date) -> Escalation:
    with acting_as(coordinator):
        advising.discuss(escalation, by=coordinator, on=on, at=timezone.now())
    return escalation


def drafted(
    coordinator: User, escalation: Escalation, direction: str = "departure", **conclusion_fields: Any
) -> Escalation:
    """A draft by the coordinator, who signed first. An empty direction means: no durable solution is possible."""
    conclusion = Conclusion(
        text="Ga door.", direction=direction, no_durable_solution=not direction, **conclusion_fields
    )
    with acting_as(coordinator):
        advising.draft(escalation, conclusion, by=coordinator, at=timezone.now())
    return escalation


def signed(coordinator: User, escalation: Escalation, on: date | None = None) -> Advice:
    """The advice, signed second by the first member of the team."""
    with acting_as(coordinator):
        taken = Seat.objects.filter(escalation=escalation, until=None).exclude(role=SeatRole.GUEST)
        member = taken.select_related("user").order_by("role", "user__email")[0].user
    with acting_as(member):
        return advising.sign(escalation, by=member, at=timezone.now(), on=on)


def advised(
    coordinator: User, escalation: Escalation, on: date, direction: str = "departure", **conclusion_fields: Any
) -> Advice:
    return signed(coordinator, drafted(coordinator, escalation, direction, **conclusion_fields), on)


def excepted(coordinator: User, escalation: Escalation, member: User, at: datetime) -> Waiver:
    """A waiver that was asked for a member, whether the comparison finds anything or not."""
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
    """A rung at the stuurgroep, in whatever stage the escalation is."""
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
