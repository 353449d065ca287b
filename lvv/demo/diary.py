"""The diary of the demo world: which act is recorded when and by whom. Each act runs with the rights of that user."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from accounts import acting
from accounts.models import Municipality, Organisation, User
from scenarios.meetings import closing, planning
from scenarios.models import Meeting, Topic

ZONE = ZoneInfo("Europe/Amsterdam")
# Long enough for what was recorded late.
CLOSED_AFTER = timedelta(days=28)
Act = Callable[[User, datetime], object]


def workday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


def working_day_before(day: date) -> date:
    """The last day before this one that is not in a weekend."""
    before = day - timedelta(days=1)
    return before - timedelta(days=max(0, before.weekday() - 4))


def office(day: date, hour: int) -> datetime:
    """A moment in office hours, on the day or on the Monday after it."""
    return datetime.combine(workday(day), time(hour), ZONE)


@dataclass(frozen=True)
class Entry:
    at: datetime
    town: str
    actor: str
    act: Act

    @property
    def sitting(self) -> tuple[date, str, str]:
        """The key of a batch: all that one user records in one municipality on one day."""
        return self.at.date(), self.town, self.actor


class Diary:
    """Collects entries in any order. An entry on or after the day `today` has not happened yet and is left out."""

    def __init__(self, users: dict[str, User], *, today: date) -> None:
        self.users, self.today = users, today
        self.yesterday = working_day_before(today)
        self.entries: list[Entry] = []

    def note(self, at: datetime, town: str, actor: str, act: Act) -> None:
        """`actor` is the start of an address at the table of `town`, or a whole one at national level."""
        if at.date() < self.today:
            self.entries.append(Entry(at, town, actor, act))

    def carry_out(self, tell: Callable[[float], object] = lambda share: None) -> None:
        """Carry out all entries, the earliest first. `tell` is told which share of them is done, from 0 to 1."""
        ordered = sorted(self.entries, key=lambda entry: (*entry.sitting, entry.at))
        done = 0
        for (_, town, actor), entries in groupby(ordered, key=lambda entry: entry.sitting):
            acting.enter(user := self.user(actor, town))
            for entry in entries:
                entry.act(user, entry.at)
                done += 1
            tell(done / len(ordered))

    def user(self, actor: str, town: str) -> User:
        return self.users.get(actor) or self.users[f"{actor}.{town.lower()}"]


class Table:
    """A meeting of an LSO. It is planned two weeks ahead, held on its day, and closed when all is decided."""

    def __init__(self, diary: Diary, municipality: Municipality, day: date, seats: list[Organisation]) -> None:
        self.day = day
        self.meeting: Meeting | None = None
        self._today = diary.today
        self._municipality, self._seats = municipality, seats
        town = municipality.name
        diary.note(
            office(min(day - timedelta(days=14), diary.today - timedelta(days=12)), 9), town, "voorzitter", self._plan
        )
        diary.note(office(day, 13), town, "voorzitter", self._hold)
        diary.note(office(day + CLOSED_AFTER, 17), town, "voorzitter", self._close)

    @property
    def is_recent(self) -> bool:
        """Whether the meeting is so recent that people still read its minutes."""
        return self._today - self.day <= timedelta(days=120)

    def _plan(self, by: User, at: datetime) -> None:
        place = f"Stadhuis {self._municipality}"
        self.meeting = planning.plan(self._municipality, held_on=self.day, place=place, by=by, at=at)
        if self.is_recent:
            Topic.objects.bulk_create(
                Topic(meeting=self.meeting, title=title, is_after_cases=number > 0, order=number)
                for number, title in enumerate(("Mededelingen", "Rondvraag"))
            )

    def _hold(self, by: User, at: datetime) -> None:
        assert self.meeting is not None
        # Now and then a partner is missing.
        present = self._seats[:-1] if self.day.day % 9 == 0 else self._seats
        planning.hold(self.meeting, present=present, by=by, at=at)
        for earlier in closing.to_adopt(self.meeting):
            closing.adopt(earlier, self.meeting, by=by, at=at)

    def _close(self, by: User, at: datetime) -> None:
        """Close the meeting, unless a case still waits for its decision."""
        assert self.meeting is not None
        self.meeting.refresh_from_db()
        if not closing.closing_blockers(self.meeting):
            closing.close(self.meeting, by=by, at=at)
