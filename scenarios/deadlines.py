"""What has to be done for the LSO before which day: reviews, positions, questions and actions."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models.functions import Now
from django.utils import timezone

from accounts.permissions import Permission
from cases.deadlines import Desk, Due, bring_due
from scenarios.models import Action, PositionRequest, Question, Scenario

REVIEW_AHEAD = timedelta(days=14)
ACTION_AHEAD = timedelta(days=7)


def _reviews(desk: Desk) -> Iterator[Due]:
    """Scenarios that must be discussed again."""
    scenarios = Scenario.objects.running().filter(review_on__lte=desk.on + REVIEW_AHEAD, case__in=desk.cases)
    for scenario in scenarios.select_related("case"):
        yield scenario.case, scenario.review_on


def _positions(desk: Desk) -> Iterator[Due]:
    """Positions that an organisation of the user still has to give, while that is possible."""
    asked = PositionRequest.objects.filter(
        case__in=desk.cases,
        organisation__in=desk.organisations,
        given_at=None,
        round__opened_at=None,
        round__due_at__gt=Now(),
    )
    for request in asked.select_related("case", "round"):
        yield request.case, timezone.localdate(request.round.due_at)


def _questions(desk: Desk) -> Iterator[Due]:
    """What an organisation of the user was asked and did not answer."""
    asked = Question.objects.unanswered().filter(case__in=desk.cases, organisation__in=desk.organisations)
    for question in asked.select_related("case"):
        yield question.case, question.due_on


def _actions(desk: Desk) -> Iterator[Due]:
    """What an organisation of the user took upon itself, from a week before its day."""
    due = Action.objects.open().filter(due_on__lte=desk.on + ACTION_AHEAD)
    for action in due.filter(case__in=desk.cases, organisation__in=desk.organisations).select_related("case"):
        yield action.case, action.due_on


bring_due(Permission.SEE_MEETINGS, "Scenario opnieuw bespreken", _reviews)
bring_due(Permission.GIVE_POSITION, "Standpunt geven", _positions)
bring_due(Permission.ASK_AND_ANSWER, "Vraag beantwoorden", _questions)
bring_due(Permission.REPORT_ACTION, "Actie uitvoeren", _actions)
