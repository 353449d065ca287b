"""Measuring a definition set for any pair: true on a reference date, as known at a moment.

A handful of grouped queries, whatever the number of indicators, under the monitor's own role: it reads facts and has no
right on persons, cases, notes or parties (design 3).
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.acting import as_monitor
from accounts.models import Municipality
from monitor.figures.definitions import in_force
from monitor.figures.indicators import DefinitionSet, Indicator, Quantity, Source, total
from monitor.figures.known import COUNTED, DIVISIONS, PERSONS, TRUE, WAITING, divided, rows

NATIONAL = "NL"
Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Measurement:
    """All cells of a definition set: (code, scope, value) -> whole number.

    A scope is a municipality's name or `NATIONAL`; `value` is empty for an indicator without a breakdown.
    """

    on: date
    known_at: datetime
    definition_set: DefinitionSet
    municipalities: tuple[str, ...]
    cells: Mapping[Cell, int]

    @property
    def scopes(self) -> tuple[str, ...]:
        """The municipalities, and national last."""
        return (*self.municipalities, NATIONAL)

    def figure(self, code: str, scope: str = NATIONAL, value: str = "") -> int:
        return self.cells.get((code, scope, value), 0)

    def quantity(self, code: str, scope: str = NATIONAL, value: str = "") -> Quantity:
        """The figure with what it counts, for whoever adds it to another; raises KeyError outside the set."""
        item = self.definition_set[code]
        return Quantity(self.figure(code, scope, value), item.unit, item.population)

    def values(self, code: str) -> list[str]:
        """The values of a breakdown, the largest national figure first."""
        found = {value for (c, _, value) in self.cells if c == code and value}
        return sorted(found, key=lambda value: (-self.figure(code, NATIONAL, value), value))

    def overlap(self, code: str, value: str = "") -> int:
        """By how much the municipalities together exceed the national figure: persons known in two of them."""
        together = total(self.quantity(code, name, value) for name in self.municipalities)
        return (together - self.quantity(code, NATIONAL, value)).number

    def exits(self, scope: str = NATIONAL) -> int:
        """All ways out together."""
        return total(self.quantity(code, scope) for code in self.definition_set.exits).number

    def residual(self, scope: str = NATIONAL) -> int:
        """Ever sheltered minus present minus all exits: what the recorded facts leave unexplained."""
        left = self.quantity("sheltered", scope) - self.quantity("present", scope)
        return left.number - self.exits(scope)


def measure(on: date, known_at: datetime, definition_set: DefinitionSet | None = None) -> Measurement:
    """Measure a set for a pair; without a set, the one in force on the reference date.

    Reads facts only; the same pair gives the same figures for ever.
    """
    definition_set = definition_set or in_force(on)
    names = dict(Municipality.objects.order_by("name").values_list("pk", "name"))
    scopes: dict[int | None, str] = {None: NATIONAL, **dict(names.items())}
    items = definition_set.indicators
    cells: dict[Cell, int] = {(i.code, scope, ""): 0 for i in items if not i.by for scope in scopes.values()}
    parameters = {"on": on, "known_at": known_at}
    with as_monitor():
        for code, scope, value, number in _counts(items, parameters):
            if number:
                cells[code, scopes[scope], value] = number
    return Measurement(on, known_at, definition_set, tuple(names.values()), cells)


def cases_behind(
    item: Indicator,
    *,
    on: date,
    known_at: datetime,
    municipality: Municipality | None = None,
    value: str = "",
) -> list[uuid.UUID]:
    """The ids of the cases that a figure counts, nationally without a municipality. The caller asks who may see."""
    found = cases_of([item], on=on, known_at=known_at, municipality=municipality)
    return sorted(found.get((item.code, value), ()))


def cases_of(
    items: Sequence[Indicator], *, on: date, known_at: datetime, municipality: Municipality | None = None
) -> dict[tuple[str, str], set[uuid.UUID]]:
    """The cases behind each cell of these indicators, (code, value) -> ids, whatever their number in a few queries."""
    parameters = {"on": on, "known_at": known_at, "municipality": municipality and municipality.pk}
    found: dict[tuple[str, str], set[uuid.UUID]] = {}
    with as_monitor():
        for query in _behind(items):
            for code, value, case in rows(query, parameters):
                found.setdefault((code, value), set()).add(case)
    return found


def _behind(items: Sequence[Indicator]) -> Iterator[str]:
    here = "(%(municipality)s::bigint is null or municipality_id = %(municipality)s)"
    for item in items:
        if item.source is Source.WAITING:
            yield f"""with {WAITING} select distinct on (person) '{item.code}', '', case_id from waiting
                where {here} order by person, case_id"""
    for populations, _ in DIVISIONS:
        for source in (Source.PERSONS, *COUNTED):
            counted = [i for i in items if i.source is source and i.population in populations]
            if not counted:
                continue
            is_persons = source is Source.PERSONS
            table, where = (
                ("persons", "scope is not distinct from %(municipality)s") if is_persons else ("counted", here)
            )
            every = " union all ".join(
                f"""select '{i.code}', {f"coalesce(({i.by})::text, '')" if i.by else "''"}, case_id from {table}
                    where {where} and population = '{i.population.name}' and ({i.where})"""
                for i in counted
            )
            yield f"with {divided(PERSONS if is_persons else COUNTED[source], counted[0].population)} {every}"


@dataclass(frozen=True)
class CountedExit:
    """The exit by which a municipality counts a person in an indicator (`code`): of it, the person's last one."""

    code: str
    municipality_id: int
    case_id: uuid.UUID
    exit_id: uuid.UUID
    on: date
    category: str
    destination: str


def exits_behind(items: Sequence[Indicator], *, on: date, known_at: datetime) -> list[CountedExit]:
    """The exits that indicators of one population of persons count, of all municipalities, the first ones on top."""
    population = items[0].population
    every = " union all ".join(
        f"""select '{item.code}', scope, case_id, exit_id, left_on, exit_category, destination from persons
            where scope is not null and exit_id is not null and population = %(population)s and ({item.where})"""
        for item in items
    )
    with as_monitor():
        found = rows(
            f"with {divided(PERSONS, population)} {every} order by left_on, exit_id",
            {"on": on, "known_at": known_at, "population": population.name},
        )
    return [CountedExit(*row) for row in found]


Counts = Iterator[tuple[str, int | None, str, int]]


def _counts(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    yield from _waiting([i for i in items if i.source is Source.WAITING], parameters)
    yield from _covenants([i for i in items if i.source is Source.COVENANTS], parameters)
    for populations, _ in DIVISIONS:
        for source in (Source.PERSONS, *COUNTED):
            if counted := [i for i in items if i.source is source and i.population in populations]:
                count = _persons if source is Source.PERSONS else _counted
                yield from count(counted, parameters)


def _persons(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    """One pass over all persons: every indicator is a filtered count, every breakdown a grouping set."""
    plain = [i for i in items if not i.by]
    broken = [i for i in items if i.by]
    columns = [f"b{number}" for number in range(len(broken))]
    expressions = "".join(f", {i.by} as {column}" for i, column in zip(broken, columns, strict=True))
    counts = ", ".join(f"count(*) filter (where {i.where})" for i in (*plain, *broken))
    sets = ", ".join(["(scope, population)", *(f"(scope, population, {column})" for column in columns)])
    query = f"""with {divided(PERSONS, items[0].population)}
        select scope, population, grouping({", ".join(["scope", *columns])}), {", ".join([*columns, counts])}
        from (select *{expressions} from persons) p group by grouping sets ({sets})"""
    for scope, population, mask, *rest in rows(query, parameters):
        values, numbers = rest[: len(broken)], rest[len(broken) :]
        for place, (item, number) in enumerate(zip((*plain, *broken), numbers, strict=True)):
            if item.population.name != population:
                continue
            column = place - len(plain)
            if not item.by and mask == 2 ** len(broken) - 1:
                yield item.code, scope, "", number
            elif item.by and not mask & 1 << (len(broken) - 1 - column):
                yield item.code, scope, values[column] or "", number


def _counted(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    counts = ", ".join(f"count(*) filter (where {i.where})" for i in items)
    query = f"""with {divided(COUNTED[items[0].source], items[0].population)}
        select municipality_id, population, {counts} from counted
        group by grouping sets ((population, municipality_id), (population))"""
    for scope, population, *numbers in rows(query, parameters):
        for item, number in zip(items, numbers, strict=True):
            if item.population.name == population:
                yield item.code, scope, "", number


def _waiting(items: Iterable[Indicator], parameters: Mapping[str, Any]) -> Counts:
    query = f"""with {WAITING} select municipality_id, count(distinct person) from waiting
        group by grouping sets ((municipality_id), ())"""
    return _one_count_each(items, query, parameters)


def _covenants(items: Iterable[Indicator], parameters: Mapping[str, Any]) -> Counts:
    query = f"""select municipality_id, sum(agreed_places) from (
            select distinct on (municipality_id) municipality_id, agreed_places from cases_covenant where {TRUE}
            order by municipality_id, valid_from desc, recorded_at desc, id desc) latest
        group by grouping sets ((municipality_id), ())"""
    return _one_count_each(items, query, parameters)


def _one_count_each(items: Iterable[Indicator], query: str, parameters: Mapping[str, Any]) -> Counts:
    for scope, number in rows(query, parameters):
        for item in items:
            yield item.code, scope, "", number or 0
