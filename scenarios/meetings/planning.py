"""Planning a meeting of the LSO: plan, put cases on its agenda, hold or cancel it (letter; domain 1.2)."""

from collections.abc import Iterable
from datetime import date, datetime, time

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Municipality, Organisation, User
from cases import parties
from cases.locking import Stale, lock, refuse
from cases.models import Case
from scenarios import table
from scenarios.meetings import backlog, invitations
from scenarios.models import (
    AgendaItem,
    Attendance,
    Meeting,
    MeetingMove,
    MeetingStatus,
    Nomination,
    NominationState,
    Purpose,
    Topic,
)


class StaleMeeting(Stale):
    """The meeting was changed after this form was opened, maybe in another tab."""

    says = "Dit overleg is gewijzigd nadat u dit formulier opende. Kijk wat er is veranderd en verzend opnieuw."


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
def plan(
    municipality: Municipality,
    *,
    held_on: date,
    place: str,
    by: User,
    at: datetime,
    starts_at: time | None = None,
    minutes: int | None = None,
) -> Meeting:
    """Plan a meeting. Time and length are as the municipality agreed, unless given. Its standing topics are added."""
    refuse(planning_blockers(municipality, held_on))
    agreed = table.rules(municipality)
    meeting = Meeting.objects.create(
        municipality=municipality,
        held_on=held_on,
        place=place,
        starts_at=starts_at or agreed.starts_at,
        minutes=minutes or agreed.minutes,
    )
    Topic.objects.bulk_create(
        Topic(meeting=meeting, title=title, is_after_cases=is_after_cases, order=number)
        for is_after_cases, titles in ((False, agreed.opening_topics), (True, agreed.closing_topics))
        for number, title in enumerate(titles, 1)
    )
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
    nomination: Nomination | None = None,
    version: int | None = None,
) -> AgendaItem:
    """Put a case on the agenda. The partners at this table become parties and see the case from now on."""
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
        nomination=nomination,
    )
    parties.bring_in_partners(case, newcomers(case), by=by, at=at)
    audit.record(
        "case.put_on_agenda", case, by=by, at=at, meeting=str(meeting.pk), purpose=purpose, version=case.version
    )
    return item


def newcomers(case: Case) -> list[Organisation]:
    """The partners who become parties of a case by its agenda: those with a standing seat at the table."""
    seats = set(table.seated(case.municipality))
    return [partner for partner in parties.partners(case) if partner in seats]


@transaction.atomic
def place(nomination: Nomination, meeting: Meeting, *, by: User, at: datetime) -> AgendaItem:
    """Put a nominated case on an agenda, with its question."""
    case = lock(nomination.case)
    nomination = Nomination.objects.get(pk=nomination.pk)
    if nomination.state != NominationState.WAITING:
        refuse([f"Zaak {case.number} wacht niet meer op een agenda. Laad de pagina opnieuw."])
    backlog.move(nomination, NominationState.PLACED)
    return put_on_agenda(
        meeting,
        case,
        purpose=nomination.purpose,
        question=nomination.question,
        nomination=nomination,
        by=by,
        at=at,
    )


@transaction.atomic
def take_off(item: AgendaItem, *, by: User, at: datetime) -> None:
    """Take a case off the agenda of a planned meeting. Partners that it brought in stay parties of the case."""
    meeting = lock_meeting(item.meeting)
    if not AgendaItem.objects.filter(pk=item.pk).exists():
        refuse(["Deze zaak staat niet meer op de agenda."])
    refuse(removal_blockers(item, meeting))
    audit.record("case.taken_off_agenda", item.case, by=by, at=at, meeting=str(meeting.pk))
    nomination = item.nomination
    item.delete()
    if nomination is not None and not Nomination.objects.waiting().filter(case=item.case).exists():
        backlog.move(nomination, NominationState.WAITING)


def removal_blockers(item: AgendaItem, meeting: Meeting) -> list[str]:
    """Why a case can't be taken off the agenda any more."""
    if meeting.status != MeetingStatus.PLANNED:
        return ["Dit overleg is niet meer gepland."]
    if item.rounds.exists():
        return ["Over deze zaak zijn standpunten gevraagd. Houd de zaak in het overleg aan."]
    return []


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
    """Record that the meeting took place and who was present. From now on decisions can be recorded."""
    meeting = lock_meeting(meeting, version=version)
    refuse(holding_blockers(meeting, timezone.localdate(at)))
    present_keys = {organisation.pk for organisation in present}
    seated = table.at(meeting)
    refuse([] if present_keys <= {o.pk for o in seated} else ["Niet iedereen die u koos, zit aan deze tafel."])
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, organisation=organisation, is_present=organisation.pk in present_keys)
        for organisation in seated
    )
    return move(meeting, MeetingStatus.HELD, by=by, at=at)


def cancelling_blockers(meeting: Meeting) -> list[str]:
    """Why a meeting can't be cancelled."""
    if meeting.status != MeetingStatus.PLANNED:
        return [f"Dit overleg is al {meeting.get_status_display().lower()}. Alleen een gepland overleg kan vervallen."]
    return []


@transaction.atomic
def cancel(meeting: Meeting, *, by: User, at: datetime, version: int | None = None) -> Meeting:
    """Cancel a planned meeting. If its agenda was sent, the table gets a mail."""
    meeting = lock_meeting(meeting, version=version)
    refuse(cancelling_blockers(meeting))
    if meeting.agenda_sent_at is not None:
        invitations.call_off(meeting, by=by, at=at)
    return move(meeting, MeetingStatus.CANCELLED, by=by, at=at)


def lock_meeting(meeting: Meeting, *, version: int | None = None) -> Meeting:
    """Lock the meeting. Raises `StaleMeeting` when `version`, on which the form was opened, is no longer the current
    one.
    """
    locked = Meeting.objects.select_for_update(of=("self",)).select_related("municipality").get(pk=meeting.pk)
    if version is not None and version != locked.version:
        raise StaleMeeting(locked.version)
    return locked


def touch(meeting: Meeting, *fields: str) -> None:
    """Save these fields of a locked meeting and raise its version by one."""
    meeting.version += 1
    meeting.save(update_fields=[*fields, "version"])


def move(meeting: Meeting, status: MeetingStatus, *, by: User, at: datetime, reason: str = "") -> Meeting:
    """Give a locked meeting its next status, and record who did it and why."""
    meeting.status = status
    touch(meeting, "status")
    MeetingMove.objects.create(meeting=meeting, status=status, reason=reason, by=by, at=at)
    audit.record(f"meeting.{status}", meeting, by=by, at=at)
    return meeting
