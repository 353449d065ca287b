"""What must never be false is refused by the database, whatever the program does."""

import uuid
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError

from accounts.models import User
from accounts.walls import acting_as
from cases import recording, stays
from cases.models import Admission, Case, Covenant, Exit, Person, Stay
from scenarios import meetings
from scenarios.models import Decision, Scenario
from tests.conftest import CaseOf, as_owner


def test_stays_of_one_person_in_one_municipality_do_not_overlap(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with pytest.raises(IntegrityError, match="stays_of_a_person_do_not_overlap"), acting_as(worker):
        recording.record(Stay, case, by=worker, at=now, valid_from=today, kind="provisional", location="Noord")


def test_a_stay_may_begin_on_the_day_that_another_ended(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today, at=now)
        recording.record(Stay, case, by=worker, at=now, valid_from=today, kind="provisional", location="Noord")
        assert Stay.objects.standing().filter(case=case).count() == 2


def test_a_person_has_one_open_case_in_a_municipality(case_of: CaseOf, worker: User, today: date) -> None:
    case = case_of(worker)
    with pytest.raises(IntegrityError, match="one_open_case_per_person_and_municipality"), acting_as(worker):
        Case.objects.create(
            number="AMS-99999",
            municipality=case.municipality,
            person=case.person,
            subject=case.subject,
            registered_on=today,
            worker=worker,
        )


def _scenario(case: Case, decision: Decision | None, worker: User, today: date, now: datetime) -> None:
    recording.record(
        Scenario,
        case,
        by=worker,
        at=now,
        valid_from=today,
        decision=decision,
        direction="departure",
        kind="return",
        review_on=today + timedelta(days=90),
    )


def test_a_scenario_without_a_decision_is_refused(sheltered: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = sheltered(worker)
    with pytest.raises(DatabaseError, match="besluit van het LSO"), acting_as(worker):
        _scenario(case, None, worker, today, now)


def test_a_scenario_on_the_decision_of_another_case_is_refused(
    sheltered: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    first, second = sheltered(worker), sheltered(worker)
    with acting_as(chair):
        meeting = meetings.plan(first.municipality, held_on=today, place="Stadhuis", by=chair, at=now)
        item = meetings.nominate(meeting, first, purpose="scenario", by=chair, at=now)
        meetings.hold(meeting, present=[], by=chair, at=now)
        decision = meetings.decide(
            item, outcome="adopted", kind="return", review_on=today + timedelta(days=90), by=chair, at=now
        )
    with pytest.raises(DatabaseError, match="besluit van het LSO"), acting_as(worker):
        _scenario(second, decision, worker, today, now)


def test_a_decision_at_a_meeting_that_was_not_held_is_refused(
    sheltered: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(chair):
        meeting = meetings.plan(case.municipality, held_on=today, place="Stadhuis", by=chair, at=now)
        item = meetings.nominate(meeting, case, purpose="scenario", by=chair, at=now)
    with pytest.raises(DatabaseError, match="gehouden overleg"), acting_as(chair):
        meetings.write_decision(item, outcome="postponed", text="Later", by=chair, at=now)


@pytest.mark.parametrize("days_after_start", [-1, 0])
def test_an_exit_not_after_the_start_of_the_stay_is_refused(
    sheltered: CaseOf, worker: User, today: date, now: datetime, days_after_start: int
) -> None:
    case = sheltered(worker)
    on = today - timedelta(days=20 - days_after_start)
    with pytest.raises(DatabaseError, match="uitstroom zonder eerder verblijf"), acting_as(worker):
        recording.record(Exit, case, by=worker, at=now, valid_from=on, category="other")


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"category": "return", "evidence": "Melding"}, "exit_departure_has_a_destination"),
        ({"category": "other", "destination": "AM"}, "exit_departure_has_a_destination"),
        ({"category": "grant"}, "exit_durable_has_evidence"),
        ({"category": "other", "valid_until": date(2019, 1, 1)}, "exit_ends_after_start"),
    ],
)
def test_an_exit_that_is_not_whole_is_refused(
    sheltered: CaseOf, worker: User, today: date, now: datetime, values: dict[str, object], constraint: str
) -> None:
    case = sheltered(worker)
    with pytest.raises(IntegrityError, match=constraint), acting_as(worker):
        recording.record(Exit, case, by=worker, at=now, valid_from=today, **values)


def test_an_exception_without_a_ground_is_refused(sheltered: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = sheltered(worker)
    with pytest.raises(IntegrityError, match="admission_exception_has_a_ground"), acting_as(worker):
        decision = Admission.objects.get(case=case)
        recording.withdraw(decision, by=worker, at=now, reason="Proef")
        recording.record(
            Admission,
            case,
            by=worker,
            at=now,
            valid_from=today,
            outcome="exception",
            body="lso",
            inside_covenant=True,
            test=decision.test,
        )


def test_two_covenants_in_force_at_once_are_refused(worker: User, now: datetime) -> None:
    covenant = Covenant.objects.standing().get(municipality__name="Utrecht")
    with pytest.raises(IntegrityError, match="one_covenant_in_force"), as_owner():
        covenant.pk, covenant.recorded_at, covenant._state.adding = uuid.uuid4(), now, True
        covenant.save(force_insert=True)


def test_a_withdrawal_without_a_reason_is_refused(sheltered: CaseOf, worker: User, now: datetime) -> None:
    sheltered(worker)
    with pytest.raises(IntegrityError, match="stay_withdrawn_with_who_and_why"), acting_as(worker):
        recording.withdraw(Stay.objects.get(), by=worker, at=now, reason="")


def test_a_withdrawn_fact_does_not_come_back(sheltered: CaseOf, worker: User, now: datetime) -> None:
    sheltered(worker)
    with acting_as(worker):
        stay = Stay.objects.get()
        recording.withdraw(stay, by=worker, at=now, reason="Proef")
    with pytest.raises(DatabaseError, match="ingetrokken feit"), acting_as(worker):
        Stay.objects.filter(pk=stay.pk).update(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")


def test_a_case_keeps_its_municipality_and_its_person(case_of: CaseOf, worker: User, outsider: User) -> None:
    case, other = case_of(worker), case_of(outsider)
    with pytest.raises(DatabaseError, match="houdt haar sleutel"), acting_as(worker):
        Case.objects.filter(pk=case.pk).update(person=Person(pk=other.person_id))
