"""Random histories for Hypothesis: a few persons, their cases in three cities, and all that was ever told of them.

Valid by construction: what may not overlap is laid end to end, and what was withdrawn may overlap whatever it likes.
Nearly all days and moments lie at, just before or just after the ones that are measured.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from itertools import permutations
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from cases.models import (
    DEPARTURES,
    DURABLE,
    Admission,
    AdmissionOutcome,
    Covenant,
    ExceptionGround,
    Exit,
    ExitCategory,
    Fact,
    Merge,
    Procedure,
    Profile,
    Sex,
    Stay,
    StayKind,
    WaitingListEntry,
)
from mrt.models import Advice, Discussion
from scenarios.models import DIRECTION_OF, Direction, Scenario, ScenarioKind
from tests.monitor.worlds import EARLY, Told, ToldCase, ToldCovenants, World

T = TypeVar("T")
Period = tuple[date, date | None]
Values = Callable[[], dict[str, Any]]

CITIES = ("Amsterdam", "Rotterdam", "Utrecht")
COUNTRIES = ("AM", "CN", "ZZ")
AMSTERDAM_TIME = ZoneInfo("Europe/Amsterdam")
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Frame:
    """Two days and two moments that are measured, and the days and moments on which things happen."""

    name: str
    days: tuple[date, date]
    moments: tuple[datetime, datetime]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def calendar(self) -> list[date]:
        around = {day + step for day in self.days for step in (-DAY, timedelta(), DAY)}
        return sorted(around | {date(2019, 6, 1), self.days[0] - 30 * DAY, self.days[1] + 30 * DAY})

    @cached_property
    def clock(self) -> list[datetime]:
        around = {moment + step for moment in self.moments for step in (-MICROSECOND, timedelta(), MICROSECOND)}
        return sorted(around | {EARLY, self.moments[0] - DAY, self.moments[1] + DAY})

    @cached_property
    def birth_years(self) -> tuple[int | None, ...]:
        ages = (0, 17, 18, 29, 30, 39, 40, 49, 50, 59, 60, 85)
        return (None, *(self.days[0].year - age for age in ages))


FRAMES = (
    Frame(
        "the letter's reference date",
        (date(2020, 11, 1), date(2020, 12, 1)),
        (datetime(2020, 10, 31, 23, tzinfo=UTC), datetime(2020, 11, 15, 12, tzinfo=UTC)),
    ),
    Frame(
        "a leap day",
        (date(2020, 2, 29), date(2020, 3, 1)),
        (datetime(2020, 2, 29, 12, tzinfo=UTC), datetime(2020, 2, 29, 23, tzinfo=UTC)),
    ),
    Frame(
        "the night without half past two",
        (date(2020, 3, 28), date(2020, 3, 29)),
        (datetime(2020, 3, 29, 0, 30, tzinfo=UTC), datetime(2020, 3, 29, 1, 30, tzinfo=UTC)),
    ),
    Frame(
        "the night with half past two twice",
        (date(2020, 10, 25), date(2020, 10, 26)),
        (datetime(2020, 10, 25, 0, 30, tzinfo=UTC), datetime(2020, 10, 25, 1, 30, tzinfo=UTC)),
    ),
    Frame(
        "the turn of the year",
        (date(2020, 12, 31), date(2021, 1, 1)),
        (datetime(2020, 12, 31, 23, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)),
    ),
)


@dataclass(frozen=True)
class Story:
    """What binds a fact: the day it must lie after, whether another may stand beside it, its escalation."""

    after: date = date.min
    may_stand_beside: bool = False
    escalation: int = 0


ALONE = Story()


@st.composite
def histories(draw: st.DrawFn, frame: Frame) -> World:
    teller = Teller(draw, frame)
    cases = [case for number in range(teller.number(1, 3)) for case in teller.person(number)]
    return World(teller.merged(cases), teller.covenants())


class Teller:
    """Tells one history, asking Hypothesis at every turn."""

    def __init__(self, draw: st.DrawFn, frame: Frame) -> None:
        self.draw, self.frame = draw, frame
        self.ids = 0

    # Chance, days and moments.

    def number(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def chance(self, percent: int) -> bool:
        return self.number(1, 100) > 100 - percent

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.number(0, len(choices) - 1)]

    def new_id(self) -> uuid.UUID:
        """Ids whose order says nothing about the order of telling."""
        self.ids += 1
        return uuid.UUID(int=(self.number(0, 15) << 124) + self.ids)

    def recorded(self) -> datetime:
        return EARLY if self.chance(50) else self.one_of(self.frame.clock)

    def withdrawn(self, recorded_at: datetime) -> datetime:
        return self.one_of([moment for moment in self.frame.clock if moment >= recorded_at])

    def period(self, after: date = date.min) -> Period:
        days = [day for day in self.frame.calendar if day > after]
        return self._from(days, self.number(0, len(days) - 1))

    def _from(self, days: list[date], start: int) -> Period:
        end = len(days) if self.chance(40) else self.number(start + 1, len(days))
        return days[start], days[end] if end < len(days) else None

    def periods(self, at_most: int, first: date = date.min) -> list[Period]:
        """End to end or with a gap; the next often begins on the very day the one before ends."""
        found: list[Period] = []
        days = [day for day in self.frame.calendar if day >= first]
        while days and len(found) < at_most:
            start = 0 if found and self.chance(60) else self.number(0, len(days) - 1)
            period = self._from(days, start)
            found.append(period)
            days = [day for day in days if period[1] and day >= period[1]]
        return found

    # How a fact came to be known.

    def stories(self, model: type[Fact], period: Period, values: Values, *, own: Story = ALONE) -> list[Told]:
        """A fact that stands, perhaps late; or is withdrawn; or corrected; or has a rival of the same moment."""
        told = Told(model, *period, values(), self.recorded(), id=self.new_id(), escalation=own.escalation)
        match self.number(1, 10):
            case 7:
                return [self._withdrawn(told)]
            case 8 | 9:
                return self._corrected(told, values, own)
            case 10:
                return [told, self._rival(told, values, own)]
        return [told]

    def _withdrawn(self, told: Told) -> Told:
        at = self.withdrawn(told.recorded_at)
        return replace(told, withdrawn_at=at, withdrawn_last=told.model is Stay)

    def _corrected(self, told: Told, values: Values, own: Story) -> list[Told]:
        """What was told before was withdrawn when this was recorded; now and then sooner or later."""
        until = self.withdrawn(told.recorded_at)
        start, end = self.period(own.after) if self.chance(50) else (told.valid_from, told.valid_until)
        before = replace(told, id=self.new_id(), valid_from=start, valid_until=end, values=values(), withdrawn_at=until)
        return [before, replace(told, recorded_at=self.recorded() if self.chance(20) else until)]

    def _rival(self, told: Told, values: Values, own: Story) -> Told:
        at = None if own.may_stand_beside and self.chance(50) else self.withdrawn(told.recorded_at)
        return replace(told, id=self.new_id(), values=values(), withdrawn_at=at)

    # Persons and their cases.

    def person(self, number: int) -> list[ToldCase]:
        subject = uuid.UUID(int=(self.number(0, 15) << 124) + number)
        free_from = dict.fromkeys(CITIES, date.min)
        cases = []
        for _ in range(self.number(1, 3)):
            city = self.one_of(CITIES)
            facts = self.case(free_from[city])
            free_from[city] = max([free_from[city], *(free_after(fact) for fact in facts)])
            cases.append(ToldCase(city, subject, facts, self.new_id()))
        return cases

    def case(self, free_from: date) -> list[Told]:
        stays = self.told(Stay, self.periods(1 if self.chance(50) else self.number(0, 3), free_from), self.stay)
        return [
            *self.told(Profile, [self.period()] if self.chance(80) else [], self.profile),
            *self.told(Admission, self.admissions(), self.admission),
            *stays,
            *self.told(WaitingListEntry, self.periods(self.number(0, 2)), dict),
            *self.procedures(),
            *self.exits(stays),
            *self.told(Scenario, self.periods(self.number(0, 3)), self.scenario),
            *self.escalation(1),
            *self.escalation(2),
        ]

    def told(self, model: type[Fact], periods: list[Period], values: Values) -> list[Told]:
        return [fact for period in periods for fact in self.stories(model, period, values)]

    def admissions(self) -> list[Period]:
        if self.chance(60):
            return [(self.frame.calendar[0], None)]
        return self.periods(self.number(0, 3))

    def exits(self, stays: list[Told]) -> list[Told]:
        """After the first day of a stay of the case, often on the day that one ends."""
        first = min((stay.valid_from for stay in stays if stands_at_first(stay)), default=date.max)
        ends = [stay.valid_until for stay in stays if stay.valid_until and stay.valid_until > first]
        if first >= self.frame.calendar[-1]:
            return []
        own = Story(after=first, may_stand_beside=True)
        facts = []
        for _ in range(self.number(1 if ends else 0, 3)):
            day, until = self.period(first)
            day = self.one_of(ends) if ends and self.chance(50) else day
            period = (day, until if until and until > day and self.chance(10) else None)
            facts += self.stories(Exit, period, self.exit, own=own)
        return facts

    def escalation(self, number: int) -> list[Told]:
        if not self.chance(40):
            return []
        beside = Story(may_stand_beside=True, escalation=number)
        return [
            *self.stories(Discussion, (self.period()[0], None), dict, own=beside),
            *self.stories(Advice, (self.period()[0], None), self.advice, own=Story(escalation=number)),
        ]

    def procedures(self) -> list[Told]:
        """Pending, or decided on a day that the story may or may not have reached."""
        told = []
        for since, until in self.periods(self.number(0, 2)):
            told += self.stories(Procedure, (since, until), self.procedure)
        return [replace(fact, values=decided_after_filing(fact)) for fact in told]

    def covenants(self) -> list[ToldCovenants]:
        if not self.chance(30):
            return []
        city = self.one_of(CITIES)
        facts = self.told(Covenant, self.periods(self.number(0, 3)), self.covenant)
        return [ToldCovenants(city, self.withdrawn(EARLY), facts)]

    def merged(self, cases: list[ToldCase]) -> list[ToldCase]:
        """Some pairs of persons turn out to be one, or do so for a while; each pair is told of once in a city."""
        pairs = {
            (one.municipality, frozenset((one.subject, other.subject))): (one, other)
            for one, other in permutations(cases, 2)
            if one.municipality == other.municipality and one.subject != other.subject
        }
        merges: dict[uuid.UUID, list[Told]] = {}
        for one, other in pairs.values():
            if self.chance(40):
                values: Values = partial(dict, same_as=other.subject, grounds="foto")
                merges.setdefault(one.id, []).extend(self.stories(Merge, self.period(), values))
        return [replace(case, facts=[*case.facts, *merges.get(case.id, [])]) for case in cases]

    # What a fact says.

    def admission(self) -> dict[str, Any]:
        outcome = self.one_of((AdmissionOutcome.ADMITTED, *AdmissionOutcome))
        return {
            "outcome": outcome,
            "exception_ground": ExceptionGround.HUMANITARIAN if outcome == AdmissionOutcome.EXCEPTION else "",
            "body": "lso",
            "inside_covenant": outcome != AdmissionOutcome.REFUSED and not self.chance(25),
        }

    def stay(self) -> dict[str, Any]:
        return {"kind": self.one_of(tuple(StayKind)), "location": "Locatie Oost"}

    def scenario(self) -> dict[str, Any]:
        kind = self.one_of(tuple(ScenarioKind))
        return {"kind": kind, "direction": DIRECTION_OF[kind], "review_on": self.frame.days[1]}

    def exit(self) -> dict[str, Any]:
        category = self.one_of((*DURABLE, *ExitCategory))
        destination = self.one_of(COUNTRIES) if category in DEPARTURES else ""
        return {"category": category, "destination": destination, "evidence": "brief" if category in DURABLE else ""}

    def procedure(self) -> dict[str, Any]:
        if self.chance(50):
            return {"kind": "asylum"}
        return {
            "kind": "asylum",
            "outcome": self.one_of(("granted", "rejected")),
            "decided_on": self.one_of(tuple(self.frame.calendar)),
        }

    def profile(self) -> dict[str, Any]:
        return {
            "sex": self.one_of(tuple(Sex)),
            "birth_year": self.one_of(self.frame.birth_years),
            "nationality": self.one_of(COUNTRIES),
            "from_safe_country": self.chance(50),
            "departure_procedures": self.one_of((None, 0, 1, 2, 5, 6, 9)),
        }

    def advice(self) -> dict[str, Any]:
        is_hopeless = self.chance(50)
        return {
            "no_durable_solution": is_hopeless,
            "direction": "" if is_hopeless else self.one_of(tuple(Direction)),
            "text": "advies",
        }

    def covenant(self) -> dict[str, Any]:
        return {"agreed_places": self.number(0, 9)}


def decided_after_filing(told: Told) -> dict[str, Any]:
    decided_on = told.values.get("decided_on")
    return {**told.values, "decided_on": max(decided_on, told.valid_from)} if decided_on else told.values


def stands_at_first(told: Told) -> bool:
    return told.withdrawn_at is None or told.withdrawn_last


def free_after(told: Told) -> date:
    """From when a next stay may be laid in the same city."""
    if told.model is not Stay or not stands_at_first(told):
        return date.min
    return told.valid_until or date.max
