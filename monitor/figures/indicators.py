"""What a figure is: an indicator says what it counts and never computes; a definition set is a dated list of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum


class Unit(Enum):
    """What a figure counts. Different units are never added up."""

    PERSONS = "personen"
    STAYS = "verblijven"
    CASES = "zaken"
    PLACES = "plaatsen"
    PROCEDURES = "procedures"


class Population(Enum):
    """Among whom a figure counts."""

    INSIDE = "personen binnen het convenant"
    OUTSIDE = "personen buiten het convenant"
    ADMITTED = "alle toegelaten personen, ook buiten het convenant"
    EVERYBODY = "iedereen met een zaak"
    COVENANTS = "de convenanten die gelden"


class Source(Enum):
    """Which of the grouped queries of `measurement.py` gives the figure."""

    PERSONS = "persons"
    WAITING = "waiting"
    CASES = "cases"
    STAYS = "stays"
    PROCEDURES = "procedures"
    COVENANTS = "covenants"


@dataclass(frozen=True)
class Indicator:
    """`where` and `by` are SQL over the columns of the source (see `measurement.py`); `by` breaks the figure down.

    `values` are all values that it can have then; empty where these are countries.
    """

    code: str
    title: str
    definition: str
    where: str
    by: str = ""
    unit: Unit = Unit.PERSONS
    population: Population = Population.INSIDE
    source: Source = Source.PERSONS
    part_of: str = ""
    values: tuple[str, ...] = ()


class Mixed(ValueError):
    """Numbers of different units or populations have no sum."""


@dataclass(frozen=True)
class Quantity:
    """A number that knows what it counts, and among whom."""

    number: int
    unit: Unit
    population: Population

    def __add__(self, other: "Quantity") -> "Quantity":
        return self._with(other, self.number + other.number)

    def __sub__(self, other: "Quantity") -> "Quantity":
        return self._with(other, self.number - other.number)

    def _with(self, other: "Quantity", number: int) -> "Quantity":
        numbers([self, other])
        return Quantity(number, self.unit, self.population)


def total(quantities: Iterable[Quantity]) -> Quantity:
    """Their sum; raises Mixed when they count different things, and ValueError when there are none."""
    first, *others = quantities
    for quantity in others:
        first += quantity
    return first


def numbers(quantities: Sequence[Quantity]) -> list[int]:
    """The numbers, to stand in one chart or sum; raises Mixed when they count different things."""
    kinds = {(quantity.unit, quantity.population) for quantity in quantities}
    if len(kinds) > 1:
        named = sorted(f"{unit.value} ({population.value})" for unit, population in kinds)
        raise Mixed(f"Niet bij elkaar te zetten: {', '.join(named)}.")
    return [quantity.number for quantity in quantities]


@dataclass(frozen=True)
class DefinitionSet:
    """What was counted, and how, on reference dates from `since` until the next set begins.

    `exits` are the ways out that add up, with those present and those unexplained, to all ever sheltered. `change` says
    in plain words what is counted otherwise than in the set before, and `source` who laid it down.
    """

    code: str
    title: str
    since: date
    source: str
    change: str
    indicators: tuple[Indicator, ...]
    exits: tuple[str, ...]

    def indicator(self, code: str) -> Indicator | None:
        """The indicator of this set with this code."""
        return next((i for i in self.indicators if i.code == code), None)

    def __getitem__(self, code: str) -> Indicator:
        """The indicator with this code; raises KeyError."""
        if item := self.indicator(code):
            return item
        raise KeyError(code)
