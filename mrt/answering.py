"""What the LSO does with an advice: adopt it, or deviate from it.

The system puts a waiting advice on the next agenda of the LSO (`put_on_agendas`).
"""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import User
from cases import parties
from cases.locking import lock, refuse
from cases.models import Case, CaseParty, PartyBasis
from mrt import ladder, locking
from mrt.models import ADVICE_ADOPTED, ADVICE_DEVIATED, Advice, Answer, Escalation, Level, Ruling, Rung
from scenarios.guidance import scenarios
from scenarios.meetings import decisions, planning
from scenarios.models import (
    DIRECTION_OF,
    AgendaItem,
    Decision,
    Direction,
    Meeting,
    MeetingStatus,
    Purpose,
    ScenarioKind,
)


def to_answer(case: Case) -> Advice | None:
    """The advice on a case that the LSO has not answered yet."""
    waiting = Advice.objects.standing().filter(escalation__case=case, escalation__answer=None)
    return waiting.order_by("-valid_from").first()


def answering_blockers(escalation: Escalation) -> list[str]:
    """Why the advice can't be answered, whatever the answer."""
    return locking.refusal(escalation, "answer")


def items_to_answer_at(escalation: Escalation) -> QuerySet[AgendaItem]:
    """The agenda items at which the LSO can answer: of this case, undecided, in a meeting held since the advice.

    After a ruling that binds the LSO, only meetings held since that ruling count.
    """
    undecided = AgendaItem.objects.filter(case=escalation.case, decision=None, meeting__status=MeetingStatus.HELD)
    since = _waits_since(escalation)
    items = undecided.filter(meeting__held_on__gte=since) if since else undecided.none()
    return items.select_related("meeting__municipality").order_by("meeting__held_on")


def _waits_since(escalation: Escalation) -> date | None:
    """The day from which the LSO can answer: that of the ruling that binds it, or else of the advice."""
    ruling = ladder.binding(escalation)
    if ruling is not None:
        return ruling.ruled_on
    advice = Advice.objects.standing().filter(escalation=escalation).first()
    return advice.valid_from if advice else None


def answer_blockers(
    escalation: Escalation, item: AgendaItem, *, is_adopted: bool, reason: str, kind: str, review_on: date | None
) -> list[str]:
    """Why the LSO can't give this answer at this item. Empty means it can."""
    if reasons := answering_blockers(escalation):
        return reasons
    reasons = _item_blockers(escalation, item)
    if not is_adopted and not reason:
        reasons.append("Geef de reden om af te wijken.")
    if kind:
        reasons += scenarios.adoption_blockers(item.case, kind=kind, on=item.meeting.held_on, review_on=review_on)
    elif review_on is not None:
        reasons.append("Een datum om opnieuw te bespreken hoort bij een scenario. Kies ook het scenario.")
    return reasons + _direction_blockers(escalation, is_adopted=is_adopted, kind=kind)


def _direction_blockers(escalation: Escalation, *, is_adopted: bool, kind: str) -> list[str]:
    """Why the chosen scenario contradicts the advice, or the ruling that binds the LSO."""
    advice = Advice.objects.standing().get(escalation=escalation)
    ruling = ladder.binding(escalation)
    chosen = DIRECTION_OF[ScenarioKind(kind)] if kind in ScenarioKind.values else None
    if ruling is not None:
        return _ruling_blockers(ruling, advice, is_adopted=is_adopted, chosen=chosen)
    if is_adopted and chosen is not None and advice.direction not in ("", chosen):
        return [f"Het advies is {advice.get_direction_display().lower()}. Kies een scenario in die richting."]
    return []


def _ruling_blockers(ruling: Rung, advice: Advice, *, is_adopted: bool, chosen: Direction | None) -> list[str]:
    """Why the answer contradicts the ruling of a body above the LSO, which the LSO has to carry out."""
    reasons = []
    if is_adopted != (ruling.ruling == Ruling.CONFIRMED):
        wanted = "Neem het advies over." if ruling.ruling == Ruling.CONFIRMED else "Wijk van het advies af."
        reasons.append(
            f"Uitkomst van {Level(ruling.level).in_a_sentence}: {ruling.get_ruling_display().lower()}. {wanted}"
        )
    direction = ruling.direction or advice.direction
    if chosen is not None and direction not in ("", chosen):
        reasons.append(f"De uitkomst is {Direction(direction).label.lower()}. Kies een scenario in die richting.")
    return reasons


def _item_blockers(escalation: Escalation, item: AgendaItem) -> list[str]:
    """Why the advice can't be answered at this item of an agenda."""
    reasons = []
    since = _waits_since(escalation)
    if item.case_id != escalation.case_id:
        reasons.append("Dit agendapunt gaat over een andere zaak.")
    if item.meeting.status != MeetingStatus.HELD:
        reasons.append("Het LSO beantwoordt het advies in een gehouden overleg.")
    if since is not None and item.meeting.held_on < since:
        reasons.append(f"Het overleg lag vóór het advies of de uitspraak van {since:%d-%m-%Y}.")
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
    """Record that the LSO adopts the advice or deviates from it. With `kind` the same act adopts that scenario."""
    case = lock(escalation.case)
    escalation = locking.lock(escalation, version=version)
    item = AgendaItem.objects.select_related("meeting", "case").get(pk=item.pk)
    refuse(answer_blockers(escalation, item, is_adopted=is_adopted, reason=reason, kind=kind, review_on=review_on))
    decision = decisions.write_decision(
        item,
        outcome=ADVICE_ADOPTED if is_adopted else ADVICE_DEVIATED,
        text=reason,
        by=by,
        at=at,
    )
    if kind:
        assert review_on is not None
        scenarios.adopt(decision, kind=kind, review_on=review_on, by=by, at=at)
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


def put_on_agendas(*, by: User, at: datetime) -> int:
    """Put every advice and ruling that waits for this user's LSO on its next agenda. Returns how many.

    Which cases wait is derived from the record at every run, not kept in a queue. So a run that fails loses nothing,
    and a case that a meeting did not answer comes back on the next agenda.
    """
    own = {m.organisation.municipality_id for m in by.memberships.select_related("organisation")}
    coming = Meeting.objects.filter(status=MeetingStatus.PLANNED, held_on__gte=timezone.localdate(at))
    number = 0
    for escalation in _on_no_agenda().filter(case__municipality__in=own):
        meeting = coming.filter(municipality=escalation.case.municipality_id).order_by("held_on").first()
        number += meeting is not None and _put_on_agenda(meeting, escalation, by=by, at=at)
    return number


def _put_on_agenda(meeting: Meeting, escalation: Escalation, *, by: User, at: datetime) -> bool:
    """Put one case on the agenda. Returns False on a refusal, so that the other cases still get on theirs."""
    question = escalation.central_question
    try:
        planning.put_on_agenda(meeting, escalation.case, purpose=Purpose.MRT_ADVICE, question=question, by=by, at=at)
    except ValidationError:
        return False
    return True


def _on_no_agenda() -> QuerySet[Escalation]:
    """The escalations that wait for the LSO and stand on no agenda that is planned or still has to be decided."""
    of_case = AgendaItem.objects.filter(case=OuterRef("case"))
    waiting = of_case.filter(meeting__status=MeetingStatus.PLANNED) | of_case.filter(
        meeting__status=MeetingStatus.HELD, decision=None
    )
    advised = Advice.objects.standing().filter(escalation=OuterRef("pk"))
    at_a_body = Rung.objects.filter(escalation=OuterRef("pk"), ruling="")
    escalations = Escalation.objects.open().filter(Exists(advised), ~Exists(at_a_body), ~Exists(waiting))
    return escalations.filter(case__closed_on=None).select_related("case__municipality").order_by("requested_on", "pk")
