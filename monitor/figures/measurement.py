"""Measures a definition set for a pair: what was true on a reference date, as known at a moment.

This takes a handful of grouped queries, whatever the number of indicators. They run under the monitor's own database
role, which may read facts but no persons, cases, notes or parties (design 3).
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.acting import as_monitor
from accounts.models import Municipality
from monitor.figures.counting import COUNTED, DIVISIONS, PERSONS, TRUE, WAITING, divided, rows
from monitor.figures.definitions import in_force
from monitor.figures.indicators import DefinitionSet, Indicator, Quantity, Source, total

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
        """The figure with its unit and population; raises KeyError for a code that the set lacks."""
        item = self.definition_set[code]
        return Quantity(self.figure(code, scope, value), item.unit, item.population)

    def values(self, code: str) -> list[str]:
        """The values of a breakdown, the largest national figure first."""
        occurring = {value for (c, _, value) in self.cells if c == code and value}
        return sorted(occurring, key=lambda value: (-self.figure(code, NATIONAL, value), value))

    def overlap(self, code: str, value: str = "") -> int:
        """The sum of the municipalities less the national figure: persons whom two municipalities count."""
        together = total(self.quantity(code, name, value) for name in self.municipalities)
        return (together - self.quantity(code, NATIONAL, value)).number

    def exits(self, scope: str = NATIONAL) -> int:
        """The sum of all exits of the definition set."""
        return total(self.quantity(code, scope) for code in self.definition_set.exits).number

    def residual(self, scope: str = NATIONAL) -> int:
        """Ever sheltered minus present minus all exits: the persons whom the recorded facts leave unexplained."""
        left = self.quantity("sheltered", scope) - self.quantity("present", scope)
        return left.number - self.exits(scope)


def measure(on: date, known_at: datetime, definition_set: DefinitionSet | None = None) -> Measurement:
    """Measure a set, or without one the set in force on the reference date.

    The same pair and set give the same figures for ever.
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
    """The ids of the cases that a figure counts, of the whole country if no municipality is given.

    This does not check who may see those cases: the caller must.
    """
    by_cell = cases_of([item], on=on, known_at=known_at, municipality=municipality)
    return sorted(by_cell.get((item.code, value), ()))


def cases_of(
    items: Sequence[Indicator], *, on: date, known_at: datetime, municipality: Municipality | None = None
) -> dict[tuple[str, str], set[uuid.UUID]]:
    """(code, value) -> the ids of the cases behind that cell, for all these indicators in a few queries."""
    parameters = {"on": on, "known_at": known_at, "municipality": municipality and municipality.pk}
    by_cell: dict[tuple[str, str], set[uuid.UUID]] = {}
    with as_monitor():
        for query in _queries_for_cases(items):
            for code, value, case in rows(query, parameters):
                by_cell.setdefault((code, value), set()).add(case)
    return by_cell


def _queries_for_cases(items: Sequence[Indicator]) -> Iterator[str]:
    """Queries for (code, value, case id) under the parameters `on`, `known_at` and `municipality`."""
    in_scope = "(%(municipality)s::bigint is null or municipality_id = %(municipality)s)"
    for item in items:
        if item.source is Source.WAITING:
            yield f"""with {WAITING} select distinct on (person) '{item.code}', '', case_id from waiting
                where {in_scope} order by person, case_id"""
    for populations, _ in DIVISIONS:
        for source in (Source.PERSONS, *COUNTED):
            counted = [i for i in items if i.source is source and i.population in populations]
            if not counted:
                continue
            is_persons = source is Source.PERSONS
            table, where = (
                ("persons", "scope is not distinct from %(municipality)s") if is_persons else ("counted", in_scope)
            )
            of_all_items = " union all ".join(
                f"""select '{i.code}', {f"coalesce(({i.by})::text, '')" if i.by else "''"}, case_id from {table}
                    where {where} and population = '{i.population.name}' and ({i.where})"""
                for i in counted
            )
            yield f"with {divided(PERSONS if is_persons else COUNTED[source], counted[0].population)} {of_all_items}"


@dataclass(frozen=True)
class CountedExit:
    """The exit that makes a municipality count a person in an indicator (`code`).

    It is the exit of the case that counts for the person in that municipality.
    """

    code: str
    municipality_id: int
    case_id: uuid.UUID
    exit_id: uuid.UUID
    on: date
    category: str
    destination: str


def exits_behind(items: Sequence[Indicator], *, on: date, known_at: datetime) -> list[CountedExit]:
    """The exits that these indicators count in all municipalities, by date. All indicators must have one population."""
    population = items[0].population
    of_all_items = " union all ".join(
        f"""select '{item.code}', scope, case_id, exit_id, left_on, exit_category, destination from persons
            where scope is not null and exit_id is not null and population = %(population)s and ({item.where})"""
        for item in items
    )
    with as_monitor():
        exits = rows(
            f"with {divided(PERSONS, population)} {of_all_items} order by left_on, exit_id",
            {"on": on, "known_at": known_at, "population": population.name},
        )
    return [CountedExit(*row) for row in exits]


# (code, municipality or None for the country, value, number)
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
    """All figures of persons in one pass: each indicator is a filtered count, each breakdown a grouping set.

    Every breakdown gets a column, b0, b1, ... The query groups by (scope, population), which gives the figures without
    a breakdown, and by (scope, population, b0), (scope, population, b1), and so on. All groups come back as one list of
    rows with the same columns, and every row holds the counts of all indicators. So for each row we must know which
    grouping it belongs to, and take from it only the counts that this grouping is for.

    We can't tell by looking for a null in b0: null is also a value, for instance of an unknown sex. The mask can tell.
    `grouping(scope, b0, ..., bn)` is a number with a bit for each argument, of which the last argument has the lowest
    bit; a bit is 0 if the row is grouped by that column, and 1 if it is not. Scope is always grouped by, so its bit is
    0. A row with the figures without a breakdown has a 1 for every b; a row of breakdown b0 has a 0 for b0 alone.
    """
    plain = [i for i in items if not i.by]
    broken_down = [i for i in items if i.by]
    columns = [f"b{number}" for number in range(len(broken_down))]
    expressions = "".join(f", {i.by} as {column}" for i, column in zip(broken_down, columns, strict=True))
    counts = ", ".join(f"count(*) filter (where {i.where})" for i in (*plain, *broken_down))
    sets = ", ".join(["(scope, population)", *(f"(scope, population, {column})" for column in columns)])
    query = f"""with {divided(PERSONS, items[0].population)}
        select scope, population, grouping({", ".join(["scope", *columns])}), {", ".join([*columns, counts])}
        from (select *{expressions} from persons) p group by grouping sets ({sets})"""
    by_no_column = 2 ** len(columns) - 1
    for scope, population, mask, *rest in rows(query, parameters):
        values, numbers = rest[: len(columns)], rest[len(columns) :]
        for position, (item, number) in enumerate(zip((*plain, *broken_down), numbers, strict=True)):
            if item.population.name != population:
                continue
            column = position - len(plain)
            if not item.by and mask == by_no_column:
                yield item.code, scope, "", number
            elif item.by and not mask & 1 << (len(columns) - 1 - column):
                yield item.code, scope, values[column] or "", number


def _counted(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    """The figures of cases, stays or procedures; all items must have the same source."""
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
