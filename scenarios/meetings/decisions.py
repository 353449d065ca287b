"""What the LSO decides on a case, with its consequences (letter; domain 1.2 and 2.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from cases import admission, stays
from cases.locking import lock, refuse
from cases.models import AdmissionOutcome, Body
from scenarios import table
from scenarios.guidance import actions, scenarios
from scenarios.guidance.actions import Undertaking
from scenarios.models import AgendaItem, Decision, MeetingStatus, Outcome

ON_ADMISSION = {
    Outcome.ADMITTED: AdmissionOutcome.ADMITTED,
    Outcome.EXCEPTION: AdmissionOutcome.EXCEPTION,
    Outcome.REFUSED: AdmissionOutcome.REFUSED,
}
# Decisions of which a scenario is part.
WITH_SCENARIO = frozenset({Outcome.ADOPTED, Outcome.REVISED})
# Decisions that answer an advice of the MRT; `mrt/` carries them out.
ANSWERS = frozenset({Outcome.ADVICE_ADOPTED, Outcome.ADVICE_DEVIATED})
# Decisions that say nothing without an explanation.
EXPLAINED = frozenset({Outcome.POSTPONED, Outcome.ESCALATED, Outcome.NO_AGREEMENT, Outcome.ENDING})


@dataclass(frozen=True)
class Resolution:
    """A decision as it is put to the meeting; what goes with it depends on the outcome."""

    outcome: str
    text: str = ""
    kind: str = ""
    review_on: date | None = None
    disagreements: tuple[str, ...] = ()
    ends_on: date | None = None
    exception_ground: str = ""
    inside_covenant: bool = True
    steps: tuple[Undertaking, ...] = ()


# What goes with some outcomes only, and what to do when it was filled in with another one.
BELONGS: dict[str, tuple[frozenset[Outcome], str]] = {
    "kind": (
        WITH_SCENARIO,
        "Bij dit besluit hoort geen scenario. Maak de keuze van het scenario leeg, of kies een ander besluit.",
    ),
    "review_on": (
        WITH_SCENARIO | {Outcome.KEPT},
        "Bij dit besluit hoort geen datum om het scenario opnieuw te bespreken. Maak de datum leeg.",
    ),
    "disagreements": (
        frozenset({Outcome.NO_AGREEMENT}),
        "Punten van verschil horen alleen bij geen overeenstemming. Kies er geen.",
    ),
    "ends_on": (
        frozenset({Outcome.ENDING}),
        "Een laatste dag hoort alleen bij verblijf beëindigen. Maak de datum leeg.",
    ),
    "exception_ground": (
        frozenset({Outcome.EXCEPTION}),
        "Een grond hoort alleen bij toelating bij uitzondering. Kies er geen.",
    ),
}


def item_blockers(item: AgendaItem) -> list[str]:
    """Why no decision on an item can be recorded, whatever was decided and whether it was before."""
    reasons = []
    if item.meeting.status == MeetingStatus.CLOSED:
        reasons.append("Dit overleg is afgesloten. Heropen het om nog een besluit vast te leggen.")
    elif item.meeting.status != MeetingStatus.HELD:
        reasons.append("Leg eerst vast dat het overleg is gehouden.")
    if item.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    return reasons


def decision_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    """Why this decision can't be recorded on an item. Empty means it can."""
    reasons = item_blockers(item)
    if Decision.objects.filter(item=item).exists():
        reasons.append("Op deze zaak is in dit overleg al besloten.")
    if reasons:
        return reasons
    if resolution.outcome not in Outcome.values:
        return ["Kies wat het overleg heeft besloten."]
    outcome = Outcome(resolution.outcome)
    if outcome in ANSWERS:
        return ["Beantwoord het advies van het MRT bij de MRT-zaak."]
    reasons = [text for name, (fits, text) in BELONGS.items() if getattr(resolution, name) and outcome not in fits]
    if outcome in EXPLAINED and not resolution.text:
        reasons.append("Licht dit besluit toe.")
    if rule := RULES.get(outcome):
        reasons += rule(item, resolution)
    return reasons + _step_blockers(item, resolution.steps)


def _admission_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    case, on = item.case, item.meeting.held_on
    if admission.in_force(case, on) is not None:
        return ["Op de dag van het overleg geldt al een besluit over toelating."]
    tested, outcome = admission.latest_test(case), ON_ADMISSION[Outcome(resolution.outcome)]
    return [
        *admission.decision_blockers(
            case, tested, outcome, on=on, inside_covenant=_is_inside(resolution), reason=resolution.text
        ),
        *admission.ground_blockers(outcome, resolution.exception_ground),
        *admission.basis_blockers(case, tested, outcome, on=on),
    ]


def _is_inside(resolution: Resolution) -> bool:
    return resolution.inside_covenant and resolution.outcome != Outcome.REFUSED


def _scenario_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    case, on = item.case, item.meeting.held_on
    reasons = scenarios.order_blockers(case, is_revision=resolution.outcome == Outcome.REVISED)
    return reasons + scenarios.adoption_blockers(case, kind=resolution.kind, on=on, review_on=resolution.review_on)


def _keeping_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    return scenarios.keeping_blockers(item.case, on=item.meeting.held_on, review_on=resolution.review_on)


def _disagreement_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    return [] if resolution.disagreements else ["Kies waarover geen overeenstemming is."]


def _intermediate_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    return [] if resolution.steps else ["Spreek ten minste één stap af: wie doet wat, voor wanneer?"]


def _ending_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    if stays.current_stay(item.case) is None:
        return ["Deze persoon verblijft nu niet in de LVV."]
    if resolution.ends_on is None:
        return ["Kies de laatste dag van het verblijf."]
    if resolution.ends_on < item.meeting.held_on:
        return ["De laatste dag van het verblijf ligt niet vóór het overleg."]
    return []


def _step_blockers(item: AgendaItem, steps: tuple[Undertaking, ...]) -> list[str]:
    reasons = [
        reason
        for step in steps
        for reason in actions.agreeing_blockers(item.case, **vars(step), on=item.meeting.held_on, decision=None)
    ]
    return list(dict.fromkeys(reasons))


Rule = Callable[[AgendaItem, Resolution], list[str]]
RULES: dict[Outcome, Rule] = {
    **dict.fromkeys(ON_ADMISSION, _admission_blockers),
    **dict.fromkeys(WITH_SCENARIO, _scenario_blockers),
    Outcome.KEPT: _keeping_blockers,
    Outcome.NO_AGREEMENT: _disagreement_blockers,
    Outcome.STEP_SET: _intermediate_blockers,
    Outcome.ENDING: _ending_blockers,
}


@transaction.atomic
def decide(item: AgendaItem, resolution: Resolution, *, by: User, at: datetime, version: int | None = None) -> Decision:
    """Record what the LSO decided on an item, and carry it out: what follows from it happens in the same act."""
    case = lock(item.case, version=version)
    item = AgendaItem.objects.select_related("meeting", "case__municipality").get(pk=item.pk)
    refuse(decision_blockers(item, resolution))
    decision = write_decision(
        item,
        outcome=resolution.outcome,
        text=resolution.text,
        disagreements=resolution.disagreements,
        ends_on=resolution.ends_on,
        by=by,
        at=at,
    )
    if follow := CONSEQUENCES.get(Outcome(resolution.outcome)):
        follow(decision, resolution, by, at)
    actions.agree_on(decision, resolution.steps, by=by, at=at, on=decision.decided_on)
    audit.record("case.decided", case, by=by, at=at, outcome=resolution.outcome, version=case.version)
    return decision


def _decide_admission(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    admission.decide(
        decision.case,
        outcome=ON_ADMISSION[Outcome(resolution.outcome)],
        by=by,
        on=decision.decided_on,
        at=at,
        body=Body.LSO,
        inside_covenant=_is_inside(resolution),
        exception_ground=resolution.exception_ground,
        reason=resolution.text,
    )


def _adopt(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    assert resolution.review_on is not None
    scenarios.adopt(decision, kind=resolution.kind, review_on=resolution.review_on, by=by, at=at)


def _keep(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    scenarios.keep(decision, review_on=resolution.review_on, by=by, at=at)


def _end_stay(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    """A day that is still to come is no fact yet: the municipality gets the task to end the stay on that day."""
    assert resolution.ends_on is not None
    municipality = table.seated(decision.case.municipality)[0]
    task = Undertaking(municipality, "Verblijf beëindigen en de uitstroom vastleggen", resolution.ends_on)
    actions.agree_on(decision, [task], by=by, at=at, on=decision.decided_on)


Consequence = Callable[[Decision, Resolution, User, datetime], None]
CONSEQUENCES: dict[Outcome, Consequence] = {
    **dict.fromkeys(ON_ADMISSION, _decide_admission),
    **dict.fromkeys(WITH_SCENARIO, _adopt),
    Outcome.KEPT: _keep,
    Outcome.ENDING: _end_stay,
}


def write_decision(
    item: AgendaItem,
    *,
    outcome: str,
    text: str,
    by: User,
    at: datetime,
    disagreements: tuple[str, ...] = (),
    ends_on: date | None = None,
) -> Decision:
    """The row of a decision; the acts that call this have asked the rules."""
    return Decision.objects.create(
        item=item,
        case=item.case,
        outcome=outcome,
        text=text,
        disagreements=list(disagreements),
        ends_on=ends_on,
        decided_on=item.meeting.held_on,
        recorded_by=by,
        recorded_at=at,
    )
