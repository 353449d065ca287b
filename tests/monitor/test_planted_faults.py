"""A wrong fact that changes a figure is found: by an identity, by the residual, or by the settlement.

Facts that no other party records can't be compared: only a reader of the file finds a wrong scenario or birth year.
Those faults are declared in `UNSEEN`; all others must be found.
"""

import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from cases.models import DURABLE, Admission, Exit, Merge, Profile, Stay, WaitingListEntry
from monitor.figures.balance import violations
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import CountedExit, Measurement, exits_behind, measure
from scenarios.models import Scenario
from tests.monitor.registrar import Registrar
from tests.monitor.test_balance import PEOPLE
from tests.monitor.test_indicators import KNOWN_AT, ON, ROWS
from tests.monitor.test_mutants import _apart
from tests.monitor.worlds import World, WorldCase, WorldFact, gone, inside, left, present, same_as, stay

LETTER = DEFINITION_SETS["2020-11"]
SETTLED = [LETTER["durable_grant"], LETTER["durable_departure"]]
DAY = timedelta(days=1)


def people() -> list[WorldCase]:
    """The world of the identities, some rows of the indicators, and two persons who were recorded twice."""
    rows = ("durable_grant", "durable_departure", "present_by_sex", "scenario_stay", "waiting")
    doubles = [
        # Wais left and is back under another name; Mina left twice, under two names.
        inside("Utrecht", stay("2020-03-01", "2020-04-01"), person="Wais"),
        present("Utrecht", same_as("Wais"), person="Waïs"),
        gone("Rotterdam", "grant", person="Mina"),
        inside(
            "Rotterdam", stay("2020-01-02", "2020-02-01"), left("2020-02-01", "grant"), same_as("Mina"), person="Minah"
        ),
    ]
    return [*PEOPLE.cases, *doubles, *(_apart(name, world_case) for name in rows for world_case in ROWS[name].cases)]


# A fault replaces one fact by other facts, or by none.
Fault = Callable[[WorldFact, random.Random], list[WorldFact]]


def lost(fact: WorldFact, _: random.Random) -> list[WorldFact]:
    return []


def earlier(fact: WorldFact, chance: random.Random) -> list[WorldFact]:
    return [replace(fact, valid_from=fact.valid_from - chance.randint(1, 90) * DAY)]


def later(fact: WorldFact, chance: random.Random) -> list[WorldFact]:
    return [replace(fact, valid_from=fact.valid_from + chance.randint(1, 90) * DAY, valid_until=None)]


def other(name: str, values: list[Any]) -> Fault:
    def changed(fact: WorldFact, chance: random.Random) -> list[WorldFact]:
        other_values = [value for value in values if value != fact.values.get(name)]
        changed_values = {**fact.values, name: chance.choice(other_values)}
        if fact.model is Exit:
            category = changed_values["category"]
            changed_values["destination"] = "AM" if category in ("return", "onward") else ""
            changed_values["evidence"] = "brief" if category in DURABLE else ""
        return [replace(fact, values=changed_values)]

    return changed


WAYS = ["grant", "return", "onward", "azc_hasa", "art64", "unknown_destination", "back_to_bbb", "terminated"]
FAULTS: dict[str, tuple[type, Fault]] = {
    "exit lost": (Exit, lost),
    "exit on another day": (Exit, earlier),
    "exit for another reason": (Exit, other("category", WAYS)),
    "stay lost": (Stay, lost),
    "stay begun on another day": (Stay, later),
    "admission lost": (Admission, lost),
    "admission outside the covenant": (Admission, other("inside_covenant", [False, True])),
    "scenario lost": (Scenario, lost),
    "scenario in another direction": (Scenario, other("direction", ["stay", "departure"])),
    "another sex": (Profile, other("sex", ["male", "female", "unknown"])),
    "another birth year": (Profile, other("birth_year", [1960, 1985, 2001])),
    "waiting lost": (WaitingListEntry, lost),
    "merge lost": (Merge, lost),
}
# Faults in facts that no other party records: some that change a figure are found only by reading the file. A fault in
# an exit may be among them, but only if the IND and DT&V have a record of neither the right exit nor the wrong one.
UNSEEN = set(FAULTS) - {"exit lost", "merge lost"}


def seen(registrar: Registrar, cases: list[WorldCase]) -> tuple[Measurement, set[tuple[Any, ...]]]:
    """The figures of a world, and the exits that the IND and DT&V are asked about."""
    with transaction.atomic():
        registrar.write(World(cases))
        measured = measure(ON, KNOWN_AT, LETTER)
        settled = {_as_known(counted_exit) for counted_exit in exits_behind(SETTLED, on=ON, known_at=KNOWN_AT)}
        transaction.set_rollback(True)
    return measured, settled


def _as_known(counted_exit: CountedExit) -> tuple[Any, ...]:
    """The parts of an exit that the partner has a record of as well."""
    return (
        counted_exit.code,
        counted_exit.municipality_id,
        counted_exit.case_id,
        counted_exit.on,
        counted_exit.category,
        counted_exit.destination,
    )


def planted(cases: list[WorldCase], fault: str, chance: random.Random) -> tuple[list[WorldCase], bool]:
    """The world with one fault planted; and whether a partner has a record of the exit that it is about."""
    model, change = FAULTS[fault]
    places = [
        (number, fact) for number, world_case in enumerate(cases) for fact in world_case.facts if fact.model is model
    ]
    number, fact = chance.choice(places)
    instead = [replace(changed, id=uuid.UUID(int=chance.getrandbits(128))) for changed in change(fact, chance)]
    facts = [kept for kept in cases[number].facts if kept is not fact] + instead
    is_known = model is Exit and any(version.values["category"] in DURABLE for version in (fact, *instead))
    return [*cases[:number], replace(cases[number], facts=facts), *cases[number + 1 :]], is_known


@pytest.mark.parametrize("tries", [6, pytest.param(84, marks=pytest.mark.long)])
def test_one_wrong_fact_that_moves_a_figure_is_found(db: None, tries: int) -> None:
    registrar, cases = Registrar(), people()
    right, known = seen(registrar, cases)
    moved: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for fault in FAULTS:
        chance = random.Random(fault)
        for _ in range(tries):
            wrong, is_known = planted(cases, fault, chance)
            try:
                figures, settled = seen(registrar, wrong)
            except DatabaseError:
                continue  # The database itself refuses it.
            if figures.cells == right.cells:
                continue
            moved[fault] += 1
            residual = figures.figure("unexplained") != right.figure("unexplained")
            if not (violations(figures) or residual or settled != known):
                missed[fault] += 1
                assert not is_known, f"{fault}: no party found it"
    print({fault: f"{moved[fault] - missed[fault]} van {moved[fault]}" for fault in FAULTS})
    assert set(missed) <= UNSEEN
    assert moved["exit lost"] > tries // 2
    assert moved["exit for another reason"] > missed["exit for another reason"]
