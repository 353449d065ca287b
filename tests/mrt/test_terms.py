"""No term ends on a day off: checked for every day of two years, and at the changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mrt.models import Waiver
from mrt.progress import Standing
from mrt.stages import JUDGING_TERM, TERMS, Stage
from mrt.team import judged_by
from mrt.terms import is_working_day, last_day

# Algemene termijnenwet, art. 3, by hand: New Year, Good Friday, Easter Monday, the King's birthday, 5 May, Ascension,
# Whit Monday, both days of Christmas.
DAYS_OFF = {
    2026: ("01-01", "04-03", "04-06", "04-27", "05-05", "05-14", "05-25", "12-25", "12-26"),
    2027: ("01-01", "03-26", "03-29", "04-27", "05-05", "05-06", "05-17", "12-25", "12-26"),
}
CLOSED = {date.fromisoformat(f"{year}-{day}") for year, days in DAYS_OFF.items() for day in days}
YEAR = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]


def test_every_day_of_two_years_is_a_working_day_or_not_as_the_law_says() -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(730)]
    found = {day for day in days if not is_working_day(day)}
    assert found == {day for day in days if day.weekday() > 4 or day in CLOSED}


def test_where_the_kings_birthday_is_a_sunday_the_day_before_is_off() -> None:
    assert not is_working_day(date(2025, 4, 26))
    assert is_working_day(date(2025, 4, 28))


@pytest.mark.parametrize("days", sorted({term.days for term in TERMS.values()} | {0, 1, JUDGING_TERM}))
def test_a_term_ends_on_the_first_working_day_from_its_last_one(days: int) -> None:
    for since in YEAR:
        end = last_day(since, days)
        expected = since + timedelta(days=days)
        while expected.weekday() > 4 or expected in CLOSED:
            expected += timedelta(days=1)
        assert end == expected, since


def test_a_term_is_late_from_the_day_after_its_last_one() -> None:
    for since in YEAR:
        standing = Standing(Stage.ADVISED, since, due_on=last_day(since, 28))
        assert standing.due_on is not None
        assert not standing.is_late(standing.due_on)
        assert standing.is_late(standing.due_on + timedelta(days=1))


def test_a_term_counts_from_the_day_in_the_netherlands_at_every_hour_of_the_year() -> None:
    """This includes the hours at which the clock changes to summer time and back."""
    zone = ZoneInfo("Europe/Amsterdam")
    for hour in range(365 * 24):
        moment = datetime(2026, 1, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hour)
        expected = last_day(moment.astimezone(zone).date(), JUDGING_TERM)
        assert judged_by(Waiver(asked_at=moment)) == expected, moment
