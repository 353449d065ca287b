"""The last day of a term (Algemene termijnenwet, art. 1 and 3): never a Saturday, a Sunday or a public holiday.

How many days the team has for its advice, the LSO for its answer, and everybody else for their step: `CLOCKS` in
`mrt/stages.py`.
"""

from datetime import date, timedelta

from holidays.countries import Netherlands

# The law equates Good Friday and 5 May of every year with public holidays; not everybody has that day off.
_CLOSED = Netherlands(categories=("public", "optional"))


def last_day(since: date, days: int) -> date:
    """The day on which a term of so many days after `since` ends; moved on to the next working day if need be."""
    return working_day_from(since + timedelta(days=days))


def working_day_from(day: date) -> date:
    """The day itself, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _CLOSED
