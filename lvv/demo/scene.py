"""A municipality of the demo world: its LSO, its calendar of meetings, and its people."""

from datetime import date, timedelta
from random import Random

from accounts.models import Municipality, Organisation
from cases.models import Covenant
from lvv.demo.course import Course
from lvv.demo.diary import Diary, Table
from lvv.demo.people import Crowd, Deck, Someone
from lvv.demo.shape import REFERENCE_DATE, Town

# No meetings in the first weeks of the lockdown.
LOCKDOWN = (date(2020, 3, 16), date(2020, 5, 1))
FORTNIGHTLY_UNTIL = date(2021, 1, 1)


def days(number: int) -> timedelta:
    return timedelta(days=number)


class Scene:
    def __init__(self, town: Town, diary: Diary, seed: str) -> None:
        self.town, self.diary = town, diary
        self.random = Random(f"{seed} {town.name}")
        self.crowd = Crowd(self.random)
        self.municipality = Municipality.objects.get(name=town.name)
        covenant = Covenant.objects.in_force(self.municipality, REFERENCE_DATE)
        assert covenant is not None
        self.covenant = covenant
        self.seats = list(Organisation.objects.filter(municipality=self.municipality).order_by("pk"))
        self._tables: dict[date, Table] = {}
        self._safe = Deck(self.random, [n < town.safe_share for n in range(100)])
        self.meeting_days = self._calendar()

    def course(self, someone: Someone) -> Course:
        return Course(self.diary, self.municipality, self.covenant, someone)

    def table(self, day: date) -> Table:
        """The meeting of a day. It is planned when the first case is put on its agenda."""
        if day not in self._tables:
            self._tables[day] = Table(self.diary, self.municipality, day, self.seats)
        return self._tables[day]

    def meetings(self, first: date, last: date) -> list[date]:
        """The meeting days from `first` up to and including `last`."""
        return [day for day in self.meeting_days if first <= day <= last]

    def between(self, first: date, last: date) -> date:
        """A random day from `first` up to and including `last`."""
        return first + days(self.random.randint(0, max(0, (last - first).days)))

    def chance(self, percentage: int) -> bool:
        return self.random.random() * 100 < percentage

    def is_from_safe_country(self) -> bool:
        return self._safe.deal()

    def location(self) -> str:
        return self.random.choice(self.town.locations)

    def _calendar(self) -> list[date]:
        """The days of the meetings: every two weeks, later every four, up to a month before today."""
        meetings, day = [], self.town.first_meeting
        while day < self.diary.today - days(30):
            if not LOCKDOWN[0] <= day < LOCKDOWN[1]:
                meetings.append(day)
            day += days(14 if day < FORTNIGHTLY_UNTIL else 28)
        return meetings
