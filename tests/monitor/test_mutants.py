"""Mutation test of the queries: any change of a boundary or filter moves a figure.

The queries of the monitor are changed on their way to the database, one place at a time: wherever they compare, choose,
join, order or name a code. The world holds the rows of `test_indicators.py` and random histories. On that world the
second calculator agrees with the unchanged monitor, so it would find every change that moves a figure.
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
from monitor.figures.counting import Row, rows
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet
from monitor.figures.measurement import measure
from monitor.publishing.export import facts
from tests.monitor.calculator import Cell, calculate
from tests.monitor.histories import AMSTERDAM_TIME, FRAMES, histories
from tests.monitor.registrar import Registrar
from tests.monitor.test_indicators import KNOWN_AT, ON, ROWS
from tests.monitor.worlds import (
    EARLY,
    World,
    WorldCase,
    WorldCovenants,
    WorldFact,
    admission,
    advised,
    case,
    discussed,
    filed,
    inside,
    left,
    present,
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
# The places that are changed, and into what. No other part of a query can be a boundary or a filter.
CHANGES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"<=|>=|<>|(?<![<>])=(?!=)|<(?![=>])|(?<!<)>(?!=)", lambda match: OTHER[match[0]]),
    (r"\bis (not )?(null|true)\b", lambda match: f"is {'' if match[1] else 'not '}{match[2]}"),
    (r"\bis (not )?distinct from\b", lambda match: f"is {'' if match[1] else 'not '}distinct from"),
    (r"\b(and|or)\b(?! n)", lambda match: {"and": "or", "or": "and"}[match[0]]),
    (r"\bnot (?=\w+[.\w]*is_present)", lambda match: ""),
    (r"\bdesc\b", lambda match: "asc"),
    (r"\bleft join\b", lambda match: "join"),
    (r"\bdistinct (?=person)", lambda match: ""),
    (r"\b(not )?in (?=\()", lambda match: "in " if match[1] else "not in "),
    (r"(?<=[(, ])'\w+'(?=[,)])", lambda match: "'verzonnen'"),
    (r"(?<![\w'%$.-])\d+(?![\w'-])", lambda match: str(int(match[0]) + 1)),
)


def world() -> World:
    """All rows and histories in one world; no two of them share a person."""
    named_cases = [(name, row.cases) for name, row in ROWS.items()]
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
    named_cases += [(str(number), history.cases) for number, history in enumerate(drawn)]
    cases = [_apart(name, world_case) for name, cases in named_cases for world_case in cases]
    return World([*cases, *ties(), *doubles()], agreements())


def _apart(name: str, world_case: WorldCase) -> WorldCase:
    """The same case with other ids, so that it shares no person with a case under another name."""

    def renamed(key: uuid.UUID) -> uuid.UUID:
        return uuid.uuid5(key, name)

    def values(fact: WorldFact) -> dict[str, Any]:
        return {**fact.values, "same_as": renamed(fact.values["same_as"])} if fact.model is Merge else fact.values

    facts_of = [replace(fact, id=renamed(fact.id), values=values(fact)) for fact in world_case.facts]
    return replace(world_case, id=renamed(world_case.id), subject=renamed(world_case.subject), facts=facts_of)


def twice(fact: WorldFact, other_fact: WorldFact, apart: str) -> list[WorldFact]:
    """Two facts that both count at the measured moments, and that differ in one key of the order of facts.

    The later one counts. It is withdrawn after the measured moments, because the database would refuse both otherwise.
    """
    later = EARLY + timedelta(days=1) if apart == "recorded_at" else EARLY
    numbers = (1, 2) if apart == "id" else (2, 1)
    ids = [uuid.uuid5(uuid.NAMESPACE_OID, f"{fact} {apart} {number}") for number in numbers]
    first, second = sorted(ids) if apart == "id" else ids
    since = other_fact.valid_from + timedelta(days=1) if apart == "valid_from" else other_fact.valid_from
    return [
        replace(fact, id=first),
        replace(other_fact, id=second, recorded_at=later, valid_from=since, withdrawn_at=LATER),
    ]


KEYS = ("valid_from", "recorded_at", "id")
LATER = datetime(2021, 6, 1, 12, tzinfo=UTC)
DAY = "2020-06-01"


def busy() -> tuple[WorldFact, ...]:
    """One of each fact that counts for an admitted person."""
    return stay("2020-03-01"), discussed("2020-05-01"), advised("2020-05-02", ""), filed("2020-05-01")


def ties() -> Iterator[WorldCase]:
    """For each kind of fact of which the latest counts, and each key of the order: two that differ only in that key."""
    for apart in KEYS:
        yield present("Utrecht", *twice(scenario("stay", DAY), scenario("departure", DAY), apart))
        yield case("Utrecht", *twice(admission(DAY), admission(DAY, is_inside=False), apart), *busy())
        yield case("Utrecht", *twice(admission(DAY), refusal(DAY), apart), *busy())
        yield inside("Utrecht", *twice(stay(DAY, "2020-08-01"), stay(DAY), apart), filed("2020-05-01"))
        ended = stay("2020-03-01", "2020-05-01")
        yield inside("Utrecht", ended, *twice(left(DAY, "grant"), left(DAY, "azc_hasa"), apart))
        yield present("Utrecht", *twice(profile(sex="male"), profile(sex="female"), apart))
        yield present("Utrecht", discussed("2020-05-01"), *twice(advised(DAY, "a"), advised(DAY, ""), apart))
        # A person in two cases of one city.
        fact, other_fact = twice(stay(DAY, "2020-07-01"), stay(DAY, "2020-07-02"), apart)
        earlier = (stay("2020-01-02", "2020-01-10"), stay("2020-02-02", "2020-02-10"))
        for number, (last, way) in enumerate(((fact, "grant"), (other_fact, "azc_hasa"))):
            way_out = left("2020-08-01", way)
            yield inside("Utrecht", earlier[number], last, way_out, person=f"twice {apart}")
    for known_at in FRAME.moments:
        # Facts that are recorded or withdrawn at the moment of knowledge itself.
        yield case("Utrecht", replace(admission(DAY), recorded_at=known_at), *busy())
        yield case("Utrecht", replace(admission(DAY), withdrawn_at=known_at), *busy())
        for fact in (*busy()[1:], scenario("stay", DAY), profile(sex="male"), waits(DAY)):
            yield present("Utrecht", discussed("2020-04-01"), replace(fact, withdrawn_at=known_at))
        for change in ("recorded_at", "withdrawn_at"):
            then: dict[str, Any] = {change: known_at}
            yield inside("Utrecht", replace(busy()[0], **then), filed("2020-05-01"))
            yield inside("Utrecht", stay("2020-03-01", "2020-05-01"), replace(left(DAY, "grant"), **then))
        yield present("Utrecht", replace(discussed("2020-04-01"), withdrawn_at=known_at))
        yield present("Utrecht", replace(scenario("stay", DAY), recorded_at=known_at))
        yield present("Utrecht", discussed("2020-05-01"), replace(advised(DAY, ""), recorded_at=known_at))
    for on in FRAME.days:
        # Facts that begin, end or are decided on the reference date itself.
        yield present("Utrecht", filed("2020-05-01", on.isoformat()))
        yield inside("Utrecht", stay("2020-03-01", on.isoformat()), filed("2020-05-01"))
        yield inside("Utrecht", stay(on.isoformat()), filed("2020-05-01"))
        yield case("Utrecht", waits(on.isoformat()))
        yield case("Utrecht", admission(on.isoformat()), *busy())
        yield case("Utrecht", admission(DAY, on.isoformat()), *busy())


def doubles() -> Iterator[WorldCase]:
    """Two persons who are merged from the moment of knowledge on, or until then; waiting, and sheltered."""
    for known_at in (*FRAME.moments, EARLY):
        for city, change in (("Utrecht", "recorded_at"), ("Amsterdam", "withdrawn_at")):
            then: dict[str, Any] = {change: known_at}
            for is_waiting in (True, False):
                person = f"{known_at} {city} {is_waiting}"
                merge = replace(same_as(person), **then)
                for name, merges in ((person, []), (f"again {person}", [merge])):
                    begun = [waits(DAY)] if is_waiting else [admission(DAY), stay(DAY)]
                    yield case(city, *begun, *merges, person=name)


def agreements() -> list[WorldCovenants]:
    """Covenants that begin or end on the reference date or at the moment of knowledge; some of them overlap."""

    def terms(since: str, until: str = "", *, places: int) -> WorldFact:
        return tell(Covenant, since, until, agreed_places=places)

    first, second = FRAME.days
    over = [terms("2019-04-01", first.isoformat(), places=300), terms(second.isoformat(), places=310)]
    before = replace(terms("2019-04-01", places=130), withdrawn_at=FRAME.moments[0])
    after = replace(terms("2019-04-01", places=140), recorded_at=FRAME.moments[1])
    covenants = [WorldCovenants("Groningen", EARLY, over), WorldCovenants("Eindhoven", EARLY, [before, after])]
    for city, apart in zip(("Rotterdam", "Utrecht", "Amsterdam"), KEYS, strict=True):
        covenants.append(WorldCovenants(city, EARLY, twice(terms(DAY, places=1), terms(DAY, places=20), apart)))
    return covenants


Mutant = tuple[str, str]


def mutants(query: str) -> Iterator[Mutant]:
    """(description, changed query) for each possible change of a query."""
    for pattern, change in CHANGES:
        for match in re.finditer(pattern, query):
            before = " ".join(query[max(0, match.start() - 170) : match.start()].split())
            after = " ".join(query[match.end() : match.end() + 30].split())
            other = change(match)
            yield (
                f"{before} [{match[0].strip()} -> {other.strip()}] {after}",
                (query[: match.start()] + other + query[match.end() :]),
            )


def queries(definition_set: DefinitionSet, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries that the monitor sends for a definition set."""
    sent: list[str] = []

    def recording(query: str, parameters: Mapping[str, Any]) -> list[Row]:
        sent.append(query)
        return rows(query, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(measurement, "rows", recording)
        measure(ON, KNOWN_AT, definition_set)
    return sent


def figures(definition_set: DefinitionSet, on: date, known_at: datetime) -> Mapping[Cell, int]:
    return measure(on, known_at, definition_set).cells


@pytest.mark.long
def test_every_change_of_a_boundary_or_filter_moves_a_figure(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    registrar = Registrar()
    registrar.write(world())
    exported = list(facts())
    right: dict[tuple[str, date, datetime], Mapping[Cell, int]] = {}
    for code, definition_set in DEFINITION_SETS.items():
        for on, known_at in PAIRS:
            right[code, on, known_at] = figures(definition_set, on, known_at)
            assert right[code, on, known_at] == calculate(exported, on, known_at, registrar.municipalities, code)
    tried: dict[str, bool] = {}
    for code, definition_set in DEFINITION_SETS.items():
        for query in queries(definition_set, monkeypatch):
            for what, changed in mutants(query):
                name = f"{code}: {what}"
                tried[name] = tried.get(name, True) and _is_caught(definition_set, query, changed, right, monkeypatch)
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
    """Whether a figure changes for any of the pairs. A query that the database refuses counts as caught."""

    def mutated(sent: str, parameters: Mapping[str, Any]) -> list[Row]:
        return rows(changed if sent == query else sent, parameters)

    with monkeypatch.context() as patched:
        patched.setattr(measurement, "rows", mutated)
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
