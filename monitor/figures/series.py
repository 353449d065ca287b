"""A figure over time: on the first day of every quarter, by the definitions of that day.

Where the definition changes, the series is broken: numbers before and after it are not compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.acting import as_monitor
from accounts.models import Municipality
from monitor.figures.counting import ALIAS, PERSON, TRUE, rows
from monitor.figures.indicators import Indicator
from monitor.figures.measurement import Measurement, measure

BEGINNING = date(2019, 4, 1)  # the start of the pilots (letter)


@dataclass(frozen=True)
class Point:
    """A figure on one day; `number` is None when that day's set does not have it.

    `is_broken`: the definition differs from that of the point before.
    """

    on: date
    number: int | None
    is_broken: bool = False


def quarters(until: date) -> Iterator[date]:
    """The first day of every quarter from `BEGINNING` up to and including `until`."""
    day = BEGINNING
    while day <= until:
        yield day
        day = date(day.year + (day.month + 2) // 12, (day.month + 2) % 12 + 1, 1)


def measure_quarters(until: date, known_at: datetime) -> list[Measurement]:
    """A measurement for every quarter as known at one moment, by the set in force on its first day."""
    return [measure(on, known_at) for on in quarters(until)]


def series(measurements: Sequence[Measurement], code: str, scope: str) -> list[Point]:
    """One figure of each measurement, in their order."""
    points: list[Point] = []
    before: Indicator | None = None
    for measurement in measurements:
        item = measurement.definition_set.indicator(code)
        number = measurement.figure(code, scope) if item else None
        points.append(
            Point(
                measurement.on, number, before is not None and item is not None and not _counts_the_same(before, item)
            )
        )
        before = item or before
    return points


def exits(measurements: Sequence[Measurement], scope: str) -> list[Point]:
    """All exits together, up to each day. The series breaks where the figure "ever sheltered" breaks."""
    ever = series(measurements, "sheltered", scope)
    return [
        Point(p.on, measurement.exits(scope), p.is_broken) for p, measurement in zip(ever, measurements, strict=True)
    ]


_MEDIAN_WAITS = f"""with {ALIAS}
    select days.on_day, percentile_disc(0.5) within group (order by days.on_day - since)
    from unnest(%(days)s::date[]) days (on_day)
    cross join lateral (
        select min(valid_from) as since from cases_waitinglistentry left join alias using (subject)
        where {TRUE.replace("%(on)s", "days.on_day")}
          and (%(municipality)s::bigint is null or municipality_id = %(municipality)s)
        group by {PERSON}) waiting
    group by days.on_day"""


def median_waits(days: Sequence[date], known_at: datetime, municipality: Municipality | None) -> list[Point]:
    """The median number of days for which those on the waiting list had waited; None when nobody waits.

    In the country, a person who is on two lists waits since the day of the first one.
    """
    parameters = {"days": list(days), "known_at": known_at, "municipality": municipality and municipality.pk}
    with as_monitor():
        medians: dict[date, int] = dict(rows(_MEDIAN_WAITS, parameters))
    return [Point(day, medians.get(day)) for day in days]


def growth(points: Sequence[Point]) -> list[Point]:
    """The difference with the point before, so what was added in the quarter; None for the first point.

    It is None over a break too: there the difference would be one between definitions.
    """
    grown = [Point(point.on, None) for point in points[:1]]
    for before, point in zip(points, points[1:], strict=False):
        is_known = before.number is not None and point.number is not None and not point.is_broken
        number = point.number - before.number if is_known else None  # type: ignore[operator]
        grown.append(Point(point.on, number, point.is_broken))
    return grown


def _counts_the_same(item: Indicator, other: Indicator) -> bool:
    """Whether two definitions of a figure give the same number; their titles may differ."""
    return all(getattr(item, name) == getattr(other, name) for name in ("where", "by", "unit", "population", "source"))
