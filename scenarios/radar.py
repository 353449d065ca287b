"""Cases that are stuck, by rules that anybody can check; each rule reads all cases at once."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef

from accounts.models import Municipality, User
from cases.models import Case
from scenarios import table
from scenarios.models import Action, Decision, Outcome, PositionRequest, Question, Scenario, Stance

MEETINGS_WITHOUT_SCENARIO = 3
TIMES_CARRIED = 2
# Of a decision on admission a scenario can't be expected yet.
BEFORE_A_SCENARIO = (Outcome.ADMITTED, Outcome.EXCEPTION, Outcome.REFUSED)

# Positions that stand in the way of an agreement.
HINDERS = frozenset({Stance.AGREE_IF, Stance.RESERVED, Stance.DISAGREE})

Found = tuple[uuid.UUID, str]


@dataclass(frozen=True)
class Stuck:
    """A case with everything that says it is stuck."""

    case: Case
    reasons: list[str]


def stuck(municipality: Municipality, user: User, today: date) -> list[Stuck]:
    """The cases with the most reasons first; seven queries, whatever the number of cases."""
    visible = Case.objects.visible_to(user).open().filter(municipality=municipality).with_person()
    cases = {case.pk: case for case in visible}
    reasons: defaultdict[uuid.UUID, list[str]] = defaultdict(list)
    days = table.rules(municipality).question_days
    for case, reason in (
        *_without_scenario(list(cases)),
        *_carried(list(cases)),
        *_unanswered(list(cases), days, today),
        *_unchanged(list(cases)),
    ):
        reasons[case].append(reason)
    found = [Stuck(cases[key], why) for key, why in reasons.items()]
    return sorted(found, key=lambda one: (-len(one.reasons), one.case.number))


def _without_scenario(cases: list[uuid.UUID]) -> Iterator[Found]:
    """Discussed three times or more, and still no scenario."""
    running = Scenario.objects.standing().filter(case=OuterRef("case"), valid_until=None)
    decided = Decision.objects.filter(~Exists(running), case__in=cases).exclude(outcome__in=BEFORE_A_SCENARIO)
    counted = decided.order_by().values("case").annotate(number=Count("pk"))
    for row in counted.filter(number__gte=MEETINGS_WITHOUT_SCENARIO):
        yield row["case"], f"{row['number']} keer besproken, nog geen scenario"


def _carried(cases: list[uuid.UUID]) -> Iterator[Found]:
    """An open action that meetings carried over twice or more."""
    actions = Action.objects.open().filter(case__in=cases).with_carried().select_related("organisation")
    for action in actions.order_by("due_on", "pk"):
        carried = action.carried  # type: ignore[attr-defined]
        if carried >= TIMES_CARRIED:
            yield action.case_id, f"Actie van {action.organisation} {carried} keer doorgeschoven"


def _unanswered(cases: list[uuid.UUID], days: int, today: date) -> Iterator[Found]:
    """A question that waits longer than was agreed."""
    late = Question.objects.unanswered().filter(case__in=cases, asked_on__lt=today - timedelta(days=days))
    for question in late.select_related("organisation").order_by("asked_on", "pk"):
        waited = (today - question.asked_on).days
        yield question.case_id, f"Vraag aan {question.organisation} al {waited} dagen zonder antwoord"


def _unchanged(cases: list[uuid.UUID]) -> Iterator[Found]:
    """No scenario, and the last two rounds found every party of the same mind, of which one stood in the way."""
    running = Scenario.objects.standing().filter(case=OuterRef("case"), valid_until=None)
    asked = PositionRequest.objects.filter(~Exists(running), case__in=cases)
    given = asked.exclude(given_at=None).select_related("position", "round")
    by_case: defaultdict[uuid.UUID, defaultdict[uuid.UUID, dict[int, str]]] = defaultdict(lambda: defaultdict(dict))
    asked_at = {}
    for request in given:
        by_case[request.case_id][request.round_id][request.organisation_id] = _stance(request)
        asked_at[request.round_id] = request.round.asked_at
    for case, rounds in by_case.items():
        latest = sorted(rounds, key=lambda key: asked_at[key])[-2:]
        stances = [rounds[key] for key in latest]
        if len(stances) == 2 and stances[0] == stances[1] and HINDERS & set(stances[1].values()):
            yield case, "Standpunten twee rondes achter elkaar gelijk"


def _stance(request: PositionRequest) -> str:
    """The wall hides a position that is not open yet; it counts as no position."""
    position = getattr(request, "position", None)
    return position.stance if position else ""
