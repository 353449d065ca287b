"""Figures as they were reported beside figures as known now, and the causes of each difference."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Municipality, User
from cases import corrections, exits, stays
from cases.models import Case, Stay
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.differences import Causes, Line, then_and_now
from monitor.figures.measurement import NATIONAL, cases_behind, cases_of, measure
from tests.conftest import CaseOf, as_owner
from tests.monitor.rounds import merged

SET, EARLIER = DEFINITION_SETS["2022-01"], DEFINITION_SETS["2019-04"]
Lines = dict[tuple[str, str], Line]


@pytest.fixture
def now() -> datetime:
    """Two hours ago: the world was recorded then, and figures were reported an hour later."""
    return timezone.now() - timedelta(hours=2)


@pytest.fixture
def reported_at(now: datetime) -> datetime:
    return now + timedelta(hours=1)


@pytest.fixture
def cases(sheltered: CaseOf, worker: User) -> list[Case]:
    with as_owner():
        return [sheltered(worker) for _ in range(3)]


def _lines(
    on: date, reported_at: datetime, municipality: Municipality | None = None, by: Any = SET, by_now: Any = SET
) -> Lines:
    scope = municipality.name if municipality else NATIONAL
    compared = then_and_now(measure(on, reported_at, by), measure(on, timezone.now(), by_now), scope, municipality)
    return {(line.item.code, line.value): line for line in compared}


def _moved(lines: Lines) -> dict[tuple[str, str], tuple[int | None, int | None, Causes]]:
    return {key: (line.then, line.now, line.causes) for key, line in lines.items() if line.differs}


def test_nothing_differs_when_nothing_was_recorded(cases: list[Case], today: date, reported_at: datetime) -> None:
    lines = _lines(today, reported_at)
    assert _moved(lines) == {}
    assert lines["present", ""].then == lines["present", ""].now == 3


def test_a_late_exit_a_correction_and_a_withdrawal_are_told_apart(
    cases: list[Case], worker: User, amsterdam: Municipality, today: date, reported_at: datetime
) -> None:
    late, withdrawn, corrected = cases
    at = timezone.now()
    with acting_as(worker):
        exits.record_exit(late, category="azc_hasa", by=worker, on=today, at=at)
        corrections.withdraw(Stay.objects.standing().get(case=withdrawn), reason="Nooit.", by=worker, at=at)
        corrections.withdraw(Stay.objects.standing().get(case=corrected), reason="Later.", by=worker, at=at)
        stays.place(corrected, location="Oost", by=worker, on=today, at=at)
    for municipality in (None, amsterdam):
        moved = _moved(_lines(today, reported_at, municipality))
        assert moved["exit_azc_hasa", ""] == (0, 1, Causes(corrected=1))  # the exit also ended the running stay
        assert moved["sheltered", ""] == (3, 2, Causes(withdrawn=1))
        assert moved["present", ""] == (3, 1, Causes(corrected=1, withdrawn=1))


def test_a_merge_and_its_withdrawal_count_as_corrections(
    cases: list[Case], worker: User, amsterdam: Municipality, today: date, now: datetime, reported_at: datetime
) -> None:
    """This holds for both persons of a merge, also if one of their cases got no fact, and for persons merged before."""
    gone, present, third = cases
    with as_owner(), acting_as(worker):
        for case in (gone, third):
            exits.record_exit(case, category="azc_hasa", by=worker, on=today, at=now)
    with acting_as(worker):
        merge = merged(present, gone, worker)
    for municipality in (None, amsterdam):
        moved = _moved(_lines(today, reported_at, municipality))
        assert moved["sheltered", ""] == (3, 2, Causes(corrected=1))
        assert moved["exit_azc_hasa", ""] == (2, 1, Causes(corrected=1))
    merged_at = timezone.now()
    with acting_as(worker):
        merged(gone, third, worker)
        corrections.withdraw(merge, reason="Vergissing.", by=worker, at=timezone.now())
    moved = _moved(_lines(today, merged_at, amsterdam))
    assert moved == {}
    moved = _moved(_lines(today, reported_at, amsterdam))
    assert moved["sheltered", ""] == (3, 2, Causes(corrected=1))


def test_a_merge_that_was_known_already_moves_nothing(
    cases: list[Case], worker: User, today: date, now: datetime, reported_at: datetime
) -> None:
    present, gone, _ = cases
    with as_owner(), acting_as(worker):
        exits.record_exit(gone, category="azc_hasa", by=worker, on=today, at=now)
        merged(present, gone, worker, now)
    with acting_as(worker):
        corrections.withdraw(Stay.objects.running().get(case=present), reason="Nooit.", by=worker, at=timezone.now())
    moved = _moved(_lines(today, reported_at))
    assert moved["present", ""] == (2, 1, Causes(withdrawn=1))


def test_another_municipality_is_not_touched(
    cases: list[Case], worker: User, utrecht: Municipality, today: date, reported_at: datetime
) -> None:
    with acting_as(worker):
        exits.record_exit(cases[0], category="azc_hasa", by=worker, on=today, at=timezone.now())
    assert _moved(_lines(today, reported_at, utrecht)) == {}


def test_a_figure_that_one_set_lacks_is_not_compared(
    cases: list[Case], worker: User, today: date, now: datetime, reported_at: datetime
) -> None:
    """A figure that the earlier set lacks has no difference."""
    with as_owner(), acting_as(worker):
        exits.record_exit(cases[0], category="azc_hasa", by=worker, on=today, at=now)
    before, after = DEFINITION_SETS["2020-11"], SET
    lines = _lines(today, reported_at, by=before, by_now=after)
    assert (lines["durable", ""].then, lines["durable", ""].now, lines["durable", ""].definition) == (0, 0, 0)
    assert (lines["semi_durable", ""].then, lines["semi_durable", ""].now) == (None, 1)
    assert lines["semi_durable", ""].difference is None


def test_figures_among_different_people_are_not_compared(cases: list[Case], today: date, reported_at: datetime) -> None:
    compared = then_and_now(measure(today, reported_at, EARLIER), measure(today, timezone.now(), SET), NATIONAL, None)
    of_present = [(line.then, line.now) for line in compared if line.item.code == "present"]
    assert of_present == [(3, None), (None, 3)]


def test_a_definition_moves_a_figure_by_as_much_as_it_says(
    cases: list[Case], worker: User, today: date, now: datetime, reported_at: datetime
) -> None:
    changed = [replace(i, where="exit_category = 'azc_hasa'") if i.code == "durable" else i for i in SET.indicators]
    another = replace(SET, code="proef", indicators=tuple(changed))
    with as_owner(), acting_as(worker):
        exits.record_exit(cases[0], category="azc_hasa", by=worker, on=today, at=now)
    with acting_as(worker):
        exits.record_exit(cases[1], category="grant", evidence="Besluit", by=worker, on=today, at=timezone.now())
    line = _lines(today, reported_at, by=SET, by_now=another)["durable", ""]
    assert (line.then, line.now, line.definition) == (
        0,
        1,
        0,
    )  # a fact adds one; the definition takes that one out and adds another
    assert line.causes == Causes(corrected=1)


@pytest.mark.parametrize("number", [1, 3])
def test_the_number_of_queries_does_not_depend_on_what_differs(
    cases: list[Case], worker: User, today: date, reported_at: datetime, number: int
) -> None:
    with acting_as(worker):
        for case in cases[:number]:
            exits.record_exit(case, category="azc_hasa", by=worker, on=today, at=timezone.now())
    then, current = measure(today, reported_at, SET), measure(today, timezone.now(), SET)
    with CaptureQueriesContext(connection) as queries:
        then_and_now(then, current, NATIONAL, None)
    assert len(queries) == 18


def test_the_cases_of_all_figures_are_those_of_each(cases: list[Case], amsterdam: Municipality, today: date) -> None:
    at = timezone.now()
    together = cases_of(SET.indicators, on=today, known_at=at, municipality=amsterdam)
    for item in SET.indicators:
        for value in {value for code, value in together if code == item.code} or {""}:
            alone = cases_behind(item, on=today, known_at=at, municipality=amsterdam, value=value)
            assert set(alone) == together.get((item.code, value), set())
    assert len(together["present", ""]) == 3


def test_the_page(client: Client, cases: list[Case], worker: User, today: date, reported_at: datetime) -> None:
    def shown(**query: str) -> str:
        client.force_login(worker)
        response = client.get(reverse("monitor:then_and_now"), query)
        assert response.status_code == 200
        return response.content.decode()

    pair = {"on": today.isoformat(), "known_at": timezone.localtime(reported_at).strftime("%Y-%m-%dT%H:%M")}
    assert "Geen enkel cijfer verschilt" in shown(**pair)
    with acting_as(worker):
        exits.record_exit(cases[0], category="azc_hasa", by=worker, on=today, at=timezone.now())
    page = shown(**pair, scope="Amsterdam")
    assert "Naar een AZC (HASA)" in page
    assert "Doorstroom" not in page
    assert "Afgesproken plaatsen" not in page
    assert "Afgesproken plaatsen" in shown(**pair, alles="1")
    assert "Door de definitie" in shown(**pair, now_set="2020-11")
    for wrong in ({"scope": "Verweg"}, {"now_set": "1999"}, {"on": "2999-01-01"}):
        client.force_login(worker)
        assert client.get(reverse("monitor:then_and_now"), wrong).status_code == 400
