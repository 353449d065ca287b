"""Helpers that ask for positions and give them before a test begins, by the ordinary acts."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from scenarios.meetings import positions
from scenarios.models import AgendaItem, Position, PositionRequest, PositionRound
from tests.accounts.sql import run


def ask_positions(chair: User, item: AgendaItem, *, reason: str = "", due_at: datetime | None = None) -> PositionRound:
    now = timezone.now()
    with acting_as(chair):
        return positions.ask(item, due_at=due_at or now + timedelta(days=5), by=chair, at=now, reason=reason)


def request_to(position_round: PositionRound, user: User) -> PositionRequest:
    with acting_as(user):
        return position_round.requests.select_related("round").get(organisation=user.memberships.get().organisation)


def give(
    user: User, position_round: PositionRound, *, stance: str = "agree", text: str = "", version: int = 0
) -> Position:
    request = request_to(position_round, user)
    with acting_as(user):
        return positions.give(request, stance=stance, text=text, version=version, by=user, at=timezone.now())


def pass_the_deadline(chair: User) -> None:
    """Move every round into the past, so that its deadline is now."""
    with acting_as(chair):
        run("set local role none")
        run("update scenarios_positionround set asked_at = now() - interval '3 days', due_at = now()")
        run("set local role lvv_web")
