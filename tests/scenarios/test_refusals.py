"""What the acts around a meeting refuse, with their reasons, when they are called without a page."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from scenarios.guidance import tracks
from scenarios.guidance.actions import Undertaking
from scenarios.meetings import agenda, attendance, backlog, closing, decisions, planning
from scenarios.meetings.attendance import Seat
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem, Attendance, Correction, Meeting, Scenario, Topic
from tests.conftest import CaseOf
from tests.scenarios.agreed import closed, held
from tests.scenarios.agreements import agree, ours
from tests.scenarios.lso import adopted, nominated, on_agenda, planned, tabled


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    return sheltered(worker)


@pytest.fixture
def minuted(chair: User, case: Case, today: date) -> Meeting:
    """A closed meeting with one case."""
    meeting = adopted(chair, case, today - timedelta(days=2)).item.meeting
    closed(chair, meeting)
    return meeting


def refused(user: User, act: Callable[[], object], words: str) -> None:
    with acting_as(user), pytest.raises(ValidationError, match=words):
        act()


def test_the_agenda_of_a_meeting_that_was_held_keeps_its_order(
    chair: User, case: Case, today: date, now: datetime
) -> None:
    item = tabled(chair, case, today)
    refused(chair, partial(agenda.put_in_order, item.meeting, [item.pk], by=chair, at=now), "niet meer gepland")


def test_an_order_of_other_cases_or_of_one_twice_is_refused(
    chair: User, case: Case, today: date, now: datetime
) -> None:
    item = on_agenda(chair, case, today + timedelta(days=3))
    elsewhere = on_agenda(chair, case, today + timedelta(days=4))
    for order in ([item.pk, item.pk], [item.pk, elsewhere.pk]):
        refused(chair, partial(agenda.put_in_order, item.meeting, order, by=chair, at=now), "intussen gewijzigd")


def test_a_closed_meeting_gets_no_other_items(chair: User, minuted: Meeting, now: datetime) -> None:
    act = partial(agenda.set_topics, minuted, opening=["Nieuw"], closing=[], by=chair, at=now)
    refused(chair, act, "Dit overleg is afgesloten")
    with acting_as(chair):
        assert not Topic.objects.filter(title="Nieuw").exists()


def test_attendance_is_recorded_between_holding_and_closing(
    chair: User, minuted: Meeting, today: date, now: datetime
) -> None:
    seats = [Seat(ours(chair), is_present=True)]
    coming = planned(chair, today + timedelta(days=3))
    refused(chair, partial(attendance.record, coming, seats, by=chair, at=now), "Leg eerst vast dat")
    refused(chair, partial(attendance.record, minuted, seats, by=chair, at=now), "Heropen het")
    with acting_as(chair):
        item = AgendaItem.objects.select_related("meeting", "case").get(meeting=minuted)
    refused(chair, partial(attendance.leave, item, [], by=chair, at=now), "Heropen het")


@pytest.mark.parametrize(
    ("seat", "words"),
    [
        ({"is_present": True, "absence": "apology"}, "heeft geen reden van afwezigheid"),
        ({"is_present": False, "absence": "ziek"}, "kies een reden van afwezigheid"),
        ({"is_present": True, "replaces": "Noor Iep"}, "vul in wie er was"),
        ({"is_present": False, "delegate": "Bram Iep", "replaces": "Noor Iep"}, "vul in wie er was"),
    ],
)
def test_a_seat_with_a_mistake_is_refused(
    chair: User, case: Case, today: date, now: datetime, seat: dict[str, object], words: str
) -> None:
    meeting = held(chair, case, today)
    seats = [Seat(ours(chair), **seat)]  # type: ignore[arg-type]
    refused(chair, partial(attendance.record, meeting, seats, by=chair, at=now), words)


def test_an_organisation_outside_the_table_gets_no_attendance(
    chair: User, outsider: User, case: Case, today: date, now: datetime
) -> None:
    meeting = held(chair, case, today)
    seats = [Seat(ours(outsider), is_present=True)]
    refused(chair, partial(attendance.record, meeting, seats, by=chair, at=now), "zit niet aan deze tafel")
    with acting_as(chair):
        assert not Attendance.objects.filter(meeting=meeting, organisation=ours(outsider)).exists()


def test_a_nomination_is_withdrawn_once_and_not_from_an_agenda(
    chair: User, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    withdrawn, placed = nominated(worker, sheltered(worker)), nominated(worker, sheltered(worker))
    with acting_as(worker):
        backlog.withdraw(withdrawn, by=worker, at=now)
    meeting = planned(chair, today + timedelta(days=3))
    with acting_as(chair):
        planning.place(placed, meeting, by=chair, at=now)
    refused(worker, partial(backlog.withdraw, withdrawn, by=worker, at=now), "al ingetrokken")
    refused(worker, partial(backlog.withdraw, placed, by=worker, at=now), "staat al op een agenda")


def test_only_a_closed_meeting_is_opened_again(chair: User, case: Case, today: date, now: datetime) -> None:
    meeting = held(chair, case, today)
    refused(chair, partial(closing.reopen, meeting, reason="Fout", by=chair, at=now), "Alleen een afgesloten overleg")


def _proposed(meeting: Meeting, by: User, at: datetime) -> Correction:
    us = ours(by)
    return closing.propose_correction(meeting, item=None, organisation=us, text="Anders", by=by, at=at)


def test_minutes_are_corrected_between_closing_and_adopting(
    chair: User, minuted: Meeting, sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    coming, meeting = planned(chair, today + timedelta(days=3)), held(chair, sheltered(worker), today)
    refused(chair, partial(_proposed, coming, chair, now), "nog geen verslag")
    refused(chair, partial(_proposed, meeting, chair, now), "nog niet af")
    with acting_as(chair):
        correction = _proposed(minuted, chair, now)
        closing.judge(correction, is_accepted=True, by=chair, at=now)
    refused(chair, partial(closing.judge, correction, is_accepted=False, by=chair, at=now), "al besloten")
    with acting_as(chair):
        closing.adopt(minuted, meeting, by=chair, at=now)
    refused(chair, partial(_proposed, minuted, chair, now), "al vastgesteld")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cadence_weeks": 0}, "1 tot 26 weken"),
        ({"cadence_weeks": 27}, "1 tot 26 weken"),
        ({"weekday": 0}, "Kies een dag"),
        ({"weekday": 8}, "Kies een dag"),
        ({"minutes": 14}, "tussen 15 minuten en 10 uur"),
        ({"minutes": 601}, "tussen 15 minuten en 10 uur"),
    ],
)
def test_an_agreement_that_no_table_can_keep_is_refused(chair: User, changed: dict[str, int], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        agree(chair, seats=[], may=[], **changed)


def test_no_steps_are_started_of_a_scenario_that_ended(
    chair: User, case: Case, minuted: Meeting, today: date, now: datetime
) -> None:
    with acting_as(chair):
        first = Scenario.objects.get(case=case)
    item = tabled(chair, case, today)
    other = Resolution(outcome="revised", kind="hasa", review_on=today + timedelta(days=90))
    with acting_as(chair):
        decisions.decide(item, other, by=chair, at=timezone.now())
        ended = Scenario.objects.select_related("case", "decision").get(pk=first.pk)
    step = Undertaking(ours(chair), "Bellen", today + timedelta(days=7))
    refused(chair, partial(tracks.start, ended, [step], by=chair, at=now, on=today), "loopt niet meer")
