"""What is known at a moment and true on a day, as pieces of SQL that all who count share.

Every query takes the parameters `on` and `known_at`. Of several facts of a case the latest counts.
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
# By which of their pseudonyms a person goes who has more than one: merges reach on, in both directions (cases/models).
ALIAS = f"""alias as (
    with recursive pair as (
        select way.one, way.other from cases_merge m
        cross join lateral (values (m.subject, m.same_as), (m.same_as, m.subject)) as way(one, other)
        where {KNOWN}
    ), known_as as (
        select one, other from pair
        union select k.one, p.other from known_as k join pair p on p.one = k.other
    )
    select one as subject, min(other::text)::uuid as person from known_as group by one
)"""
PERSON = "coalesce(person, subject)"
LATEST = "order by case_id, valid_from desc, recorded_at desc, id desc"

# Populations that part the admitted cases between them, and the SQL that says in which of them a case falls.
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
# Who is present on a day: whose last stay has not ended. Of what was recorded in order, `Stay.objects.present_on` finds
# the same.
LAST_STAY = f"""last_stay as (
    select distinct on (case_id) case_id, municipality_id, subject, id, valid_from, recorded_at,
        {NOT_ENDED} as is_present
    from cases_stay where {BEGUN} {LATEST}
)"""
# Who left on a day or before, and how: by the last exit after the first day of a last stay that has ended. On the
# reference date itself the person is gone: neither the stay nor the exit counts that day as one of the stay.
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
# Who counts once: a person does in each scope and population, by the case in which the person is present, or else by
# the one with the latest stay. `alias` says which pseudonyms are one person.
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
# Who is on the waiting list, a line for each case; `subject` is one pseudonym, `person` the one of all of them.
WAITING = f"""{ALIAS}, waiting as (
    select case_id, municipality_id, subject, {PERSON} as person, valid_from
    from cases_waitinglistentry left join alias using (subject) where {TRUE}
)"""
# What else is counted, row by row.
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
    """The query with its cases parted into this population and those that it is an alternative to."""
    return query.replace("{division}", next(sql for populations, sql in DIVISIONS if population in populations))


def rows(query: str, parameters: Mapping[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
