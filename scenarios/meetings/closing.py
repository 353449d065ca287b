"""Closing a meeting, and the minutes after that: corrections are proposed, and the next meeting adopts the minutes."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from accounts import audit
from accounts.models import Organisation, User
from cases.locking import refuse
from scenarios.guidance import actions
from scenarios.meetings import planning
from scenarios.models import (
    TOOK_PLACE,
    AgendaItem,
    Correction,
    CorrectionState,
    Meeting,
    MeetingStatus,
)


def closing_blockers(meeting: Meeting) -> list[str]:
    """Why a meeting can't be closed. Every case needs a decision, except one that was closed meanwhile."""
    if meeting.status != MeetingStatus.HELD:
        return [f"Dit overleg is {meeting.get_status_display().lower()}. Alleen een gehouden overleg kan sluiten."]
    undecided = AgendaItem.objects.filter(meeting=meeting, decision=None, case__closed_on=None)
    numbers = list(undecided.order_by("order").values_list("case__number", flat=True))
    return [f"Leg nog een besluit vast over zaak {number}." for number in numbers]


@transaction.atomic
def close(meeting: Meeting, *, by: User, at: datetime, version: int | None = None) -> Meeting:
    """Close a meeting: its minutes can't change any more. Actions that it did not review are carried over."""
    meeting = planning.lock_meeting(meeting, version=version)
    refuse(closing_blockers(meeting))
    actions.carry_over(meeting, by=by, at=at)
    return planning.move(meeting, MeetingStatus.CLOSED, by=by, at=at)


def reopening_blockers(meeting: Meeting) -> list[str]:
    """Why a meeting can't be reopened."""
    return [] if meeting.status == MeetingStatus.CLOSED else ["Alleen een afgesloten overleg kan heropend worden."]


@transaction.atomic
def reopen(meeting: Meeting, *, reason: str, by: User, at: datetime, version: int | None = None) -> Meeting:
    """Reopen a closed meeting, for a reason that is kept. Minutes that were adopted have to be adopted again."""
    meeting = planning.lock_meeting(meeting, version=version)
    refuse(reopening_blockers(meeting) + ([] if reason else ["Zeg waarom het overleg heropend wordt."]))
    meeting.adopted_in = None
    planning.touch(meeting, "adopted_in")
    return planning.move(meeting, MeetingStatus.HELD, by=by, at=at, reason=reason)


def to_adopt(meeting: Meeting) -> list[Meeting]:
    """The closed meetings before this one whose minutes are not adopted yet, the oldest first."""
    earlier = Meeting.objects.filter(municipality=meeting.municipality_id, held_on__lt=meeting.held_on)
    waiting = earlier.filter(status=MeetingStatus.CLOSED, adopted_in=None)
    return list(waiting.select_related("municipality").order_by("held_on"))


def adopting_blockers(meeting: Meeting) -> list[str]:
    """Why a meeting can't adopt minutes, whichever they are."""
    if meeting.status == MeetingStatus.HELD:
        return []
    return ["Leg eerst vast dat het overleg is gehouden: verslagen worden in een overleg vastgesteld."]


def adoption_blockers(minutes_of: Meeting, meeting: Meeting) -> list[str]:
    """Why a meeting can't adopt the minutes of an earlier one."""
    reasons = adopting_blockers(meeting)
    if minutes_of.municipality_id != meeting.municipality_id or minutes_of.held_on >= meeting.held_on:
        reasons.append("Dit is geen eerder overleg van deze tafel.")
    if minutes_of.status != MeetingStatus.CLOSED:
        reasons.append("Dat overleg is nog niet afgesloten.")
    if minutes_of.adopted_in_id is not None:
        reasons.append("Dit verslag is al vastgesteld.")
    if minutes_of.corrections.filter(state=CorrectionState.PROPOSED).exists():
        reasons.append("Beslis eerst over elke voorgestelde correctie.")
    return reasons


@transaction.atomic
def adopt(minutes_of: Meeting, meeting: Meeting, *, by: User, at: datetime) -> Meeting:
    """Record that a meeting adopts the minutes of an earlier one, with the corrections it took over."""
    _queue_for_the_minutes(minutes_of)
    minutes_of, meeting = planning.lock_meeting(minutes_of), planning.lock_meeting(meeting)
    refuse(adoption_blockers(minutes_of, meeting))
    minutes_of.adopted_in = meeting
    planning.touch(minutes_of, "adopted_in")
    audit.record("meeting.minutes_adopted", minutes_of, by=by, at=at, meeting=str(meeting.pk))
    return minutes_of


@transaction.atomic
def adopt_with(
    minutes_of: Meeting, meeting: Meeting, *, verdicts: Mapping[Correction, bool], by: User, at: datetime
) -> Meeting:
    """Judge the corrections and adopt the minutes in one act."""
    for correction, is_accepted in verdicts.items():
        judge(correction, is_accepted=is_accepted, by=by, at=at)
    return adopt(minutes_of, meeting, by=by, at=at)


def correction_blockers(meeting: Meeting) -> list[str]:
    """Why no correction of these minutes can be proposed."""
    if meeting.status not in TOOK_PLACE:
        return ["Er is nog geen verslag van dit overleg."]
    if meeting.status == MeetingStatus.HELD:
        return ["Het verslag is nog niet af. Dat is het als het overleg is afgesloten."]
    return ["Dit verslag is al vastgesteld."] if meeting.adopted_in_id is not None else []


@transaction.atomic
def propose_correction(
    meeting: Meeting, *, item: AgendaItem | None, organisation: Organisation, text: str, by: User, at: datetime
) -> Correction:
    """Propose a correction of the minutes of one item, or of the general part without `item`. The next meeting judges
    it.
    """
    _queue_for_the_minutes(meeting)
    meeting = Meeting.objects.select_related("municipality").get(pk=meeting.pk)
    refuse(correction_blockers(meeting) + ([] if text else ["Schrijf op wat er anders moet staan."]))
    proposed = Correction.objects.create(
        meeting=meeting,
        item=item,
        case=item.case if item else None,
        organisation=organisation,
        text=text,
        proposed_by=by,
        proposed_at=at,
    )
    audit.record("meeting.correction_proposed", meeting, by=by, at=at, correction=str(proposed.pk))
    return proposed


def _queue_for_the_minutes(meeting: Meeting) -> None:
    """Let acts on the same minutes wait for one another, until the end of the transaction.

    Otherwise minutes could be adopted while somebody proposes a correction, which nobody would judge then. An advisory
    lock does it, because only the municipality can lock the row of a meeting (the second wall).
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"minutes of {meeting.pk}"])


@transaction.atomic
def judge(correction: Correction, *, is_accepted: bool, by: User, at: datetime) -> Correction:
    """Record whether the next meeting accepts a correction. The correction is kept either way."""
    correction = Correction.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=correction.pk)
    refuse(judging_blockers(correction))
    correction.state = CorrectionState.ACCEPTED if is_accepted else CorrectionState.REJECTED
    correction.judged_by, correction.judged_at = by, at
    correction.save(update_fields=["state", "judged_by", "judged_at"])
    audit.record(
        "meeting.correction_judged",
        correction.meeting,
        by=by,
        at=at,
        correction=str(correction.pk),
        state=correction.state,
    )
    return correction


def judging_blockers(correction: Correction) -> list[str]:
    """Why a correction can't be judged any more."""
    if correction.state != CorrectionState.PROPOSED:
        return ["Over deze correctie is al besloten."]
    return ["Dit verslag is al vastgesteld."] if correction.meeting.adopted_in_id is not None else []
