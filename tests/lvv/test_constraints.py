"""What the triggers refuse to acts of the web, and what they must allow. `guards.py` has all guards."""

from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError

from accounts.acting import acting_as
from accounts.models import User
from cases import recording, stays
from cases.models import Case, Exit, Person, Stay
from scenarios.meetings import decisions, planning
from scenarios.meetings.decisions import Resolution
from scenarios.models import Decision, Scenario
from tests.conftest import CaseOf


def test_a_stay_may_begin_on_the_day_that_another_ended(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today, at=now)
        recording.record(Stay, case, by=worker, at=now, valid_from=today, kind="provisional", location="Noord")
        assert Stay.objects.standing().filter(case=case).count() == 2


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
        meeting = planning.plan(first.municipality, held_on=today, place="Stadhuis", by=chair, at=now)
        item = planning.put_on_agenda(meeting, first, purpose="scenario", by=chair, at=now)
        planning.hold(meeting, present=[], by=chair, at=now)
        decision = decisions.decide(
            item, Resolution(outcome="adopted", kind="return", review_on=today + timedelta(days=90)), by=chair, at=now
        )
    with pytest.raises(DatabaseError, match="besluit van het LSO"), acting_as(worker):
        _scenario(second, decision, worker, today, now)


def test_a_decision_at_a_meeting_that_was_not_held_is_refused(
    sheltered: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(chair):
        meeting = planning.plan(case.municipality, held_on=today, place="Stadhuis", by=chair, at=now)
        item = planning.put_on_agenda(meeting, case, purpose="scenario", by=chair, at=now)
    with pytest.raises(DatabaseError, match="gehouden overleg"), acting_as(chair):
        decisions.write_decision(item, outcome="postponed", text="Later", by=chair, at=now)


@pytest.mark.parametrize("days_after_start", [-1, 0])
def test_an_exit_not_after_the_start_of_the_stay_is_refused(
    sheltered: CaseOf, worker: User, today: date, now: datetime, days_after_start: int
) -> None:
    case = sheltered(worker)
    on = today - timedelta(days=20 - days_after_start)
    with pytest.raises(DatabaseError, match="uitstroom zonder eerder verblijf"), acting_as(worker):
        recording.record(Exit, case, by=worker, at=now, valid_from=on, category="other")


def test_a_case_keeps_its_municipality_and_its_person(case_of: CaseOf, worker: User, outsider: User) -> None:
    case, other = case_of(worker), case_of(outsider)
    with pytest.raises(DatabaseError, match="houdt haar sleutel"), acting_as(worker):
        Case.objects.filter(pk=case.pk).update(person=Person(pk=other.person_id))
