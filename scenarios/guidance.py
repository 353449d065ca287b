"""The guidance scenario: adopted, revised, ended. A direction, never a result (domain 2.4)."""

from datetime import date, datetime

from accounts.models import User
from cases import admission, recording
from cases.models import Case
from scenarios.models import DIRECTION_OF, Decision, Scenario, ScenarioKind


def current(case: Case) -> Scenario | None:
    """The scenario that runs, as known now."""
    return Scenario.objects.standing().filter(case=case, valid_until=None).first()


def order_blockers(case: Case, *, is_revision: bool) -> list[str]:
    """A first scenario is adopted, a later one revises it."""
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
    if review_on is None:
        reasons.append("Kies wanneer het scenario opnieuw wordt besproken.")
    elif review_on <= on:
        reasons.append("De datum om opnieuw te bespreken moet na het overleg liggen.")
    if not admission.is_admitted(admission.in_force(case, on)):
        reasons.append(
            "Op deze dag geldt geen besluit tot toelating. Een scenario is er alleen voor wie is toegelaten."
        )
    running = current(case)
    if running is not None and on <= running.valid_from:
        reasons.append(f"Het lopende scenario is van {running.valid_from:%d-%m-%Y}; een nieuw scenario is van later.")
    return reasons


def adopt(decision: Decision, *, kind: str, review_on: date, by: User, at: datetime) -> Scenario:
    """Carry out a decision that names a scenario; a running one ends that day. Part of the act that decides."""
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
