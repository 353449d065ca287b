"""One wrong fact at a time: whatever moves a figure is found by an identity, by the residual, or by the settlement.

What nobody else records, nobody can compare: a wrong scenario or a wrong birth year is found by reading the file alone.
Those are declared here, and nothing else may stay unseen.
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
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.identities import violations
from monitor.figures.measurement import CountedExit, Measurement, exits_behind, measure
from scenarios.models import Scenario
from tests.monitor.registrar import Registrar
from tests.monitor.test_identities import PEOPLE
from tests.monitor.test_indicators import KNOWN_AT, ON, ROWS
from tests.monitor.test_mutants import _apart
from tests.monitor.worlds import Told, ToldCase, World, gone, here, inside, left, same_as, stay

LETTER = DEFINITION_SETS["2020-11"]
SETTLED = [LETTER["durable_grant"], LETTER["durable_departure"]]
DAY = timedelta(days=1)


def people() -> list[ToldCase]:
    """The world of the identities, and some rows of the indicators, each a world of its own."""
    rows = ("durable_grant", "durable_departure", "present_by_sex", "scenario_stay", "waiting")
    doubles = [
        # Gone, and here again under another name; and gone twice, with the papers of one way out.
        inside("Utrecht", stay("2020-03-01", "2020-04-01"), person="Wais"),
        here("Utrecht", same_as("Wais"), person="Waïs"),
        gone("Rotterdam", "grant", person="Mina"),
        inside(
            "Rotterdam", stay("2020-01-02", "2020-02-01"), left("2020-02-01", "grant"), same_as("Mina"), person="Minah"
        ),
    ]
    return [*PEOPLE.cases, *doubles, *(_apart(name, one) for name in rows for one in ROWS[name].cases)]


# What can go wrong with one fact: what it is, and the facts that stand there instead.
Fault = Callable[[Told, random.Random], list[Told]]


def lost(fact: Told, _: random.Random) -> list[Told]:
    return []


def earlier(fact: Told, chance: random.Random) -> list[Told]:
    return [replace(fact, valid_from=fact.valid_from - chance.randint(1, 90) * DAY)]


def later(fact: Told, chance: random.Random) -> list[Told]:
    return [replace(fact, valid_from=fact.valid_from + chance.randint(1, 90) * DAY, valid_until=None)]


def other(name: str, values: list[Any]) -> Fault:
    def changed(fact: Told, chance: random.Random) -> list[Told]:
        found = [value for value in values if value != fact.values.get(name)]
        told = {**fact.values, name: chance.choice(found)}
        if fact.model is Exit:
            category = told["category"]
            told["destination"] = "AM" if category in ("return", "onward") else ""
            told["evidence"] = "brief" if category in DURABLE else ""
        return [replace(fact, values=told)]

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
# What no other party records: of these, some faults that move a figure are found by nobody but a reader of the file.
# An exit is among them only where it is none that the IND or DT&V knows of, before nor after.
UNSEEN = set(FAULTS) - {"exit lost", "merge lost"}


def seen(registrar: Registrar, cases: list[ToldCase]) -> tuple[Measurement, set[tuple[Any, ...]]]:
    """What comes of a world: the figures, and whom the IND and DT&V are asked about."""
    with transaction.atomic():
        registrar.write(World(cases))
        measured = measure(ON, KNOWN_AT, LETTER)
        settled = {_as_known(one) for one in exits_behind(SETTLED, on=ON, known_at=KNOWN_AT)}
        transaction.set_rollback(True)
    return measured, settled


def _as_known(one: CountedExit) -> tuple[Any, ...]:
    """An exit as the other party has it: who, from where, when and how."""
    return one.code, one.municipality_id, one.case_id, one.on, one.category, one.destination


def planted(cases: list[ToldCase], fault: str, chance: random.Random) -> tuple[list[ToldCase], bool]:
    """The world with one fact of a kind gone wrong, and whether it is about an exit that another party knows of."""
    model, change = FAULTS[fault]
    places = [(number, fact) for number, one in enumerate(cases) for fact in one.facts if fact.model is model]
    number, fact = chance.choice(places)
    instead = [replace(one, id=uuid.UUID(int=chance.getrandbits(128))) for one in change(fact, chance)]
    facts = [kept for kept in cases[number].facts if kept is not fact] + instead
    is_known = model is Exit and any(one.values["category"] in DURABLE for one in (fact, *instead))
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
