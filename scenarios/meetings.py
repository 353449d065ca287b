"""The LSO: planned, an agenda made, held, decided (letter; domain 1.2)."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Municipality, Organisation, User
from cases import parties
from cases.dossier import Stale, lock, refuse
from cases.models import Case
from scenarios import guidance, table
from scenarios.models import (
    AgendaItem,
    Attendance,
    Decision,
    Meeting,
    MeetingMove,
    MeetingStatus,
    Outcome,
    Purpose,
)

# Decisions of which a scenario is part.
WITH_SCENARIO = frozenset({Outcome.ADOPTED, Outcome.REVISED})
# Decisions that answer an advice of the MRT; `mrt/` carries them out.
ANSWERS = frozenset({Outcome.ADVICE_ADOPTED, Outcome.ADVICE_DEVIATED})
# Decisions that say nothing without an explanation.
EXPLAINED = frozenset({Outcome.POSTPONED, Outcome.ESCALATED})


class StaleMeeting(Stale):
    """The meeting was changed after this form was opened, maybe in another tab; `found` is the version now."""

    def __init__(self, found: int) -> None:
        ValidationError.__init__(
            self,
            "Dit overleg is gewijzigd nadat u dit formulier opende. Kijk wat er is veranderd en verzend opnieuw.",
            code="stale",
        )
        self.found = found


def planning_blockers(municipality: Municipality, held_on: date) -> list[str]:
    """Why no meeting can be planned on this day."""
    standing = Meeting.objects.filter(municipality=municipality, held_on=held_on).exclude(
        status=MeetingStatus.CANCELLED
    )
    earlier = standing.first()
    if earlier is None:
        return []
    status = earlier.get_status_display().lower()
    return [f"Op {held_on:%d-%m-%Y} staat er voor {municipality} al een LSO ({status}). Kies een andere datum."]


@transaction.atomic
def plan(municipality: Municipality, *, held_on: date, place: str, by: User, at: datetime) -> Meeting:
    """Plan a meeting."""
    refuse(planning_blockers(municipality, held_on))
    meeting = Meeting.objects.create(municipality=municipality, held_on=held_on, place=place)
    audit.record("meeting.planned", meeting, by=by, at=at, on=held_on.isoformat())
    return meeting


def agenda_blockers(meeting: Meeting, case: Case) -> list[str]:
    """Why a case can't be put on an agenda."""
    reasons = []
    if meeting.status != MeetingStatus.PLANNED:
        reasons.append("Dit overleg is niet meer gepland.")
    if case.municipality_id != meeting.municipality_id:
        reasons.append("Deze zaak hoort bij een andere gemeente.")
    if case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if meeting.held_on < case.registered_on:
        reasons.append(f"Deze zaak is pas op {case.registered_on:%d-%m-%Y} aangemeld, na dit overleg.")
    if AgendaItem.objects.filter(meeting=meeting, case=case).exists():
        reasons.append("Deze zaak staat al op de agenda.")
    return reasons


@transaction.atomic
def put_on_agenda(
    meeting: Meeting,
    case: Case,
    *,
    purpose: str,
    by: User,
    at: datetime,
    question: str = "",
    version: int | None = None,
) -> AgendaItem:
    """Put a case on the agenda, and bring the partners at this table in: from now on they see the case."""
    case = lock(case, version=version)
    meeting = lock_meeting(meeting)
    refuse(agenda_blockers(meeting, case))
    refuse([] if purpose in Purpose.values else ["Kies waarvoor de zaak op de agenda komt."])
    last = meeting.items.order_by("-order").first()
    item = AgendaItem.objects.create(
        meeting=meeting,
        case=case,
        purpose=purpose,
        question=question,
        order=last.order + 1 if last else 1,
        added_at=at,
    )
    parties.bring_in_partners(case, parties.partners(case), by=by, at=at)
    audit.record(
        "case.put_on_agenda", case, by=by, at=at, meeting=str(meeting.pk), purpose=purpose, version=case.version
    )
    return item


@transaction.atomic
def take_off(item: AgendaItem, *, by: User, at: datetime) -> None:
    """Take a case off the agenda of a meeting that is still planned. Who was brought in for it keeps seeing it."""
    meeting = lock_meeting(item.meeting)
    refuse(removal_blockers(meeting))
    if not AgendaItem.objects.filter(pk=item.pk).exists():
        refuse(["Deze zaak staat niet meer op de agenda."])
    audit.record("case.taken_off_agenda", item.case, by=by, at=at, meeting=str(meeting.pk))
    item.delete()


def removal_blockers(meeting: Meeting) -> list[str]:
    """Why nothing can be taken off the agenda any more."""
    return [] if meeting.status == MeetingStatus.PLANNED else ["Dit overleg is niet meer gepland."]


def holding_blockers(meeting: Meeting, today: date) -> list[str]:
    """Why a meeting can't be recorded as held."""
    if meeting.status != MeetingStatus.PLANNED:
        return [f"Dit overleg is al {meeting.get_status_display().lower()}."]
    if meeting.held_on > today:
        return [f"Dit overleg is pas op {meeting.held_on:%d-%m-%Y}."]
    return []


@transaction.atomic
def hold(
    meeting: Meeting, *, present: Iterable[Organisation], by: User, at: datetime, version: int | None = None
) -> Meeting:
    """Record that the meeting took place and who was there; from now on decisions can be recorded."""
    meeting = lock_meeting(meeting, version=version)
    refuse(holding_blockers(meeting, timezone.localdate(at)))
    there = {organisation.pk for organisation in present}
    seated = table.seated(meeting.municipality)
    refuse([] if there <= {o.pk for o in seated} else ["Niet iedereen die u koos, zit aan deze tafel."])
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, organisation=organisation, is_present=organisation.pk in there)
        for organisation in seated
    )
    return _move(meeting, MeetingStatus.HELD, by=by, at=at)


def cancelling_blockers(meeting: Meeting) -> list[str]:
    """Why a meeting can't be cancelled."""
    if meeting.status != MeetingStatus.PLANNED:
        return [f"Dit overleg is al {meeting.get_status_display().lower()}. Alleen een gepland overleg kan vervallen."]
    return []


@transaction.atomic
def cancel(meeting: Meeting, *, by: User, at: datetime, version: int | None = None) -> Meeting:
    """Record that a planned meeting will not take place."""
    meeting = lock_meeting(meeting, version=version)
    refuse(cancelling_blockers(meeting))
    return _move(meeting, MeetingStatus.CANCELLED, by=by, at=at)


def item_blockers(item: AgendaItem) -> list[str]:
    """Why nothing can be decided on an item (any more), whatever the decision."""
    reasons = []
    if item.meeting.status != MeetingStatus.HELD:
        reasons.append("Leg eerst vast dat het overleg is gehouden.")
    if Decision.objects.filter(item=item).exists():
        reasons.append("Op deze zaak is in dit overleg al besloten.")
    if item.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    return reasons


def decision_blockers(item: AgendaItem, outcome: str, *, kind: str, review_on: date | None, text: str) -> list[str]:
    """Why this decision can't be recorded on an item. Empty means it can."""
    if reasons := item_blockers(item):
        return reasons
    if outcome not in Outcome.values:
        return ["Kies wat het overleg heeft besloten."]
    if outcome in ANSWERS:
        return ["Beantwoord het advies van het MRT bij de MRT-zaak."]
    if outcome in EXPLAINED and not text:
        reasons.append("Licht dit besluit toe.")
    return reasons + _scenario_blockers(item, outcome, kind=kind, review_on=review_on)


def _scenario_blockers(item: AgendaItem, outcome: str, *, kind: str, review_on: date | None) -> list[str]:
    """Whether the scenario that goes with a decision, or its absence, is right."""
    case, on = item.case, item.meeting.held_on
    if outcome in WITH_SCENARIO:
        reasons = guidance.order_blockers(case, is_revision=outcome == Outcome.REVISED)
        return reasons + guidance.adoption_blockers(case, kind=kind, on=on, review_on=review_on)
    reasons = []
    if kind:
        reasons.append(
            "Bij dit besluit hoort geen scenario. Maak de keuze van het scenario leeg, of kies een ander besluit."
        )
    if outcome == Outcome.KEPT:
        return reasons + guidance.keeping_blockers(case, on=on, review_on=review_on)
    if review_on is not None:
        reasons.append("Bij dit besluit hoort geen datum om het scenario opnieuw te bespreken. Maak de datum leeg.")
    return reasons


@transaction.atomic
def decide(
    item: AgendaItem,
    *,
    outcome: str,
    by: User,
    at: datetime,
    text: str = "",
    kind: str = "",
    review_on: date | None = None,
    version: int | None = None,
) -> Decision:
    """Record what the LSO decided on an item, and carry it out: a scenario is adopted, or kept for longer."""
    case = lock(item.case, version=version)
    item = AgendaItem.objects.select_related("meeting", "case").get(pk=item.pk)
    refuse(decision_blockers(item, outcome, kind=kind, review_on=review_on, text=text))
    decision = write_decision(item, outcome=outcome, text=text, by=by, at=at)
    if outcome in WITH_SCENARIO:
        assert review_on is not None
        guidance.adopt(decision, kind=kind, review_on=review_on, by=by, at=at)
    if outcome == Outcome.KEPT:
        guidance.keep(decision, review_on=review_on, by=by, at=at)
    audit.record("case.decided", case, by=by, at=at, outcome=outcome, version=case.version)
    return decision


def write_decision(item: AgendaItem, *, outcome: str, text: str, by: User, at: datetime) -> Decision:
    """The row of a decision; the acts that call this have asked the rules."""
    return Decision.objects.create(
        item=item,
        case=item.case,
        outcome=outcome,
        text=text,
        decided_on=item.meeting.held_on,
        recorded_by=by,
        recorded_at=at,
    )


def lock_meeting(meeting: Meeting, *, version: int | None = None) -> Meeting:
    locked = Meeting.objects.select_for_update(of=("self",)).select_related("municipality").get(pk=meeting.pk)
    if version is not None and version != locked.version:
        raise StaleMeeting(locked.version)
    return locked


def _move(meeting: Meeting, status: MeetingStatus, *, by: User, at: datetime, reason: str = "") -> Meeting:
    meeting.status = status
    meeting.version += 1
    meeting.save(update_fields=["status", "version"])
    MeetingMove.objects.create(meeting=meeting, status=status, reason=reason, by=by, at=at)
    audit.record(f"meeting.{status}", meeting, by=by, at=at)
    return meeting
