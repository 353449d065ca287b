"""The course of every review by the MRT, in codes and days.

It is read under the monitor's own role, which sees no person and no free text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import connection
from django.db.models import Model

from accounts.acting import as_monitor
from accounts.models import Municipality
from mrt.models import COMPOSITION, Answer, Escalation, Seat

# The columns that the monitor's role may read besides the facts: keys, codes and days (monitor/security.py).
COLUMNS: Mapping[type[Model], tuple[str, ...]] = {
    Escalation: ("id", "case_id", "requested_on"),
    Seat: ("escalation_id", "role", "since"),
    Answer: ("escalation_id", "is_adopted", "answered_on"),
}


class Conclusion(StrEnum):
    """The direction of an advice; NONE: there is no durable solution."""

    DEPARTURE = "departure"
    STAY = "stay"
    NONE = "none"


class Ending(StrEnum):
    """How the case ended after the advice."""

    DEPARTED = "departed"
    GRANTED = "granted"
    OTHERWISE = "otherwise"
    UNDER_WAY = "under_way"


@dataclass(frozen=True)
class Review:
    """One escalation. A day is None until it happened, and `conclusion` is None until there is an advice."""

    municipality: str
    requested_on: date
    composed_on: date | None
    discussed_on: date | None
    advised_on: date | None
    conclusion: Conclusion | None
    obstacles: tuple[str, ...]
    answered_on: date | None
    is_adopted: bool | None
    ending: Ending


# A team is complete on the day on which the last seat of its composition was first taken. `_WANTED` lists those seats:
# (role, 1), (role, 2), ... for as many as the composition has of a role.
_WANTED = ", ".join(f"('{role}', {number})" for role, number in COMPOSITION.items())
_READ = f"""
    with place as (
        select distinct on (case_id) case_id, municipality_id from cases_profile
        where withdrawn_at is null order by case_id, valid_from desc, recorded_at desc, id desc
    ), taken as (
        select escalation_id, role, (since at time zone 'Europe/Amsterdam')::date as on_day,
            row_number() over (partition by escalation_id, role order by since) as number
        from mrt_seat
    ), composed as (
        select escalation_id, max(on_day) as on_day from taken where (role, number) in ({_WANTED})
        group by escalation_id having count(*) = {len(COMPOSITION)}
    ), discussed as (
        select escalation_id, min(valid_from) as on_day from mrt_discussion
        where withdrawn_at is null and valid_from <= %(on)s group by escalation_id
    ), advised as (
        select escalation_id, valid_from as on_day, direction, no_durable_solution, obstacles from mrt_advice
        where withdrawn_at is null and valid_from <= %(on)s
    ), ended as (
        select distinct on (e.case_id) e.case_id, e.category, e.valid_from as on_day from cases_exit e
        where e.withdrawn_at is null and e.valid_from <= %(on)s
        order by e.case_id, e.valid_from desc, e.recorded_at desc, e.id desc
    )
    select p.municipality_id, r.requested_on, c.on_day, d.on_day, a.on_day,
        case when a.no_durable_solution then 'none' else a.direction end, coalesce(a.obstacles, '{{}}'),
        w.answered_on, w.is_adopted,
        case when x.on_day is null or a.on_day is null or x.on_day < a.on_day then 'under_way'
             when x.category in ('return', 'onward') then 'departed'
             when x.category = 'grant' then 'granted' else 'otherwise' end
    from mrt_escalation r join place p on p.case_id = r.case_id
    left join composed c on c.escalation_id = r.id and c.on_day <= %(on)s
    left join discussed d on d.escalation_id = r.id
    left join advised a on a.escalation_id = r.id
    left join mrt_answer w on w.escalation_id = r.id and w.answered_on <= %(on)s
    left join ended x on x.case_id = r.case_id
    where r.requested_on <= %(on)s
    order by r.requested_on, r.id"""


def reviews(on: date) -> list[Review]:
    """Every escalation as it stood at the end of a day, by what is known now, in the order of the requests."""
    names = dict(Municipality.objects.values_list("pk", "name"))
    with as_monitor(), connection.cursor() as cursor:
        cursor.execute(_READ, {"on": on})
        rows = cursor.fetchall()
    return [_review(names, *row) for row in rows]


def _review(names: Mapping[int, str], municipality: int, *columns: Any) -> Review:
    requested_on, composed_on, discussed_on, advised_on, conclusion, obstacles, answered_on, is_adopted, ending = (
        columns
    )
    return Review(
        municipality=names[municipality],
        requested_on=requested_on,
        composed_on=composed_on,
        discussed_on=discussed_on,
        advised_on=advised_on,
        conclusion=Conclusion(conclusion) if conclusion else None,
        obstacles=tuple(obstacles),
        answered_on=answered_on,
        is_adopted=is_adopted,
        ending=Ending(ending),
    )
