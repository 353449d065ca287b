"""The identities hold on measured figures; and they find a fault in any single cell, except in the declared ones."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from monitor.figures.balance import violations
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet
from monitor.figures.measurement import Measurement, measure
from tests.monitor.registrar import Registrar
from tests.monitor.worlds import (
    World,
    advised,
    case,
    discussed,
    filed,
    gone,
    inside,
    outside,
    present,
    profile,
    scenario,
    stay,
    waits,
)

ON = date(2020, 11, 1)
KNOWN_AT = datetime(2020, 11, 15, 12, tzinfo=UTC)
each_set = pytest.mark.parametrize(
    "definition_set", DEFINITION_SETS.values(), ids=lambda definition_set: definition_set.code
)

PEOPLE = World(
    [
        present("Amsterdam", profile(sex="male", birth_year=1980, nationality="AM"), scenario("stay", "2020-05-01")),
        present("Amsterdam", scenario("departure", "2020-05-01"), discussed("2020-06-01"), advised("2020-06-02", "")),
        present("Utrecht", profile(sex="female", departure_procedures=7), filed("2020-05-01")),
        present("Utrecht", person="Roza"),
        gone("Amsterdam", "grant", person="Roza"),
        *(gone("Utrecht", way) for way in ("azc_hasa", "art64", "unknown_destination", "back_to_bbb", "terminated")),
        gone("Rotterdam", "return", "AM"),
        gone("Rotterdam", "onward", "CN"),
        gone("Rotterdam", "transfer"),
        inside("Groningen", stay("2020-03-01", "2020-09-01")),
        outside("Groningen", stay("2020-03-01")),
        case("Utrecht", waits("2020-10-01")),
    ]
)
# No other figure says anything about these. So no identity can find a fault in a municipality if the country has the
# same fault. A fault in one of the two cells alone is found.
BOUND_BY_NOTHING = {"waiting", "outside_sheltered", "outside_present"}


@pytest.fixture
def measured(db: None) -> dict[str, Measurement]:
    Registrar().write(PEOPLE)
    return {code: measure(ON, KNOWN_AT, definition_set) for code, definition_set in DEFINITION_SETS.items()}


@each_set
def test_what_is_measured_breaks_no_identity(measured: dict[str, Measurement], definition_set: DefinitionSet) -> None:
    assert violations(measured[definition_set.code]) == []


def _with(measurement: Measurement, cell: tuple[str, str, str], step: int) -> Measurement:
    return replace(measurement, cells={**measurement.cells, cell: measurement.cells[cell] + step})


@each_set
def test_a_fault_in_a_single_cell_is_found(measured: dict[str, Measurement], definition_set: DefinitionSet) -> None:
    right = measured[definition_set.code]
    missed = {(cell[0], step) for cell in right.cells for step in (-1, 1) if not violations(_with(right, cell, step))}
    assert {code for code, _ in missed} <= BOUND_BY_NOTHING


@each_set
def test_a_fault_in_a_city_and_in_the_country_at_once_is_found_where_parts_add_up(
    measured: dict[str, Measurement], definition_set: DefinitionSet
) -> None:
    right = measured[definition_set.code]
    missed = set()
    for code, scope, value in right.cells:
        for step in (-1, 1):
            wrong = _with(_with(right, (code, "NL", value), step), (code, scope, value), step)
            if scope != "NL" and not violations(wrong):
                missed.add(code)
    assert missed <= {
        *BOUND_BY_NOTHING,
        "capacity",
        "mrt_discussed",
        "mrt_no_durable_solution",
        "stays",
        "procedures_pending",
    }


@each_set
def test_the_letters_residual_is_a_line_of_its_own(
    measured: dict[str, Measurement], definition_set: DefinitionSet
) -> None:
    right = measured[definition_set.code]
    for scope in right.scopes:
        assert right.figure("unexplained", scope) == right.residual(scope)
