"""Stuck cases, and waits for an organisation, which a second calculator in this file counts day by day."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases.models import Case
from scenarios.guidance import actions, questions, radar, waiting
from scenarios.meetings import positions
from scenarios.models import Action, ActionReview, AgendaItem
from tests.conftest import CaseOf
from tests.scenarios.agreements import ours
from tests.scenarios.asked import ask_positions, give, pass_the_deadline
from tests.scenarios.browse import opened, queries_of, status_of
from tests.scenarios.lso import on_agenda, postponed, tabled


@pytest.fixture
def case(chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date) -> Case:
    """A case on a planned agenda, so that the IND at the table sees it."""
    return on_agenda(chair, sheltered(worker), today + timedelta(days=30)).case


def reasons(chair: User, case: Case, today: date) -> list[str]:
    with acting_as(chair):
        stuck = radar.stuck_cases(case.municipality, chair, today)
    return next((flagged.reasons for flagged in stuck if flagged.case.pk == case.pk), [])


def test_a_case_is_stuck_after_three_meetings_without_a_scenario_and_not_after_two(
    chair: User, case: Case, today: date
) -> None:
    for days in (3, 2):
        postponed(chair, case, today - timedelta(days=days))
    assert reasons(chair, case, today) == []
    postponed(chair, case, today - timedelta(days=1))
    assert reasons(chair, case, today) == ["3 keer besproken, nog geen scenario"]


def test_a_case_is_stuck_when_an_action_was_carried_over_twice(
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


def test_a_case_is_stuck_when_a_question_waits_longer_than_agreed(
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


def test_a_case_is_stuck_when_positions_do_not_change(
    chair: User, ind_member: User, case: Case, today: date, now: datetime
) -> None:
    with acting_as(chair):
        item = AgendaItem.objects.select_related("meeting", "case").get(case=case)
    for number in range(2):
        assert reasons(chair, case, today) == []
        made = ask_positions(chair, item, reason="Nieuws" if number else "")
        give(ind_member, made, stance="disagree", text="Nee")
        pass_the_deadline(chair)
    assert reasons(chair, case, today) == ["Standpunten twee rondes achter elkaar gelijk"]
    give(ind_member, ask_positions(chair, item, reason="Nieuws"), stance="agree", text="Ja")
    assert reasons(chair, case, today) == ["Standpunten twee rondes achter elkaar gelijk"]  # that one is not open yet
    pass_the_deadline(chair)
    assert reasons(chair, case, today) == []
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
def test_days_in_spans_equal_the_days_counted_one_by_one(spans: list[tuple[date, date]]) -> None:
    days = {start + timedelta(days=n) for start, end in spans for n in range(max(0, (end - start).days))}
    assert waiting.days_in(spans) == len(days)


DAYS = st.integers(0, 40)
# A question to the IND: the day, the days until it ends (not if that is after today), whether by withdrawal or answer.
ASKED = st.tuples(DAYS, st.integers(0, 60), st.booleans())
# An action: whether it is ours, the day, the days until it is due, the days by which it is carried over (0: it is not),
# and the days until it is settled (not settled if that is after today).
AGREED = st.tuples(st.booleans(), DAYS, st.integers(1, 20), st.integers(0, 20), st.integers(1, 60))


@given(st.lists(ASKED, max_size=4), st.lists(AGREED, max_size=4), DAYS, st.integers(0, 30))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_waits_equal_the_days_counted_one_by_one(
    chair: User,
    worker: User,
    ind_member: User,
    case: Case,
    today: date,
    now: datetime,
    asked: list[tuple[int, int, bool]],
    agreed: list[tuple[bool, int, int, int, int]],
    first: int,
    length: int,
) -> None:
    us, ind = ours(worker), ours(ind_member)
    begin = today - timedelta(days=40)
    within = (begin + timedelta(days=first), begin + timedelta(days=first + length))
    days: dict[Organisation, set[date]] = {us: set(), ind: set()}
    with rolled_back(), acting_as(chair):
        for day, lasts, is_withdrawn in asked:
            on, until = begin + timedelta(days=day), begin + timedelta(days=day + lasts)
            question = questions.ask(
                case,
                asker=us,
                organisation=ind,
                kind="research",
                text="Hoe zit het?",
                due_on=on,
                by=chair,
                on=on,
                at=now,
            )
            if until <= today:
                who = chair if is_withdrawn else ind_member
                end = questions.withdraw if is_withdrawn else partial(questions.answer, text="Ja")
                with acting_as(who):
                    end(question, by=who, on=until, at=now)
            days[ind] |= {on + timedelta(days=n) for n in range((min(until, today) - on).days)}
        for is_ours, day, due, carried, lasts in agreed:
            on, of = begin + timedelta(days=day), us if is_ours else ind
            due_on, until = on + timedelta(days=due), on + timedelta(days=lasts)
            action = actions.agree(case, organisation=of, text="Bel", due_on=due_on, by=chair, on=on, at=now)
            if carried:
                _carried_at_a_meeting(action, case, due_on + timedelta(days=carried), chair, now)
            if until <= today:
                actions.settle(action, result="done", by=chair, on=until, at=now)
            days[of] |= {due_on + timedelta(days=n) for n in range((min(until, today) - due_on).days)}
        whole = {wait.organisation: wait.days for wait in waiting.waits([case.pk], today)}
        part = {wait.organisation: wait.days for wait in waiting.waits([case.pk], today, within)}
    assert whole == {one: len(some) for one, some in days.items() if some}
    in_period = {one: {day for day in some if within[0] <= day < within[1]} for one, some in days.items()}
    assert part == {one: len(some) for one, some in in_period.items() if some}


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back everything that is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _carried_at_a_meeting(action: Action, case: Case, due_on: date, chair: User, now: datetime) -> None:
    """Carry the action over to this day, at a meeting of the case."""
    meeting = case.agenda_items.get().meeting
    ActionReview.objects.create(
        action=action,
        case=case,
        meeting=meeting,
        result="not_done",
        was_due_on=action.due_on,
        due_on=due_on,
        reviewed_by=chair,
        reviewed_at=now,
    )
    Action.objects.filter(pk=action.pk).update(due_on=due_on, version=2)
    action.refresh_from_db()


def test_the_case_that_is_stuck_for_longest_comes_first(
    chair: User, worker: User, sheltered: CaseOf, case: Case, today: date
) -> None:
    other = sheltered(worker)
    for days in (9, 8, 7, 1):
        postponed(chair, other, today - timedelta(days=days))
    for days in (6, 5, 4):
        postponed(chair, case, today - timedelta(days=days))
    with acting_as(chair):
        found = radar.stuck_cases(case.municipality, chair, today)
    assert [(one.case.pk, (today - one.since).days) for one in found] == [(other.pk, 7), (case.pk, 4)]


def test_the_page_counts_a_year_on_request(chair: User, worker: User, ind_member: User, case: Case) -> None:
    year = timezone.localdate().year
    with acting_as(worker):
        given = {"asker": ours(worker), "organisation": ours(ind_member), "kind": "file", "text": "Dossier"}
        on = date(year, 1, 1) - timedelta(days=10)
        made = questions.ask(case, **given, due_on=on, by=worker, on=on, at=timezone.now())  # type: ignore[arg-type]
        until = date(year, 1, 1) + timedelta(days=5)
        with acting_as(ind_member):
            questions.answer(made, text="Ja", by=ind_member, on=until, at=timezone.now())
    client = opened(chair, "scenarios:deadlocks").client
    shown = {
        chosen: " ".join(client.get(reverse("scenarios:deadlocks") + chosen).content.decode().split())
        for chosen in ("", f"?jaar={year}", f"?jaar={year - 1}", f"?jaar={year - 2}", "?jaar=x")
    }
    assert "15 dagen in 1 zaak" in shown[""]
    assert "15 dagen in 1 zaak" in shown["?jaar=x"]
    assert "5 dagen in 1 zaak" in shown[f"?jaar={year}"]
    assert "10 dagen in 1 zaak" in shown[f"?jaar={year - 1}"]
    assert f"In {year - 2} wachtte geen zaak" in shown[f"?jaar={year - 2}"]


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
