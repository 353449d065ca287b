"""The calendar file of a meeting, which leaves our walls: it holds place and time and nothing else."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from cases.models import Person
from scenarios.meetings import planning
from scenarios.models import Meeting
from tests.conftest import CaseOf, as_owner
from tests.scenarios.browse import opened, status_of
from tests.scenarios.lso import on_agenda, planned


def file_for(user: User, meeting: Meeting) -> Any:
    client = Client()
    client.force_login(user)
    return client.get(reverse("scenarios:meeting_ics", args=[meeting.pk]))


def event_for(user: User, meeting: Meeting) -> Any:
    calendar = Calendar.from_ical(file_for(user, meeting).content)
    assert calendar.errors == []
    (event,) = calendar.events
    return event


@pytest.mark.parametrize(("held_on", "hours"), [(date(2027, 7, 7), 2), (date(2027, 12, 8), 1), (date(2041, 7, 3), 2)])
def test_a_meeting_begins_at_its_own_time_in_summer_and_in_winter(chair: User, held_on: date, hours: int) -> None:
    meeting = planned(chair, held_on)
    calendar = Calendar.from_ical(file_for(chair, meeting).content)
    (event,) = calendar.events
    assert isinstance(event.start, datetime)
    assert event.start.astimezone(UTC) == datetime.combine(held_on, meeting.starts_at, UTC).replace(
        hour=meeting.starts_at.hour - hours
    )
    assert (event.end - event.start).total_seconds() == meeting.minutes * 60
    assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    (zone,) = calendar.timezones
    # Read with the time zone rules in the file, as a calendar does that does not know Amsterdam.
    offset = datetime.combine(held_on, time(9), zone.to_tz(lookup_tzid=False)).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600


def test_the_file_holds_place_and_time_and_links_to_the_meeting(chair: User, today: date) -> None:
    meeting = planned(chair, today)
    event = event_for(chair, meeting)
    assert (event["SUMMARY"], event["LOCATION"], event["STATUS"]) == ("LSO Amsterdam", "Stadhuis", "CONFIRMED")
    assert event["URL"].endswith(reverse("scenarios:meeting_detail", args=[meeting.pk]))
    assert set(event) == {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "URL",
    }  # fmt: skip


def test_a_cancelled_meeting_updates_the_same_event(chair: User, today: date) -> None:
    meeting = planned(chair, today)
    before = event_for(chair, meeting)
    with acting_as(chair):
        planning.cancel(meeting, by=chair, at=datetime.now(UTC))
    after = event_for(chair, meeting)
    assert after["STATUS"] == "CANCELLED"
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]


def test_the_file_holds_nothing_about_a_case(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    case = sheltered(worker, "Geheimpje", given_names="Verborgene")
    assert case.person_id is not None
    with acting_as(worker):
        Person.objects.filter(pk=case.person_id).update(v_number="2876543219")
    meeting = on_agenda(chair, case, today, question="Vertrouwelijke vraag").meeting
    response = file_for(chair, meeting)
    content = response.content.replace(b"\r\n ", b"") + str(response.headers).encode()
    assert b"LSO Amsterdam" in content
    for secret in ("Geheimpje", "Verborgene", "2876543219", case.number, "Vertrouwelijke", str(case.pk)):
        assert secret.encode() not in content
    with as_owner():
        assert not Disclosure.objects.filter(page="scenarios:meeting_ics").exists()


def test_only_who_sits_at_the_table_gets_the_file(chair: User, outsider: User, today: date) -> None:
    meeting = planned(chair, today)
    assert status_of(outsider, "scenarios:meeting_ics", meeting.pk) == 404
    response = file_for(chair, meeting)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="overleg-lso-amsterdam-')
    page = opened(chair, "scenarios:meeting_detail", meeting.pk)
    assert reverse("scenarios:meeting_ics", args=[meeting.pk]) in page.text
