"""Cases that are stuck, by simple rules. Each rule reads all cases in one query and yields its findings."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Municipality, User
from cases.models import Case
from scenarios import table
from scenarios.models import (
    Action,
    ActionResult,
    ActionReview,
    Decision,
    PositionRequest,
    Question,
    ReviewResult,
    Scenario,
    Stance,
    outcomes,
)

MEETINGS_WITHOUT_SCENARIO = 3
TIMES_CARRIED = 2

# The stances that stand in the way of an agreement.
HINDERS = frozenset({Stance.AGREE_IF, Stance.RESERVED, Stance.DISAGREE})

# The case, the reason why it needs attention, and since when.
Finding = tuple[uuid.UUID, str, date]


@dataclass(frozen=True)
class FlaggedCase:
    """A case that needs the meeting: every reason why, and since when the first of them holds."""

    case: Case
    reasons: list[str]
    since: date


def flagged_cases(cases: dict[uuid.UUID, Case], findings: Iterable[Finding]) -> list[FlaggedCase]:
    """The findings gathered by case; the case that waits for longest comes first."""
    by_case: defaultdict[uuid.UUID, list[tuple[str, date]]] = defaultdict(list)
    for case, reason, since in findings:
        by_case[case].append((reason, since))
    flagged = [
        FlaggedCase(cases[key], [reason for reason, _ in why], min(since for _, since in why))
        for key, why in by_case.items()
    ]
    return sorted(flagged, key=lambda flagged_case: (flagged_case.since, flagged_case.case.number))


def stuck_cases(municipality: Municipality, user: User, today: date) -> list[FlaggedCase]:
    """The stuck cases that the user sees, longest first, in a fixed number of queries."""
    visible = Case.objects.visible_to(user).open().filter(municipality=municipality).with_person()
    cases = {case.pk: case for case in visible}
    return flagged_cases(cases, check_rules(list(cases), table.rules(municipality).question_days, today))


def check_rules(cases: list[uuid.UUID], question_days: int, today: date) -> Iterator[Finding]:
    """The findings of all rules. `question_days` is how many days a question may wait for its answer."""
    yield from _without_scenario(cases)
    yield from _carried(cases)
    yield from _unanswered(cases, question_days, today)
    yield from _unchanged(cases)


def _without_scenario(cases: list[uuid.UUID]) -> Iterator[Finding]:
    """Cases that were discussed three times or more and have no scenario, stuck since the third time."""
    running = Scenario.objects.running().filter(case=OuterRef("case"))
    decided = Decision.objects.filter(~Exists(running), case__in=cases).exclude(outcome__in=outcomes.about_admission())
    by_case: defaultdict[uuid.UUID, list[date]] = defaultdict(list)
    for case, on in decided.order_by("decided_on").values_list("case", "decided_on"):
        by_case[case].append(on)
    for case, days in by_case.items():
        if len(days) >= MEETINGS_WITHOUT_SCENARIO:
            yield case, f"{len(days)} keer besproken, nog geen scenario", days[MEETINGS_WITHOUT_SCENARIO - 1]


def _carried(cases: list[uuid.UUID]) -> Iterator[Finding]:
    """Cases with an open action that was carried over twice or more, stuck since the second time."""
    carried = ActionReview.objects.filter(result=ReviewResult.NOT_DONE, action__result=ActionResult.OPEN)
    by_action: defaultdict[Action, list[date]] = defaultdict(list)
    for review in (
        carried.filter(case__in=cases)
        .select_related("action__organisation", "meeting")
        .order_by("action__due_on", "action", "meeting__held_on")
    ):
        by_action[review.action].append(review.meeting.held_on)
    for action, days in by_action.items():
        if len(days) >= TIMES_CARRIED:
            reason = f"Actie van {action.organisation} {len(days)} keer doorgeschoven"
            yield action.case_id, reason, days[TIMES_CARRIED - 1]


def _unanswered(cases: list[uuid.UUID], days: int, today: date) -> Iterator[Finding]:
    """Cases with a question that waits longer than agreed, stuck since the end of that term."""
    late = Question.objects.unanswered().filter(case__in=cases, asked_on__lt=today - timedelta(days=days))
    for question in late.select_related("organisation").order_by("asked_on", "pk"):
        waited = (today - question.asked_on).days
        reason = f"Vraag aan {question.organisation} al {waited} dagen zonder antwoord"
        yield question.case_id, reason, question.asked_on + timedelta(days=days)


def _unchanged(cases: list[uuid.UUID]) -> Iterator[Finding]:
    """Cases without a scenario whose last two open rounds had equal stances, one of which hinders an agreement.

    Stuck since the last of these rounds was asked.
    """
    running = Scenario.objects.running().filter(case=OuterRef("case"))
    requests = PositionRequest.objects.filter(~Exists(running), case__in=cases)
    readable = requests.readable().select_related("position", "round")
    by_case: defaultdict[uuid.UUID, defaultdict[uuid.UUID, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    asked_at = {}
    for request in readable:
        by_case[request.case_id][request.round_id][request.organisation_id] = request.position.stance
        asked_at[request.round_id] = request.round.asked_at
    for case, rounds in by_case.items():
        latest = sorted(rounds, key=lambda key: asked_at[key])[-2:]
        stances = [rounds[key] for key in latest]
        if len(stances) == 2 and stances[0] == stances[1] and HINDERS & set(stances[1].values()):
            since = timezone.localdate(asked_at[latest[-1]])
            yield case, "Standpunten twee rondes achter elkaar gelijk", since
