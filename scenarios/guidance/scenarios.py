"""The guidance scenario of a case: adopt, revise, keep. A scenario is a direction, never a result (domain 2.4)."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from accounts.models import User
from cases import admission, recording
from cases.models import Case
from scenarios.models import DIRECTION_OF, Decision, Direction, Scenario, ScenarioKind


def options_by_direction(*, empty: str = "Kies een scenario") -> list[tuple[str, Any]]:
    """The options of a select: the kinds of scenario, grouped by direction."""
    groups = [
        (direction.label, [(kind.value, kind.label) for kind in ScenarioKind if DIRECTION_OF[kind] == direction])
        for direction in Direction
    ]
    return [("", empty), *groups]


def current(case: Case) -> Scenario | None:
    """The running scenario, as known now."""
    return Scenario.objects.running().filter(case=case).first()


def history(case: Case) -> list[Scenario]:
    """All scenarios of a case as known now, latest first, with the decisions that adopted them."""
    adopted = Scenario.objects.standing().filter(case=case).select_related("decision")
    return list(adopted.order_by("-valid_from"))


def running(adopted: Iterable[Scenario]) -> Scenario | None:
    """The running scenario among these, if any."""
    return next((scenario for scenario in adopted if scenario.valid_until is None), None)


def scenarios_after(decisions: Iterable[Decision]) -> dict[uuid.UUID, Scenario]:
    """By decision, the scenario that ran right after it, as known at that moment. One query.

    A later decision can move the review date of a scenario or end it. That adds a version of the row and withdraws the
    one before. So this looks for the version that was known when the decision was recorded: minutes keep saying what
    was decided then.
    """
    versions = defaultdict(list)
    decided = list(decisions)
    for version in Scenario.objects.filter(case__in=[decision.case_id for decision in decided]):
        versions[version.case_id].append(version)
    by_decision = {}
    for decision in decided:
        moment = decision.recorded_at
        for row in versions[decision.case_id]:
            was_known = row.recorded_at <= moment and (row.withdrawn_at is None or row.withdrawn_at > moment)
            if was_known and row.valid_until is None:
                by_decision[decision.pk] = row
    return by_decision


def order_blockers(case: Case, *, is_revision: bool) -> list[str]:
    """Why a scenario can't be adopted as the first one, or as a revision of the running one."""
    has_scenario = current(case) is not None
    if is_revision and not has_scenario:
        return ["Er is nog geen scenario om te herzien: kies voor vaststellen."]
    if has_scenario and not is_revision:
        return ["Er is al een scenario: kies voor herzien."]
    return []


def adoption_blockers(case: Case, *, kind: str, on: date, review_on: date | None) -> list[str]:
    """Why a scenario can't be adopted for this case on this day."""
    reasons = []
    if case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if kind not in ScenarioKind.values:
        reasons.append("Kies een scenario.")
    reasons += _review_blockers(review_on, on)
    if not admission.is_admitted(admission.in_force(case, on)):
        reasons.append(
            "Op de dag van het overleg geldt geen besluit tot toelating. "
            "Een scenario is er alleen voor wie is toegelaten."
        )
    return reasons + _order_in_time_blockers(case, on)


def _order_in_time_blockers(case: Case, on: date) -> list[str]:
    """Why a new scenario would overlap one that stands: it has to start later."""
    running = current(case)
    if running is not None and on <= running.valid_from:
        return [f"Het lopende scenario is van {running.valid_from:%d-%m-%Y}; een nieuw scenario is van later."]
    if running is not None:
        return []
    ended = Scenario.objects.standing().filter(case=case, valid_until__gt=on).order_by("-valid_until").first()
    if ended is None:
        return []
    return [f"Tot {ended.valid_until:%d-%m-%Y} gold al een ander scenario. Een nieuw scenario is van later."]


def keeping_blockers(case: Case, *, on: date, review_on: date | None) -> list[str]:
    """Why the running scenario can't be kept. Without a new review date the old one has to lie ahead."""
    running = current(case)
    if running is None:
        return ["Er is nog geen scenario om te houden."]
    if on < running.valid_from:
        return [f"Het scenario loopt pas vanaf {running.valid_from:%d-%m-%Y}."]
    if review_on is None and running.review_on <= on:
        return [f"Het scenario zou op {running.review_on:%d-%m-%Y} opnieuw worden besproken. Kies een nieuwe datum."]
    return _review_blockers(review_on or running.review_on, on)


def adopt(decision: Decision, *, kind: str, review_on: date, by: User, at: datetime) -> Scenario:
    """Record the scenario of a decision; a running one ends that day. Called by the act that decides."""
    case, on = decision.case, decision.decided_on
    running = current(case)
    if running is not None:
        recording.replace(running, by=by, at=at, reason="Scenario herzien", valid_until=on)
    return recording.record(
        Scenario,
        case,
        by=by,
        at=at,
        valid_from=on,
        decision=decision,
        kind=kind,
        direction=DIRECTION_OF[ScenarioKind(kind)],
        review_on=review_on,
    )


def keep(decision: Decision, *, review_on: date | None, by: User, at: datetime) -> None:
    """Move the review date of the running scenario, if the decision names another. Called by the act that decides."""
    running = current(decision.case)
    assert running is not None
    if review_on is not None and review_on != running.review_on:
        recording.replace(running, by=by, at=at, reason="Scenario blijft, nieuwe datum", review_on=review_on)


def _review_blockers(review_on: date | None, on: date) -> list[str]:
    if review_on is None:
        return ["Kies wanneer het scenario opnieuw wordt besproken."]
    if review_on <= on:
        return ["De datum om opnieuw te bespreken moet na het overleg liggen."]
    return []
