"""Arrivals: a person is registered, tested, put before the LSO, admitted and sheltered."""

from datetime import date
from typing import Any

from lvv.demo.course import Course
from lvv.demo.fates import START, Fate
from lvv.demo.people import Someone
from lvv.demo.scene import Scene, days
from lvv.demo.shape import REFERENCE_DATE
from scenarios.models import Purpose

LATE = date(2020, 11, 16)
# In a hundred: whose admission stands on a recorded agenda. Of the others only the decision was put into the system.
ON_THE_AGENDA = 12
EXCEPTIONS = {
    "Groningen": (
        "no_severe_entry_ban",
        "public_order",
        "In overleg met de driehoek, met het oog op de openbare orde.",
    ),
}
HUMANITARIAN = ("regional_ties", "humanitarian", "Geen regiobinding, wel een ernstige kwetsbaarheid.")
NOTES = (
    "Kennismaking gehad. Wil eerst tot rust komen.",
    "Gesprek over toekomst gevoerd. Wil nadenken over beide richtingen.",
    "Afspraak met de advocaat gemaakt over het dossier.",
    "Contact met familie in het land van herkomst is hersteld.",
)


class Arrival:
    """An arrival of a person with a fate. `admitted` is the day of the meeting that admits them."""

    def __init__(self, scene: Scene, fate: Fate, admitted: date, someone: Someone) -> None:
        self.scene, self.fate, self.admitted = scene, fate, admitted
        self.course = scene.course(someone)
        self.placed = self._first_night()
        is_regular = fate.twist in {"", "exit_known_later"} and not fate.is_brief
        self.is_on_agenda = False
        self.is_late = is_regular and admitted < REFERENCE_DATE - days(150) and scene.chance(8)
        self.is_provisional = fate.twist in {"transferred", "admission_known_later", "undecided"} or (
            is_regular and not self.is_late and scene.chance(scene.town.provisional_share)
        )

    def tell(self, earlier: Course | None = None, registered: date | None = None) -> None:
        """The steps, up to and including the first weeks."""
        if registered is None:
            lead = self.scene.random.randint(21, 49) if self.is_provisional else self.scene.random.randint(6, 16)
            registered = max(START - days(7), self.admitted - days(lead))
        if self.fate.twist == "arrival_known_later" or self.is_late:
            self._record_afterwards(registered)
            return
        self.course.register(registered, earlier=earlier)
        if self.is_provisional:
            self.course.place(registered + days(1), self.scene.location(), kind="provisional")
        elif self.scene.town.name == "Amsterdam" and self.scene.chance(15):
            self.course.wait(registered + days(1), "Behandeling in het LSO")
        if self.fate.twist == "admission_known_later":
            self._admit_afterwards()
            return
        self._admit()
        self._shelter()
        if self.placed < REFERENCE_DATE - days(25) and self.fate.twist in {"", "mrt"}:
            self._settle_in()

    def _first_night(self) -> date:
        if self.fate.twist == "arrived_on_reference_date":
            return REFERENCE_DATE
        soon = self.admitted + days(self.scene.random.randint(0, 4))
        return min(soon, REFERENCE_DATE - days(1)) if self.admitted < REFERENCE_DATE else soon

    def _admit(self) -> None:
        """The person is tested, discussed and decided on; now and then by exception, or outside the covenant first."""
        unmet, ground, reason = "", "", ""
        if self.fate.twist == "" and self.scene.chance(5):
            unmet, ground, reason = EXCEPTIONS.get(self.scene.town.name, HUMANITARIAN)
        if self.fate.twist == "first_outside":
            unmet, ground, reason = "no_prior_provision", "humanitarian", "Wacht op plaats in een gezinslocatie."
        self.course.test(self.admitted - days(5), unmet=unmet)
        self.is_on_agenda = bool(unmet) or self.fate.twist == "resident" or self.scene.chance(ON_THE_AGENDA)
        outcome, inside = "exception" if unmet else "admitted", self.fate.twist != "first_outside"
        decided: dict[str, Any] = {"exception_ground": ground, "inside_covenant": inside}
        if self.is_on_agenda:
            self.course.discuss(self.scene.table(self.admitted), Purpose.ADMISSION, outcome, text=reason, **decided)
        else:
            self.course.decide(self.admitted, outcome=outcome, reason=reason, **decided)

    def _shelter(self) -> None:
        if self.is_provisional:
            self.course.end(self.placed)
        if self.fate.twist == "" and self.scene.chance(2) and self.placed < REFERENCE_DATE - days(25):
            self.course.place(self.placed + days(1), self.scene.location())
            self.course.withdraw_stay(self.placed + days(6), "Verkeerde eerste nacht ingevuld")
        self.course.place(self.placed, self.scene.location())
        if self.fate.twist == "first_outside":
            later = self.admitted + days(30)
            self.course.test(later)
            self.course.decide(later, outcome="admitted")

    def _record_afterwards(self, registered: date) -> None:
        """The person is sheltered at once. It is recorded weeks later, without an item on an agenda."""
        recorded = LATE
        if self.is_late:
            recorded = self.admitted + days(self.scene.random.randint(20, 45))
        self.course.register(registered, recorded=recorded)
        self.course.test(self.admitted, recorded=recorded)
        self.course.decide(self.admitted, outcome="admitted", recorded=recorded)
        self.course.place(self.placed, self.scene.location(), recorded=recorded)

    def _admit_afterwards(self) -> None:
        """The decision is taken in time and recorded weeks later. Until then the shelter is provisional."""
        self.course.test(self.admitted, recorded=LATE)
        self.course.decide(self.admitted, outcome="admitted", recorded=LATE)
        self.course.end(self.placed, recorded=LATE)
        self.course.place(self.placed, self.scene.location(), recorded=LATE)

    def _settle_in(self) -> None:
        if self.is_on_agenda and self.scene.chance(25):
            self.course.write(self.placed + days(7), self.scene.random.choice(NOTES))
        elif self.is_on_agenda and self.scene.chance(8):
            text = "Eerst stabilisatie; huisarts en ggz zijn betrokken."
            self.course.write(self.placed + days(7), text, compartment="medical", actor="zorg")
        if self.course.someone.claimed is not None:
            self.course.restate(self.placed + days(9))


def arrive(scene: Scene, fate: Fate, admitted: date, origin: Scene | None) -> tuple[Course, date]:
    """Write an arrival, and an earlier case of the person if any. Return the course and the first night of the stay."""
    someone = scene.crowd.somebody(
        year=admitted.year, nationality=fate.nationality, from_safe_country=fate.is_from_safe_country
    )
    arrival = Arrival(scene, fate, admitted, someone)
    if origin is not None:
        left = admitted - days(10)
        earlier = _earlier(origin, someone, left, "transfer")
        arrival.tell(earlier, registered=left)
    elif fate.twist == "came_back":
        earlier = _earlier(scene, someone, admitted - days(scene.random.randint(30, 80)), "unknown_destination")
        arrival.tell(earlier)
    else:
        arrival.tell()
    return arrival.course, arrival.placed


def _earlier(scene: Scene, someone: Someone, left: date, category: str) -> Course:
    """Write an earlier case of the same person, which ended."""
    admitted = scene.random.choice(scene.meetings(START, left - days(45)))
    arrival = Arrival(scene, Fate(category, twist="earlier"), admitted, someone)
    arrival.tell()
    arrival.course.leave(left, category)
    return arrival.course
