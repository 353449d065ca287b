"""Nobody can work out a small count from what is published: a second attacker, written apart, tries to.

The attacker knows the definitions, every table, the rounding, the totals and the earlier publications. It uses another
solver than `suppression.py`.
"""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator, Unit
from monitor.publishing.suppression import Cell, EarlierPublication, Interval, Parameters, Untenable, suppress

CITIES = ("Amsterdam", "Eindhoven", "Groningen", "Rotterdam", "Utrecht")
SCOPES = (*CITIES, "NL")
RULE = Parameters(threshold=10, base=5)
Shown = Mapping[Cell, int | None]
Bounds = tuple[float, float]


def world(definition_set: DefinitionSet, seed: int, size: int) -> dict[Cell, int]:
    """Counts that could be: every whole is the sum of its parts, and nobody is known in two cities."""
    chance = random.Random(seed)
    counts: dict[Cell, int] = {}
    for city in CITIES:
        for item in definition_set.indicators:
            if not item.part_of and not item.by:
                _fill(counts, definition_set, item.code, city, chance.randint(0, size), chance)
    for (code, _, value), number in list(counts.items()):
        counts[code, "NL", value] = counts.get((code, "NL", value), 0) + number
    return counts


def _fill(
    counts: dict[Cell, int], definition_set: DefinitionSet, code: str, city: str, total: int, chance: random.Random
) -> None:
    counts[code, city, ""] = total
    parts = [i for i in definition_set.indicators if i.part_of == code]
    plain = [i.code for i in parts if not i.by]
    numbers = _split(total, len(plain), chance) if len(plain) > 1 else [chance.randint(0, total)] * len(plain)
    for part, number in zip(plain, numbers, strict=True):
        _fill(counts, definition_set, part, city, number, chance)
    for broken in (i.code for i in parts if i.by):
        for value, number in enumerate(_split(total, 5, chance)):
            counts[broken, city, f"v{value}"] = number


def _split(total: int, parts: int, chance: random.Random) -> list[int]:
    weights = [chance.random() ** 3 for _ in range(parts)]
    numbers = [int(total * weight / sum(weights)) for weight in weights]
    numbers[chance.randrange(parts)] += total - sum(numbers)
    return numbers


class Independent:
    """The attacker: a variable for every count of every publication, and all that is known about them."""

    def __init__(self, definition_set: DefinitionSet) -> None:
        self.set = definition_set
        self.names: dict[object, int] = {}
        self.low: list[float] = []
        self.high: list[float | None] = []
        self.rows: list[tuple[dict[int, float], float]] = []  # a sum that is at most so much
        self.matrix: Any = None  # the same, once nothing is added any more

    def variable(self, name: object) -> int:
        if name not in self.names:
            self.names[name] = len(self.names)
            self.low.append(0)
            self.high.append(None)
        return self.names[name]

    def at_most(self, terms: dict[object, float], limit: float = 0) -> None:
        self.rows.append(({self.variable(name): factor for name, factor in terms.items()}, limit))

    def equal(self, terms: dict[object, float]) -> None:
        self.at_most(terms)
        self.at_most({name: -factor for name, factor in terms.items()})

    def reads(self, shown: Shown, edition: object = 0, exact: frozenset[Cell] = frozenset()) -> None:
        for cell, number in shown.items():
            place = self.variable((edition, cell))
            if number is not None:
                is_exact = cell in exact or self.set[cell[0]].unit is Unit.PLACES
                slack = 0 if is_exact else RULE.base // 2
                self.low[place] = max(self.low[place], number - slack)
                high = self.high[place]
                self.high[place] = number + slack if high is None else min(high, number + slack)
        self._knows_the_definitions(shown, edition)

    def _knows_the_definitions(self, shown: Shown, edition: object) -> None:
        for item in self.set.indicators:
            values = sorted({value for code, _, value in shown if code == item.code})
            for value in values:
                self._knows_the_country(item, value, edition)
            for scope in SCOPES:
                self._knows_the_parts(item, scope, values, edition)

    def _knows_the_country(self, item: Indicator, value: str, edition: object) -> None:
        country: object = (edition, (item.code, "NL", value))
        local: list[object] = [(edition, (item.code, city, value)) for city in CITIES]
        terms = {country: 1.0, **dict.fromkeys(local, -1.0)}
        if item.unit is not Unit.PERSONS:
            self.equal(terms)
            return
        self.at_most(terms)
        for name in local if not item.part_of else ():
            self.at_most({name: 1, country: -1})

    def _knows_the_parts(self, item: Indicator, scope: str, values: list[str], edition: object) -> None:
        whole: object = (edition, (item.code, scope, ""))
        parts = [i.code for i in self.set.indicators if i.part_of == item.code and not i.by]
        terms: dict[object, float] = {whole: -1, **{(edition, (part, scope, "")): 1.0 for part in parts}}
        if len(parts) == 1:
            self.at_most(terms)
        elif parts:
            self.equal(terms)
        if item.by:
            above: object = (edition, (item.part_of, scope, ""))
            self.equal({above: 1, **{(edition, (item.code, scope, value)): -1.0 for value in values}})

    def bounds(self, cell: Cell, edition: object = 0) -> Bounds:
        place, count = self.variable((edition, cell)), len(self.names)
        if self.matrix is None:
            self.matrix = lil_matrix((len(self.rows), count))
            for number, (terms, _) in enumerate(self.rows):
                for column, factor in terms.items():
                    self.matrix[number, column] += factor
            self.matrix = self.matrix.tocsr()
        bounds = []
        for sense in (1.0, -1.0):
            cost = np.zeros(count)
            cost[place] = sense
            within = list(zip(self.low, self.high, strict=True))
            solved = linprog(cost, self.matrix, [limit for _, limit in self.rows], bounds=within)
            assert solved.status in (0, 3), solved.message
            bounds.append(float("inf") if solved.status == 3 else abs(solved.fun))
        return bounds[0], bounds[1]


def narrowed(
    attacker: Independent, counts: Mapping[Cell, int], exact: frozenset[Cell] = frozenset(), edition: object = 0
) -> list[tuple[Cell, int, Bounds]]:
    """The small counts of which the attacker learns more than that they are small: (cell, count, bounds)."""
    too_narrow = []
    for cell, count in counts.items():
        if count < RULE.threshold and cell not in exact and attacker.set[cell[0]].unit is not Unit.PLACES:
            low, high = attacker.bounds(cell, edition)
            if low > 1e-6 or high < RULE.threshold - 1 - 1e-6:
                too_narrow.append((cell, count, (low, high)))
    return too_narrow


def _protected(counts: Mapping[Cell, int], definition_set: DefinitionSet, **more: object) -> dict[Cell, int | None]:
    return suppress(counts, definition_set, "NL", parameters=RULE, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "seed", "size"),
    [
        ("2019-04", 1, 15),
        ("2020-11", 2, 60),
        ("2022-01", 3, 300),
        *(
            pytest.param(code, seed, size, marks=pytest.mark.long)
            for code in DEFINITION_SETS
            for seed in range(10, 20)
            for size in (15, 60, 300)
        ),
    ],
)
def test_no_small_count_is_narrowed(code: str, seed: int, size: int) -> None:
    definition_set = DEFINITION_SETS[code]
    counts = world(definition_set, seed, size)
    shown = _protected(counts, definition_set)
    attacker = Independent(definition_set)
    attacker.reads(shown)
    assert narrowed(attacker, counts) == []
    for cell, number in shown.items():
        is_places = definition_set[cell[0]].unit is Unit.PLACES
        assert number is None or number == (counts[cell] if is_places else RULE.rounded(counts[cell])), cell
    assert any(number is not None for number in shown.values())


def test_an_exception_is_shown_as_it_is_and_tells_nothing_more() -> None:
    definition_set = DEFINITION_SETS["2020-11"]
    counts = world(definition_set, 2, 60)
    for city, number in zip(SCOPES, (1, 2, 0, 3, 0, 6), strict=True):
        counts["mrt_no_durable_solution", city, ""] = number
    small = frozenset({("mrt_no_durable_solution", "NL", "")})
    shown = _protected(counts, definition_set, exact=small)
    assert {cell: shown[cell] for cell in small} == {cell: counts[cell] for cell in small}
    attacker, informed = Independent(definition_set), Independent(definition_set)
    attacker.reads(shown, exact=small)
    # An attacker who knows only the exempt figures: the parts of an exempt whole are at most that whole.
    informed.reads({cell: count if cell in small else None for cell, count in counts.items()}, exact=small)
    for cell, _, (low, high) in narrowed(attacker, counts, small):
        assert (low, high) == pytest.approx((0, informed.bounds(cell)[1]))


def test_an_exception_that_gives_another_small_count_away_is_refused() -> None:
    """One of five cities must be hidden, while the other four and the sum are to be shown exactly."""
    definition_set = DEFINITION_SETS["2020-11"]
    counts = world(definition_set, 2, 60)
    hidden = ("mrt_discussed", "Utrecht", "")
    counts = _moved(counts, hidden, 3 - counts[hidden])
    exact = {cell for cell in counts if cell[0] == "mrt_discussed"} - {hidden}
    with pytest.raises(Untenable) as refusal:
        _protected(counts, definition_set, exact=exact)
    assert refusal.value.cell == hidden


def _moved(counts: Mapping[Cell, int], cell: Cell, by: int) -> dict[Cell, int]:
    """The same world with `by` more persons in one cell and in every figure that it is a part of."""
    definition_set = DEFINITION_SETS["2020-11"]
    moved = dict(counts)
    code, city, value = cell
    while code:
        for scope in (city, "NL"):
            moved[code, scope, value] += by
        code, value = definition_set[code].part_of, ""
    return moved


# Seed 14: a whole that is now rounded up gives away which count changed.
@pytest.mark.parametrize("seed", [14, *(pytest.param(seed, marks=pytest.mark.long) for seed in (0, *range(20, 40)))])
def test_a_second_publication_of_the_same_round_tells_no_more(seed: int) -> None:
    """A provisional release and then a final one: the attacker combines them for counts that stayed the same."""
    definition_set = DEFINITION_SETS["2020-11"]
    first = world(definition_set, seed, 60)
    second = _moved(first, ("exit_other", "Utrecht", ""), 7)
    early = _protected(first, definition_set)
    same = {cell for cell in first if first[cell] == second[cell]}
    shown = _protected(second, definition_set, earlier=[_publication(first, early, definition_set)])
    attacker = Independent(definition_set)
    attacker.reads(shown, "final")
    attacker.reads(early, "provisional")
    for cell in same:
        attacker.equal({("final", cell): 1, ("provisional", cell): -1})
    assert narrowed(attacker, second, edition="final") == []
    assert narrowed(attacker, first, edition="provisional") == []
    assert any(number is not None for number in shown.values())


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 20))
def test_a_third_publication_tells_no_more_of_any(seed: int) -> None:
    """Small counts change between publications in several places, and one of them changes back."""
    definition_set, chance = DEFINITION_SETS["2020-11"], random.Random(seed)
    leaves = ("exit_other", "exit_art64", "durable_grant", "waiting", "exit_terminated")  # nothing is split by a value
    changed = [(code, chance.choice(CITIES), "") for code in leaves]
    moves = [{cell: chance.randint(1, 9) for cell in chance.sample(changed, 3)} for _ in range(2)]
    counts = [world(definition_set, seed, 60)]
    for move in moves:
        moved = counts[-1]
        for cell, by in move.items():
            moved = _moved(moved, cell, by)
        counts.append(moved)
    counts.append(_moved(counts[-1], *next((cell, -by) for cell, by in moves[1].items())))
    attacker, earlier = Independent(definition_set), list[EarlierPublication]()
    for number, of_edition in enumerate(counts):
        shown = _protected(of_edition, definition_set, earlier=earlier)
        earlier.append(_publication(of_edition, shown, definition_set))
        attacker.reads(shown, number)
        for other in range(number):
            for cell in of_edition:
                if of_edition[cell] == counts[other][cell]:
                    attacker.equal({(number, cell): 1, (other, cell): -1})
    for number, of_edition in enumerate(counts):
        assert narrowed(attacker, of_edition, edition=number) == []


def _publication(counts: Mapping[Cell, int], shown: Shown, definition_set: DefinitionSet) -> EarlierPublication:
    slack = {cell: 0 if definition_set[cell[0]].unit is Unit.PLACES else RULE.slack for cell in shown}
    intervals = [Interval(cell, n - slack[cell], n + slack[cell]) for cell, n in shown.items() if n is not None]
    return EarlierPublication(counts, intervals)


GROWS = ("sheltered", "outside_sheltered", "mrt_discussed")


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))])
def test_the_next_round_tells_no_more_of_either(seed: int) -> None:
    """The attacker also knows that some figures can only grow from one reference date to the next."""
    definition_set = DEFINITION_SETS["2020-11"]
    before = world(definition_set, seed, 60)
    after = _moved(before, ("exit_other", "Groningen", ""), 1)
    attacker = Independent(definition_set)
    attacker.reads(_protected(before, definition_set), "before")
    attacker.reads(_protected(after, definition_set), "after")
    for cell in before:
        if cell[0] in GROWS:
            attacker.at_most({("before", cell): 1, ("after", cell): -1})
    assert narrowed(attacker, before, edition="before") == []
    assert narrowed(attacker, after, edition="after") == []


def test_without_hiding_more_the_attacker_finds_small_counts() -> None:
    """Rounding and hiding only the small counts is not enough. This also shows that the attacker can succeed."""
    definition_set = DEFINITION_SETS["2020-11"]
    counts = world(definition_set, 3, 300)
    naive = {cell: None if count < RULE.threshold else RULE.rounded(count) for cell, count in counts.items()}
    naive |= {cell: count for cell, count in counts.items() if definition_set[cell[0]].unit is Unit.PLACES}
    attacker = Independent(definition_set)
    attacker.reads(naive)
    assert narrowed(attacker, counts)


@pytest.mark.parametrize(("count", "shown"), [(10, 10), (12, 10), (13, 15), (17, 15), (18, 20)])
def test_counts_are_rounded_to_the_nearest_five(count: int, shown: int) -> None:
    assert RULE.rounded(count) == shown
