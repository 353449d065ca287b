"""Who was recorded twice counts once, from the moment that it is known; undone, everything is as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from accounts.models import Municipality
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import cases_behind, measure
from monitor.figures.series import median_waits
from monitor.rounds import footing
from monitor.rounds.checks import signals_of
from tests.monitor.registrar import Registrar
from tests.monitor.test_indicators import KNOWN_AT, ON
from tests.monitor.worlds import (
    Told,
    ToldCase,
    World,
    advised,
    case,
    discussed,
    filed,
    here,
    inside,
    left,
    same_as,
    stay,
    waits,
)

SET = DEFINITION_SETS["2022-01"]
BEFORE, AFTER = KNOWN_AT - timedelta(days=1), KNOWN_AT + timedelta(days=1)

Moved = Mapping[tuple[str, str], tuple[int, int]]


@pytest.fixture
def registrar(db: None) -> Registrar:
    return Registrar()


def moved(registrar: Registrar, cases: Sequence[ToldCase]) -> Moved:
    """Each figure that differs before and after `KNOWN_AT`: by code and scope."""
    registrar.write(World(list(cases)))
    before, after = (measure(ON, moment, SET) for moment in (BEFORE, AFTER))
    figures = {
        (item.code, scope): (before.figure(item.code, scope), after.figure(item.code, scope))
        for item in SET.indicators
        if not item.by
        for scope in before.scopes
    }
    return {cell: pair for cell, pair in figures.items() if pair[0] != pair[1]}


def everywhere(*cities: str, **figures: tuple[int, int]) -> Moved:
    return {(code, scope): pair for code, pair in figures.items() for scope in (*cities, "NL")}


def known(person: str, *, until: datetime | None = None) -> Told:
    return replace(same_as(person), recorded_at=KNOWN_AT, withdrawn_at=until)


def came_back(merge: Told) -> list[ToldCase]:
    """Roza's stay ended, and she came back under another name: with a case, a stay and a procedure under each."""
    reviewed = (discussed("2020-05-01"), advised("2020-05-02", ""))
    return [
        inside("Amsterdam", stay("2020-03-01", "2020-06-01"), filed("2020-04-01"), *reviewed, person="Roza"),
        here("Amsterdam", filed("2020-05-01"), merge, person="Rosa"),
    ]


def test_a_person_counts_once_and_cases_stays_and_procedures_as_before(registrar: Registrar) -> None:
    """Exactly what counts persons moves (standards C-7)."""
    found = moved(registrar, came_back(known("Roza")))
    assert found == everywhere("Amsterdam", sheltered=(2, 1), unexplained=(1, 0))


def test_undone_everything_is_as_it_was(registrar: Registrar) -> None:
    registrar.write(World(came_back(known("Roza", until=AFTER))))
    at = [measure(ON, moment, SET) for moment in (BEFORE, KNOWN_AT, AFTER)]
    assert [one.figure("sheltered") for one in at] == [2, 1, 2]
    assert at[0].cells == at[2].cells


def test_it_counts_for_every_reference_date_since_whoever_is_one_always_was(registrar: Registrar) -> None:
    """Recorded on a later day than the one that is measured."""
    found = moved(registrar, came_back(replace(known("Roza"), valid_from=ON + timedelta(days=60))))
    assert found["sheltered", "NL"] == (2, 1)


@pytest.mark.parametrize("said_of", ["ac", "ab", "bc", "bb"])
def test_two_merges_make_one_person_of_three_whatever_their_direction(registrar: Registrar, said_of: str) -> None:
    """That `a` and `b` are one is said of either, and so it is of `b` and `c`."""
    merges: dict[str, list[Told]] = {"a": [], "b": [], "c": []}
    for one, pair in zip(said_of, ("ab", "bc"), strict=True):
        merges[one].append(known(pair.replace(one, "")))
    three = [
        here("Amsterdam", *merges["a"], person="a"),
        inside("Amsterdam", stay("2020-03-01", "2020-04-01"), *merges["b"], person="b"),
        inside("Amsterdam", stay("2020-05-01", "2020-06-01"), *merges["c"], person="c"),
    ]
    assert moved(registrar, three)["sheltered", "Amsterdam"] == (3, 1)


def test_what_one_city_knows_counts_in_the_country_and_in_another_city_that_knew_both(registrar: Registrar) -> None:
    """Roza moved from Amsterdam to Utrecht. Utrecht had recorded her before, and says so."""
    cases = [
        inside("Amsterdam", stay("2020-03-01", "2020-06-01"), left("2020-06-01", "transfer"), person="Roza"),
        here("Utrecht", person="Roza"),
        inside("Utrecht", stay("2020-01-10", "2020-01-20"), known("Roza"), person="Rosa"),
        inside("Groningen", stay("2020-01-10", "2020-01-20"), person="Rosa"),
    ]
    found = moved(registrar, cases)
    assert {cell: pair for cell, pair in found.items() if cell[0] == "sheltered"} == {
        ("sheltered", "Utrecht"): (2, 1),
        ("sheltered", "NL"): (2, 1),
    }
    assert measure(ON, AFTER, SET).overlap("sheltered") == 2


def test_who_waits_twice_waits_once_and_since_the_first_day(registrar: Registrar) -> None:
    cases = [
        case("Amsterdam", waits("2020-06-01"), person="Roza"),
        case("Amsterdam", waits("2020-10-01"), known("Roza"), person="Rosa"),
        case("Amsterdam", waits("2020-10-20"), waits("2020-10-10", "2020-10-15")),
    ]
    assert moved(registrar, cases) == everywhere("Amsterdam", waiting=(3, 2))
    amsterdam = Municipality.objects.get(name="Amsterdam")
    for municipality in (None, amsterdam):
        behind = cases_behind(SET["waiting"], on=ON, known_at=AFTER, municipality=municipality)
        assert len(behind) == 2
        days = [median_waits([ON], moment, municipality)[0].number for moment in (BEFORE, AFTER)]
        assert days == [31, 12]  # of 153, 31 and 12 days the middle one; of 153 and 12 the lower


def test_a_statement_rests_on_what_the_merge_moves_and_on_nothing_else(registrar: Registrar) -> None:
    """Of a merge that joins what counts in no city twice, no city's figures are others than before."""
    cases = [
        *came_back(known("Roza")),
        here("Utrecht", known("Anna"), person="Ana"),
        case("Utrecht", person="Anna"),
        case("Groningen", waits("2020-06-01"), known("Omar"), person="Umar"),
        case("Groningen", person="Omar"),
        case("Rotterdam", person="Umar"),
        case("Rotterdam", waits("2020-06-01"), known("Umar"), person="Omar"),
    ]
    registrar.write(World(cases))
    before, after = (footing.fingerprints(SET, on=ON, known_at=moment) for moment in (BEFORE, AFTER))
    changed = {key for key, fingerprint in before.items() if after[key] != fingerprint}
    assert changed == {Municipality.objects.get(name="Amsterdam").pk}


def test_whoever_is_present_in_two_cities_at_once_is_signalled(registrar: Registrar) -> None:
    cases = [
        here("Amsterdam", person="Roza"),
        here("Utrecht", person="Rosa"),
        case("Utrecht", known("Rosa"), person="Roza"),
    ]
    registrar.write(World(cases))
    amsterdam = Municipality.objects.get(name="Amsterdam")
    found = [{one.signal.code for one in signals_of(amsterdam, on=ON, known_at=moment)} for moment in (BEFORE, AFTER)]
    assert [("in_two" in codes) for codes in found] == [False, True]
