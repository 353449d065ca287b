"""A figure over time: on the first day of every quarter, by the definitions of that day, broken where these change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.acting import as_monitor
from accounts.models import Municipality
from monitor.figures.indicators import Indicator
from monitor.figures.known import ALIAS, PERSON, TRUE, rows
from monitor.figures.measurement import Measurement, measure

BEGINNING = date(2019, 4, 1)  # the start of the pilots (letter)


@dataclass(frozen=True)
class Point:
    """A figure on one day; None where it was not counted. `is_broken`: from here on something else is counted."""

    on: date
    number: int | None
    is_broken: bool = False


def quarters(until: date) -> Iterator[date]:
    """The first day of every quarter since the beginning."""
    day = BEGINNING
    while day <= until:
        yield day
        day = date(day.year + (day.month + 2) // 12, (day.month + 2) % 12 + 1, 1)


def measured(until: date, known_at: datetime) -> list[Measurement]:
    """Every quarter as known at one moment, by the set in force on its day."""
    return [measure(on, known_at) for on in quarters(until)]


def series(measurements: Sequence[Measurement], code: str, scope: str) -> list[Point]:
    """One figure over time."""
    points: list[Point] = []
    before: Indicator | None = None
    for one in measurements:
        item = one.definition_set.indicator(code)
        number = one.figure(code, scope) if item else None
        points.append(Point(one.on, number, before is not None and item is not None and not _is_same(before, item)))
        before = item or before
    return points


def exits(measurements: Sequence[Measurement], scope: str) -> list[Point]:
    """All ways out together, ever: broken where other persons are counted."""
    ever = series(measurements, "sheltered", scope)
    return [Point(p.on, one.exits(scope), p.is_broken) for p, one in zip(ever, measurements, strict=True)]


_WAITED = f"""with {ALIAS}
    select days.on_day, percentile_disc(0.5) within group (order by days.on_day - since)
    from unnest(%(days)s::date[]) days (on_day)
    cross join lateral (
        select min(valid_from) as since from cases_waitinglistentry left join alias using (subject)
        where {TRUE.replace("%(on)s", "days.on_day")}
          and (%(municipality)s::bigint is null or municipality_id = %(municipality)s)
        group by {PERSON}) waiting
    group by days.on_day"""


def waited(days: Sequence[date], known_at: datetime, municipality: Municipality | None) -> list[Point]:
    """For how many days those on the waiting list had waited, the middle one of them; None when nobody waits.

    Who is on the list in two municipalities waits since the first of them, in the country.
    """
    parameters = {"days": list(days), "known_at": known_at, "municipality": municipality and municipality.pk}
    with as_monitor():
        found: dict[date, int] = dict(rows(_WAITED, parameters))
    return [Point(day, found.get(day)) for day in days]


def growth(points: Sequence[Point]) -> list[Point]:
    """What came in the quarter before each day. Over a break there is no difference: it would be one of definitions."""
    grown = [Point(one.on, None) for one in points[:1]]
    for before, one in zip(points, points[1:], strict=False):
        is_known = before.number is not None and one.number is not None and not one.is_broken
        number = one.number - before.number if is_known else None  # type: ignore[operator]
        grown.append(Point(one.on, number, one.is_broken))
    return grown


def _is_same(one: Indicator, other: Indicator) -> bool:
    """Whether two sets count the same."""
    return all(getattr(one, name) == getattr(other, name) for name in ("where", "by", "unit", "population", "source"))
