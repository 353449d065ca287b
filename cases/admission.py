"""The admission test against the covenant in force, and the decision on it (letter, footnote 3; domain 2.2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.models import Municipality, User
from cases import recording
from cases.locking import lock, refuse
from cases.models import (
    Admission,
    AdmissionAnswer,
    AdmissionOutcome,
    AdmissionTest,
    Answer,
    Body,
    Case,
    Covenant,
    SafeCountryRule,
    Stay,
    StayKind,
)


def _always(covenant: Covenant) -> bool:
    return True


def _never(covenant: Covenant) -> bool:
    return False


@dataclass(frozen=True)
class Criterion:
    """A criterion for admission. Its question is put so that "yes" means that the criterion is met.

    A national criterion is one that all municipalities agreed on: who does not meet it is outside the covenant. Where
    `by_agreement` holds, an agreement about the person makes up for a criterion that is not met.
    """

    code: str
    question: str
    applies: Callable[[Covenant], bool]
    is_national: bool = True
    by_agreement: Callable[[Covenant], bool] = _never


@dataclass(frozen=True)
class Reading:
    """The answer to one criterion, with where it comes from."""

    answer: str
    source: str = ""
    evidence: str = ""


# The answers with which a criterion does not stand in the way of admission.
PASSED = (Answer.YES, Answer.AGREED)

CRITERIA = (
    Criterion("no_right_of_residence", "Heeft de persoon geen verblijfsrecht en geen recht op rijksopvang?", _always),
    # Groningen admits by agreement with the local triangle of mayor, police and prosecutor (domain 1.2 and 2.3).
    Criterion(
        "no_severe_entry_ban",
        "Is er geen zwaar inreisverbod van tien jaar of langer?",
        _always,
        by_agreement=lambda c: c.admits_entry_ban_by_agreement,
    ),
    Criterion("not_undesirable", "Is de persoon niet ongewenst verklaard?", _always),
    Criterion("not_eu_citizen", "Is de persoon geen EU-burger?", _always),
    Criterion("not_dublin", "Is de persoon geen Dublinclaimant?", _always),
    Criterion("no_prior_provision", "Is er geen voorliggende voorziening, zoals een gezinslocatie?", _always),
    Criterion(
        "regional_ties",
        "Is er aantoonbare regiobinding?",
        lambda c: c.requires_regional_ties,
        is_national=False,
    ),
    Criterion(
        "willingness",
        "Is de persoon bereid mee te werken aan een oplossing?",
        lambda c: c.requires_willingness,
        is_national=False,
    ),
    Criterion(
        "safe_country",
        "Voldoet de persoon aan de afspraak over veilige landen van herkomst?",
        lambda c: c.safe_country_rule != SafeCountryRule.ADMIT,
        is_national=False,
    ),
)


def criteria_of(covenant: Covenant) -> list[Criterion]:
    """The criteria that apply under a covenant, always in the same order."""
    return [criterion for criterion in CRITERIA if criterion.applies(covenant)]


def no_covenant(municipality: Municipality, on: date) -> str:
    """The reason why nothing can be decided on a day without a covenant in force."""
    return f"Op {on:%d-%m-%Y} geldt in {municipality} geen convenant."


def testing_blockers(case: Case, on: date) -> list[str]:
    """Why the admission test can't be done on this day."""
    if case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    if on < case.registered_on:
        return [f"De toets kan niet vóór de aanmelding van {case.registered_on:%d-%m-%Y} liggen."]
    return []


def reading_blockers(covenant: Covenant, readings: Mapping[str, Reading]) -> list[str]:
    """What is missing or wrong in these answers to the criteria of a covenant."""
    reasons = []
    for criterion in criteria_of(covenant):
        reading = readings.get(criterion.code)
        if reading is None:
            reasons.append(f"Beantwoord nog: {criterion.question}")
        elif reading.answer == Answer.AGREED and not criterion.by_agreement(covenant):
            reasons.append(f"Dit convenant kent hier geen toelating in overleg: {criterion.question}")
        elif reading.answer == Answer.AGREED and not reading.evidence:
            reasons.append(f"Vul bij de onderbouwing in wat is afgesproken, met wie en wanneer: {criterion.question}")
    return reasons


@transaction.atomic
def test(
    case: Case,
    *,
    readings: Mapping[str, Reading],
    by: User,
    on: date,
    at: datetime,
    version: int | None = None,
) -> AdmissionTest:
    """Record an answer to each criterion of the covenant in force on the day `on`."""
    case = lock(case, version=version)
    covenant = Covenant.objects.in_force(case.municipality, on)
    refuse([] if covenant else [no_covenant(case.municipality, on)])
    assert covenant is not None
    refuse(testing_blockers(case, on) + reading_blockers(covenant, readings))
    tested = AdmissionTest.objects.create(case=case, covenant=covenant, tested_on=on, recorded_at=at, recorded_by=by)
    AdmissionAnswer.objects.bulk_create(
        AdmissionAnswer(test=tested, criterion=c.code, **vars(readings[c.code])) for c in criteria_of(covenant)
    )
    audit.record("case.admission_tested", case, by=by, at=at, on=on.isoformat(), version=case.version)
    return tested


def latest_test(case: Case) -> AdmissionTest | None:
    """The test that counts: the one that was recorded last."""
    return case.admission_tests.select_related("covenant").prefetch_related("answers").order_by("-recorded_at").first()


def questions_answered(tested: AdmissionTest, *answers: str) -> list[Criterion]:
    """The criteria of a test that got one of these answers."""
    answer_by_code = {a.criterion: a.answer for a in tested.answers.all()}
    return [c for c in criteria_of(tested.covenant) if answer_by_code.get(c.code) in answers]


def readiness_blockers(case: Case, tested: AdmissionTest | None) -> list[str]:
    """Why no decision on admission can be taken at all."""
    if case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    return ["Vul eerst de toelatingstoets in."] if tested is None else []


def decision_blockers(
    case: Case, tested: AdmissionTest | None, outcome: str, *, on: date, inside_covenant: bool, reason: str
) -> list[str]:
    """Why this decision does not fit the test and its answers."""
    reasons = readiness_blockers(case, tested)
    if tested is None or reasons:
        return reasons
    if on < tested.tested_on:
        reasons.append(f"Het besluit kan niet vóór de toets van {tested.tested_on:%d-%m-%Y} liggen.")
    unmet, unknown = (questions_answered(tested, answer) for answer in (Answer.NO, Answer.UNKNOWN))
    return reasons + outcome_blockers(outcome, unmet, unknown, inside_covenant=inside_covenant, reason=reason)


def outcome_blockers(
    outcome: str, unmet: Sequence[Criterion], unknown: Sequence[Criterion], *, inside_covenant: bool, reason: str
) -> list[str]:
    """Why this outcome does not fit the answers to the criteria."""
    reasons = []
    if outcome == AdmissionOutcome.ADMITTED:
        reasons += [f"Niet voldaan: {c.question}" for c in unmet] + [f"Nog niet bekend: {c.question}" for c in unknown]
    elif not reason:
        reasons.append("Motiveer dit besluit.")
    if outcome == AdmissionOutcome.EXCEPTION and not unmet and not unknown:
        reasons.append("Aan alle criteria is voldaan: kies voor gewone toelating.")
    if outcome == AdmissionOutcome.REFUSED and inside_covenant:
        reasons.append("Een afgewezen persoon valt niet binnen het convenant.")
    return reasons


def basis_blockers(case: Case, tested: AdmissionTest | None, outcome: str, *, on: date) -> list[str]:
    """Why the test or an earlier stay stands in the way of this decision.

    A decision rests on a test under the covenant in force. Nobody is refused after an admitted stay.
    """
    covenant = Covenant.objects.in_force(case.municipality, on)
    reasons = []
    if tested is not None and tested.covenant != covenant:
        reasons.append("De toets is gedaan onder een ander convenant. Vul de toets opnieuw in.")
    sheltered = Stay.objects.standing().filter(case=case, kind=StayKind.ADMITTED)
    if outcome == AdmissionOutcome.REFUSED and sheltered.exists():
        reasons.append("Deze persoon is toegelaten en opgevangen. Leg bij vertrek de uitstroom vast.")
    return reasons


def ground_blockers(outcome: str, exception_ground: str) -> list[str]:
    """Why the ground does not fit the outcome: an exception has a ground, and no other decision has one."""
    if outcome == AdmissionOutcome.EXCEPTION and not exception_ground:
        return ["Kies de grond voor de uitzondering."]
    if outcome != AdmissionOutcome.EXCEPTION and exception_ground:
        return ["Een grond hoort alleen bij toelating bij uitzondering. Kies bij grond: geen uitzondering."]
    return []


def deciding_blockers(
    case: Case,
    tested: AdmissionTest | None,
    outcome: str,
    *,
    on: date,
    inside_covenant: bool,
    exception_ground: str,
    reason: str,
) -> list[str]:
    """All reasons why this decision can't be taken on this day, on the latest test."""
    return [
        *decision_blockers(case, tested, outcome, on=on, inside_covenant=inside_covenant, reason=reason),
        *ground_blockers(outcome, exception_ground),
        *basis_blockers(case, tested, outcome, on=on),
    ]


@transaction.atomic
def decide(
    case: Case,
    *,
    outcome: str,
    by: User,
    on: date,
    at: datetime,
    body: str = Body.LSO,
    inside_covenant: bool = True,
    exception_ground: str = "",
    reason: str = "",
    version: int | None = None,
) -> Admission:
    """Record a decision on admission that holds from the day `on`. The decision before it ends on that day."""
    case = lock(case, version=version)
    tested = latest_test(case)
    refuse(
        deciding_blockers(
            case,
            tested,
            outcome,
            on=on,
            inside_covenant=inside_covenant,
            exception_ground=exception_ground,
            reason=reason,
        )
    )
    current = Admission.objects.standing().filter(case=case).order_by("-valid_from").first()
    if current is not None:
        refuse([] if on > current.valid_from else [f"Er geldt al een besluit van {current.valid_from:%d-%m-%Y}."])
        recording.replace(current, by=by, at=at, reason="Nieuw besluit over toelating", valid_until=on)
    decided = recording.record(
        Admission,
        case,
        by=by,
        at=at,
        valid_from=on,
        outcome=outcome,
        body=body,
        inside_covenant=inside_covenant,
        exception_ground=exception_ground,
        reason=reason,
        test=tested,
    )
    audit.record(f"case.{outcome}", case, by=by, at=at, on=on.isoformat(), version=case.version)
    return decided


def in_force(case: Case, day: date) -> Admission | None:
    """The decision in force on a day, as known now. None: nothing was decided."""
    return Admission.objects.standing().true_on(day).filter(case=case).first()


def is_admitted(decision: Admission | None) -> bool:
    return decision is not None and decision.outcome != AdmissionOutcome.REFUSED
