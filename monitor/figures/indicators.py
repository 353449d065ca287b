"""Indicators and definition sets. An indicator says what a figure counts; `counting.py` says who counts.

`measurement.py` asks all of them at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum


class Unit(Enum):
    """The unit of a figure. Figures of different units are never added up."""

    PERSONS = "personen"
    STAYS = "verblijven"
    CASES = "zaken"
    PLACES = "plaatsen"
    PROCEDURES = "procedures"


class Population(Enum):
    """The people, or covenants, among whom a figure counts."""

    INSIDE = "personen binnen het convenant"
    OUTSIDE = "personen buiten het convenant"
    ADMITTED = "alle toegelaten personen, ook buiten het convenant"
    EVERYBODY = "iedereen met een zaak"
    COVENANTS = "de convenanten die gelden"


class Source(Enum):
    """The grouped query of `measurement.py` that gives the figure."""

    PERSONS = "persons"
    WAITING = "waiting"
    CASES = "cases"
    STAYS = "stays"
    PROCEDURES = "procedures"
    COVENANTS = "covenants"


@dataclass(frozen=True)
class Indicator:
    """What one figure counts.

    `where` and `by` are SQL over the columns of the source (see `counting.py`): `where` selects what counts, and `by`,
    if it is not empty, breaks the figure down by value. `values` are all values of a breakdown; it is empty when they
    are countries. `part_of` is the code of the figure that this one is a part of.
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
    """Numbers of different units or populations were to be added up or compared."""


@dataclass(frozen=True)
class Quantity:
    """A number with its unit and population, so that only like is added to like."""

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
    """The sum; raises Mixed when the units or populations differ, and ValueError when there are no quantities."""
    first, *others = quantities
    for quantity in others:
        first += quantity
    return first


def numbers(quantities: Sequence[Quantity]) -> list[int]:
    """The plain numbers, for one chart or sum; raises Mixed when the units or populations differ."""
    kinds = {(quantity.unit, quantity.population) for quantity in quantities}
    if len(kinds) > 1:
        names = sorted(f"{unit.value} ({population.value})" for unit, population in kinds)
        raise Mixed(f"Niet bij elkaar te zetten: {', '.join(names)}.")
    return [quantity.number for quantity in quantities]


@dataclass(frozen=True)
class DefinitionSet:
    """The indicators by which reference dates count, from `since` until the next set begins.

    `exits` are the codes of the figures that, with those present and those unexplained, add up to all who were ever
    sheltered. `change` says in plain Dutch what differs from the set before, and `source` who decided on it.
    """

    code: str
    title: str
    since: date
    source: str
    change: str
    indicators: tuple[Indicator, ...]
    exits: tuple[str, ...]

    def indicator(self, code: str) -> Indicator | None:
        """The indicator with this code, or None."""
        return next((i for i in self.indicators if i.code == code), None)

    def __getitem__(self, code: str) -> Indicator:
        """The indicator with this code; raises KeyError."""
        if item := self.indicator(code):
            return item
        raise KeyError(code)
