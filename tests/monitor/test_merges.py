"""A person who was recorded twice counts once, from the moment that the merge is known until it is undone."""

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
    World,
    WorldCase,
    WorldFact,
    advised,
    case,
    discussed,
    filed,
    inside,
    left,
    present,
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


def moved(registrar: Registrar, cases: Sequence[WorldCase]) -> Moved:
    """(code, scope) -> (before, after), for each figure that differs before and after `KNOWN_AT`."""
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


def known(person: str, *, until: datetime | None = None) -> WorldFact:
    return replace(same_as(person), recorded_at=KNOWN_AT, withdrawn_at=until)


def came_back(merge: WorldFact) -> list[WorldCase]:
    """Roza's stay ended and she came back under another name. Each name has a case, a stay and a procedure."""
    reviewed = (discussed("2020-05-01"), advised("2020-05-02", ""))
    return [
        inside("Amsterdam", stay("2020-03-01", "2020-06-01"), filed("2020-04-01"), *reviewed, person="Roza"),
        present("Amsterdam", filed("2020-05-01"), merge, person="Rosa"),
    ]


def test_a_person_counts_once_and_cases_stays_and_procedures_as_before(registrar: Registrar) -> None:
    """Only the figures that count persons change (standards C-7)."""
    figures = moved(registrar, came_back(known("Roza")))
    assert figures == everywhere("Amsterdam", sheltered=(2, 1), unexplained=(1, 0))


def test_a_merge_that_is_undone_leaves_everything_as_it_was(registrar: Registrar) -> None:
    registrar.write(World(came_back(known("Roza", until=AFTER))))
    at = [measure(ON, moment, SET) for moment in (BEFORE, KNOWN_AT, AFTER)]
    assert [measurement.figure("sheltered") for measurement in at] == [2, 1, 2]
    assert at[0].cells == at[2].cells


def test_a_merge_counts_for_reference_dates_before_its_own_date(registrar: Registrar) -> None:
    """The merge is recorded as true from a day after the reference date."""
    figures = moved(registrar, came_back(replace(known("Roza"), valid_from=ON + timedelta(days=60))))
    assert figures["sheltered", "NL"] == (2, 1)


@pytest.mark.parametrize("recorded_in", ["ac", "ab", "bc", "bb"])
def test_two_merges_make_one_person_of_three_whatever_their_direction(registrar: Registrar, recorded_in: str) -> None:
    """The merge of `a` and `b` is recorded in the case of either, and so is the merge of `b` and `c`."""
    merges: dict[str, list[WorldFact]] = {"a": [], "b": [], "c": []}
    for letter, pair in zip(recorded_in, ("ab", "bc"), strict=True):
        merges[letter].append(known(pair.replace(letter, "")))
    three = [
        present("Amsterdam", *merges["a"], person="a"),
        inside("Amsterdam", stay("2020-03-01", "2020-04-01"), *merges["b"], person="b"),
        inside("Amsterdam", stay("2020-05-01", "2020-06-01"), *merges["c"], person="c"),
    ]
    assert moved(registrar, three)["sheltered", "Amsterdam"] == (3, 1)


def test_what_one_city_knows_counts_in_the_country_and_in_another_city_that_knew_both(registrar: Registrar) -> None:
    """Roza moved from Amsterdam to Utrecht. Utrecht had recorded her before under another name, and merges the two."""
    cases = [
        inside("Amsterdam", stay("2020-03-01", "2020-06-01"), left("2020-06-01", "transfer"), person="Roza"),
        present("Utrecht", person="Roza"),
        inside("Utrecht", stay("2020-01-10", "2020-01-20"), known("Roza"), person="Rosa"),
        inside("Groningen", stay("2020-01-10", "2020-01-20"), person="Rosa"),
    ]
    figures = moved(registrar, cases)
    assert {cell: pair for cell, pair in figures.items() if cell[0] == "sheltered"} == {
        ("sheltered", "Utrecht"): (2, 1),
        ("sheltered", "NL"): (2, 1),
    }
    assert measure(ON, AFTER, SET).overlap("sheltered") == 2


def test_a_person_who_waits_twice_counts_once_and_from_the_first_day(registrar: Registrar) -> None:
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
        assert days == [31, 12]  # the median of 153, 31 and 12 days; the lower of 153 and 12


def test_a_statement_rests_on_what_the_merge_moves_and_on_nothing_else(registrar: Registrar) -> None:
    """Amsterdam's figures change by a merge. The merges in other cities join persons who count there only once."""
    cases = [
        *came_back(known("Roza")),
        present("Utrecht", known("Anna"), person="Ana"),
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
        present("Amsterdam", person="Roza"),
        present("Utrecht", person="Rosa"),
        case("Utrecht", known("Rosa"), person="Roza"),
    ]
    registrar.write(World(cases))
    amsterdam = Municipality.objects.get(name="Amsterdam")
    signalled = [
        {raised.signal.code for raised in signals_of(amsterdam, on=ON, known_at=moment)} for moment in (BEFORE, AFTER)
    ]
    assert [("in_two" in codes) for codes in signalled] == [False, True]
