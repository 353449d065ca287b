"""One small world for each signal, with the cases that a person would find on 1 November 2020."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cases.models import Covenant
from monitor.figures.definitions import SET_2020_11, in_force
from monitor.figures.measurement import Measurement, measure
from monitor.rounds import checks
from tests.monitor.registrar import Registrar
from tests.monitor.worlds import (
    EARLY,
    World,
    WorldCase,
    WorldCovenants,
    admission,
    case,
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
)

ON = date(2020, 11, 1)
KNOWN_AT = datetime(2020, 11, 15, 12, tzinfo=UTC)
KNOWN = profile(sex="male", birth_year=1980, nationality="AM", departure_procedures=1)


def known(**differently: object) -> WorldCase:
    """A person who is present and of whom everything is known, with some characteristics changed."""
    characteristics = {"sex": "male", "birth_year": 1980, "nationality": "AM", "departure_procedures": 1, **differently}
    return present("Amsterdam", profile(**characteristics))


def confirmed(category: str, destination: str = "", *, by: str, person: str = "") -> WorldCase:
    exit_ = left("2020-09-01", category, destination)
    confirmed_exit = replace(exit_, values={**exit_.values, "confirmed_by": by})
    return inside("Amsterdam", stay("2020-03-01", "2020-09-01"), confirmed_exit, person=person)


# For each signal: the cases that it is about, and cases without the fault.
ROWS: dict[str, tuple[list[WorldCase], list[WorldCase]]] = {
    "no_admission": (
        [case("Amsterdam", stay("2020-03-01")), case("Amsterdam", admission("2020-11-02"), stay("2020-03-01"))],
        [
            present("Amsterdam"),
            outside("Amsterdam", stay("2020-03-01")),
            case("Amsterdam", refusal("2020-01-01"), stay("2020-03-01", "2020-03-09")),
            case("Amsterdam", stay("2020-11-02")),
        ],
    ),
    "unexplained": (
        [inside("Amsterdam", stay("2020-03-01", "2020-11-01"))],
        [present("Amsterdam"), gone("Amsterdam", "other"), inside("Amsterdam", stay("2020-03-01", "2020-11-02"))],
    ),
    "no_profile": ([present("Amsterdam")], [known(), gone("Amsterdam", "other")]),
    "unknown_nationality": ([known(nationality="ZZ")], [known(), present("Amsterdam")]),
    "unknown_age": ([known(birth_year=None)], [known(), present("Amsterdam")]),
    "unknown_procedures": ([known(departure_procedures=None)], [known(departure_procedures=0), present("Amsterdam")]),
    "unconfirmed": (
        [gone("Amsterdam", "grant"), gone("Amsterdam", "return", "AM"), gone("Amsterdam", "onward", "CN")],
        [confirmed("grant", by="ind"), confirmed("return", "AM", by="dtv"), gone("Amsterdam", "azc_hasa")],
    ),
    "unknown_country": ([gone("Amsterdam", "return", "ZZ")], [gone("Amsterdam", "return", "AM")]),
    "grant_without_procedure": (
        [
            gone("Amsterdam", "grant"),
            inside("Amsterdam", stay("2020-03-01", "2020-09-01"), left("2020-09-01", "grant"), filed("2020-05-01")),
        ],
        [
            inside(
                "Amsterdam",
                stay("2020-03-01", "2020-09-01"),
                left("2020-09-01", "grant"),
                replace(
                    filed("2020-05-01"),
                    values={"kind": "asylum", "outcome": "granted", "decided_on": date(2020, 8, 1)},
                ),
            ),
            gone("Amsterdam", "return", "AM"),
        ],
    ),
    "exit_while_present": (
        [present("Amsterdam", left("2020-10-01", "other"))],
        [
            present("Amsterdam", left("2020-11-02", "other")),
            inside("Amsterdam", stay("2020-03-01", "2020-06-01"), left("2020-06-01", "other"), stay("2020-07-01")),
        ],
    ),
    "in_two": (
        [present("Amsterdam", person="Roza")],
        [
            present("Utrecht", person="Roza"),
            present("Amsterdam", person="Sami"),
            gone("Utrecht", "other", person="Sami"),
        ],
    ),
    "past_term": (
        [inside("Amsterdam", stay("2020-05-01"))],
        [inside("Amsterdam", stay("2020-05-06")), inside("Amsterdam", stay("2019-05-01", "2020-10-31"))],
    ),
    "long_without_scenario": (
        [inside("Amsterdam", stay("2020-05-02"))],
        [
            inside("Amsterdam", stay("2020-05-03")),
            inside("Amsterdam", stay("2020-05-02"), scenario("stay", "2020-10-01")),
            inside("Amsterdam", stay("2019-05-02", "2020-06-01")),
        ],
    ),
    "odd_age": ([known(birth_year=1919), known(birth_year=2021)], [known(), known(birth_year=1920)]),
}
# Amsterdam agreed on a term of 180 days.
TERM = [WorldCovenants("Amsterdam", EARLY, [tell(Covenant, "2019-04-01", agreed_places=9, maximum_stay_days=180)])]


@pytest.fixture
def registrar(db: None) -> Registrar:
    return Registrar()


def test_every_signal_has_a_world() -> None:
    assert {signal.code for signal in checks.SIGNALS} == set(ROWS)


@pytest.mark.parametrize("code", ROWS)
def test_a_signal_finds_what_a_person_would(registrar: Registrar, code: str) -> None:
    wrong, right = ROWS[code]
    registrar.write(World([*wrong, *right], TERM if code == "past_term" else []))
    raised = checks.signals_of(registrar.municipalities["Amsterdam"], on=ON, known_at=KNOWN_AT)
    cases = {raised_signal.signal.code: set(raised_signal.cases) for raised_signal in raised}
    assert cases.get(code) == {world_case.id for world_case in wrong}


def test_where_nothing_is_wrong_nothing_is_signalled(registrar: Registrar) -> None:
    complete = inside("Amsterdam", stay("2020-09-01"), KNOWN, scenario("stay", "2020-10-01"))
    registrar.write(World([complete]))
    assert checks.signals_of(registrar.municipalities["Amsterdam"], on=ON, known_at=KNOWN_AT) == []


def _measured(**figures: int) -> Measurement:
    cells = {(code, "Amsterdam", ""): number for code, number in figures.items()}
    assert {code for code, _, _ in cells} <= {item.code for item in SET_2020_11}
    return Measurement(ON, KNOWN_AT, in_force(ON), ("Amsterdam",), cells)


@pytest.mark.parametrize(
    ("before", "now", "is_a_jump"),
    [(10, 19, False), (10, 20, True), (10, 0, True), (100, 124, False), (100, 125, True), (8, 0, False)],
)
def test_a_jump_is_large_in_number_and_in_share(before: int, now: int, is_a_jump: bool) -> None:
    jumps = checks.jumps(_measured(present=before), _measured(present=now), "Amsterdam")
    assert [(change.before, change.now) for change in jumps] == ([(before, now)] if is_a_jump else [])


def test_ever_sheltered_never_falls_unseen() -> None:
    jumps = checks.jumps(_measured(sheltered=10), _measured(sheltered=9), "Amsterdam")
    assert [change.item.code for change in jumps] == ["sheltered"]


def test_more_persons_than_places_is_signalled(registrar: Registrar) -> None:
    registrar.write(World([present("Utrecht")] * 1))
    measured = measure(ON, KNOWN_AT)
    assert not checks.is_over_capacity(measured, "Utrecht")
    assert checks.is_over_capacity(_measured(present=2, capacity=1), "Amsterdam")
    assert not checks.is_over_capacity(_measured(present=1, capacity=1), "Amsterdam")
