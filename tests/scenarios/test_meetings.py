"""The acts on a meeting: plan, put a case on its agenda, hold, cancel."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Municipality, Organisation, User
from cases import intake
from cases.models import Case
from scenarios import table
from scenarios.meetings import planning
from scenarios.models import AgendaItem, Attendance, Meeting
from tests.conftest import CaseOf
from tests.scenarios.lso import on_agenda, planned, tabled

TOMORROW = timedelta(days=1)


def test_a_municipality_meets_once_a_day(chair: User, today: date) -> None:
    planned(chair, today)
    with pytest.raises(ValidationError, match="al een LSO \\(gepland\\)"):
        planned(chair, today)


def test_the_partners_see_a_case_once_it_is_on_the_agenda(
    case_of: CaseOf, worker: User, chair: User, counsellor: User, ind_member: User, today: date
) -> None:
    case = case_of(worker)
    for partner in (counsellor, ind_member):
        with acting_as(partner):
            assert not Case.objects.filter(pk=case.pk).exists()
    on_agenda(chair, case, today)
    for partner in (counsellor, ind_member):
        with acting_as(partner):
            assert Case.objects.visible_to(partner).filter(pk=case.pk).exists()


def test_a_case_worker_puts_a_case_on_the_agenda(case_of: CaseOf, worker: User, chair: User, today: date) -> None:
    case, meeting = case_of(worker), planned(chair, today)
    with acting_as(worker):
        planning.put_on_agenda(meeting, case, purpose="scenario", by=worker, at=timezone.now())
        assert [item.order for item in meeting.items.all()] == [1]


def test_a_case_is_put_once_on_an_agenda(case_of: CaseOf, worker: User, chair: User, today: date) -> None:
    item = on_agenda(chair, case_of(worker), today)
    with pytest.raises(ValidationError, match="staat al op de agenda"):
        on_agenda(chair, item.case, today, item.meeting)


def test_a_case_of_another_municipality_is_not_put_on_the_agenda(
    case_of: CaseOf, worker: User, chair: User, today: date, utrecht: Municipality
) -> None:
    case = case_of(worker)
    elsewhere = Meeting(municipality=utrecht, held_on=today)
    with acting_as(chair):
        assert planning.agenda_blockers(elsewhere, case) == ["Deze zaak hoort bij een andere gemeente."]


def test_a_closed_case_is_not_put_on_the_agenda(
    case_of: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        intake.close(case, by=worker, on=today, at=now)
    with pytest.raises(ValidationError, match="zaak is gesloten"):
        on_agenda(chair, case, today)


def test_a_case_is_not_put_on_an_agenda_from_before_it_was_registered(
    case_of: CaseOf, worker: User, chair: User, today: date
) -> None:
    with pytest.raises(ValidationError, match="na dit overleg"):
        on_agenda(chair, case_of(worker), today - timedelta(days=60))


def test_nothing_is_put_on_or_taken_off_the_agenda_of_a_meeting_that_was_held(
    case_of: CaseOf, worker: User, chair: User, today: date
) -> None:
    item = tabled(chair, case_of(worker), today)
    with pytest.raises(ValidationError, match="niet meer gepland"):
        on_agenda(chair, case_of(worker), today, item.meeting)
    with pytest.raises(ValidationError, match="niet meer gepland"), acting_as(chair):
        planning.take_off(item, by=chair, at=timezone.now())
    with acting_as(chair):
        assert AgendaItem.objects.filter(meeting=item.meeting).count() == 1


def test_a_case_is_taken_off_the_agenda_once(case_of: CaseOf, worker: User, chair: User, today: date) -> None:
    item = on_agenda(chair, case_of(worker), today)
    stale_item = AgendaItem(pk=item.pk, meeting=item.meeting, case=item.case)
    with acting_as(chair):
        planning.take_off(item, by=chair, at=timezone.now())
    with pytest.raises(ValidationError, match="niet meer op de agenda"), acting_as(chair):
        planning.take_off(stale_item, by=chair, at=timezone.now())


def test_an_unknown_purpose_is_refused(case_of: CaseOf, worker: User, chair: User, today: date) -> None:
    case, meeting = case_of(worker), planned(chair, today)
    with pytest.raises(ValidationError, match="waarvoor"), acting_as(chair):
        planning.put_on_agenda(meeting, case, purpose="koffie", by=chair, at=timezone.now())


def test_holding_records_who_was_there_and_who_was_not(chair: User, ngo: Organisation, today: date) -> None:
    meeting = planned(chair, today)
    seated = table.seated(meeting.municipality)
    with acting_as(chair):
        planning.hold(meeting, present=[o for o in seated if o != ngo], by=chair, at=timezone.now())
        found = {a.organisation: a.is_present for a in Attendance.objects.filter(meeting=meeting)}
    assert found == {organisation: organisation != ngo for organisation in seated}


def test_an_organisation_outside_the_table_is_not_recorded_as_present(chair: User, today: date) -> None:
    meeting = planned(chair, today)
    stranger = Organisation.objects.get(name="IND, LSO Utrecht")
    with pytest.raises(ValidationError, match="zit aan deze tafel"), acting_as(chair):
        planning.hold(meeting, present=[stranger], by=chair, at=timezone.now())


def test_a_meeting_is_not_held_before_its_day(chair: User, today: date) -> None:
    meeting = planned(chair, today + TOMORROW)
    with pytest.raises(ValidationError, match="pas op"), acting_as(chair):
        planning.hold(meeting, present=[], by=chair, at=timezone.now())


def test_the_day_of_a_meeting_begins_at_midnight_in_amsterdam(chair: User, today: date) -> None:
    meeting = planned(chair, today + TOMORROW)
    just_after = timezone.make_aware(datetime.combine(today + TOMORROW, time(0, 10)))
    with acting_as(chair):
        assert planning.hold(meeting, present=[], by=chair, at=just_after).status == "held"


def test_a_held_or_cancelled_meeting_stays_so(chair: User, today: date) -> None:
    held, cancelled = planned(chair, today), planned(chair, today - TOMORROW)
    now = timezone.now()
    with acting_as(chair):
        planning.hold(held, present=[], by=chair, at=now)
        planning.cancel(cancelled, by=chair, at=now)
    for meeting, word in ((held, "gehouden"), (cancelled, "vervallen")):
        with pytest.raises(ValidationError, match=f"al {word}"), acting_as(chair):
            planning.hold(meeting, present=[], by=chair, at=now)
        with pytest.raises(ValidationError, match=f"al {word}"), acting_as(chair):
            planning.cancel(meeting, by=chair, at=now)


def test_a_stale_form_does_not_change_a_meeting(chair: User, today: date) -> None:
    meeting = planned(chair, today)
    with pytest.raises(planning.StaleMeeting) as refusal, acting_as(chair):
        planning.cancel(meeting, by=chair, at=timezone.now(), version=meeting.version - 1)
    assert refusal.value.current_version == meeting.version
    with acting_as(chair):
        assert Meeting.objects.get(pk=meeting.pk).status == "planned"
