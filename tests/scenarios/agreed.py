"""Helpers that agree, review and carry over actions before a test begins, by the ordinary acts."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases import parties
from cases.models import Case
from scenarios.guidance import actions
from scenarios.meetings import closing
from scenarios.models import Action, Meeting
from tests.scenarios import lso


def brought_in(worker: User, case: Case, *organisations: Organisation) -> None:
    """Make these organisations parties of the case, so that they see it."""
    with acting_as(worker):
        parties.bring_in_partners(case, organisations, by=worker, at=timezone.now())


def agreed(worker: User, case: Case, organisation: Organisation, on: date, **changed: Any) -> Action:
    """An action that is due a week after the day it was agreed."""
    fields = {"text": "Bel de advocaat", "due_on": on + timedelta(days=7), "kind": "other", **changed}
    with acting_as(worker):
        return actions.agree(case, organisation=organisation, by=worker, at=timezone.now(), on=on, **fields)


def held(chair: User, case: Case, on: date) -> Meeting:
    """A held meeting with the case on its agenda."""
    return lso.tabled(chair, case, on).meeting


def reviewed(chair: User, action: Action, meeting: Meeting, **finding: Any) -> None:
    """Record the finding of a held meeting on an action."""
    with acting_as(chair):
        actions.review(action, meeting, by=chair, at=timezone.now(), **finding)


def carried(chair: User, action: Action, on: date, days: int = 14) -> Meeting:
    """A held meeting that carried the action over, to `days` after it."""
    meeting = held(chair, action.case, on)
    reviewed(chair, action, meeting, result="not_done", due_on=on + timedelta(days=days))
    return meeting


def closed(chair: User, meeting: Meeting) -> None:
    """Close the meeting; actions that it did not review are carried over."""
    with acting_as(chair):
        closing.close(meeting, by=chair, at=timezone.now())
