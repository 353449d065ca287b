"""A figure over time, broken where the definition changes; and the page that draws it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Municipality, User
from cases.models import Case
from monitor.figures import charts, series
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator, Population, Source, Unit
from monitor.figures.measurement import NATIONAL, Measurement
from monitor.figures.series import Point
from tests.conftest import CaseOf, as_owner
from tests.monitor import worlds
from tests.monitor.registrar import Registrar

KNOWN_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAYS = [date(2020, 7, 1), date(2020, 10, 1), date(2021, 1, 1), date(2022, 1, 1)]
SETS = [DEFINITION_SETS[code] for code in ("2019-04", "2019-04", "2020-11", "2022-01")]


def _history(code: str, *numbers: int) -> list[Measurement]:
    at = datetime.now().astimezone()
    return [
        Measurement(on, at, of, (), {(code, NATIONAL, ""): number})
        for on, of, number in zip(DAYS, SETS, numbers, strict=True)
    ]


def test_quarters_begin_with_the_pilots() -> None:
    assert list(series.quarters(date(2020, 1, 1))) == [
        date(2019, 4, 1),
        date(2019, 7, 1),
        date(2019, 10, 1),
        date(2020, 1, 1),
    ]


def test_a_series_breaks_where_other_people_are_counted() -> None:
    """The first monitor counted everybody who was admitted; the letter counts only persons inside the covenant."""
    points = series.series(_history("present", 10, 12, 9, 8), "present", NATIONAL)
    assert [(point.number, point.is_broken) for point in points] == [(10, False), (12, False), (9, True), (8, False)]


def test_a_figure_that_a_set_does_not_have_is_not_known() -> None:
    points = series.series(_history("semi_durable", 0, 0, 0, 7), "semi_durable", NATIONAL)
    assert [(point.number, point.is_broken) for point in points] == [(None, False)] * 3 + [(7, False)]


OTHERWISE: list[Callable[[Indicator], Indicator]] = [
    lambda item: replace(item, where="false"),
    lambda item: replace(item, by="sex"),
    lambda item: replace(item, unit=Unit.STAYS),
    lambda item: replace(item, population=Population.OUTSIDE),
    lambda item: replace(item, source=Source.STAYS),
]


@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_another_definition_breaks_the_series(otherwise: Callable[[Indicator], Indicator]) -> None:
    old = DEFINITION_SETS["2022-01"]
    items = [otherwise(i) if i.code == "present" else i for i in old.indicators]
    new: DefinitionSet = replace(old, indicators=tuple(items))
    at = datetime.now().astimezone()
    both = [Measurement(DAYS[0], at, old, (), {}), Measurement(DAYS[1], at, new, (), {})]
    assert [point.is_broken for point in series.series(both, "present", NATIONAL)] == [False, True]


def test_another_title_or_place_in_the_list_breaks_nothing() -> None:
    old = DEFINITION_SETS["2022-01"]
    items = [replace(i, title="Anders", definition="Anders", part_of="") for i in reversed(old.indicators)]
    at = datetime.now().astimezone()
    both = [
        Measurement(DAYS[0], at, old, (), {}),
        Measurement(DAYS[1], at, replace(old, indicators=tuple(items)), (), {}),
    ]
    assert [point.is_broken for point in series.series(both, "present", NATIONAL)] == [False, False]


def test_growth_is_not_taken_over_a_break() -> None:
    days = [Point(day, number) for day, number in zip(DAYS, (10, 12, None, 8), strict=True)]
    assert [point.number for point in series.growth(days)] == [None, 2, None, None]
    broken = [Point(DAYS[0], 10), Point(DAYS[1], 30, is_broken=True), Point(DAYS[2], 31)]
    assert [(point.number, point.is_broken) for point in series.growth(broken)] == [
        (None, False),
        (None, True),
        (1, False),
    ]
    assert series.growth([]) == []


def test_a_chart_over_time_carries_its_break_and_its_last_value() -> None:
    columns = [charts.Column(3, "2020"), charts.Column(9), charts.Column(None), charts.Column(4, is_broken=True)]
    drawn = charts.column_chart("proef", title="Proef", description="Per kwartaal.", columns=columns)
    assert drawn.count("<rect") == 3
    assert drawn.count("lvv-chart__break") == 1
    assert [text for text in (">9<", ">4<", ">3<", ">2020<") if text in drawn] == [">9<", ">4<", ">2020<"]


def test_a_chart_of_nothing_is_drawn_empty() -> None:
    assert "<rect" not in charts.column_chart("leeg", title="Leeg", description="Niets.", columns=[])


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(hours=2)


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    with as_owner():
        return sheltered(worker)


def test_the_page(client: Client, case: Case, worker: User) -> None:
    client.force_login(worker)
    response = client.get(reverse("monitor:trends"), {"scope": "Amsterdam"})
    assert response.status_code == 200
    html = response.content.decode()
    assert "Bezetting per 100 plaatsen" in html
    assert "Vanaf 1 januari 2021 andere definities. 2020-11: Tijdelijke uitkomsten tellen niet meer" in html
    assert html.count("lvv-chart__break") >= 3
    assert client.get(reverse("monitor:trends"), {"scope": "Verweg"}).status_code == 400


def test_waiting_time_is_the_median_on_each_day(db: None, today: date, now: datetime) -> None:
    """With entries that ended, that begin later, and of a person in two cities, who counts nationally by the first."""
    Registrar().write(
        worlds.World(
            [
                worlds.case("Amsterdam", worlds.waits("2020-01-01"), person="Roza"),
                worlds.case("Utrecht", worlds.waits("2020-03-01"), person="Roza"),
                worlds.case("Utrecht", worlds.waits("2020-06-01")),
                worlds.case("Utrecht", worlds.waits("2020-06-21", "2020-07-01")),
                worlds.case("Utrecht", worlds.waits("2020-06-30")),
                worlds.case("Utrecht", worlds.waits("2020-09-30")),
            ]
        )
    )
    days = [date(2019, 10, 1), date(2020, 6, 30), date(2020, 7, 1), date(2020, 10, 1)]

    def medians(name: str = "") -> list[int | None]:
        place = Municipality.objects.filter(name=name).first()
        return [point.number for point in series.median_waits(days, KNOWN_AT, place)]

    # Utrecht, 30 June: 121, 29, 9 and 0 days; 1 July: 122, 30 and 1; 1 October: 214, 122, 93 and 1.
    assert medians("Utrecht") == [None, 9, 30, 93]
    assert medians("Amsterdam") == [None, 181, 182, 274]
    assert medians() == [None, 9, 30, 93]
    assert medians("Groningen") == [None] * 4
