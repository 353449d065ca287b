"""From deadlock to answer: escalate, compose the team, discuss, advise, answer (letter; domain 1.3)."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet, Subquery
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
from cases import parties, recording
from cases.dossier import Stale, lock, refuse
from cases.models import Case, CaseParty, PartyBasis
from mrt.models import Advice, Answer, Discussion, Escalation, Seat
from mrt.team import missing_seats, release_blockers, seating_blockers, under_way_blockers
from scenarios import decisions, guidance
from scenarios.models import (
    DIRECTION_OF,
    AgendaItem,
    Decision,
    Direction,
    EscalationGround,
    MeetingStatus,
    Outcome,
    ScenarioKind,
)


def request_blockers(decision: Decision, *, on: date) -> list[str]:
    """Why a decision of the LSO can't be put before the MRT, whatever the question."""
    reasons = []
    if decision.outcome != Outcome.ESCALATED:
        reasons.append("Alleen een besluit om op te schalen leidt naar het MRT.")
    if decision.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if Escalation.objects.filter(decision=decision).exists():
        reasons.append("Dit besluit is al uitgewerkt.")
    elif Escalation.objects.filter(case=decision.case, answer=None).exists():
        reasons.append("Voor deze zaak loopt al een MRT.")
    if on < decision.decided_on:
        reasons.append(f"De aanvraag kan niet vóór het besluit van {decision.decided_on:%d-%m-%Y} liggen.")
    return reasons


def escalation_blockers(
    decision: Decision, *, on: date, ground: str, disagreements: list[str], question: str
) -> list[str]:
    """Why a case can't be put before the MRT with this question. Empty means it can."""
    reasons = request_blockers(decision, on=on)
    if ground not in EscalationGround.values:
        reasons.append("Kies de grond: complexiteit of geen overeenstemming.")
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
    version: int | None = None,
) -> Escalation:
    """Put a case before the MRT; the Multidisciplinair Team, which composes the team, sees the case from now on."""
    case = lock(decision.case, version=version)
    decision.case = case
    refuse(escalation_blockers(decision, on=on, ground=ground, disagreements=disagreements, question=question))
    escalation = Escalation.objects.create(
        case=case,
        decision=decision,
        ground=ground,
        disagreements=disagreements,
        central_question=question,
        requested_on=on,
        requested_by=by,
    )
    parties.bring_in(case, coordinating_team(), by=by, at=at, basis=PartyBasis.MRT)
    audit.record("case.escalated", case, by=by, at=at, escalation=str(escalation.pk), version=case.version)
    return escalation


@transaction.atomic
def decide_to_escalate(
    item: AgendaItem,
    *,
    text: str,
    ground: str,
    disagreements: list[str],
    question: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Escalation:
    """The LSO decides to escalate and puts its question in one go; its explanation stands with the decision."""
    resolution = decisions.Resolution(Outcome.ESCALATED, text)
    decision = decisions.decide(item, resolution, by=by, at=at, version=version)
    return escalate(
        decision,
        ground=ground,
        disagreements=disagreements,
        question=question,
        by=by,
        on=decision.decided_on,
        at=at,
    )


def coordinating_team() -> Organisation:
    """The Multidisciplinair Team, which composes the MRT of every case."""
    return Organisation.objects.get(kind=OrganisationKind.MDT)


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
    version: int | None = None,
) -> Seat:
    """Give somebody a seat; they alone of their organisation see the case, for as long as they have it."""
    escalation = _lock(escalation, version=version)
    refuse(
        seating_blockers(
            escalation,
            role=role,
            user=user,
            organisation=organisation,
            declared_uninvolved=declared_uninvolved,
            on=timezone.localdate(at),
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
    parties.bring_in_member(escalation.case, organisation, user, granted_by=coordinating_team(), by=by, at=at)
    audit.record("case.seat_taken", escalation.case, by=by, at=at, seat=str(taken.pk), role=role)
    return taken


@transaction.atomic
def release(taken: Seat, *, by: User, at: datetime, version: int | None = None) -> None:
    """Empty a seat, so that somebody else can take it; who had it no longer sees the case through it."""
    escalation = _lock(taken.escalation, version=version)
    taken = Seat.objects.select_related("escalation__case").get(pk=taken.pk)
    refuse(release_blockers(taken))
    _end_seats(escalation, by=by, at=at, user=taken.user)
    audit.record("case.seat_released", escalation.case, by=by, at=at, seat=str(taken.pk), role=taken.role)


def discussion_blockers(escalation: Escalation) -> list[str]:
    """Why no discussion can be recorded, whatever the day."""
    return under_way_blockers(escalation) or [
        f"Het MRT is niet compleet. {seat}." for seat in missing_seats(escalation)
    ]


@transaction.atomic
def discuss(escalation: Escalation, *, by: User, on: date, at: datetime, version: int | None = None) -> Discussion:
    """Record that the MRT discussed the case."""
    escalation = _lock(escalation, version=version)
    reasons = discussion_blockers(escalation)
    if on < escalation.requested_on:
        reasons.append(f"De bespreking kan niet vóór de aanvraag van {escalation.requested_on:%d-%m-%Y} liggen.")
    if Discussion.objects.standing().filter(escalation=escalation, valid_from=on).exists():
        reasons.append(f"De bespreking van {on:%d-%m-%Y} is al vastgelegd.")
    refuse(reasons)
    discussed = recording.record(Discussion, escalation.case, by=by, at=at, valid_from=on, escalation=escalation)
    audit.record("case.mrt_discussed", escalation.case, by=by, at=at, on=on.isoformat())
    return discussed


def advising_blockers(escalation: Escalation) -> list[str]:
    """Why no advice can be given, whatever it says."""
    if reasons := under_way_blockers(escalation):
        return reasons
    if not Discussion.objects.standing().filter(escalation=escalation).exists():
        return ["Leg eerst de bespreking vast."]
    return []


def advice_blockers(
    escalation: Escalation, *, on: date, direction: str, no_durable_solution: bool, obstacles: list[str]
) -> list[str]:
    """Why this advice can't be given. Empty means it can."""
    reasons = advising_blockers(escalation)
    discussed = Discussion.objects.standing().filter(escalation=escalation).order_by("valid_from").first()
    if discussed is not None and on < discussed.valid_from:
        reasons.append(f"Het advies kan niet vóór de bespreking van {discussed.valid_from:%d-%m-%Y} liggen.")
    if no_durable_solution == (direction in Direction.values):
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
    version: int | None = None,
) -> Advice:
    """Give the joint advice. The team's seats end with it, and so does what their holders see."""
    escalation = _lock(escalation, version=version)
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
    _end_seats(escalation, by=by, at=at)
    return advice


def to_answer(case: Case) -> Advice | None:
    """The advice on a case that the LSO has not answered yet."""
    waiting = Advice.objects.standing().filter(escalation__case=case, escalation__answer=None)
    return waiting.order_by("-valid_from").first()


def answering_blockers(escalation: Escalation) -> list[str]:
    """Why the advice can't be answered, whatever the answer."""
    if escalation.case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    if not Advice.objects.standing().filter(escalation=escalation).exists():
        return ["Er is nog geen advies."]
    if hasattr(escalation, "answer"):
        return ["Dit advies is al beantwoord."]
    return []


def items_to_answer_at(escalation: Escalation) -> QuerySet[AgendaItem]:
    """The undecided items of this case in meetings held since the advice: where the LSO can answer it."""
    since = Advice.objects.standing().filter(escalation=escalation).values("valid_from")[:1]
    return (
        AgendaItem.objects.filter(case=escalation.case, decision=None, meeting__status=MeetingStatus.HELD)
        .filter(meeting__held_on__gte=Subquery(since))
        .select_related("meeting__municipality")
        .order_by("meeting__held_on")
    )


def answer_blockers(
    escalation: Escalation, item: AgendaItem, *, is_adopted: bool, reason: str, kind: str, review_on: date | None
) -> list[str]:
    """Why the LSO can't answer with this. Empty means it can."""
    if reasons := answering_blockers(escalation):
        return reasons
    advice = Advice.objects.standing().get(escalation=escalation)
    reasons = _item_blockers(advice, item)
    if not is_adopted and not reason:
        reasons.append("Geef de reden om af te wijken.")
    if kind:
        reasons += guidance.adoption_blockers(item.case, kind=kind, on=item.meeting.held_on, review_on=review_on)
    elif review_on is not None:
        reasons.append("Een datum om opnieuw te bespreken hoort bij een scenario. Kies ook het scenario.")
    if is_adopted and kind in ScenarioKind.values and _is_against(advice, kind):
        reasons.append(f"Het advies is {advice.get_direction_display().lower()}. Kies een scenario in die richting.")
    return reasons


def _item_blockers(advice: Advice, item: AgendaItem) -> list[str]:
    """Why the advice can't be answered at this point of an agenda."""
    reasons = []
    if item.case_id != advice.case_id:
        reasons.append("Dit agendapunt gaat over een andere zaak.")
    if item.meeting.status != MeetingStatus.HELD:
        reasons.append("Het LSO beantwoordt het advies in een gehouden overleg.")
    if item.meeting.held_on < advice.valid_from:
        reasons.append(f"Het overleg lag vóór het advies van {advice.valid_from:%d-%m-%Y}.")
    if Decision.objects.filter(item=item).exists():
        reasons.append("Op deze zaak is in dat overleg al besloten.")
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
    version: int | None = None,
) -> Answer:
    """The LSO adopts the advice or deviates from it; with `kind` the scenario follows from the answer at once."""
    case = lock(escalation.case)
    escalation = _lock(escalation, version=version)
    item = AgendaItem.objects.select_related("meeting", "case").get(pk=item.pk)
    refuse(answer_blockers(escalation, item, is_adopted=is_adopted, reason=reason, kind=kind, review_on=review_on))
    decision = decisions.write_decision(
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
    for party in CaseParty.objects.filter(case=case, basis=PartyBasis.MRT, until=None):
        parties.let_go(party, by=by, at=at)
    audit.record("case.mrt_answered", case, by=by, at=at, adopted=is_adopted, version=case.version)
    return answered


def _is_against(advice: Advice, kind: str) -> bool:
    """Whether a scenario goes the other way than the advice; without a direction nothing does."""
    return advice.direction not in ("", DIRECTION_OF[ScenarioKind(kind)])


def _end_seats(escalation: Escalation, *, by: User, at: datetime, user: User | None = None) -> None:
    """End the seats of the whole team, or of one member, and with them what they see of the case."""
    seats = Seat.objects.filter(escalation=escalation, until=None)
    members = CaseParty.objects.filter(case=escalation.case, basis=PartyBasis.MRT, until=None).exclude(user=None)
    if user is not None:
        seats, members = seats.filter(user=user), members.filter(user=user)
    for taken in seats:
        taken.until = max(at, taken.since)
        taken.save(update_fields=["until"])
    for party in members:
        parties.let_go(party, by=by, at=at)


def _lock(escalation: Escalation, *, version: int | None = None) -> Escalation:
    """The escalation under lock, one version up. With `version` (what the form was opened on), refuses a stale form."""
    locked = Escalation.objects.select_for_update(of=("self",)).select_related("case").get(pk=escalation.pk)
    if version is not None and version != locked.version:
        raise Stale(locked.version)
    locked.version += 1
    locked.save(update_fields=["version"])
    return locked
