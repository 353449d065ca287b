"""Every boundary and filter of the indicators, changed one at a time: each change moves a figure.

The queries that the monitor sends are changed on their way to the database, at every place where they compare, choose,
join, order or name a code. The world holds the rows of `test_indicators.py` and random histories; on it the second
calculator agrees with the monitor as it is, so whatever a change moves would be found.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, Phase, given, settings

from cases.models import Covenant, Merge
from monitor.figures import measurement
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet
from monitor.figures.known import Row, rows
from monitor.figures.measurement import measure
from monitor.publishing.export import facts
from tests.monitor.calculator import Cell, calculate
from tests.monitor.histories import AMSTERDAM_TIME, FRAMES, histories
from tests.monitor.registrar import Registrar
from tests.monitor.test_indicators import KNOWN_AT, ON, ROWS
from tests.monitor.worlds import (
    EARLY,
    Told,
    ToldCase,
    ToldCovenants,
    World,
    admission,
    advised,
    case,
    discussed,
    filed,
    here,
    inside,
    left,
    profile,
    refusal,
    same_as,
    scenario,
    stay,
    tell,
    waits,
)

FRAME = FRAMES[0]
HISTORIES = 150
PAIRS = [(on, at.astimezone(AMSTERDAM_TIME)) for on in FRAME.days for at in FRAME.moments]
assert (ON, KNOWN_AT) in PAIRS

OTHER: dict[str, str] = {"<=": "<", ">=": ">", "<": "<=", ">": ">=", "=": "<>", "<>": "="}
# What is changed, and into what. Whatever stands in a query and is none of these can not be a boundary or a filter.
CHANGES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"<=|>=|<>|(?<![<>])=(?!=)|<(?![=>])|(?<!<)>(?!=)", lambda found: OTHER[found[0]]),
    (r"\bis (not )?(null|true)\b", lambda found: f"is {'' if found[1] else 'not '}{found[2]}"),
    (r"\bis (not )?distinct from\b", lambda found: f"is {'' if found[1] else 'not '}distinct from"),
    (r"\b(and|or)\b(?! n)", lambda found: {"and": "or", "or": "and"}[found[0]]),
    (r"\bnot (?=\w+[.\w]*is_present)", lambda found: ""),
    (r"\bdesc\b", lambda found: "asc"),
    (r"\bleft join\b", lambda found: "join"),
    (r"\bdistinct (?=person)", lambda found: ""),
    (r"\b(not )?in (?=\()", lambda found: "in " if found[1] else "not in "),
    (r"(?<=[(, ])'\w+'(?=[,)])", lambda found: "'verzonnen'"),
    (r"(?<![\w'%$.-])\d+(?![\w'-])", lambda found: str(int(found[0]) + 1)),
)


def world() -> World:
    """Rows and histories beside one another, of which no two share a person."""
    told = [(name, row.cases) for name, row in ROWS.items()]
    drawn: list[World] = []

    @settings(
        max_examples=HISTORIES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(history=histories(FRAME))
    def draw(history: World) -> None:
        drawn.append(history)

    draw()
    told += [(str(number), one.cases) for number, one in enumerate(drawn)]
    cases = [_apart(name, one) for name, cases in told for one in cases]
    return World([*cases, *ties(), *doubles()], agreements())


def _apart(name: str, told: ToldCase) -> ToldCase:
    """The same case in a world of its own."""

    def renamed(key: uuid.UUID) -> uuid.UUID:
        return uuid.uuid5(key, name)

    def values(told: Told) -> dict[str, Any]:
        return {**told.values, "same_as": renamed(told.values["same_as"])} if told.model is Merge else told.values

    facts_of = [replace(fact, id=renamed(fact.id), values=values(fact)) for fact in told.facts]
    return replace(told, id=renamed(told.id), subject=renamed(told.subject), facts=facts_of)


def twice(one: Told, other: Told, apart: str) -> list[Told]:
    """Two facts that both count at the moments of the pairs, as alike as can be but for one key of the order.

    The later one wins. It is taken back afterwards, or the database would not let both through.
    """
    later = EARLY + timedelta(days=1) if apart == "recorded_at" else EARLY
    numbers = (1, 2) if apart == "id" else (2, 1)
    ids = [uuid.uuid5(uuid.NAMESPACE_OID, f"{one} {apart} {number}") for number in numbers]
    first, second = sorted(ids) if apart == "id" else ids
    since = other.valid_from + timedelta(days=1) if apart == "valid_from" else other.valid_from
    return [
        replace(one, id=first),
        replace(other, id=second, recorded_at=later, valid_from=since, withdrawn_at=LATER),
    ]


KEYS = ("valid_from", "recorded_at", "id")
LATER = datetime(2021, 6, 1, 12, tzinfo=UTC)
DAY = "2020-06-01"


def busy() -> tuple[Told, ...]:
    """Whatever is counted of who was admitted."""
    return stay("2020-03-01"), discussed("2020-05-01"), advised("2020-05-02", ""), filed("2020-05-01")


def ties() -> Iterator[ToldCase]:
    """For each kind of fact of which the latest counts, and each key of that order: two that only that key parts."""
    for apart in KEYS:
        yield here("Utrecht", *twice(scenario("stay", DAY), scenario("departure", DAY), apart))
        yield case("Utrecht", *twice(admission(DAY), admission(DAY, is_inside=False), apart), *busy())
        yield case("Utrecht", *twice(admission(DAY), refusal(DAY), apart), *busy())
        yield inside("Utrecht", *twice(stay(DAY, "2020-08-01"), stay(DAY), apart), filed("2020-05-01"))
        ended = stay("2020-03-01", "2020-05-01")
        yield inside("Utrecht", ended, *twice(left(DAY, "grant"), left(DAY, "azc_hasa"), apart))
        yield here("Utrecht", *twice(profile(sex="male"), profile(sex="female"), apart))
        yield here("Utrecht", discussed("2020-05-01"), *twice(advised(DAY, "a"), advised(DAY, ""), apart))
        # A person in two cases of one city.
        one, other = twice(stay(DAY, "2020-07-01"), stay(DAY, "2020-07-02"), apart)
        earlier = (stay("2020-01-02", "2020-01-10"), stay("2020-02-02", "2020-02-10"))
        for number, (last, way) in enumerate(((one, "grant"), (other, "azc_hasa"))):
            way_out = left("2020-08-01", way)
            yield inside("Utrecht", earlier[number], last, way_out, person=f"twice {apart}")
    for known_at in FRAME.moments:
        # Recorded or taken back at the very moment of knowledge, begun, ended or decided on the very day.
        yield case("Utrecht", replace(admission(DAY), recorded_at=known_at), *busy())
        yield case("Utrecht", replace(admission(DAY), withdrawn_at=known_at), *busy())
        for fact in (*busy()[1:], scenario("stay", DAY), profile(sex="male"), waits(DAY)):
            yield here("Utrecht", discussed("2020-04-01"), replace(fact, withdrawn_at=known_at))
        for change in ("recorded_at", "withdrawn_at"):
            then: dict[str, Any] = {change: known_at}
            yield inside("Utrecht", replace(busy()[0], **then), filed("2020-05-01"))
            yield inside("Utrecht", stay("2020-03-01", "2020-05-01"), replace(left(DAY, "grant"), **then))
        yield here("Utrecht", replace(discussed("2020-04-01"), withdrawn_at=known_at))
        yield here("Utrecht", replace(scenario("stay", DAY), recorded_at=known_at))
        yield here("Utrecht", discussed("2020-05-01"), replace(advised(DAY, ""), recorded_at=known_at))
    for on in FRAME.days:
        yield here("Utrecht", filed("2020-05-01", on.isoformat()))
        yield inside("Utrecht", stay("2020-03-01", on.isoformat()), filed("2020-05-01"))
        yield inside("Utrecht", stay(on.isoformat()), filed("2020-05-01"))
        yield case("Utrecht", waits(on.isoformat()))
        yield case("Utrecht", admission(on.isoformat()), *busy())
        yield case("Utrecht", admission(DAY, on.isoformat()), *busy())


def doubles() -> Iterator[ToldCase]:
    """Two who are one from the very moment of knowledge on, or were so until then; waiting, and sheltered."""
    for known_at in (*FRAME.moments, EARLY):
        for city, change in (("Utrecht", "recorded_at"), ("Amsterdam", "withdrawn_at")):
            then: dict[str, Any] = {change: known_at}
            for is_waiting in (True, False):
                person = f"{known_at} {city} {is_waiting}"
                merge = replace(same_as(person), **then)
                for name, told in ((person, []), (f"again {person}", [merge])):
                    begun = [waits(DAY)] if is_waiting else [admission(DAY), stay(DAY)]
                    yield case(city, *begun, *told, person=name)


def agreements() -> list[ToldCovenants]:
    """Covenants that begin or end on the reference date or at the moment of knowledge, and some over one another."""

    def terms(since: str, until: str = "", *, places: int) -> Told:
        return tell(Covenant, since, until, agreed_places=places)

    first, second = FRAME.days
    over = [terms("2019-04-01", first.isoformat(), places=300), terms(second.isoformat(), places=310)]
    before = replace(terms("2019-04-01", places=130), withdrawn_at=FRAME.moments[0])
    after = replace(terms("2019-04-01", places=140), recorded_at=FRAME.moments[1])
    found = [ToldCovenants("Groningen", EARLY, over), ToldCovenants("Eindhoven", EARLY, [before, after])]
    for city, apart in zip(("Rotterdam", "Utrecht", "Amsterdam"), KEYS, strict=True):
        found.append(ToldCovenants(city, EARLY, twice(terms(DAY, places=1), terms(DAY, places=20), apart)))
    return found


Mutant = tuple[str, str]


def mutants(query: str) -> Iterator[Mutant]:
    """Each change of a query: what it is, in words, and the query that comes of it."""
    for pattern, change in CHANGES:
        for found in re.finditer(pattern, query):
            before = " ".join(query[max(0, found.start() - 170) : found.start()].split())
            after = " ".join(query[found.end() : found.end() + 30].split())
            other = change(found)
            yield (
                f"{before} [{found[0].strip()} -> {other.strip()}] {after}",
                (query[: found.start()] + other + query[found.end() :]),
            )


def queries(definition_set: DefinitionSet, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the monitor asks of the database for a set."""
    asked: list[str] = []

    def noted(query: str, given: Mapping[str, Any]) -> list[Row]:
        asked.append(query)
        return rows(query, given)

    with monkeypatch.context() as patched:
        patched.setattr(measurement, "rows", noted)
        measure(ON, KNOWN_AT, definition_set)
    return asked


def figures(definition_set: DefinitionSet, on: date, known_at: datetime) -> Mapping[Cell, int]:
    return measure(on, known_at, definition_set).cells


@pytest.mark.long
def test_every_change_of_a_boundary_or_filter_moves_a_figure(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    registrar = Registrar()
    registrar.write(world())
    exported = list(facts())
    right: dict[tuple[str, date, datetime], Mapping[Cell, int]] = {}
    for code, one in DEFINITION_SETS.items():
        for on, known_at in PAIRS:
            right[code, on, known_at] = figures(one, on, known_at)
            assert right[code, on, known_at] == calculate(exported, on, known_at, registrar.municipalities, code)
    tried: dict[str, bool] = {}
    for code, one in DEFINITION_SETS.items():
        for query in queries(one, monkeypatch):
            for what, changed in mutants(query):
                name = f"{code}: {what}"
                tried[name] = tried.get(name, True) and _is_caught(one, query, changed, right, monkeypatch)
    assert len(tried) > FEWEST
    missed = [what for what, is_caught in tried.items() if not is_caught]
    assert missed == []


FEWEST = 400


def _is_caught(
    definition_set: DefinitionSet,
    query: str,
    changed: str,
    right: Mapping[tuple[str, date, datetime], Mapping[Cell, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> bool:
    """Whether a figure moves on any of the pairs; a query that the database refuses is caught too."""

    def asked(sent: str, given: Mapping[str, Any]) -> list[Row]:
        return rows(changed if sent == query else sent, given)

    with monkeypatch.context() as patched:
        patched.setattr(measurement, "rows", asked)
        for on, known_at in PAIRS:
            if figures_or_refused(definition_set, on, known_at) != right[definition_set.code, on, known_at]:
                return True
    return False


def figures_or_refused(definition_set: DefinitionSet, on: date, known_at: datetime) -> Mapping[Cell, int] | None:
    try:
        with transaction.atomic():
            return figures(definition_set, on, known_at)
    except DatabaseError:
        return None
