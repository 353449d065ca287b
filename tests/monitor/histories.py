"""Random histories for Hypothesis: a few persons, their cases in three cities, and all facts ever recorded about them.

They are valid by construction: facts that may not overlap follow one another, and withdrawn facts may overlap anything.
Nearly all days and moments are the measured ones, or just before or after them.
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
from tests.monitor.worlds import EARLY, World, WorldCase, WorldCovenants, WorldFact

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
    """The two days and two moments that are measured, and the days and moments at which things happen."""

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
class Constraints:
    """The limits for a fact: the day after which it must begin, whether it may overlap another, and its escalation."""

    after: date = date.min
    may_stand_beside: bool = False
    escalation: int = 0


UNCONSTRAINED = Constraints()


@st.composite
def histories(draw: st.DrawFn, frame: Frame) -> World:
    generator = HistoryGenerator(draw, frame)
    cases = [case for number in range(generator.number(1, 3)) for case in generator.person(number)]
    return World(generator.merged(cases), generator.covenants())


class HistoryGenerator:
    """Makes one history, with a choice by Hypothesis at every step."""

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
        """An id whose order says nothing about the order in which facts were made."""
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
        """Periods one after another. The next one often begins on the day on which the one before ends."""
        periods: list[Period] = []
        days = [day for day in self.frame.calendar if day >= first]
        while days and len(periods) < at_most:
            start = 0 if periods and self.chance(60) else self.number(0, len(days) - 1)
            period = self._from(days, start)
            periods.append(period)
            days = [day for day in days if period[1] and day >= period[1]]
        return periods

    # How a fact is recorded.

    def versions(
        self, model: type[Fact], period: Period, values: Values, *, constraints: Constraints = UNCONSTRAINED
    ) -> list[WorldFact]:
        """The rows of one fact: it stands (perhaps recorded late), is withdrawn, is corrected, or has a rival."""
        fact = WorldFact(model, *period, values(), self.recorded(), id=self.new_id(), escalation=constraints.escalation)
        match self.number(1, 10):
            case 7:
                return [self._withdrawn(fact)]
            case 8 | 9:
                return self._corrected(fact, values, constraints)
            case 10:
                return [fact, self._rival(fact, values, constraints)]
        return [fact]

    def _withdrawn(self, fact: WorldFact) -> WorldFact:
        at = self.withdrawn(fact.recorded_at)
        return replace(fact, withdrawn_at=at, withdrawn_last=fact.model is Stay)

    def _corrected(self, fact: WorldFact, values: Values, constraints: Constraints) -> list[WorldFact]:
        """A fact and the one that it replaces, which usually was withdrawn at the moment that this one was recorded."""
        until = self.withdrawn(fact.recorded_at)
        start, end = self.period(constraints.after) if self.chance(50) else (fact.valid_from, fact.valid_until)
        before = replace(fact, id=self.new_id(), valid_from=start, valid_until=end, values=values(), withdrawn_at=until)
        return [before, replace(fact, recorded_at=self.recorded() if self.chance(20) else until)]

    def _rival(self, fact: WorldFact, values: Values, constraints: Constraints) -> WorldFact:
        at = None if constraints.may_stand_beside and self.chance(50) else self.withdrawn(fact.recorded_at)
        return replace(fact, id=self.new_id(), values=values(), withdrawn_at=at)

    # Persons and their cases.

    def person(self, number: int) -> list[WorldCase]:
        subject = uuid.UUID(int=(self.number(0, 15) << 124) + number)
        free_from = dict.fromkeys(CITIES, date.min)
        cases = []
        for _ in range(self.number(1, 3)):
            city = self.one_of(CITIES)
            facts = self.case(free_from[city])
            free_from[city] = max([free_from[city], *(free_after(fact) for fact in facts)])
            cases.append(WorldCase(city, subject, facts, self.new_id()))
        return cases

    def case(self, free_from: date) -> list[WorldFact]:
        stays = self.facts_of(Stay, self.periods(1 if self.chance(50) else self.number(0, 3), free_from), self.stay)
        return [
            *self.facts_of(Profile, [self.period()] if self.chance(80) else [], self.profile),
            *self.facts_of(Admission, self.admissions(), self.admission),
            *stays,
            *self.facts_of(WaitingListEntry, self.periods(self.number(0, 2)), dict),
            *self.procedures(),
            *self.exits(stays),
            *self.facts_of(Scenario, self.periods(self.number(0, 3)), self.scenario),
            *self.escalation(1),
            *self.escalation(2),
        ]

    def facts_of(self, model: type[Fact], periods: list[Period], values: Values) -> list[WorldFact]:
        return [fact for period in periods for fact in self.versions(model, period, values)]

    def admissions(self) -> list[Period]:
        if self.chance(60):
            return [(self.frame.calendar[0], None)]
        return self.periods(self.number(0, 3))

    def exits(self, stays: list[WorldFact]) -> list[WorldFact]:
        """Exits after the first day of a stay of the case, often on the day that a stay ends."""
        first = min((stay.valid_from for stay in stays if stands_at_first(stay)), default=date.max)
        ends = [stay.valid_until for stay in stays if stay.valid_until and stay.valid_until > first]
        if first >= self.frame.calendar[-1]:
            return []
        constraints = Constraints(after=first, may_stand_beside=True)
        facts = []
        for _ in range(self.number(1 if ends else 0, 3)):
            day, until = self.period(first)
            day = self.one_of(ends) if ends and self.chance(50) else day
            period = (day, until if until and until > day and self.chance(10) else None)
            facts += self.versions(Exit, period, self.exit, constraints=constraints)
        return facts

    def escalation(self, number: int) -> list[WorldFact]:
        if not self.chance(40):
            return []
        beside = Constraints(may_stand_beside=True, escalation=number)
        return [
            *self.versions(Discussion, (self.period()[0], None), dict, constraints=beside),
            *self.versions(Advice, (self.period()[0], None), self.advice, constraints=Constraints(escalation=number)),
        ]

    def procedures(self) -> list[WorldFact]:
        """Procedures that are pending, or decided on a day before or after the measured ones."""
        facts = []
        for since, until in self.periods(self.number(0, 2)):
            facts += self.versions(Procedure, (since, until), self.procedure)
        return [replace(fact, values=decided_after_filing(fact)) for fact in facts]

    def covenants(self) -> list[WorldCovenants]:
        if not self.chance(30):
            return []
        city = self.one_of(CITIES)
        facts = self.facts_of(Covenant, self.periods(self.number(0, 3)), self.covenant)
        return [WorldCovenants(city, self.withdrawn(EARLY), facts)]

    def merged(self, cases: list[WorldCase]) -> list[WorldCase]:
        """The cases with merges added: some pairs are one person, perhaps for a while. A city merges a pair once."""
        pairs = {
            (case.municipality, frozenset((case.subject, other.subject))): (case, other)
            for case, other in permutations(cases, 2)
            if case.municipality == other.municipality and case.subject != other.subject
        }
        merges: dict[uuid.UUID, list[WorldFact]] = {}
        for case, other in pairs.values():
            if self.chance(40):
                values: Values = partial(dict, same_as=other.subject, grounds="foto")
                merges.setdefault(case.id, []).extend(self.versions(Merge, self.period(), values))
        return [replace(case, facts=[*case.facts, *merges.get(case.id, [])]) for case in cases]

    # The content of a fact.

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


def decided_after_filing(fact: WorldFact) -> dict[str, Any]:
    decided_on = fact.values.get("decided_on")
    return {**fact.values, "decided_on": max(decided_on, fact.valid_from)} if decided_on else fact.values


def stands_at_first(fact: WorldFact) -> bool:
    return fact.withdrawn_at is None or fact.withdrawn_last


def free_after(fact: WorldFact) -> date:
    """The first day on which a next stay may begin in the same city."""
    if fact.model is not Stay or not stands_at_first(fact):
        return date.min
    return fact.valid_until or date.max
