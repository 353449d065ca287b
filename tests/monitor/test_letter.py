"""The demo world gives every figure of the letter of 17 November 2020, computed from its facts."""

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone

from monitor.figures.measurement import NATIONAL, Measurement, measure

REFERENCE_DATE = date(2020, 11, 1)
FIGURES = Path(__file__).with_name("letter-figures.csv")
# The name of a figure in the file with the letter's figures -> the code of our indicator.
CODES = {
    "capacity_agreed": "capacity",
    "sheltered_cumulative": "sheltered",
    "present": "present",
    "scenario_adopted": "scenario",
    "scenario_departure": "scenario_departure",
    "scenario_stay": "scenario_stay",
    "durable_total": "durable",
    "durable_grant": "durable_grant",
    "durable_departure": "durable_departure",
    "exit_azc_subsequent_asylum": "exit_azc_hasa",
    "art64_postponement": "exit_art64",
    "exit_unknown_destination": "exit_unknown_destination",
    "exit_back_to_bbb": "exit_back_to_bbb",
    "exit_forced_termination": "exit_terminated",
    "mrt_cases": "mrt_discussed",
    "mrt_no_durable_solution": "mrt_no_durable_solution",
}
DESTINATIONS = {"armenia": "AM", "china": "CN", "nigeria": "NG"}
Measure = Callable[[datetime], Measurement]


@pytest.fixture
def measured(in_demo_world: None) -> Measure:
    """Measure the demo world on the letter's reference date, under the rights of the web."""

    def at(moment: datetime) -> Measurement:
        with transaction.atomic():
            return measure(REFERENCE_DATE, moment)

    return at


def _rows() -> list[dict[str, str]]:
    with FIGURES.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _cell(row: dict[str, str]) -> tuple[str, str, str]:
    scope = NATIONAL if row["municipality"] == "NL5" else row["municipality"]
    if row["metric"].startswith("return_destination_"):
        return "departure_destination", scope, DESTINATIONS[row["metric"].rpartition("_")[2]]
    return CODES[row["metric"]], scope, ""


def test_the_letter_has_thirty_four_figures() -> None:
    assert len({_cell(row) for row in _rows()}) == 34


def test_every_figure_of_the_letter_is_computed(measured: Measure) -> None:
    now = measured(timezone.now())
    assert {_cell(row): now.figure(*_cell(row)) for row in _rows()} == {
        _cell(row): int(row["value"]) for row in _rows()
    }


def test_what_the_letter_leaves_unexplained_is_found(measured: Measure) -> None:
    now = measured(timezone.now())
    assert now.figure("unexplained") == now.residual() == 57
    assert now.residual() + now.figure("exit_art64") == 82


def test_the_municipalities_exceed_the_national_figures_by_who_is_known_in_two(measured: Measure) -> None:
    now = measured(timezone.now())
    assert {code: now.overlap(code) for code in ("sheltered", "present", "exit_other")} == {
        "sheltered": 12,
        "present": 0,
        "exit_other": 12,
    }
    for name in (*now.municipalities, NATIONAL):
        assert now.residual(name) == now.figure("unexplained", name)


def test_an_earlier_moment_of_knowledge_gives_the_earlier_answer(measured: Measure) -> None:
    then = measured(datetime(2020, 11, 10, 8, tzinfo=UTC))
    figures = {code: then.figure(code) for code in ("sheltered", "present", "scenario", "durable", "unexplained")}
    assert figures == {"sheltered": 1302, "present": 774, "scenario": 466, "durable": 103, "unexplained": 63}
    assert measured(timezone.now()).figure("sheltered") == 1310


def test_the_top_three_of_the_letter_are_the_top_three(measured: Measure) -> None:
    now = measured(timezone.now())
    by_number = sorted(
        ((now.figure("departure_destination", NATIONAL, v), v) for v in now.values("departure_destination")),
        reverse=True,
    )
    assert by_number[:3] == [(7, "AM"), (5, "CN"), (4, "NG")]
    assert by_number[3][0] < 4
