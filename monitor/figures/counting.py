"""SQL that everything that counts shares: which facts were known at a moment, and which were true on a day.

A fact has two times. `recorded_at` and `withdrawn_at` say when the system knew it; `valid_from` and `valid_until` say
when it was true. Every query takes a pair: the day `on` and the moment `known_at`. The conditions build on each other:

* `KNOWN`: recorded by `known_at`, and not withdrawn by then;
* `BEGUN`: known, and true from `on` or earlier. It may have ended since;
* `TRUE`: known, and true on `on` itself. The last day is not included: who leaves on `on` is no longer there.

Because nothing is ever overwritten, the same pair gives the same answer for ever. When a case has several facts of a
kind, the latest counts (`LATEST`).
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection

from monitor.figures.indicators import Population, Source

Row = tuple[Any, ...]

KNOWN = "recorded_at <= %(known_at)s and (withdrawn_at is null or withdrawn_at > %(known_at)s)"
BEGUN = f"{KNOWN} and valid_from <= %(on)s"
NOT_ENDED = "(valid_until is null or valid_until > %(on)s)"
TRUE = f"{BEGUN} and {NOT_ENDED}"
# One pseudonym for each person who has several. A merge says that two pseudonyms are one person, in either order
# (`link`), and a chain of merges makes one person of all of them (`same_person`). `person` is the smallest pseudonym of
# the chain: any fixed choice would do. A pseudonym without a merge is not in `alias`; then it is the person itself
# (`PERSON`).
ALIAS = f"""alias as (
    with recursive link as (
        select pair.subject, pair.same_as from cases_merge m
        cross join lateral (values (m.subject, m.same_as), (m.same_as, m.subject)) as pair(subject, same_as)
        where {KNOWN}
    ), same_person as (
        select subject, same_as from link
        union select s.subject, l.same_as from same_person s join link l on l.subject = s.same_as
    )
    select subject, min(same_as::text)::uuid as person from same_person group by subject
)"""
PERSON = "coalesce(person, subject)"
LATEST = "order by case_id, valid_from desc, recorded_at desc, id desc"

# Each entry divides the admitted cases over populations: every case falls in exactly one of them, and the SQL says in
# which. The queries below have `{division}` in the place of that SQL; see `divided`.
DIVISIONS: tuple[tuple[frozenset[Population], str], ...] = (
    (frozenset({Population.INSIDE, Population.OUTSIDE}), "case when inside_covenant then 'INSIDE' else 'OUTSIDE' end"),
    (frozenset({Population.ADMITTED}), "'ADMITTED'"),
)

ADMITTED = f"""admitted as (
    select case_id, municipality_id, {{division}} as population from (
        select distinct on (case_id) case_id, municipality_id, outcome, inside_covenant
        from cases_admission where {TRUE} {LATEST}) latest
    where outcome <> 'refused'
)"""
# Who is present on a day: a person whose last stay has not ended. When facts were recorded in order,
# `Stay.objects.present_on` finds the same persons.
LAST_STAY = f"""last_stay as (
    select distinct on (case_id) case_id, municipality_id, subject, id, valid_from, recorded_at,
        {NOT_ENDED} as is_present
    from cases_stay where {BEGUN} {LATEST}
)"""
# Who left on the day or before, and how: by the last exit after the first day of a last stay that has ended. An exit on
# that first day, or before it, belongs to an earlier stay. On the reference date itself a person who left is gone:
# neither the stay nor the exit counts that day as one of the stay.
DEPARTURE = f"""departure as (
    select distinct on (case_id) case_id, id as exit_id, valid_from as left_on, category, destination
    from (select e.case_id, e.id, e.category, e.destination, e.valid_from, e.recorded_at, e.withdrawn_at
          from cases_exit e join last_stay s using (case_id)
          where not s.is_present and s.valid_from < e.valid_from) after_stay
    where {BEGUN} {LATEST}
)"""
# Where each admitted case stands on a day.
STATUS = f"""{ALIAS}, {ADMITTED}, {LAST_STAY}, {DEPARTURE}, scenario as (
    select distinct on (case_id) case_id, direction from scenarios_scenario where {TRUE} {LATEST}
), profile as (
    select distinct on (case_id) case_id, sex, birth_year, nationality, departure_procedures, from_safe_country
    from cases_profile where {BEGUN} {LATEST}
), status as (
    select s.case_id, s.municipality_id, {PERSON} as person, a.population,
        s.is_present, s.valid_from, s.recorded_at, s.id, d.category as exit_category, d.destination, d.exit_id,
        d.left_on, c.direction, p.sex, p.nationality, p.departure_procedures, p.from_safe_country,
        extract(year from %(on)s::date)::int - p.birth_year as age
    from last_stay s join admitted a using (case_id) left join alias using (subject)
    left join departure d using (case_id) left join scenario c using (case_id) left join profile p using (case_id)
)"""
# Who counts once: a person does, in each municipality and in the country, per population. The case that counts is one
# in which the person is present, or else the one with the latest stay. `alias` says which pseudonyms are one person.
_DETERMINING = "order by is_present desc, valid_from desc, recorded_at desc, id desc"
PERSONS = f"""{STATUS}, ranked as (
    select *,
        row_number() over (partition by municipality_id, population, person {_DETERMINING}) as local_rank,
        row_number() over (partition by population, person {_DETERMINING}) as national_rank
    from status
), persons as (
    select ranked.*, s.scope from ranked
    cross join lateral (values (municipality_id, local_rank), (null, national_rank)) as s(scope, rank)
    where s.rank = 1
)"""
# The waiting list, a line for each case. `subject` is the pseudonym in the case, `person` the one from `alias`.
WAITING = f"""{ALIAS}, waiting as (
    select case_id, municipality_id, subject, {PERSON} as person, valid_from
    from cases_waitinglistentry left join alias using (subject) where {TRUE}
)"""
# What counts without regard to persons: a line for each case, stay or procedure.
COUNTED = {
    Source.CASES: f"""{ADMITTED}, counted as (
        select a.case_id, a.municipality_id, a.population, v.no_durable_solution is true as has_no_durable_solution,
            exists (select from mrt_discussion d where d.case_id = a.case_id and {BEGUN}) as is_discussed
        from admitted a left join (
            select distinct on (case_id) case_id, no_durable_solution from mrt_advice where {BEGUN} {LATEST}
        ) v using (case_id)
    )""",
    Source.STAYS: f"""{ADMITTED}, counted as (
        select s.case_id, a.municipality_id, a.population
        from admitted a join cases_stay s using (case_id) where {BEGUN}
    )""",
    Source.PROCEDURES: f"""{ADMITTED}, {LAST_STAY}, counted as (
        select a.case_id, a.municipality_id, a.population, s.is_present,
            p.decided_on is null or p.decided_on > %(on)s as is_pending
        from admitted a join last_stay s using (case_id) join (
            select case_id, decided_on from cases_procedure where {BEGUN}
        ) p using (case_id)
    )""",
}


def divided(query: str, population: Population) -> str:
    """The query with `{division}` filled in: its cases are divided over this population and its alternatives."""
    return query.replace("{division}", next(sql for populations, sql in DIVISIONS if population in populations))


def rows(query: str, parameters: Mapping[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
