"""Measuring a definition set for any pair: true on a reference date, as known at a moment.

A handful of grouped queries, whatever the number of indicators, under the monitor's own role: it reads facts and has no
right on persons, cases, notes or parties (design 3).
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from accounts.models import Municipality
from accounts.walls import as_monitor
from monitor.definitions import in_force
from monitor.indicators import DefinitionSet, Indicator, Population, Quantity, Source, total

NATIONAL = "NL"
Cell = tuple[str, str, str]
Row = tuple[Any, ...]

_KNOWN = "recorded_at <= %(known_at)s and (withdrawn_at is null or withdrawn_at > %(known_at)s)"
_BEGUN = f"{_KNOWN} and valid_from <= %(on)s"
_TRUE = f"{_BEGUN} and (valid_until is null or valid_until > %(on)s)"
_LATEST = "order by case_id, valid_from desc, recorded_at desc, id desc"

# Populations that part the admitted cases between them, and the SQL that says in which of them a case falls.
_DIVISIONS: tuple[tuple[frozenset[Population], str], ...] = (
    (frozenset({Population.INSIDE, Population.OUTSIDE}), "case when inside_covenant then 'INSIDE' else 'OUTSIDE' end"),
    (frozenset({Population.ADMITTED}), "'ADMITTED'"),
)

# What is known at K and true on D of each case; of several facts the latest counts.
_ADMITTED = f"""admitted as (
    select case_id, municipality_id, {{division}} as population from (
        select distinct on (case_id) case_id, municipality_id, outcome, inside_covenant
        from cases_admission where {_TRUE} {_LATEST}) latest
    where outcome <> 'refused'
)"""
_LAST_STAY = f"""last_stay as (
    select distinct on (case_id) case_id, municipality_id, subject, id, valid_from, recorded_at,
        valid_until is null or valid_until > %(on)s as is_present
    from cases_stay where {_BEGUN} {_LATEST}
)"""
_STATUS = f"""{_ADMITTED}, {_LAST_STAY}, departure as (
    select distinct on (case_id) case_id, category, destination
    from (select e.case_id, e.id, e.category, e.destination, e.valid_from, e.recorded_at, e.withdrawn_at
          from cases_exit e join last_stay s using (case_id)
          where not s.is_present and s.valid_from < e.valid_from) after_stay
    where {_BEGUN} {_LATEST}
), scenario as (
    select distinct on (case_id) case_id, direction from scenarios_scenario where {_TRUE} {_LATEST}
), profile as (
    select distinct on (case_id) case_id, sex, birth_year, nationality, departure_procedures, from_safe_country
    from cases_profile where {_BEGUN} {_LATEST}
), status as (
    select s.case_id, s.municipality_id, s.subject, a.population, s.is_present, s.valid_from, s.recorded_at, s.id,
        d.category as exit_category, d.destination, c.direction, p.sex, p.nationality, p.departure_procedures,
        p.from_safe_country, extract(year from %(on)s::date)::int - p.birth_year as age
    from last_stay s join admitted a using (case_id)
    left join departure d using (case_id) left join scenario c using (case_id) left join profile p using (case_id)
)"""
# A person counts once in each scope and population: present before ended, then by the latest stay.
_DETERMINING = "order by is_present desc, valid_from desc, recorded_at desc, id desc"
_PERSONS = f"""{_STATUS}, ranked as (
    select *,
        row_number() over (partition by municipality_id, population, subject {_DETERMINING}) as local_rank,
        row_number() over (partition by population, subject {_DETERMINING}) as national_rank
    from status
), persons as (
    select ranked.*, s.scope from ranked
    cross join lateral (values (municipality_id, local_rank), (null, national_rank)) as s(scope, rank)
    where s.rank = 1
)"""
# What else is counted, row by row.
_COUNTED = {
    Source.CASES: f"""{_ADMITTED}, counted as (
        select a.case_id, a.municipality_id, a.population, v.no_durable_solution is true as has_no_durable_solution,
            exists (select from mrt_discussion d where d.case_id = a.case_id and {_BEGUN}) as is_discussed
        from admitted a left join (
            select distinct on (case_id) case_id, no_durable_solution from mrt_advice where {_BEGUN} {_LATEST}
        ) v using (case_id)
    )""",
    Source.STAYS: f"""{_ADMITTED}, counted as (
        select s.case_id, a.municipality_id, a.population
        from admitted a join cases_stay s using (case_id) where {_BEGUN}
    )""",
    Source.PROCEDURES: f"""{_ADMITTED}, {_LAST_STAY}, counted as (
        select a.case_id, a.municipality_id, a.population, s.is_present,
            p.decided_on is null or p.decided_on > %(on)s as is_pending
        from admitted a join last_stay s using (case_id) join (
            select case_id, decided_on from cases_procedure where {_BEGUN}
        ) p using (case_id)
    )""",
}


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
    parameters = {
        "on": on,
        "known_at": known_at,
        "value": value,
        "municipality": municipality and municipality.pk,
        "population": item.population.name,
    }
    condition = f"population = %(population)s and ({item.where})" + (f" and {item.by} = %(value)s" if item.by else "")
    here = "(%(municipality)s::bigint is null or municipality_id = %(municipality)s)"
    if item.source is Source.COVENANTS:
        return []
    if item.source is Source.WAITING:
        query = f"select distinct case_id from cases_waitinglistentry where {_TRUE} and {here}"
    elif item.source is Source.PERSONS:
        query = f"""with {_divided(_PERSONS, item.population)}
            select case_id from persons where scope is not distinct from %(municipality)s and {condition}"""
    else:
        query = f"""with {_divided(_COUNTED[item.source], item.population)}
            select distinct case_id from counted where {condition} and {here}"""
    with as_monitor():
        return [row[0] for row in _rows(query, parameters)]


Counts = Iterator[tuple[str, int | None, str, int]]


def _counts(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    yield from _waiting([i for i in items if i.source is Source.WAITING], parameters)
    yield from _covenants([i for i in items if i.source is Source.COVENANTS], parameters)
    for populations, _ in _DIVISIONS:
        for source in (Source.PERSONS, *_COUNTED):
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
    query = f"""with {_divided(_PERSONS, items[0].population)}
        select scope, population, grouping({", ".join(["scope", *columns])}), {", ".join([*columns, counts])}
        from (select *{expressions} from persons) p group by grouping sets ({sets})"""
    for scope, population, mask, *rest in _rows(query, parameters):
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
    query = f"""with {_divided(_COUNTED[items[0].source], items[0].population)}
        select municipality_id, population, {counts} from counted
        group by grouping sets ((population, municipality_id), (population))"""
    for scope, population, *numbers in _rows(query, parameters):
        for item, number in zip(items, numbers, strict=True):
            if item.population.name == population:
                yield item.code, scope, "", number


def _waiting(items: Iterable[Indicator], parameters: Mapping[str, Any]) -> Counts:
    query = f"""select municipality_id, count(distinct subject) from cases_waitinglistentry where {_TRUE}
        group by grouping sets ((municipality_id), ())"""
    return _one_count_each(items, query, parameters)


def _covenants(items: Iterable[Indicator], parameters: Mapping[str, Any]) -> Counts:
    query = f"""select municipality_id, sum(agreed_places) from (
            select distinct on (municipality_id) municipality_id, agreed_places from cases_covenant where {_TRUE}
            order by municipality_id, valid_from desc, recorded_at desc, id desc) latest
        group by grouping sets ((municipality_id), ())"""
    return _one_count_each(items, query, parameters)


def _one_count_each(items: Iterable[Indicator], query: str, parameters: Mapping[str, Any]) -> Counts:
    for scope, number in _rows(query, parameters):
        for item in items:
            yield item.code, scope, "", number or 0


def _divided(query: str, population: Population) -> str:
    """The query with its cases parted into this population and those that it is an alternative to."""
    return query.replace("{division}", next(sql for populations, sql in _DIVISIONS if population in populations))


def _rows(query: str, parameters: Mapping[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
