"""The fates of the people of a municipality: its numbers (`lvv/demo/shape.py`) divided over single persons."""

from dataclasses import dataclass, replace
from datetime import date

from cases import countries
from lvv.demo.scene import Scene, days
from lvv.demo.shape import REFERENCE_DATE, TWISTS, Town

START = date(2019, 4, 8)
SAFE_DAYS = 84  # a stay of somebody from a safe country in Rotterdam is shorter than three months


@dataclass(frozen=True)
class Fate:
    """What happens to a person up to the reference date: `present`, `unexplained`, or a category of exit."""

    ending: str
    direction: str = ""
    destination: str = ""
    twist: str = ""
    is_brief: bool = False  # may stay for a limited number of days only
    is_from_safe_country: bool = False

    @property
    def nationality(self) -> str:
        """The nationality that the fate needs. Who returns goes to the own country; for others it does not matter."""
        return self.destination if self.ending == "return" else ""


def fates_of(scene: Scene) -> list[Fate]:
    """All fates of a municipality, with the twists of some of them."""
    fates = _plain(scene.town)
    for twist in TWISTS[scene.town.name]:
        alike = [
            number
            for number, fate in enumerate(fates)
            if not fate.twist and twist.fits(fate.ending, fate.direction, fate.destination)
        ]
        if len(alike) < twist.number:
            raise ValueError(f"{scene.town.name} has not enough lives for {twist}")
        for number in alike[: twist.number]:
            fates[number] = replace(fates[number], twist=twist.name)
    return [_with_origin(scene, fate) for fate in fates]


def _plain(town: Town) -> list[Fate]:
    present = {"departure": town.departure, "stay": town.stay, "": town.undecided}
    fates = [Fate("present", direction) for direction, number in present.items() for _ in range(number)]
    fates += [Fate("unexplained")] * town.unexplained
    fates += [Fate(category) for category, number in town.exits.items() for _ in range(number)]
    fates += [Fate("return", destination=country) for country, n in town.returned.items() for _ in range(n)]
    return fates + [Fate("onward", destination=country) for country in town.onward]


def _with_origin(scene: Scene, fate: Fate) -> Fate:
    """Mark who is from a safe country. In Rotterdam they may stay briefly, so only short fates are possible there."""
    is_limited = scene.covenant.safe_country_rule == "limited"
    if fate.nationality:
        is_safe = countries.is_safe(fate.nationality)
    else:
        is_safe = fate.twist in {"", "left_on_reference_date"} and scene.is_from_safe_country()
    return replace(fate, is_from_safe_country=is_safe, is_brief=is_safe and is_limited)


def admission_window(scene: Scene, fate: Fate) -> tuple[date, date]:
    """The first and last day on which the LSO may admit a person with this fate."""
    end = REFERENCE_DATE
    first, last = START, end - days(50)
    if fate.ending == "present":
        first = end - days(scene.town.longest_stay)
        last = end - days(60 if fate.direction else 6)
    first, last = WINDOWS.get(fate.twist, (first, last))
    if fate.is_brief and fate.ending == "present":
        first, last = end - days(SAFE_DAYS), end - days(40 if fate.direction else 6)
    if fate.is_brief and fate.twist == "left_on_reference_date":
        first = end - days(SAFE_DAYS)
    return first, last


def _before(first: int, last: int) -> tuple[date, date]:
    return REFERENCE_DATE - days(first), REFERENCE_DATE - days(last)


# By twist: when the person was admitted, in days before the reference date.
WINDOWS = {
    "arrived_on_reference_date": _before(7, 2),
    "arrival_known_later": _before(7, 2),
    "admission_known_later": _before(7, 2),
    "came_back": _before(250, 60),
    "transferred": _before(250, 60),
    "mrt": _before(480, 260),
    "mrt_no_solution": _before(480, 260),
    "mrt_known_later": _before(400, 120),
    "first_outside": _before(400, 150),
    "scenario_known_later": _before(250, 60),
    "left_on_reference_date": _before(250, 40),
    "exit_known_later": _before(330, 60),
    "end_known_later": _before(330, 60),
    "exit_recorded_later": _before(330, 60),
    "corrected_to_departure": _before(140, 80),
}
