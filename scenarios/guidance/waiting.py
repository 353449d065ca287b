"""How long a case waited for whom, in whole days.

A question waits for whom it was asked, from the day it was asked until the day of its answer or withdrawal. An action
waits for its owner from the day it was first due until it was done or became impossible. A day on which a case waits
for one party for several reasons counts once; the last day, on which the waiting ended, does not count.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

from django.db.models import Min

from accounts.models import Organisation
from scenarios.models import Action, Question

Span = tuple[date, date]


@dataclass(frozen=True)
class Wait:
    """How many days one case waited for one organisation."""

    case_id: uuid.UUID
    organisation: Organisation
    days: int


@dataclass(frozen=True)
class Summary:
    """Of one organisation over several cases."""

    organisation: Organisation
    cases: int
    days: int
    median: float
    longest: int


def waits(cases: Iterable[uuid.UUID], today: date, within: Span = (date.min, date.max)) -> list[Wait]:
    """By case and organisation, the longest first; of a period only its days. Three queries."""
    keys = list(cases)
    spans: defaultdict[tuple[uuid.UUID, int], list[Span]] = defaultdict(list)
    for question in Question.objects.filter(case__in=keys):
        until = question.answered_on or question.withdrawn_on or today
        spans[question.case_id, question.organisation_id].append((question.asked_on, until))
    for action in Action.objects.filter(case__in=keys).annotate(first_due=Min("reviews__was_due_on")):
        due = min(filter(None, (action.first_due, action.due_on)))  # type: ignore[attr-defined]
        spans[action.case_id, action.organisation_id].append((due, action.settled_on or today))
    organisations = Organisation.objects.in_bulk({organisation for _, organisation in spans})
    found = [Wait(case, organisations[key], days_in(some, within)) for (case, key), some in spans.items()]
    return sorted((wait for wait in found if wait.days), key=lambda wait: (-wait.days, str(wait.organisation)))


def days_in(spans: Iterable[Span], within: Span = (date.min, date.max)) -> int:
    """The number of different days in these spans that fall in the period, each without its last day."""
    first, after = within
    days, reached = 0, first
    for start, until in sorted(spans):
        begin, end = max(start, reached), min(until, after)
        if end > begin:
            days += (end - begin).days
            reached = end
    return days


def summaries(found: Iterable[Wait]) -> list[Summary]:
    """By organisation, the longest waiting on top."""
    by: defaultdict[Organisation, list[int]] = defaultdict(list)
    for wait in found:
        by[wait.organisation].append(wait.days)
    made = [Summary(o, len(days), sum(days), median(days), max(days)) for o, days in by.items()]
    return sorted(made, key=lambda one: (-one.days, str(one.organisation)))
