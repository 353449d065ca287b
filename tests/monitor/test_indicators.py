"""One small world for each indicator, with the figures that a person counts by hand on 1 November 2020.

To add an indicator, add a row here. A world is a list of cases (see `worlds.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cases.models import Covenant
from monitor.figures.definitions import DEFINITION_SETS, SET_2020_11
from monitor.figures.indicators import Indicator, Mixed, Population, numbers
from monitor.figures.measurement import measure
from monitor.publishing.export import facts
from tests.monitor.calculator import Cell, calculate
from tests.monitor.registrar import Registrar
from tests.monitor.worlds import (
    EARLY,
    World,
    WorldCase,
    WorldCovenants,
    admission,
    advised,
    case,
    discussed,
    filed,
    gone,
    inside,
    left,
    outside,
    present,
    profile,
    refusal,
    scenario,
    stay,
    tell,
    waits,
)

ON = date(2020, 11, 1)
KNOWN_AT = datetime(2020, 11, 15, 12, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """A world, and its figures that are not zero, by scope; those of a breakdown by "scope: value"."""

    figures: dict[str, int]
    cases: list[WorldCase] = field(default_factory=list)
    covenants: list[WorldCovenants] = field(default_factory=list)


def only(municipality: str, values: dict[str, int]) -> dict[str, int]:
    """The figures of a breakdown that is the same in one city and in the country."""
    return {f"{scope}: {value}": number for scope in (municipality, "NL") for value, number in values.items()}


def renegotiated(municipality: str, before: int, since: str, after: int) -> WorldCovenants:
    terms = [
        tell(Covenant, "2019-04-01", since, agreed_places=before),
        tell(Covenant, since, agreed_places=after),
    ]
    return WorldCovenants(municipality, EARLY, terms)


ROWS: dict[str, Row] = {
    # Amsterdam agrees on another number from the reference date on, Utrecht from the day after it.
    "capacity": Row(
        {"Amsterdam": 200, "Eindhoven": 130, "Groningen": 300, "Rotterdam": 117, "Utrecht": 230, "NL": 977},
        covenants=[renegotiated("Amsterdam", 350, "2020-11-01", 200), renegotiated("Utrecht", 230, "2020-11-02", 100)],
    ),
    # Roza was in both cities: one person in each, one in the country. Who comes tomorrow, was refused or stayed
    # outside the covenant does not count, nor does who has no stay.
    "sheltered": Row(
        {"Amsterdam": 3, "Utrecht": 1, "NL": 3},
        [
            inside("Amsterdam", stay("2020-03-01", "2020-06-01"), person="Roza"),
            present("Utrecht", person="Roza"),
            inside("Amsterdam", stay("2020-03-01", "2020-06-01"), stay("2020-07-01")),
            inside("Amsterdam", stay("2020-11-01")),
            inside("Amsterdam", stay("2020-11-02")),
            inside("Amsterdam"),
            outside("Amsterdam", stay("2020-03-01")),
            case("Amsterdam", refusal("2020-01-01"), stay("2020-03-01")),
            case("Amsterdam", stay("2020-03-01")),
        ],
    ),
    # Who leaves on the reference date is no longer there; who comes on it, or leaves tomorrow, is. What was recorded
    # after the moment of knowledge, or withdrawn by then, is not known.
    "present": Row(
        {"Amsterdam": 2, "Utrecht": 1, "Groningen": 2, "NL": 5},
        [
            present("Amsterdam"),
            inside("Amsterdam", stay("2020-03-01", "2020-11-01")),
            inside("Amsterdam", stay("2020-03-01", "2020-11-01"), stay("2020-11-01")),
            inside("Utrecht", stay("2020-03-01", "2020-11-02")),
            inside("Utrecht", stay("2020-11-02")),
            inside("Groningen", replace(stay("2020-03-01"), recorded_at=KNOWN_AT)),
            inside("Groningen", replace(stay("2020-03-01"), recorded_at=KNOWN_AT + A_MOMENT)),
            inside("Groningen", replace(stay("2020-03-01"), withdrawn_at=KNOWN_AT)),
            inside("Groningen", replace(stay("2020-03-01"), withdrawn_at=KNOWN_AT + A_MOMENT)),
        ],
    ),
    # A scenario that ends on the reference date is gone, one adopted on it counts; who left has none.
    "scenario": Row(
        {"Amsterdam": 2, "NL": 2},
        [
            present("Amsterdam", scenario("stay", "2020-05-01")),
            present("Amsterdam", scenario("departure", "2020-11-01")),
            present("Amsterdam", scenario("stay", "2020-05-01", "2020-11-01")),
            present("Amsterdam", scenario("stay", "2020-11-02")),
            inside("Amsterdam", stay("2020-03-01", "2020-11-01"), scenario("stay", "2020-05-01")),
        ],
    ),
    # Revised on the reference date itself: the new direction counts.
    "scenario_departure": Row(
        {"Groningen": 2, "NL": 2},
        [
            present("Groningen", scenario("stay", "2020-05-01", "2020-11-01"), scenario("departure", "2020-11-01")),
            present("Groningen", scenario("departure", "2020-05-01")),
            present("Groningen", scenario("departure", "2020-05-01", "2020-11-01"), scenario("stay", "2020-11-01")),
        ],
    ),
    "scenario_stay": Row(
        {"Groningen": 1, "NL": 1},
        [
            present("Groningen", scenario("stay", "2020-05-01", "2020-11-01"), scenario("departure", "2020-11-01")),
            present("Groningen", scenario("departure", "2020-05-01")),
            present("Groningen", scenario("departure", "2020-05-01", "2020-11-01"), scenario("stay", "2020-11-01")),
        ],
    ),
    "no_scenario": Row(
        {"Eindhoven": 3, "NL": 3},
        [
            present("Eindhoven"),
            present("Eindhoven", scenario("stay", "2020-05-01", "2020-11-01")),
            present("Eindhoven", scenario("stay", "2020-11-02")),
            present("Eindhoven", scenario("stay", "2020-11-01")),
            inside("Eindhoven", stay("2020-03-01", "2020-11-01")),
        ],
    ),
    # Everybody counts, also without admission; Sami waits in two cities.
    "waiting": Row(
        {"Rotterdam": 2, "Utrecht": 1, "NL": 2},
        [
            case("Rotterdam", waits("2020-11-01"), person="Sami"),
            case("Utrecht", waits("2020-10-01", "2020-11-02"), person="Sami"),
            outside("Rotterdam", waits("2020-10-01")),
            case("Rotterdam", waits("2020-10-01", "2020-11-01")),
            case("Rotterdam", waits("2020-11-02")),
        ],
    ),
    # Ada went home on the reference date; Ben came back and is there, so his departure no longer counts.
    "durable": Row(
        {"Amsterdam": 3, "NL": 3},
        [
            gone("Amsterdam", "grant"),
            gone("Amsterdam", "onward", "FR"),
            inside("Amsterdam", stay("2020-03-01", "2020-11-01"), left("2020-11-01", "return", "AM"), person="Ada"),
            gone("Amsterdam", "return", "CN", person="Ben"),
            inside("Amsterdam", stay("2020-10-01"), person="Ben"),
            gone("Amsterdam", "art64"),
        ],
    ),
    # Of two ways out the last one counts; one dated tomorrow is not there yet.
    "durable_grant": Row(
        {"Amsterdam": 1, "NL": 1},
        [
            inside(
                "Amsterdam", stay("2020-03-01", "2020-09-01"), left("2020-09-01", "other"), left("2020-10-01", "grant")
            ),
            inside(
                "Amsterdam", stay("2020-03-01", "2020-09-01"), left("2020-09-01", "grant"), left("2020-10-01", "other")
            ),
            inside("Amsterdam", stay("2020-03-01", "2020-09-01"), left("2020-11-02", "grant")),
        ],
    ),
    # Chen left from both cities: one departure in each, one in the country.
    "durable_departure": Row(
        {"Amsterdam": 1, "Rotterdam": 2, "NL": 2},
        [
            inside("Amsterdam", stay("2020-02-01", "2020-03-01"), left("2020-03-01", "onward", "FR"), person="Chen"),
            gone("Rotterdam", "return", "CN", person="Chen"),
            gone("Rotterdam", "onward", "BE"),
            gone("Rotterdam", "grant"),
        ],
    ),
    "departure_return": Row(
        {"Rotterdam": 1, "NL": 1}, [gone("Rotterdam", "return", "CN"), gone("Rotterdam", "onward", "BE")]
    ),
    "departure_onward": Row(
        {"Rotterdam": 1, "NL": 1}, [gone("Rotterdam", "return", "CN"), gone("Rotterdam", "onward", "BE")]
    ),
    # An exit on the first day of a new stay closed the stay before it, not the new one.
    "exit_azc_hasa": Row(
        {"Utrecht": 1, "NL": 1},
        [
            gone("Utrecht", "azc_hasa"),
            inside(
                "Utrecht",
                stay("2020-03-01", "2020-09-01"),
                left("2020-09-01", "azc_hasa"),
                stay("2020-09-01", "2020-10-01"),
            ),
        ],
    ),
    "exit_art64": Row({"Utrecht": 1, "NL": 1}, [gone("Utrecht", "art64"), gone("Utrecht", "azc_hasa")]),
    "exit_unknown_destination": Row(
        {"Utrecht": 1, "NL": 1}, [gone("Utrecht", "unknown_destination"), gone("Utrecht", "other")]
    ),
    "exit_back_to_bbb": Row({"Utrecht": 1, "NL": 1}, [gone("Utrecht", "back_to_bbb"), gone("Utrecht", "other")]),
    "exit_terminated": Row({"Utrecht": 1, "NL": 1}, [gone("Utrecht", "terminated"), gone("Utrecht", "other")]),
    "exit_other": Row(
        {"Utrecht": 4, "Groningen": 3, "NL": 7},
        [
            gone("Utrecht", "transfer"),
            gone("Utrecht", "detention"),
            gone("Utrecht", "dublin"),
            gone("Utrecht", "regular_care"),
            gone("Groningen", "own_shelter"),
            gone("Groningen", "deceased"),
            gone("Groningen", "other"),
            gone("Groningen", "terminated"),
        ],
    ),
    # The stay ended and nobody knows why: no exit, one that is still to come, or one of a stay before this one.
    "unexplained": Row(
        {"Eindhoven": 3, "NL": 3},
        [
            inside("Eindhoven", stay("2020-03-01", "2020-11-01")),
            inside("Eindhoven", stay("2020-03-01", "2020-10-01"), left("2020-11-02", "grant")),
            inside(
                "Eindhoven",
                stay("2020-03-01", "2020-05-01"),
                left("2020-05-01", "other"),
                stay("2020-06-01", "2020-10-01"),
            ),
            gone("Eindhoven", "other"),
            present("Eindhoven"),
        ],
    ),
    # Cases, not persons: Dina has two, of which one was never sheltered.
    "mrt_discussed": Row(
        {"Amsterdam": 1, "Utrecht": 2, "NL": 3},
        [
            present("Amsterdam", discussed("2020-06-01"), discussed("2020-07-01", 2), person="Dina"),
            inside("Utrecht", discussed("2020-11-01"), person="Dina"),
            inside("Utrecht", stay("2020-03-01", "2020-05-01"), discussed("2020-06-01")),
            present("Utrecht", discussed("2020-11-02")),
            outside("Utrecht", discussed("2020-06-01")),
            case("Utrecht", discussed("2020-06-01")),
        ],
    ),
    # The latest advice counts.
    "mrt_no_durable_solution": Row(
        {"Amsterdam": 2, "NL": 2},
        [
            present("Amsterdam", advised("2020-11-01", "")),
            inside("Amsterdam", advised("2020-06-01", "stay"), advised("2020-07-01", "", 2)),
            present("Amsterdam", advised("2020-06-01", ""), advised("2020-07-01", "stay", 2)),
            present("Amsterdam", advised("2020-11-02", "")),
            outside("Amsterdam", advised("2020-06-01", "")),
        ],
    ),
    "departure_destination": Row(
        {"Amsterdam: AM": 1, "Amsterdam: FR": 1, "Utrecht: AM": 1, "NL: AM": 2, "NL: FR": 1},
        [
            gone("Amsterdam", "return", "AM"),
            gone("Amsterdam", "onward", "FR"),
            gone("Utrecht", "return", "AM"),
            gone("Utrecht", "grant"),
        ],
    ),
    # Who left no longer counts; of whom nothing is known counts as unknown.
    "present_by_sex": Row(
        {
            "Amsterdam: male": 2,
            "Amsterdam: female": 1,
            "Utrecht: other": 1,
            "Utrecht: unknown": 2,
            "NL: male": 2,
            "NL: female": 1,
            "NL: other": 1,
            "NL: unknown": 2,
        },
        [
            present("Amsterdam", profile(sex="male")),
            present("Amsterdam", profile(sex="male")),
            present("Amsterdam", profile(sex="female")),
            present("Utrecht", profile(sex="other")),
            present("Utrecht", profile(sex="unknown")),
            present("Utrecht"),
            inside("Utrecht", stay("2020-03-01", "2020-11-01"), profile(sex="male")),
        ],
    ),
    # 2020 less the year of birth: the first and the last age of each group.
    "present_by_age": Row(
        only("Utrecht", {"0-17": 2, "18-29": 2, "30-39": 2, "40-49": 2, "50-59": 2, "60+": 2, "unknown": 2}),
        [
            *(present("Utrecht", profile(birth_year=year)) for year in (2020, 2003, 2002, 1991, 1990, 1981, 1980)),
            *(present("Utrecht", profile(birth_year=year)) for year in (1971, 1970, 1961, 1960, 1930, None)),
            present("Utrecht"),
        ],
    ),
    "present_by_nationality": Row(
        only("Rotterdam", {"AM": 2, "ZZ": 2}),
        [
            present("Rotterdam", profile(nationality="AM")),
            present("Rotterdam", profile(nationality="AM")),
            present("Rotterdam", profile(nationality="ZZ")),
            present("Rotterdam"),
        ],
    ),
    "present_by_procedures": Row(
        only("Utrecht", {"0": 1, "1": 1, "2-5": 2, "6+": 2, "unknown": 2}),
        [
            *(present("Utrecht", profile(departure_procedures=number)) for number in (0, 1, 2, 5, 6, 12, None)),
            present("Utrecht"),
        ],
    ),
    "present_by_safe_country": Row(
        only("Groningen", {"yes": 1, "no": 2, "unknown": 1}),
        [
            present("Groningen", profile(from_safe_country=True)),
            present("Groningen", profile(from_safe_country=False)),
            present("Groningen", profile(from_safe_country=False)),
            present("Groningen"),
        ],
    ),
    # Inside until the reference date, outside from it on; refused is in neither.
    "outside_sheltered": Row(
        {"Utrecht": 3, "NL": 3},
        [
            outside("Utrecht", stay("2020-03-01")),
            outside("Utrecht", stay("2020-03-01", "2020-09-01")),
            case(
                "Utrecht",
                admission("2020-01-01", "2020-11-01"),
                admission("2020-11-01", is_inside=False),
                stay("2020-03-01"),
            ),
            outside("Utrecht"),
            case("Utrecht", refusal("2020-01-01"), stay("2020-03-01")),
            present("Utrecht"),
        ],
    ),
    "outside_present": Row(
        {"Utrecht": 1, "NL": 1},
        [
            outside("Utrecht", stay("2020-03-01")),
            outside("Utrecht", stay("2020-03-01", "2020-11-01")),
            present("Utrecht"),
        ],
    ),
}


# Somebody left in each of these ways, and one person is still there.
EVERY_WAY_OUT = [
    present("Utrecht"),
    *(gone("Utrecht", category) for category in ("grant", "azc_hasa", "art64", "other")),
]
# What the other sets count in another way than the letter.
ROWS_OF_OTHER_SETS: dict[tuple[str, str], Row] = {
    ("2019-04", "durable"): Row({"Utrecht": 3, "NL": 3}, EVERY_WAY_OUT),
    # Whoever is outside the covenant counts; who is inside in one city and outside in the other is one person.
    ("2019-04", "sheltered"): Row(
        {"Amsterdam": 2, "Utrecht": 2, "NL": 3},
        [
            inside("Amsterdam", stay("2020-03-01", "2020-06-01"), person="Roza"),
            outside("Utrecht", stay("2020-07-01"), person="Roza"),
            outside("Amsterdam", stay("2020-03-01")),
            present("Utrecht"),
            case("Utrecht", refusal("2020-01-01"), stay("2020-03-01")),
        ],
    ),
    ("2022-01", "semi_durable"): Row({"Utrecht": 2, "NL": 2}, EVERY_WAY_OUT),
    ("2022-01", "no_solution"): Row(
        {"Utrecht": 2, "NL": 2}, [*EVERY_WAY_OUT, gone("Utrecht", "terminated"), inside("Utrecht", stay("2020-11-02"))]
    ),
    # Roza had two stays in Amsterdam and one in Utrecht: three stays, whoever counts them.
    ("2022-01", "stays"): Row(
        {"Amsterdam": 2, "Utrecht": 2, "NL": 4},
        [
            inside("Amsterdam", stay("2020-03-01", "2020-06-01"), stay("2020-07-01", "2020-08-01"), person="Roza"),
            present("Utrecht", person="Roza"),
            inside("Utrecht", stay("2020-11-01", "2020-11-02"), stay("2020-11-02")),
            outside("Utrecht", stay("2020-03-01")),
        ],
    ),
    # Decided on the reference date is no longer pending; filed on it is. Whoever left has none.
    ("2022-01", "procedures_pending"): Row(
        {"Groningen": 3, "NL": 3},
        [
            present("Groningen", filed("2020-05-01"), filed("2020-11-01", "2020-11-02"), filed("2020-11-02")),
            present("Groningen", filed("2020-05-01", "2020-11-01"), filed("2020-05-01", "2020-11-02")),
            inside("Groningen", stay("2020-03-01", "2020-11-01"), filed("2020-05-01")),
            outside("Groningen", stay("2020-03-01"), filed("2020-05-01")),
        ],
    ),
}
ALL_ROWS = {**{("2020-11", code): row for code, row in ROWS.items()}, **ROWS_OF_OTHER_SETS}
each_row = pytest.mark.parametrize(("of_set", "code"), ALL_ROWS)


@pytest.fixture
def registrar(db: None) -> Registrar:
    return Registrar()


def test_every_indicator_has_a_world() -> None:
    assert {indicator.code for indicator in SET_2020_11} == set(ROWS)


def test_every_change_of_a_definition_has_a_world() -> None:
    counted = {i.code: what_it_counts(i) for i in SET_2020_11}
    changed = {
        (definition_set.code, item.code)
        for definition_set in DEFINITION_SETS.values()
        for item in definition_set.indicators
        if what_it_counts(item) != counted.get(item.code)
    }
    assert changed <= ROWS_OF_OTHER_SETS.keys()


def test_every_population_of_a_set_has_a_world() -> None:
    wanted = {
        (definition_set.code, item.population)
        for definition_set in DEFINITION_SETS.values()
        for item in definition_set.indicators
    }
    shown = {(of_set, DEFINITION_SETS[of_set][code].population) for of_set, code in ALL_ROWS}
    letter = {("2022-01", p) for p in Population}  # it counts among the same as the letter
    assert wanted - letter <= shown | {("2019-04", p) for p in (Population.EVERYBODY, Population.COVENANTS)}


def what_it_counts(item: Indicator) -> tuple[object, ...]:
    return item.where, item.by, item.source, item.unit


@each_row
def test_indicator_counts_as_a_person_would(registrar: Registrar, of_set: str, code: str) -> None:
    row = ALL_ROWS[of_set, code]
    registrar.write(World(row.cases, row.covenants))
    assert figures(measure(ON, KNOWN_AT, DEFINITION_SETS[of_set]).cells, code) == row.figures


@each_row
def test_second_calculator_counts_as_a_person_would(registrar: Registrar, of_set: str, code: str) -> None:
    row = ALL_ROWS[of_set, code]
    registrar.write(World(row.cases, row.covenants))
    assert figures(calculate(list(facts()), ON, KNOWN_AT, registrar.municipalities, of_set), code) == row.figures


def test_figures_of_different_units_have_no_sum(registrar: Registrar) -> None:
    measured = measure(ON, KNOWN_AT, DEFINITION_SETS["2022-01"])
    persons, stays, places, outside_ = map(measured.quantity, ("present", "stays", "capacity", "outside_present"))
    assert (persons + persons).number == 0
    for other in (stays, places, outside_):
        for mixed in (lambda other=other: persons + other, lambda other=other: numbers([persons, other])):
            with pytest.raises(Mixed):
                mixed()


def figures(cells: Mapping[Cell, int], code: str) -> dict[str, int]:
    """The cells of one indicator that are not zero, named as in a row."""
    return {
        f"{scope}: {value}" if value else scope: number
        for (of_code, scope, value), number in cells.items()
        if of_code == code and number
    }
