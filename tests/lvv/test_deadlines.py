"""The deadlines of a user, and the mail about them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.acting import acting_as
from accounts.models import User
from cases import admission, intake, stays
from cases.deadlines import deadlines
from cases.models import Case
from core import outbox
from core.models import Effect
from lvv import reminders
from lvv.tasks import remind
from scenarios import table
from scenarios.meetings import decisions, planning
from scenarios.meetings.decisions import Resolution
from scenarios.models import Purpose, ScenarioKind
from tests.conftest import as_owner, met

CaseOf = Callable[..., Case]


def seen(user: User, on: date) -> list[tuple[str, str, date]]:
    with acting_as(user):
        return [(deadline.title, deadline.number, deadline.on) for deadline in deadlines(user, on)]


@pytest.fixture
def reviewed(sheltered: CaseOf, chair: User, today: date, now: datetime) -> Case:
    """A case whose scenario is due for review in twenty days."""
    case = sheltered(chair)
    on = today - timedelta(days=5)
    with acting_as(chair):
        meeting = planning.plan(case.municipality, held_on=on, place="Stadhuis", by=chair, at=now)
        item = planning.put_on_agenda(meeting, case, purpose=Purpose.SCENARIO, by=chair, at=now)
        planning.hold(meeting, present=table.seated(case.municipality), by=chair, at=now)
        item.refresh_from_db()
        decisions.decide(
            item,
            Resolution(outcome="adopted", kind=ScenarioKind.RETURN, review_on=today + timedelta(days=20)),
            by=chair,
            at=now,
        )
    return case


def test_a_review_comes_up_fourteen_days_before_and_stays_until_it_is_done(
    reviewed: Case, chair: User, today: date
) -> None:
    review_on = today + timedelta(days=20)
    assert seen(chair, review_on - timedelta(days=15)) == []
    expected = [("Scenario opnieuw bespreken", reviewed.number, review_on)]
    assert seen(chair, review_on - timedelta(days=14)) == expected
    assert seen(chair, review_on + timedelta(days=100)) == expected


def test_a_case_without_decision_on_admission_comes_up_after_fourteen_days(
    case_of: CaseOf, worker: User, today: date
) -> None:
    case = case_of(worker)  # registered thirty days ago
    due = today - timedelta(days=16)
    assert seen(worker, due - timedelta(days=1)) == []
    assert seen(worker, due) == [("Besluit over toelating nemen", case.number, due)]


def test_a_decision_ends_the_wait_for_it(sheltered: CaseOf, worker: User, today: date) -> None:
    sheltered(worker)
    assert seen(worker, today) == []


def test_a_stay_comes_up_twenty_eight_days_before_the_term_of_the_covenant(
    sheltered: CaseOf, worker: User, today: date
) -> None:
    case = sheltered(worker)  # in Amsterdam: 548 days, since twenty days
    last_day = today - timedelta(days=20) + timedelta(days=548)
    assert seen(worker, last_day - timedelta(days=29)) == []
    expected = [("Verblijf bereikt de maximale duur", case.number, last_day)]
    assert seen(worker, last_day - timedelta(days=28)) == expected


def test_moving_to_another_place_does_not_renew_the_term(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today - timedelta(days=10), at=now)
        stays.place(case, location="Locatie West", by=worker, on=today - timedelta(days=10), at=now)
    last_day = today - timedelta(days=20) + timedelta(days=548)
    assert seen(worker, last_day)[0][2] == last_day


def test_a_stay_under_a_covenant_without_a_term_has_no_deadline(sheltered: CaseOf, outsider: User, today: date) -> None:
    sheltered(outsider)  # Utrecht
    assert seen(outsider, today + timedelta(days=3000)) == []


def test_a_closed_case_has_no_deadlines(case_of: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = case_of(worker)
    assert seen(worker, today)
    with acting_as(worker):
        intake.close(case, by=worker, on=today, at=now)
    assert seen(worker, today) == []


def test_the_deadlines_of_a_case_out_of_sight_are_not_shown(
    case_of: CaseOf, worker: User, outsider: User, today: date
) -> None:
    case_of(worker)
    assert seen(worker, today)
    assert seen(outsider, today) == []


def test_a_deadline_is_shown_only_to_a_user_who_can_act_on_it(
    reviewed: Case, ind_member: User, chair: User, today: date
) -> None:
    on = today + timedelta(days=600)
    assert {title for title, _, _ in seen(chair, on)} == {
        "Scenario opnieuw bespreken",
        "Verblijf bereikt de maximale duur",
    }
    assert {title for title, _, _ in seen(ind_member, on)} == {"Scenario opnieuw bespreken"}


def queries_for(user: User, on: date) -> int:
    with (
        acting_as(user),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        deadlines(user, on)
    return len(queries)


def test_the_number_of_queries_does_not_grow_with_the_cases(
    sheltered: CaseOf, case_of: CaseOf, worker: User, today: date
) -> None:
    on = today + timedelta(days=600)
    sheltered(worker), case_of(worker)
    one = queries_for(worker, on)
    for _ in range(2):
        sheltered(worker), case_of(worker)
    assert queries_for(worker, on) == one <= 10


def carry_out(at: datetime) -> None:
    while effect := outbox.claim([reminders.REMIND], at=at, lease=timedelta(seconds=20)):
        outbox.perform(effect, reminders.send, at=at)


def test_a_user_gets_one_mail_a_day_however_often_the_task_runs(case_of: CaseOf, worker: User, now: datetime) -> None:
    case_of(worker)
    remind()
    remind()
    carry_out(now + timedelta(minutes=1))
    assert [message.to for message in mail.outbox] == [[worker.email]]
    assert Effect.objects.count() == 1


def test_the_mail_holds_counts_and_a_link_and_no_person(
    case_of: CaseOf, worker: User, now: datetime, settings: Any
) -> None:
    settings.SITE_URL = "https://lvv.example"
    cases = [case_of(worker, "Achternaam"), case_of(worker, "Achternaam")]
    remind()
    carry_out(now + timedelta(minutes=1))
    body = mail.outbox[0].body
    assert "- Besluit over toelating nemen: 2, waarvan 2 te laat" in body
    assert "https://lvv.example/" in body
    assert "Achternaam" not in body
    assert not any(case.number in body or str(case.pk) in body for case in cases)
    assert Effect.objects.get().payload.keys() == {"user", "on"}


def test_a_user_without_deadlines_gets_no_mail(sheltered: CaseOf, worker: User, outsider: User, now: datetime) -> None:
    sheltered(worker)
    remind()
    assert not Effect.objects.exists()


def test_no_mail_is_sent_for_work_that_was_done_meanwhile(
    case_of: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    remind()
    with acting_as(worker):
        admission.test(case, readings=met(case, today), by=worker, on=today, at=now)
        admission.decide(case, outcome="admitted", by=worker, on=today, at=now)
    carry_out(now + timedelta(minutes=1))
    assert mail.outbox == []
    assert Effect.objects.get().done_at is not None


@pytest.mark.parametrize("field", ["is_active", "membership"])
def test_a_user_who_has_left_gets_no_mail(
    case_of: CaseOf, worker: User, now: datetime, today: date, field: str
) -> None:
    case_of(worker)
    remind()
    if field == "is_active":
        with as_owner():
            User.objects.filter(pk=worker.pk).update(is_active=False)
    else:
        with as_owner():
            worker.memberships.update(until=today)
    carry_out(now + timedelta(minutes=1))
    assert mail.outbox == []
    Effect.objects.update(key="other")
    remind()
    assert Effect.objects.count() == 1
