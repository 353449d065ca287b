"""How many days a case waited for each organisation.

A case waits for the organisation that was asked a question from the day of the question until the day of its answer or
withdrawal. It waits for the owner of an action from the day the action was first due until it was done or became
impossible. A day on which a case waits for one organisation for several reasons counts once. The last day, on which
the waiting ended, does not count.
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
    """The waits for one organisation over several cases; `days`, `median` and `longest` are in days."""

    organisation: Organisation
    cases: int
    days: int
    median: float
    longest: int


def waits(cases: Iterable[uuid.UUID], today: date, within: Span = (date.min, date.max)) -> list[Wait]:
    """The waits of these cases, longest first. Only days in the period `within` count. Three queries."""
    keys = list(cases)
    spans: defaultdict[tuple[uuid.UUID, int], list[Span]] = defaultdict(list)
    for question in Question.objects.filter(case__in=keys):
        until = question.answered_on or question.withdrawn_on or today
        spans[question.case_id, question.organisation_id].append((question.asked_on, until))
    for action in Action.objects.filter(case__in=keys).annotate(first_due=Min("reviews__was_due_on")):
        due = min(filter(None, (action.first_due, action.due_on)))  # type: ignore[attr-defined]
        spans[action.case_id, action.organisation_id].append((due, action.settled_on or today))
    organisations = Organisation.objects.in_bulk({organisation for _, organisation in spans})
    all_waits = [Wait(case, organisations[key], days_in(days, within)) for (case, key), days in spans.items()]
    return sorted((wait for wait in all_waits if wait.days), key=lambda wait: (-wait.days, str(wait.organisation)))


def days_in(spans: Iterable[Span], within: Span = (date.min, date.max)) -> int:
    """The number of different days of the spans that fall in the period; the last day of either is not in it."""
    first, after = within
    days, reached = 0, first
    for start, until in sorted(spans):
        begin, end = max(start, reached), min(until, after)
        if end > begin:
            days += (end - begin).days
            reached = end
    return days


def summaries(case_waits: Iterable[Wait]) -> list[Summary]:
    """The waits summarised by organisation, most days first."""
    by: defaultdict[Organisation, list[int]] = defaultdict(list)
    for wait in case_waits:
        by[wait.organisation].append(wait.days)
    summarised = [Summary(o, len(days), sum(days), median(days), max(days)) for o, days in by.items()]
    return sorted(summarised, key=lambda summary: (-summary.days, str(summary.organisation)))
