"""Measuring a definition set for any pair: true on a reference date, as known at a moment.

Four grouped queries, whatever the number of indicators, under the monitor's own role: it reads facts and has no right
on persons, cases, notes or parties (design 3).
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from accounts.models import Municipality
from accounts.walls import as_monitor
from monitor.indicators import DEFINITION_SETS, EXITS, Indicator, Population, Source

NATIONAL = "NL"
Cell = tuple[str, str, str]
Row = tuple[Any, ...]

_KNOWN = "recorded_at <= %(known_at)s and (withdrawn_at is null or withdrawn_at > %(known_at)s)"
_BEGUN = f"{_KNOWN} and valid_from <= %(on)s"
_TRUE = f"{_BEGUN} and (valid_until is null or valid_until > %(on)s)"
_LATEST = "order by case_id, valid_from desc, recorded_at desc, id desc"

# What is known at K and true on D of each case; of several facts the latest counts.
_ADMITTED = f"""admitted as (
    select case_id, municipality_id, inside_covenant from (
        select distinct on (case_id) case_id, municipality_id, outcome, inside_covenant
        from cases_admission where {_TRUE} {_LATEST}) latest
    where outcome <> 'refused'
)"""
_STATUS = f"""{_ADMITTED}, last_stay as (
    select distinct on (case_id) case_id, municipality_id, subject, id, valid_from, recorded_at,
        valid_until is null or valid_until > %(on)s as is_present
    from cases_stay where {_BEGUN} {_LATEST}
), departure as (
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
    select s.case_id, s.municipality_id, s.subject, a.inside_covenant, s.is_present, s.valid_from, s.recorded_at, s.id,
        d.category as exit_category, d.destination, c.direction, p.sex, p.nationality, p.departure_procedures,
        p.from_safe_country, extract(year from %(on)s::date)::int - p.birth_year as age
    from last_stay s join admitted a using (case_id)
    left join departure d using (case_id) left join scenario c using (case_id) left join profile p using (case_id)
)"""
# A person counts once in each scope and population: present before ended, then by the latest stay.
_DETERMINING = "order by is_present desc, valid_from desc, recorded_at desc, id desc"
_PERSONS = f"""{_STATUS}, ranked as (
    select *,
        row_number() over (partition by municipality_id, inside_covenant, subject {_DETERMINING}) as local_rank,
        row_number() over (partition by inside_covenant, subject {_DETERMINING}) as national_rank
    from status
), persons as (
    select ranked.*, s.scope from ranked
    cross join lateral (values (municipality_id, local_rank), (null, national_rank)) as s(scope, rank)
    where s.rank = 1
)"""
_CASES = f"""{_ADMITTED}, cases as (
    select a.case_id, a.municipality_id, a.inside_covenant, v.no_durable_solution is true as has_no_durable_solution,
        exists (select from mrt_discussion d where d.case_id = a.case_id and {_BEGUN}) as is_discussed
    from admitted a left join (
        select distinct on (case_id) case_id, no_durable_solution from mrt_advice where {_BEGUN} {_LATEST}
    ) v using (case_id)
)"""


@dataclass(frozen=True)
class Measurement:
    """All cells of a definition set: (code, scope, value) -> whole number.

    A scope is a municipality's name or `NATIONAL`; `value` is empty for an indicator without a breakdown.
    """

    on: date
    known_at: datetime
    definition_set: str
    municipalities: tuple[str, ...]
    cells: Mapping[Cell, int]

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return DEFINITION_SETS[self.definition_set]

    def figure(self, code: str, scope: str = NATIONAL, value: str = "") -> int:
        return self.cells.get((code, scope, value), 0)

    def overlap(self, code: str) -> int:
        """By how much the municipalities together exceed the national figure: persons known in two of them."""
        return sum(self.figure(code, name) for name in self.municipalities) - self.figure(code)

    def values(self, code: str) -> list[str]:
        """The values of a breakdown, the largest national figure first."""
        found = {value for (c, _, value) in self.cells if c == code and value}
        return sorted(found, key=lambda value: (-self.figure(code, NATIONAL, value), value))

    def residual(self, scope: str = NATIONAL) -> int:
        """Ever sheltered minus present minus all exits: what the recorded facts leave unexplained."""
        exits = sum(self.figure(code, scope) for code in EXITS)
        return self.figure("sheltered", scope) - self.figure("present", scope) - exits


def measure(on: date, known_at: datetime, definition_set: str = "2020-11") -> Measurement:
    """Measure a set for a pair. Reads facts only; the same pair gives the same figures for ever."""
    names = dict(Municipality.objects.order_by("name").values_list("pk", "name"))
    scopes: dict[int | None, str] = {None: NATIONAL, **dict(names.items())}
    items = DEFINITION_SETS[definition_set]
    cells: dict[Cell, int] = {(i.code, scope, ""): 0 for i in items if not i.by for scope in scopes.values()}
    parameters = {"on": on, "known_at": known_at}
    with as_monitor():
        for source, count in _COUNTERS.items():
            for code, scope, value, number in count([i for i in items if i.source is source], parameters):
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
    }
    condition = f"({item.where})" + (f" and {item.by} = %(value)s" if item.by else "")
    inside = "inside_covenant" if item.population is Population.INSIDE else "not inside_covenant"
    queries = {
        Source.PERSONS: f"with {_PERSONS} select case_id from persons"
        f" where scope is not distinct from %(municipality)s and {inside} and {condition}",
        Source.CASES: f"with {_CASES} select case_id from cases where {inside} and {condition}"
        " and (%(municipality)s::bigint is null or municipality_id = %(municipality)s)",
        Source.WAITING: f"select distinct case_id from cases_waitinglistentry where {_TRUE}"
        " and (%(municipality)s::bigint is null or municipality_id = %(municipality)s)",
    }
    if item.source not in queries:
        return []
    with as_monitor():
        return [row[0] for row in _rows(queries[item.source], parameters)]


Counts = Iterator[tuple[str, int | None, str, int]]


def _persons(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    """One pass over all persons: every indicator is a filtered count, every breakdown a grouping set."""
    plain = [i for i in items if not i.by]
    broken = [i for i in items if i.by]
    columns = [f"b{number}" for number in range(len(broken))]
    expressions = ", ".join(f"{i.by} as {column}" for i, column in zip(broken, columns, strict=True))
    counts = ", ".join(f"count(*) filter (where {i.where})" for i in (*plain, *broken))
    sets = ", ".join(["(scope, inside_covenant)", *(f"(scope, inside_covenant, {column})" for column in columns)])
    query = f"""with {_PERSONS}
        select scope, inside_covenant, grouping({", ".join(columns)}), {", ".join(columns)}, {counts}
        from (select *, {expressions} from persons) p group by grouping sets ({sets})"""
    for scope, inside, mask, *rest in _rows(query, parameters):
        values, numbers = rest[: len(broken)], rest[len(broken) :]
        for place, (item, number) in enumerate(zip((*plain, *broken), numbers, strict=True)):
            if (item.population is Population.INSIDE) != inside:
                continue
            column = place - len(plain)
            if not item.by and mask == 2 ** len(broken) - 1:
                yield item.code, scope, "", number
            elif item.by and not mask & 1 << (len(broken) - 1 - column):
                yield item.code, scope, values[column] or "", number


def _waiting(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    query = f"""select municipality_id, count(distinct subject) from cases_waitinglistentry where {_TRUE}
        group by grouping sets ((municipality_id), ())"""
    return _one_count_each(items, query, parameters)


def _covenants(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    query = f"""select municipality_id, sum(agreed_places) from (
            select distinct on (municipality_id) municipality_id, agreed_places from cases_covenant where {_TRUE}
            order by municipality_id, valid_from desc, recorded_at desc, id desc) latest
        group by grouping sets ((municipality_id), ())"""
    return _one_count_each(items, query, parameters)


def _cases(items: Sequence[Indicator], parameters: Mapping[str, Any]) -> Counts:
    counts = ", ".join(f"count(*) filter (where {i.where})" for i in items)
    query = f"""with {_CASES} select municipality_id, {counts} from cases where inside_covenant
        group by grouping sets ((municipality_id), ())"""
    for scope, *numbers in _rows(query, parameters):
        for item, number in zip(items, numbers, strict=True):
            yield item.code, scope, "", number


def _one_count_each(items: Iterable[Indicator], query: str, parameters: Mapping[str, Any]) -> Counts:
    for scope, number in _rows(query, parameters):
        for item in items:
            yield item.code, scope, "", number or 0


def _rows(query: str, parameters: Mapping[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


_COUNTERS = {
    Source.PERSONS: _persons,
    Source.WAITING: _waiting,
    Source.CASES: _cases,
    Source.COVENANTS: _covenants,
}
