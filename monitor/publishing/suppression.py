"""Decides which figures of a release the public sees, so that nobody can work out a small count (standards C-5).

A count under the threshold is hidden (primary suppression), and so is zero: who reads that a group is empty learns
something about each person in it. All other counts are rounded.

That is not enough. The figures hang together: the parts of a figure add up to it, the values of a breakdown add up to
it, and the country is at most the sum of its municipalities. So a hidden count may follow from the counts around it.
Rules of thumb such as "hide a second count in the row" fail here, because every count is in several sums at once, and
because earlier publications about the same day hold counts too. So we ask a solver, as an attacker would:

* Each count is an unknown that is at least 0. What is known of the counts is a set of linear inequalities: the sums
  (`Relation`), and the interval in which a shown count lies after rounding (`Interval`).
* For a hidden count, two linear programmes give the smallest and the largest value that fit all inequalities
  (`Attacker.bounds`). The count is safe if the smallest is 0 and the largest is one less than the threshold: then the
  reader knows only what the rule itself says, that the count is below the threshold.
* If not, the dual values of the solution say which shown counts made the bound tight. Of those, we hide the one that
  the public misses least (secondary suppression), and ask again. Hiding more can only widen the bounds, so a count
  that was safe stays safe, and one pass over the hidden counts is enough.

What earlier publications showed remains known and can't be hidden any more. What they hid must stay hidden: its bounds
may not become narrower than they were before this publication (`_earlier_limits`). When no count is left to hide, the
publication is refused (`Untenable`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from monitor.figures.indicators import DefinitionSet, Indicator, Unit

Cell = tuple[str, str, str]  # indicator, scope, value
Unknown = tuple[str, ...]  # a cell as it is now, or (*cell, count) for a cell that had another count in an earlier one
INFINITE = float("inf")
CLOSE = 1e-6  # the tolerance of the solver


@dataclass(frozen=True)
class Parameters:
    """`threshold`: the smallest count that is shown. `base`: counts are rounded to multiples of it; it is odd."""

    threshold: int
    base: int

    def rounded(self, count: int) -> int:
        return (count + self.slack) // self.base * self.base

    @property
    def slack(self) -> int:
        """The largest difference between a rounded count and the true one."""
        return self.base // 2


# Proposed by standards C-5. An edition says in its header which it was made with.
PARAMETERS = Parameters(threshold=10, base=5)


@dataclass(frozen=True)
class Relation:
    """A fact about the true counts that everybody knows: the sum of count times factor lies from `low` to `high`."""

    terms: tuple[tuple[Unknown, int], ...]
    low: float = 0
    high: float = 0


@dataclass(frozen=True)
class Interval:
    """A true count lies from `low` up to and including `high`."""

    cell: Unknown
    low: float
    high: float


@dataclass(frozen=True)
class EarlierPublication:
    """An earlier publication about the same day: the true counts at that time, and the intervals that it published."""

    counts: Mapping[Cell, int]
    intervals: Sequence[Interval]

    def unknown(self, cell: Cell, now: Mapping[Cell, int]) -> Unknown:
        """The unknown for a cell of this publication. A count that did not change is the same unknown as now.

        So the attacker may combine what both publications say about it. We assume that he knows which counts changed.
        """
        count = self.counts[cell]
        return cell if now.get(cell) == count else (*cell, str(count))

    def relations(self, definition_set: DefinitionSet, national: str, now: Mapping[Cell, int]) -> Iterator[Relation]:
        """What follows from the definitions for the counts at that time."""
        for relation in relations(definition_set, self.counts, national):
            terms = ((self.unknown(cell, now), factor) for cell, factor in relation.terms)  # type: ignore[arg-type]
            yield Relation(tuple(terms), relation.low, relation.high)

    def known(self, now: Mapping[Cell, int]) -> Iterator[Interval]:
        """The intervals that it published, about unknowns."""
        for interval in self.intervals:
            yield Interval(self.unknown(interval.cell, now), interval.low, interval.high)  # type: ignore[arg-type]

    def hidden(self, now: Mapping[Cell, int], parameters: Parameters) -> Iterator[Unknown]:
        """The small counts that it hid and that have changed since. Those that have not are protected as of now."""
        published = {interval.cell for interval in self.intervals}
        for cell, count in self.counts.items():
            if count < parameters.threshold and cell not in published and now.get(cell) != count:
                yield self.unknown(cell, now)


class Untenable(Exception):
    """This count can be worked out, whatever is hidden, from an exemption or from an earlier publication."""

    def __init__(self, cell: Unknown) -> None:
        super().__init__(cell)
        code, scope, value, *_ = cell
        self.cell: Cell = code, scope, value


def relations(definition_set: DefinitionSet, cells: Collection[Cell], national: str) -> Iterator[Relation]:
    """What follows from the definitions for these cells: about parts, about values, and about the country."""
    scopes = sorted({scope for _, scope, _ in cells})
    values: dict[str, list[str]] = {}
    for code, scope, value in sorted(cells):
        if value and scope == national:
            values.setdefault(code, []).append(value)
    for item in definition_set.indicators:
        for scope in scopes:
            yield from _part_relations(definition_set, item, scope, values)
        for value in values.get(item.code, [""]) if item.by else [""]:
            yield from _country_relations(item, value, [scope for scope in scopes if scope != national], national)


def _part_relations(
    definition_set: DefinitionSet, whole: Indicator, scope: str, values: Mapping[str, list[str]]
) -> Iterator[Relation]:
    """Parts add up to the whole, and so do the values of a breakdown: `balance.py` checks this in every release.

    A figure with a single part also counts what is not in that part, so there the part is at most the whole.
    """
    top = ((whole.code, scope, ""), -1)
    parts = [i for i in definition_set.indicators if i.part_of == whole.code]
    plain = [i for i in parts if not i.by]
    if plain:
        terms = (*(((part.code, scope, ""), 1) for part in plain), top)
        yield Relation(terms, low=-INFINITE if len(plain) == 1 else 0)
    for breakdown in (part for part in parts if part.by):
        yield Relation((*(((breakdown.code, scope, value), 1) for value in values.get(breakdown.code, [])), top))


def _country_relations(item: Indicator, value: str, municipalities: Sequence[str], national: str) -> Iterator[Relation]:
    """The country is the sum of the municipalities; of persons at most that, since two municipalities may share one.

    Of a figure that is no part of another, such as "ever sheltered", each municipality is at most the country.
    """
    country = ((item.code, national, value), -1)
    local = [((item.code, name, value), 1) for name in municipalities]
    yield Relation((*local, country), high=INFINITE if item.unit is Unit.PERSONS else 0)
    if item.unit is Unit.PERSONS and not item.part_of:
        for part in local:
            yield Relation((part, country), low=-INFINITE)


def is_protected(item: Indicator) -> bool:
    """Whether small counts of this figure are hidden: all but agreed places, which are in the public covenants."""
    return item.unit is not Unit.PLACES


class _SilentSolver(highspy.Highs):
    """The solver without callbacks. We use none, and enabling them prints a line."""

    def enableCallbacks(self) -> None:  # noqa: N802
        return


class Attacker:
    """A reader who knows all relations between the counts and every interval that was published.

    He asks how small or large a hidden count can be. The solver keeps the last solution as the start of the next, so
    changing a bound and asking again is cheap.
    """

    def __init__(self, cells: Collection[Unknown], known: Iterable[Relation]) -> None:
        self._places = {cell: place for place, cell in enumerate(sorted(cells))}
        self._cells = list(self._places)
        self._solver = _SilentSolver()
        self._solver.setOptionValue("output_flag", False)
        count = len(self._cells)
        self._solver.addVars(count, np.zeros(count), np.full(count, highspy.kHighsInf))
        self._lows, self._highs = [0.0] * count, [INFINITE] * count
        for relation in known:
            places = np.array([self._places[cell] for cell, _ in relation.terms], dtype=np.int32)
            factors = np.array([factor for _, factor in relation.terms], dtype=np.float64)
            self._solver.addRow(relation.low, relation.high, len(places), places, factors)

    def learns(self, cell: Unknown, low: float, high: float) -> None:
        """Add that a count lies in this interval to what is known of it."""
        place = self._places[cell]
        self._set(place, max(self._lows[place], low), min(self._highs[place], high))

    def forgets(self, cell: Unknown, known: Iterable[Interval]) -> None:
        """Drop what is known of a count, because it is not shown after all; but keep the intervals in `known`."""
        place = self._places[cell]
        self._set(place, 0, INFINITE)
        for interval in known:
            if interval.cell == cell:
                self.learns(cell, interval.low, interval.high)

    def bounds(self, cell: Unknown) -> tuple[float, float]:
        """The smallest and the largest value that the count can have."""
        return self._bound(cell, highspy.ObjSense.kMinimize), self._bound(cell, highspy.ObjSense.kMaximize)

    def narrowed_by(self, cell: Unknown, low: float, high: float) -> list[Unknown]:
        """The cells that narrow this count to less than the interval from `low` to `high`; empty if nothing does.

        It is the cell alone when no interval of another cell is to blame.
        """
        if self._bound(cell, highspy.ObjSense.kMinimize) > low + CLOSE:
            return self._cells_behind_last_bound(cell)
        if self._bound(cell, highspy.ObjSense.kMaximize) < high - CLOSE:
            return self._cells_behind_last_bound(cell)
        return []

    def _cells_behind_last_bound(self, cell: Unknown) -> list[Unknown]:
        """The cells whose interval has a dual value (reduced cost): widening it would move the last bound."""
        duals = self._solver.getSolution().col_dual
        narrowing = [other for other, dual in zip(self._cells, duals, strict=True) if abs(dual) > CLOSE]
        return narrowing or [cell]

    def _bound(self, cell: Unknown, sense: highspy.ObjSense) -> float:
        place = self._places[cell]
        self._solver.changeColCost(place, 1.0)
        self._solver.changeObjectiveSense(sense)
        self._solver.run()
        status = self._solver.getModelStatus()
        bound = float(self._solver.getInfo().objective_function_value)
        self._solver.changeColCost(place, 0.0)
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return INFINITE
        assert status == highspy.HighsModelStatus.kOptimal, status
        return bound

    def _set(self, place: int, low: float, high: float) -> None:
        self._lows[place], self._highs[place] = low, high
        self._solver.changeColBounds(place, low, high)


def suppress(
    counts: Mapping[Cell, int],
    definition_set: DefinitionSet,
    national: str,
    *,
    parameters: Parameters = PARAMETERS,
    exact: Collection[Cell] = (),
    earlier: Sequence[EarlierPublication] = (),
) -> dict[Cell, int | None]:
    """What is shown of each count: rounded, exact, or None if it is hidden.

    `exact` cells are shown as they are, by a recorded decision. What `earlier` publications hid stays as hidden as it
    was. Raises Untenable when a small count can't be hidden.
    """
    places = {cell for cell in counts if not is_protected(definition_set[cell[0]])}
    unprotected = {*exact, *places}
    small = sorted(cell for cell, count in counts.items() if count < parameters.threshold and cell not in unprotected)
    shown: dict[Cell, int | None] = {
        cell: count if cell in unprotected else parameters.rounded(count) for cell, count in counts.items()
    }
    shown |= dict.fromkeys(small)
    known_before = [interval for publication in earlier for interval in publication.known(counts)]
    attacker = _reader_of(earlier, counts, definition_set, national)
    limits = _earlier_limits(attacker, counts, parameters, earlier)
    upper_limits = _upper_limits(small, counts, definition_set, national, parameters, exact)
    limits |= {cell: (0.0, upper_limits[cell]) for cell in small}
    for interval in _published_intervals(shown, unprotected, parameters):
        attacker.learns(interval.cell, interval.low, interval.high)

    def hide_least_missed(narrowing: Collection[Unknown]) -> bool:
        """Hide the shown figure among these cells that is missed least; False when none can be hidden."""
        candidates = [c for c in shown if c in narrowing and shown[c] is not None and c not in unprotected]
        if not candidates:
            return False
        least_missed = min(candidates, key=lambda c: (*_weight(c, definition_set, national), shown[c], c))
        shown[least_missed] = None
        attacker.forgets(least_missed, known_before)
        return True

    for cell, (low, high) in sorted(limits.items()):
        # Hiding more can't narrow a count that was safe, so we never have to go back to an earlier cell.
        while narrowing := attacker.narrowed_by(cell, low, high):
            if not hide_least_missed(narrowing):
                raise Untenable(cell)
    return shown


def _reader_of(
    earlier: Sequence[EarlierPublication], counts: Mapping[Cell, int], definition_set: DefinitionSet, national: str
) -> Attacker:
    """An attacker who read all earlier publications, and nothing yet of the one to come."""
    unknowns = {publication.unknown(cell, counts) for publication in earlier for cell in publication.counts}
    past = [relation for publication in earlier for relation in publication.relations(definition_set, national, counts)]
    attacker = Attacker({*counts, *unknowns}, [*relations(definition_set, counts, national), *past])
    for publication in earlier:
        for interval in publication.known(counts):
            attacker.learns(interval.cell, interval.low, interval.high)
    return attacker


def _earlier_limits(
    attacker: Attacker, counts: Mapping[Cell, int], parameters: Parameters, earlier: Sequence[EarlierPublication]
) -> dict[Unknown, tuple[float, float]]:
    """The bounds of each small count that was hidden before, which this publication may not make narrower."""
    limits: dict[Unknown, tuple[float, float]] = {}
    for cell in sorted({cell for publication in earlier for cell in publication.hidden(counts, parameters)}):
        low, high = attacker.bounds(cell)
        limits[cell] = low, min(high, float(parameters.threshold - 1))
    return limits


def _upper_limits(
    small: Sequence[Cell],
    counts: Mapping[Cell, int],
    definition_set: DefinitionSet,
    national: str,
    parameters: Parameters,
    exact: Collection[Cell],
) -> dict[Cell, float]:
    """The value that each small count must be able to have at most: one less than the threshold.

    Where a whole is shown exactly, by decision, its parts can't be more than the whole; then that is the limit, since
    the decision covers it. Raises Untenable when the decision gives a part away: the reader would know that the part
    is not zero, or that it is.
    """
    limits = dict.fromkeys(small, float(parameters.threshold - 1))
    if not exact:
        return limits
    reader_of_exact = Attacker(counts, relations(definition_set, counts, national))
    for cell in exact:
        reader_of_exact.learns(cell, counts[cell], counts[cell])
    for cell in small:
        low, high = reader_of_exact.bounds(cell)
        if low > CLOSE or high < 1 - CLOSE:
            raise Untenable(cell)
        limits[cell] = min(limits[cell], high)
    return limits


def _published_intervals(
    shown: Mapping[Cell, int | None], unprotected: Collection[Cell], parameters: Parameters
) -> Iterator[Interval]:
    """The interval that the reader learns of each count that is shown."""
    for cell, number in shown.items():
        if number is not None:
            slack = 0 if cell in unprotected else parameters.slack
            yield Interval(cell, number - slack, number + slack)


def _weight(cell: Cell, definition_set: DefinitionSet, national: str) -> tuple[bool, bool, int]:
    """How much the public would miss a figure; the smallest is hidden first.

    The country weighs more than a municipality, a figure more than the values of a breakdown, and a whole more than its
    parts.
    """
    code, scope, value = cell
    item, depth = definition_set[code], 0
    while item.part_of:
        item, depth = definition_set[item.part_of], depth + 1
    return scope == national, not value, -depth
