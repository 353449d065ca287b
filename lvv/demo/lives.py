"""The lives in the first nineteen months of the pilots: who came when, what the LSO decided, and how they left."""

from datetime import date

from lvv.demo.arrivals import arrive
from lvv.demo.escalations import Review
from lvv.demo.fates import Fate, admission_window, fates_of
from lvv.demo.scene import Scene, days
from lvv.demo.shape import REFERENCE_DATE, TRANSFERRED_FROM
from scenarios.models import Purpose

# What is recorded at once is known by this day. The letter uses what was known some weeks later.
KNOWN_IN_TIME = date(2020, 11, 5)
LAST_REGULAR_MEETING = date(2020, 10, 20)
KNOWN_LATER = date(2020, 11, 12)

# Which scenarios the LSO bets on, for each direction and before each way of leaving.
KINDS = {
    "departure": ("return", "return", "return", "return", "onward"),
    "stay": ("hasa", "hasa", "hasa", "regular", "medical", "no_fault"),
    "return": ("return",),
    "onward": ("onward",),
    "grant": ("regular", "hasa", "no_fault"),
    "azc_hasa": ("hasa",),
    "art64": ("medical",),
    "": ("return", "hasa", "regular"),
}
# How many in a hundred had a scenario before they left.
WITH_SCENARIO = {"return": 80, "onward": 80, "grant": 75, "azc_hasa": 45, "art64": 60, "terminated": 20}
WITHOUT_SCENARIO = {"exit_known_later", "end_known_later"}
PROCEDURES = {"hasa": "hasa", "regular": "regular", "medical": "art64", "no_fault": "no_fault"}
# How those who were present left in the years after, by direction of their scenario.
AFTERWARDS = {
    "departure": {"return": 32, "unknown_destination": 30, "terminated": 24, "own_shelter": 8, "detention": 6},
    "stay": {"grant": 36, "azc_hasa": 30, "art64": 12, "unknown_destination": 14, "regular_care": 8},
    "": {"unknown_destination": 34, "terminated": 26, "azc_hasa": 22, "own_shelter": 12, "grant": 4, "deceased": 2},
}


def populate(scenes: dict[str, Scene]) -> None:
    """Write all lives of a municipality, and what happened later to those who were still present."""
    for scene in scenes.values():
        for fate in scene.random.sample(fates := fates_of(scene), len(fates)):
            origin = scenes[TRANSFERRED_FROM[scene.town.name]] if fate.twist == "transferred" else None
            Life(scene, fate).tell(origin)


class Life:
    """Turns a fate into a course of acts."""

    def __init__(self, scene: Scene, fate: Fate) -> None:
        self.scene, self.fate = scene, fate
        self.kind = ""

    def tell(self, origin: Scene | None = None) -> None:
        admitted = self._admission_day()
        self.course, self.placed = arrive(self.scene, self.fate, admitted, origin)
        if self.fate.twist.startswith("mrt"):
            self._review()
        elif self._has_scenario():
            self._adopt()
        if self.fate.ending == "present":
            self._leave_afterwards()
        elif self.fate.ending == "unexplained":
            self._vanish()
        else:
            self._leave()

    @property
    def known_on(self) -> date:
        """The day of the last record."""
        assert self.course.known is not None
        return self.course.known.date()

    def _admission_day(self) -> date:
        """The day of admission. More people came in the first months, when the earlier shelters closed."""
        meetings = self.scene.meetings(*admission_window(self.scene, self.fate))
        weights = [3 if day < date(2019, 8, 1) else 1 for day in meetings]
        return self.scene.random.choices(meetings, weights)[0]

    def _has_scenario(self) -> bool:
        if self.fate.ending == "present":
            return bool(self.fate.direction)
        if self.fate.twist in WITHOUT_SCENARIO:
            return False
        return self.scene.chance(WITH_SCENARIO.get(self.fate.ending, 12))

    def _adopt(self) -> None:
        """Adopt a scenario in one meeting or in several: postponed first, revised later, kept with a step."""
        betted_on = self.fate.direction or self.fate.ending
        self.kind = self.scene.random.choice(KINDS.get(betted_on, KINDS[""]))
        if self.fate.twist == "scenario_known_later":
            table = self.scene.table(self.scene.meetings(LAST_REGULAR_MEETING, REFERENCE_DATE)[-1])
            self.course.adopt(table, self.kind, recorded=KNOWN_LATER)
            return
        possible = self._meetings_for_a_scenario()
        if not possible:
            if self.fate.ending == "present":
                raise ValueError(f"No meeting is left for a scenario: {self.fate}")
            return
        *before, last = sorted(self.scene.random.sample(possible, min(len(possible), 3)))
        if before and self.scene.chance(18):
            table = self.scene.table(before[0])
            self.course.discuss(table, Purpose.SCENARIO, "postponed", text="Eerst meer onderzoek naar identiteit.")
        is_revision = len(before) == 2 and self.scene.chance(20)
        if is_revision:
            self.course.adopt(self.scene.table(before[1]), self.scene.random.choice(KINDS[""]))
        self.course.adopt(self.scene.table(last), self.kind, revises=is_revision)
        self._keep(possible, last)

    def _keep(self, possible: list[date], adopted: date) -> None:
        later = [day for day in possible if day > adopted]
        if later and self.scene.chance(12):
            table = self.scene.table(later[-1])
            self.course.discuss(
                table,
                Purpose.REVIEW,
                "kept",
                text="Volgende stap: documenten aanvragen.",
                review_on=later[-1] + days(120),
            )

    def _meetings_for_a_scenario(self) -> list[date]:
        first = max(self.placed, self.known_on) + days(5)
        last = min(self.placed + days(260), LAST_REGULAR_MEETING)
        if self.fate.is_brief:
            last = self.placed + days(60)
        if self.fate.ending != "present":
            last = min(last, self._leaves_by() - days(9))
        return self.scene.meetings(first, min(last, LAST_REGULAR_MEETING))

    def _leaves_by(self) -> date:
        """The last day on which a person with this fate leaves."""
        if self.fate.twist == "left_on_reference_date":
            return REFERENCE_DATE
        if self.fate.twist in {"exit_known_later", "exit_recorded_later", "end_known_later"}:
            return date(2020, 10, 30)
        last = REFERENCE_DATE - days(12)
        return min(last, self.placed + days(SAFE_LEAVE)) if self.fate.is_brief else last

    def _leaving_day(self) -> date:
        last = self._leaves_by()
        if self.fate.twist == "left_on_reference_date":
            return last
        first = max(self.placed + days(20), self.known_on + days(3))
        if self.fate.twist in {"exit_known_later", "exit_recorded_later", "end_known_later"}:
            first = max(first, date(2020, 10, 8))
        return self.scene.between(first, min(last, first + days(240)))

    def _leave(self) -> None:
        on = self._leaving_day()
        if self.fate.ending in {"azc_hasa", "grant", "art64"}:
            self._decide_procedure(on)
        leave = _LEAVING.get(self.fate.twist)
        if leave is not None:
            leave(self, on)
        elif on < date(2020, 8, 1) and self.scene.chance(6):
            self._leave_corrected(on, "own_shelter", on + days(16), "Verkeerde wijze van uitstroom gekozen")
        else:
            slow = self.scene.random.randint(15, 30) if self.scene.chance(8) else self.scene.random.randint(0, 4)
            self._record(on, min(on + days(slow), max(on, KNOWN_IN_TIME)))

    def _record(self, on: date, recorded: date) -> None:
        self.course.leave(on, self.fate.ending, recorded=recorded, destination=self.fate.destination)

    def _leave_known_later(self, on: date) -> None:
        self._record(on, self.scene.between(KNOWN_LATER, date(2020, 11, 25)))

    def _leave_recorded_later(self, on: date) -> None:
        """Record the end of the stay at once, and how the person left only weeks later."""
        self.course.end(on)
        self._record(on, self.scene.between(date(2020, 11, 18), date(2020, 12, 2)))

    def _leave_corrected_to_departure(self, on: date) -> None:
        """Record an unknown destination, and correct it when the report of the departure arrives."""
        self._leave_corrected(on, "unknown_destination", date(2020, 11, 18), "Vertrekmelding alsnog ontvangen")

    def _leave_corrected(self, on: date, thought: str, corrected: date, reason: str) -> None:
        self.course.leave(on, thought)
        self.course.withdraw_exit(corrected, reason)
        self._record(on, corrected)

    def _decide_procedure(self, on: date) -> None:
        kinds = {"azc_hasa": "hasa", "art64": "art64", "grant": PROCEDURES.get(self.kind, "regular")}
        filed = max(self.placed + days(3), on - days(70))
        if self.fate.ending == "azc_hasa":
            self.course.procedure("hasa", max(self.placed + days(3), on - days(6)))
        else:
            self.course.procedure(kinds[self.fate.ending], filed, decided=on - days(2), outcome="granted")

    def _vanish(self) -> None:
        """End the stay. Nobody records how the person left, so the case stays open."""
        on = self._leaving_day()
        is_late = self.fate.twist == "end_known_later"
        self.course.end(on, recorded=KNOWN_LATER + days(4) if is_late else None)

    def _leave_afterwards(self) -> None:
        """Let a person leave in the years after the reference date."""
        stayed = self.scene.random.randint(200, 900)
        longest = self.scene.covenant.maximum_stay_days
        on = self.placed + days(min(stayed, longest) if longest else stayed)
        if self.fate.is_brief:
            on = self.placed + days(SAFE_LEAVE)
        on = max(on, REFERENCE_DATE + days(self.scene.random.randint(10, 60)), self.known_on + days(2))
        ways = AFTERWARDS[self.fate.direction]
        category = self.scene.random.choices([*ways], [*ways.values()])[0]
        nationality = self.course.someone.identity.nationality
        if category == "return" and nationality in {"XX", "ZZ"}:
            category = "unknown_destination"
        destination = nationality if category == "return" else ""
        self.course.leave(on, category, destination=destination)

    def _review(self) -> None:
        """Bring the case before the MRT, which advises what the fate says."""
        review = Review(self.course, number=self.scene.random.randrange(4))
        if self.fate.twist == "mrt_known_later":
            review.request(self.scene.table(date(2020, 9, 2)))
            review.compose(date(2020, 9, 22))
            review.discuss(date(2020, 10, 29), recorded=KNOWN_LATER)
            review.advise(date(2020, 11, 19), "departure")
            review.answer(self.scene.table(self.scene.meetings(date(2020, 12, 1), date(2020, 12, 31))[0]), "return")
            return
        stuck = self.scene.random.choice(self.scene.meetings(self.known_on + days(20), REFERENCE_DATE - days(170)))
        discussed = stuck + days(self.scene.random.randint(25, 60))
        review.request(self.scene.table(stuck))
        review.compose(stuck + days(10))
        review.discuss(discussed)
        review.advise(discussed + days(7), self.fate.direction)
        answered = self.scene.meetings(discussed + days(21), LAST_REGULAR_MEETING)[0]
        self.kind = self.scene.random.choice(KINDS[self.fate.direction]) if self.fate.direction else ""
        review.answer(self.scene.table(answered), self.kind)


SAFE_LEAVE = 88
_LEAVING = {
    "exit_known_later": Life._leave_known_later,
    "exit_recorded_later": Life._leave_recorded_later,
    "corrected_to_departure": Life._leave_corrected_to_departure,
}
