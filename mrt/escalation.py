"""From deadlock to answer: escalate, compose the team, discuss, advise, answer (letter; domain 1.3)."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
from cases import parties, recording
from cases.dossier import lock, refuse
from cases.models import CaseParty, PartyBasis
from mrt.models import COMPOSITION, Advice, Answer, Discussion, Escalation, EscalationGround, Seat, SeatRole
from scenarios import guidance, meetings
from scenarios.models import AgendaItem, Decision, MeetingStatus, Outcome

KIND_OF_SEAT = {
    SeatRole.MUNICIPALITY: OrganisationKind.MUNICIPALITY,
    SeatRole.NGO: OrganisationKind.NGO,
    SeatRole.IND: OrganisationKind.IND,
    SeatRole.DTV: OrganisationKind.DTV,
}
UNINVOLVED = frozenset({SeatRole.IND, SeatRole.DTV})


def escalation_blockers(decision: Decision, *, ground: str, disagreements: list[str], question: str) -> list[str]:
    """Why a decision of the LSO can't be put before the MRT."""
    reasons = []
    if decision.outcome != Outcome.ESCALATED:
        reasons.append("Alleen een besluit om op te schalen leidt naar het MRT.")
    if Escalation.objects.filter(decision=decision).exists():
        reasons.append("Dit besluit is al uitgewerkt.")
    if Escalation.objects.filter(case=decision.case, answer=None).exists():
        reasons.append("Voor deze zaak loopt al een MRT.")
    if ground == EscalationGround.DISAGREEMENT and not disagreements:
        reasons.append("Kies waarover geen overeenstemming is.")
    if ground == EscalationGround.COMPLEXITY and disagreements:
        reasons.append("Bij complexiteit horen geen punten van verschil. Kies anders 'geen overeenstemming'.")
    if question.count("?") != 1:
        reasons.append("Stel precies één centrale vraag, met één vraagteken.")
    return reasons


@transaction.atomic
def escalate(
    decision: Decision,
    *,
    ground: str,
    disagreements: list[str],
    question: str,
    by: User,
    on: date,
    at: datetime,
) -> Escalation:
    """Put a case before the MRT; the Multidisciplinair Team, which composes the team, sees the case from now on."""
    case = lock(decision.case)
    refuse(escalation_blockers(decision, ground=ground, disagreements=disagreements, question=question))
    escalation = Escalation.objects.create(
        case=case,
        decision=decision,
        ground=ground,
        disagreements=disagreements,
        central_question=question,
        requested_on=on,
        requested_by=by,
    )
    coordinator = Organisation.objects.get(kind=OrganisationKind.MDT)
    parties.bring_in(case, coordinator, by=by, at=at, basis=PartyBasis.MRT)
    audit.record("case.escalated", case, by=by, at=at, escalation=str(escalation.pk), version=case.version)
    return escalation


def seating_blockers(
    escalation: Escalation, *, role: str, user: User, organisation: Organisation, declared_uninvolved: bool
) -> list[str]:
    """Why somebody can't take a seat."""
    seats = Seat.objects.filter(escalation=escalation, until=None)
    reasons = []
    if hasattr(escalation, "answer"):
        reasons.append("Dit advies is al beantwoord.")
    if organisation.kind != KIND_OF_SEAT[SeatRole(role)]:
        reasons.append(f"{organisation} past niet bij de zetel {SeatRole(role).label}.")
    if seats.filter(role=role).count() >= COMPOSITION[SeatRole(role)]:
        reasons.append(f"De zetel {SeatRole(role).label} is al bezet.")
    if seats.filter(user=user).exists():
        reasons.append(f"{user} heeft al een zetel.")
    if role in UNINVOLVED and not declared_uninvolved:
        reasons.append("Een lid van IND of DT&V verklaart niet eerder bij de zaak betrokken te zijn geweest.")
    if role in UNINVOLVED and _was_involved(escalation, organisation):
        reasons.append(f"{organisation} neemt deel aan het LSO over deze zaak. Kies een specialist van buiten.")
    return reasons


@transaction.atomic
def seat(
    escalation: Escalation,
    *,
    role: str,
    user: User,
    organisation: Organisation,
    by: User,
    at: datetime,
    declared_uninvolved: bool = False,
) -> Seat:
    """Give somebody a seat; they alone of their organisation see the case, for as long as they have it."""
    escalation = _lock(escalation)
    refuse(
        seating_blockers(
            escalation,
            role=role,
            user=user,
            organisation=organisation,
            declared_uninvolved=declared_uninvolved,
        )
    )
    taken = Seat.objects.create(
        escalation=escalation,
        case=escalation.case,
        role=role,
        user=user,
        organisation=organisation,
        declared_uninvolved=declared_uninvolved,
        since=at,
    )
    coordinator = Organisation.objects.get(kind=OrganisationKind.MDT)
    parties.bring_in_member(escalation.case, organisation, user, granted_by=coordinator, by=by, at=at)
    audit.record("case.seat_taken", escalation.case, by=by, at=at, seat=str(taken.pk), role=role)
    return taken


def missing_seats(escalation: Escalation) -> list[str]:
    """Which seats are still empty, in words."""
    taken = [seat.role for seat in Seat.objects.filter(escalation=escalation, until=None)]
    return [
        f"{role.label}: nog {number - taken.count(role)}"
        for role, number in COMPOSITION.items()
        if taken.count(role) < number
    ]


@transaction.atomic
def discuss(escalation: Escalation, *, by: User, on: date, at: datetime) -> Discussion:
    """Record that the MRT discussed the case."""
    escalation = _lock(escalation)
    reasons = [f"Het MRT is niet compleet. {seat}." for seat in missing_seats(escalation)]
    if on < escalation.requested_on:
        reasons.append(f"De bespreking kan niet vóór de aanvraag van {escalation.requested_on:%d-%m-%Y} liggen.")
    refuse(reasons)
    discussed = recording.record(Discussion, escalation.case, by=by, at=at, valid_from=on, escalation=escalation)
    audit.record("case.mrt_discussed", escalation.case, by=by, at=at, on=on.isoformat())
    return discussed


def advice_blockers(
    escalation: Escalation, *, on: date, direction: str, no_durable_solution: bool, obstacles: list[str]
) -> list[str]:
    """Why this advice can't be given."""
    reasons = []
    discussed = Discussion.objects.standing().filter(escalation=escalation).order_by("valid_from").first()
    if discussed is None:
        reasons.append("Leg eerst de bespreking vast.")
    elif on < discussed.valid_from:
        reasons.append(f"Het advies kan niet vóór de bespreking van {discussed.valid_from:%d-%m-%Y} liggen.")
    if Advice.objects.standing().filter(escalation=escalation).exists():
        reasons.append("Er is al een advies.")
    if no_durable_solution == bool(direction):
        reasons.append("Kies een richting, of geef aan dat geen bestendige oplossing mogelijk is.")
    if no_durable_solution and not obstacles:
        reasons.append("Kies welke belemmeringen een bestendige oplossing in de weg staan.")
    return reasons


@transaction.atomic
def advise(
    escalation: Escalation,
    *,
    by: User,
    on: date,
    at: datetime,
    text: str,
    direction: str = "",
    no_durable_solution: bool = False,
    obstacles: Iterable[str] = (),
) -> Advice:
    """Give the joint advice. The team's seats end with it, and so does what their holders see."""
    escalation = _lock(escalation)
    obstacles = list(obstacles)
    refuse(
        advice_blockers(
            escalation,
            on=on,
            direction=direction,
            no_durable_solution=no_durable_solution,
            obstacles=obstacles,
        )
    )
    advice = recording.record(
        Advice,
        escalation.case,
        by=by,
        at=at,
        valid_from=on,
        escalation=escalation,
        direction=direction,
        no_durable_solution=no_durable_solution,
        obstacles=obstacles,
        text=text,
    )
    audit.record("case.mrt_advised", escalation.case, by=by, at=at, on=on.isoformat())
    _dissolve(escalation, by=by, at=at)
    return advice


def answer_blockers(escalation: Escalation, item: AgendaItem, *, is_adopted: bool, reason: str) -> list[str]:
    """Why the LSO can't answer with this."""
    reasons = []
    advice = Advice.objects.standing().filter(escalation=escalation).first()
    if advice is None:
        return ["Er is nog geen advies."]
    if hasattr(escalation, "answer"):
        reasons.append("Dit advies is al beantwoord.")
    if item.case_id != escalation.case_id:
        reasons.append("Dit agendapunt gaat over een andere zaak.")
    if item.meeting.status != MeetingStatus.HELD:
        reasons.append("Het LSO beantwoordt het advies in een gehouden overleg.")
    if item.meeting.held_on < advice.valid_from:
        reasons.append(f"Het overleg lag vóór het advies van {advice.valid_from:%d-%m-%Y}.")
    if Decision.objects.filter(item=item).exists():
        reasons.append("Op deze zaak is in dat overleg al besloten.")
    if not is_adopted and not reason:
        reasons.append("Geef de reden om af te wijken.")
    return reasons


@transaction.atomic
def answer(
    escalation: Escalation,
    item: AgendaItem,
    *,
    is_adopted: bool,
    by: User,
    at: datetime,
    reason: str = "",
    kind: str = "",
    review_on: date | None = None,
) -> Answer:
    """The LSO adopts the advice or deviates from it; with `kind` the scenario follows from the answer at once."""
    case = lock(escalation.case)
    escalation = _lock(escalation)
    refuse(answer_blockers(escalation, item, is_adopted=is_adopted, reason=reason))
    if kind:
        refuse(guidance.adoption_blockers(case, kind=kind, on=item.meeting.held_on, review_on=review_on))
    decision = meetings.write_decision(
        item,
        outcome=Outcome.ADVICE_ADOPTED if is_adopted else Outcome.ADVICE_DEVIATED,
        text=reason,
        by=by,
        at=at,
    )
    if kind:
        assert review_on is not None
        guidance.adopt(decision, kind=kind, review_on=review_on, by=by, at=at)
    answered = Answer.objects.create(
        escalation=escalation,
        case=case,
        decision=decision,
        is_adopted=is_adopted,
        reason=reason,
        answered_on=item.meeting.held_on,
    )
    _let_go(escalation, by=by, at=at)
    audit.record("case.mrt_answered", case, by=by, at=at, adopted=is_adopted, version=case.version)
    return answered


def _was_involved(escalation: Escalation, organisation: Organisation) -> bool:
    """Whether an organisation took part in the case at the LSO's table."""
    return CaseParty.objects.filter(case=escalation.case, organisation=organisation, basis=PartyBasis.PARTNER).exists()


def _dissolve(escalation: Escalation, *, by: User, at: datetime) -> None:
    for taken in Seat.objects.filter(escalation=escalation, until=None):
        taken.until = at
        taken.save(update_fields=["until"])
    for party in CaseParty.objects.filter(case=escalation.case, basis=PartyBasis.MRT, until=None).exclude(user=None):
        parties.let_go(party, by=by, at=at)


def _let_go(escalation: Escalation, *, by: User, at: datetime) -> None:
    """After the answer the coordinator's part ends too."""
    for party in CaseParty.objects.filter(case=escalation.case, basis=PartyBasis.MRT, until=None):
        parties.let_go(party, by=by, at=at)


def _lock(escalation: Escalation) -> Escalation:
    Escalation.objects.filter(pk=escalation.pk).update(version=F("version") + 1)
    return Escalation.objects.select_related("case").get(pk=escalation.pk)
