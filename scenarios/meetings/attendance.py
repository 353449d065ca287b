"""Attendance: which organisations were at the meeting, and which of them left the table for a case."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from cases.locking import refuse
from scenarios import table
from scenarios.meetings import planning
from scenarios.models import Absence, AgendaItem, Attendance, ItemAbsence, Meeting, MeetingStatus


@dataclass(frozen=True)
class Seat:
    """The attendance of one organisation. `delegate` came for it, in place of `replaces`; `absence` is the reason."""

    organisation: Organisation
    is_present: bool
    absence: str = ""
    delegate: str = ""
    replaces: str = ""


def recording_blockers(meeting: Meeting) -> list[str]:
    """Why the attendance of a meeting can't be recorded now."""
    if meeting.status == MeetingStatus.CLOSED:
        return ["Dit overleg is afgesloten. Heropen het om de aanwezigheid te wijzigen."]
    return [] if meeting.status == MeetingStatus.HELD else ["Leg eerst vast dat het overleg is gehouden."]


def seat_blockers(seats: Iterable[Seat], seated: Iterable[Organisation]) -> list[str]:
    """Why these seats can't be recorded. `seated` are the organisations at the table."""
    known = {organisation.pk for organisation in seated}
    reasons = []
    for seat in seats:
        if seat.organisation.pk not in known:
            reasons.append(f"{seat.organisation} zit niet aan deze tafel.")
        if seat.is_present and seat.absence:
            reasons.append(f"{seat.organisation}: wie aanwezig is, heeft geen reden van afwezigheid.")
        if seat.absence and seat.absence not in Absence.values:
            reasons.append(f"{seat.organisation}: kies een reden van afwezigheid.")
        if seat.replaces and not (seat.is_present and seat.delegate):
            reasons.append(f"{seat.organisation}: vul in wie er was in plaats van {seat.replaces}.")
    return reasons


@transaction.atomic
def record(meeting: Meeting, seats: list[Seat], *, by: User, at: datetime, version: int | None = None) -> None:
    """Record the attendance of these organisations, over what was recorded before. The others stay as they were."""
    meeting = planning.lock_meeting(meeting, version=version)
    refuse(recording_blockers(meeting) + seat_blockers(seats, table.at(meeting)))
    Attendance.objects.bulk_create(
        [
            Attendance(
                meeting=meeting,
                organisation=seat.organisation,
                is_present=seat.is_present,
                absence=seat.absence,
                delegate=seat.delegate,
                replaces=seat.replaces,
            )
            for seat in seats
        ],
        update_conflicts=True,
        unique_fields=["meeting", "organisation"],
        update_fields=["is_present", "absence", "delegate", "replaces"],
    )
    planning.touch(meeting)
    audit.record("meeting.attendance_recorded", meeting, by=by, at=at, present=sum(seat.is_present for seat in seats))


@transaction.atomic
def leave(item: AgendaItem, organisations: Iterable[Organisation], *, by: User, at: datetime) -> None:
    """Record which present organisations left the table for this case. This replaces what was recorded before."""
    meeting = planning.lock_meeting(item.meeting)
    gone = {organisation.pk for organisation in organisations}
    present = set(meeting.attendances.filter(is_present=True).values_list("organisation", flat=True))
    refuse(recording_blockers(meeting))
    refuse([] if gone <= present else ["Alleen wie bij het overleg was, kan bij een zaak de tafel verlaten."])
    ItemAbsence.objects.filter(item=item).exclude(organisation__in=gone).delete()
    ItemAbsence.objects.bulk_create(
        [ItemAbsence(item=item, case_id=item.case_id, organisation_id=key) for key in sorted(gone)],
        ignore_conflicts=True,
    )
    audit.record("case.left_the_table", item.case, by=by, at=at, meeting=str(meeting.pk), number=len(gone))
