"""What is stuck and who waits for whom, compared with a second calculator that counts day by day."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Organisation, User
from accounts.walls import acting_as
from cases.models import Case
from scenarios import actions, decisions, positions, questions, radar, waiting
from scenarios.decisions import Resolution
from scenarios.models import AgendaItem
from tests.conftest import CaseOf
from tests.scenarios.asked import asked, give, pass_the_deadline
from tests.scenarios.browse import opened, queries_of, status_of
from tests.scenarios.lso import on_agenda, tabled


def ours(user: User) -> Organisation:
    return user.memberships.get().organisation


@pytest.fixture
def case(chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date) -> Case:
    """The IND sits at the table, and sees it by an earlier agenda."""
    return on_agenda(chair, sheltered(worker), today + timedelta(days=30)).case


def postponed(chair: User, case: Case, on: date) -> AgendaItem:
    item = tabled(chair, case, on)
    with acting_as(chair):
        decisions.decide(item, Resolution("postponed", "Later"), by=chair, at=timezone.now())
    return item


def reasons(chair: User, case: Case, today: date) -> list[str]:
    with acting_as(chair):
        found = radar.stuck(case.municipality, chair, today)
    return next((one.reasons for one in found if one.case.pk == case.pk), [])


def test_three_meetings_without_a_scenario_say_stuck_and_two_do_not(chair: User, case: Case, today: date) -> None:
    for days in (3, 2):
        postponed(chair, case, today - timedelta(days=days))
    assert reasons(chair, case, today) == []
    postponed(chair, case, today - timedelta(days=1))
    assert reasons(chair, case, today) == ["3 keer besproken, nog geen scenario"]


def test_an_action_that_was_carried_over_twice_says_stuck(
    chair: User, worker: User, case: Case, today: date, now: datetime
) -> None:
    with acting_as(worker):
        agreed = today - timedelta(days=10)
        action = actions.agree(
            case, organisation=ours(worker), text="Bellen", due_on=agreed, by=worker, on=agreed, at=now
        )
    for days in (3, 2):
        meeting = tabled(chair, case, today - timedelta(days=days)).meeting
        assert reasons(chair, case, today) == []
        with acting_as(chair):
            actions.review(action, meeting, result="not_done", due_on=today, by=chair, at=now)
    assert reasons(chair, case, today) == ["Actie van Gemeente Amsterdam 2 keer doorgeschoven"]


def test_a_question_that_waits_longer_than_agreed_says_stuck(
    chair: User, worker: User, ind_member: User, case: Case, today: date, now: datetime
) -> None:
    with acting_as(worker):
        questions.ask(
            case,
            asker=ours(worker),
            organisation=ours(ind_member),
            kind="file",
            text="Dossier",
            due_on=today,
            by=worker,
            on=today - timedelta(days=15),
            at=now,
        )
    assert reasons(chair, case, today - timedelta(days=1)) == []
    assert reasons(chair, case, today) == ["Vraag aan IND, LSO Amsterdam al 15 dagen zonder antwoord"]


def test_positions_that_do_not_move_say_stuck(
    chair: User, ind_member: User, case: Case, today: date, now: datetime
) -> None:
    with acting_as(chair):
        item = AgendaItem.objects.select_related("meeting", "case").get(case=case)
    for number in range(2):
        assert reasons(chair, case, today) == []
        made = asked(chair, item, reason="Nieuws" if number else "")
        give(ind_member, made, stance="disagree", text="Nee")
        pass_the_deadline(chair)
    assert reasons(chair, case, today) == ["Standpunten twee rondes achter elkaar gelijk"]
    with acting_as(chair):
        assert positions.sides([item], chair, now)


def test_the_page_is_for_the_municipality(chair: User, ind_member: User, case: Case, today: date) -> None:
    for days in (3, 2, 1):
        postponed(chair, case, today - timedelta(days=days))
    assert case.number in opened(chair, "scenarios:deadlocks").text
    assert status_of(ind_member, "scenarios:deadlocks") == 403


def test_the_page_asks_a_fixed_number_of_queries(
    chair: User, worker: User, sheltered: CaseOf, case: Case, today: date
) -> None:
    for days in (3, 2, 1):
        postponed(chair, case, today - timedelta(days=days))
    one = queries_of(chair, "scenarios:deadlocks")
    for number, other in enumerate((sheltered(worker), sheltered(worker)), 1):
        for days in (3, 2, 1):
            postponed(chair, other, today - timedelta(days=days + 3 * number))
    assert queries_of(chair, "scenarios:deadlocks") == one


SPANS = st.lists(
    st.tuples(st.dates(date(2026, 1, 1), date(2026, 3, 1)), st.integers(-3, 40)).map(
        lambda pair: (pair[0], pair[0] + timedelta(days=pair[1]))
    ),
    max_size=6,
)


@given(SPANS)
@settings(max_examples=150, deadline=None)
def test_days_waited_are_the_days_counted_one_by_one(spans: list[tuple[date, date]]) -> None:
    days = {start + timedelta(days=n) for start, end in spans for n in range(max(0, (end - start).days))}
    assert waiting.days_in(spans) == len(days)


def test_a_case_waits_for_an_answer_and_for_a_late_action(
    chair: User, worker: User, ind_member: User, case: Case, today: date, now: datetime
) -> None:
    ago = today - timedelta(days=10)
    with acting_as(worker):
        asked = {"asker": ours(worker), "organisation": ours(ind_member), "kind": "file", "text": "Dossier"}
        questions.ask(case, **asked, due_on=today, by=worker, on=ago, at=now)  # type: ignore[arg-type]
        actions.agree(
            case, organisation=ours(worker), text="Bellen", due_on=today - timedelta(days=4), by=worker, on=ago, at=now
        )
        found = {wait.organisation: wait.days for wait in waiting.waits([case.pk], today)}
    assert found == {ours(ind_member): 10, ours(worker): 4}
