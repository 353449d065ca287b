"""Deadlines of the LSO: scenarios to review, positions to give, questions to answer, actions to do."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from accounts.permissions import Permission
from cases.deadlines import Desk, Due, bring_due
from scenarios.models import Action, PositionRequest, Question, Scenario

REVIEW_AHEAD = timedelta(days=14)
ACTION_AHEAD = timedelta(days=7)


def _reviews(desk: Desk) -> Iterator[Due]:
    """Scenarios that have to be reviewed, from two weeks before that day."""
    scenarios = Scenario.objects.running().filter(review_on__lte=desk.on + REVIEW_AHEAD, case__in=desk.cases)
    for scenario in scenarios.select_related("case"):
        yield scenario.case, scenario.review_on


def _positions(desk: Desk) -> Iterator[Due]:
    """Positions that the user's organisations have not given, in rounds that are not open yet."""
    requests = PositionRequest.objects.awaited().filter(case__in=desk.cases, organisation__in=desk.organisations)
    for request in requests.select_related("case", "round"):
        yield request.case, timezone.localdate(request.round.due_at)


def _questions(desk: Desk) -> Iterator[Due]:
    """Questions to the user's organisations without an answer."""
    questions = Question.objects.unanswered().filter(case__in=desk.cases, organisation__in=desk.organisations)
    for question in questions.select_related("case"):
        yield question.case, question.due_on


def _actions(desk: Desk) -> Iterator[Due]:
    """Open actions of the user's organisations, from a week before their day."""
    due = Action.objects.open().filter(due_on__lte=desk.on + ACTION_AHEAD)
    for action in due.filter(case__in=desk.cases, organisation__in=desk.organisations).select_related("case"):
        yield action.case, action.due_on


bring_due(Permission.SEE_MEETINGS, "Scenario opnieuw bespreken", _reviews)
bring_due(Permission.GIVE_POSITION, "Standpunt geven", _positions)
bring_due(Permission.ASK_AND_ANSWER, "Vraag beantwoorden", _questions)
bring_due(Permission.REPORT_ACTION, "Actie uitvoeren", _actions)
