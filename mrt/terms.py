"""The last day of a term (Algemene termijnenwet, art. 1 and 3): never a Saturday, a Sunday or a public holiday.

`mrt/stages.py` holds how many days each step may take: the team's advice, the LSO's answer, and the others.
"""

from datetime import date, timedelta

from holidays.countries import Netherlands

# The law equates Good Friday and 5 May of every year with public holidays; not everybody has that day off.
_CLOSED = Netherlands(categories=("public", "optional"))


def last_day(since: date, days: int) -> date:
    """The last day of a term of `days` days after `since`, moved to the next working day if it is none."""
    return working_day_from(since + timedelta(days=days))


def working_day_from(day: date) -> date:
    """The day itself, or the first working day after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _CLOSED
