"""Which figures of a release the public sees, so that nobody can work out a small one.

A count under the threshold is hidden, zero as well: who is told that a group is empty is told something about each of
its members. All other counts are rounded. That is not enough: a hidden count may follow from the others, since parts
add up and the country is at most its municipalities together. So an attacker who knows all that, and all that was
published before, is asked between which bounds each hidden count must lie. As long as these tell too much, another
figure is hidden as well (standards C-5).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np

from monitor.figures.indicators import DefinitionSet, Indicator, Unit

Cell = tuple[str, str, str]  # indicator, scope, value
Unknown = tuple[str, ...]  # a cell; or a cell with the count that it had before, when that was another
INFINITE = float("inf")
CLOSE = 1e-6  # how near a bound must be to count as reached


@dataclass(frozen=True)
class Parameters:
    """`threshold`: the least count that is shown. `base`: to which multiple counts are rounded; odd."""

    threshold: int
    base: int

    def rounded(self, count: int) -> int:
        return (count + self.slack) // self.base * self.base

    @property
    def slack(self) -> int:
        """By how much a rounded count may differ from the true one."""
        return self.base // 2


# Proposed by standards C-5. A release keeps those that it was made with.
PARAMETERS = Parameters(threshold=10, base=5)


@dataclass(frozen=True)
class Relation:
    """What everybody knows of the true counts: this sum lies from `low` up to and including `high`."""

    terms: tuple[tuple[Unknown, int], ...]
    low: float = 0
    high: float = 0


@dataclass(frozen=True)
class Known:
    """That a true count lies between two bounds."""

    cell: Unknown
    low: float
    high: float


@dataclass(frozen=True)
class Earlier:
    """An earlier publication about the same day: the counts as they were then, and what it told of them."""

    counts: Mapping[Cell, int]
    told: Sequence[Known]

    def unknown(self, cell: Cell, now: Mapping[Cell, int]) -> Unknown:
        """What stayed the same is one and the same unknown: whoever knows that puts both publications together."""
        count = self.counts[cell]
        return cell if now.get(cell) == count else (*cell, str(count))

    def relations(self, definition_set: DefinitionSet, national: str, now: Mapping[Cell, int]) -> Iterator[Relation]:
        """What follows from the definitions for the counts as they were."""
        for one in relations(definition_set, self.counts, national):
            terms = ((self.unknown(cell, now), factor) for cell, factor in one.terms)  # type: ignore[arg-type]
            yield Relation(tuple(terms), one.low, one.high)

    def known(self, now: Mapping[Cell, int]) -> Iterator[Known]:
        """What it told, of the unknowns that there are now."""
        for one in self.told:
            yield Known(self.unknown(one.cell, now), one.low, one.high)  # type: ignore[arg-type]

    def hidden(self, now: Mapping[Cell, int], parameters: Parameters) -> Iterator[Unknown]:
        """The small counts that it hid, and that are others now."""
        told = {one.cell for one in self.told}
        for cell, count in self.counts.items():
            if count < parameters.threshold and cell not in told and now.get(cell) != count:
                yield self.unknown(cell, now)


class Untenable(Exception):
    """Whatever more is hidden, this count can still be worked out: an exception or an earlier publication tells it."""

    def __init__(self, cell: Unknown) -> None:
        super().__init__(cell)
        code, scope, value, *_ = cell
        self.cell: Cell = code, scope, value


def relations(definition_set: DefinitionSet, cells: Collection[Cell], national: str) -> Iterator[Relation]:
    """What follows from the definitions for these cells: parts add up, and so do values; the country is bounded."""
    scopes = sorted({scope for _, scope, _ in cells})
    values: dict[str, list[str]] = {}
    for code, scope, value in sorted(cells):
        if value and scope == national:
            values.setdefault(code, []).append(value)
    for item in definition_set.indicators:
        for scope in scopes:
            yield from _of_parts(definition_set, item, scope, values)
        for value in values.get(item.code, [""]) if item.by else [""]:
            yield from _of_the_country(item, value, [scope for scope in scopes if scope != national], national)


def _of_parts(
    definition_set: DefinitionSet, whole: Indicator, scope: str, values: Mapping[str, list[str]]
) -> Iterator[Relation]:
    """As `identities.py` asks of every release."""
    top = ((whole.code, scope, ""), -1)
    parts = [i for i in definition_set.indicators if i.part_of == whole.code]
    plain = [i for i in parts if not i.by]
    if plain:
        terms = (*(((part.code, scope, ""), 1) for part in plain), top)
        yield Relation(terms, low=-INFINITE if len(plain) == 1 else 0)
    for broken in (part for part in parts if part.by):
        yield Relation((*(((broken.code, scope, value), 1) for value in values.get(broken.code, [])), top))


def _of_the_country(item: Indicator, value: str, municipalities: Sequence[str], national: str) -> Iterator[Relation]:
    """Persons known in two municipalities count once; of other units the country is the sum."""
    country = ((item.code, national, value), -1)
    local = [((item.code, name, value), 1) for name in municipalities]
    yield Relation((*local, country), high=INFINITE if item.unit is Unit.PERSONS else 0)
    if item.unit is Unit.PERSONS and not item.part_of:
        for one in local:
            yield Relation((one, country), low=-INFINITE)


def is_protected(item: Indicator) -> bool:
    """Agreed places are no persons, and stand in the covenants."""
    return item.unit is not Unit.PLACES


class _Silent(highspy.Highs):
    """The solver without callbacks: we use none, and their start prints a line."""

    def enableCallbacks(self) -> None:  # noqa: N802
        return


class Attacker:
    """Everybody who knows what is shown and how the counts hang together, and asks how small or large one can be."""

    def __init__(self, cells: Collection[Unknown], known: Iterable[Relation]) -> None:
        self._places = {cell: place for place, cell in enumerate(sorted(cells))}
        self._cells = list(self._places)
        self._solver = _Silent()
        self._solver.setOptionValue("output_flag", False)
        count = len(self._cells)
        self._solver.addVars(count, np.zeros(count), np.full(count, highspy.kHighsInf))
        self._lows, self._highs = [0.0] * count, [INFINITE] * count
        for relation in known:
            places = np.array([self._places[cell] for cell, _ in relation.terms], dtype=np.int32)
            factors = np.array([factor for _, factor in relation.terms], dtype=np.float64)
            self._solver.addRow(relation.low, relation.high, len(places), places, factors)

    def learns(self, cell: Unknown, low: float, high: float) -> None:
        """That a count lies between these bounds, besides what was known of it."""
        place = self._places[cell]
        self._set(place, max(self._lows[place], low), min(self._highs[place], high))

    def forgets(self, cell: Unknown, known: Iterable[Known]) -> None:
        """What is not shown after all; what was published of it before stays known."""
        place = self._places[cell]
        self._set(place, 0, INFINITE)
        for one in known:
            if one.cell == cell:
                self.learns(cell, one.low, one.high)

    def bounds(self, cell: Unknown) -> tuple[float, float]:
        """Between which values the count must lie."""
        return self._bound(cell, highspy.ObjSense.kMinimize), self._bound(cell, highspy.ObjSense.kMaximize)

    def learned(self, cell: Unknown, least: float, most: float) -> list[Unknown]:
        """The cells that tell more of this one than that it lies from `least` to `most`; the one itself if all do."""
        if self._bound(cell, highspy.ObjSense.kMinimize) > least + CLOSE:
            return self._telling(cell)
        if self._bound(cell, highspy.ObjSense.kMaximize) < most - CLOSE:
            return self._telling(cell)
        return []

    def _telling(self, cell: Unknown) -> list[Unknown]:
        """The cells whose bounds made the last answer what it is."""
        duals = self._solver.getSolution().col_dual
        found = [one for one, dual in zip(self._cells, duals, strict=True) if abs(dual) > CLOSE]
        return found or [cell]

    def _bound(self, cell: Unknown, sense: highspy.ObjSense) -> float:
        place = self._places[cell]
        self._solver.changeColCost(place, 1.0)
        self._solver.changeObjectiveSense(sense)
        self._solver.run()
        status = self._solver.getModelStatus()
        found = float(self._solver.getInfo().objective_function_value)
        self._solver.changeColCost(place, 0.0)
        if status in (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return INFINITE
        assert status == highspy.HighsModelStatus.kOptimal, status
        return found

    def _set(self, place: int, low: float, high: float) -> None:
        self._lows[place], self._highs[place] = low, high
        self._solver.changeColBounds(place, low, high)


def protect(
    counts: Mapping[Cell, int],
    definition_set: DefinitionSet,
    national: str,
    *,
    parameters: Parameters = PARAMETERS,
    exact: Collection[Cell] = (),
    earlier: Sequence[Earlier] = (),
) -> dict[Cell, int | None]:
    """What is shown of each count; None is hidden. `exact` cells are shown as they are, by a recorded decision.

    What `earlier` publications hid stays as hidden as it was. Raises Untenable when a protected count can't be hidden.
    """
    places = {cell for cell in counts if not is_protected(definition_set[cell[0]])}
    plain = {*exact, *places}
    protected = sorted(cell for cell, count in counts.items() if count < parameters.threshold and cell not in plain)
    shown: dict[Cell, int | None] = {
        cell: count if cell in plain else parameters.rounded(count) for cell, count in counts.items()
    }
    shown |= dict.fromkeys(protected)
    known = [told for one in earlier for told in one.known(counts)]
    attacker = _remembering(counts, definition_set, national, earlier)
    limits = _limits_before(attacker, counts, parameters, earlier)
    most = _most(protected, counts, definition_set, national, parameters, exact)
    limits |= {cell: (0.0, most[cell]) for cell in protected}
    for one in _told(shown, plain, parameters):
        attacker.learns(one.cell, one.low, one.high)

    def hide_least(telling: Collection[Unknown]) -> bool:
        """Hide the figure among these that is missed least; False when all must stay."""
        candidates = [one for one in shown if one in telling and shown[one] is not None and one not in plain]
        if not candidates:
            return False
        least = min(candidates, key=lambda one: (*_weight(one, definition_set, national), shown[one], one))
        shown[least] = None
        attacker.forgets(least, known)
        return True

    for cell, (low, high) in sorted(limits.items()):
        # To hide more never tells more: what is safe stays safe.
        while telling := attacker.learned(cell, low, high):
            if not hide_least(telling):
                raise Untenable(cell)
    return shown


def _remembering(
    counts: Mapping[Cell, int], definition_set: DefinitionSet, national: str, earlier: Sequence[Earlier]
) -> Attacker:
    """Somebody who read all that was published before, and nothing of what is to be published now."""
    unknowns = {one.unknown(cell, counts) for one in earlier for cell in one.counts}
    past = [relation for one in earlier for relation in one.relations(definition_set, national, counts)]
    attacker = Attacker({*counts, *unknowns}, [*relations(definition_set, counts, national), *past])
    for one in earlier:
        for told in one.known(counts):
            attacker.learns(told.cell, told.low, told.high)
    return attacker


def _limits_before(
    attacker: Attacker, counts: Mapping[Cell, int], parameters: Parameters, earlier: Sequence[Earlier]
) -> dict[Unknown, tuple[float, float]]:
    """Between which values each small count that was hidden before must go on to seem to lie: no fewer than before."""
    limits: dict[Unknown, tuple[float, float]] = {}
    for cell in sorted({cell for one in earlier for cell in one.hidden(counts, parameters)}):
        low, high = attacker.bounds(cell)
        limits[cell] = low, min(high, float(parameters.threshold - 1))
    return limits


def _most(
    protected: Sequence[Cell],
    counts: Mapping[Cell, int],
    definition_set: DefinitionSet,
    national: str,
    parameters: Parameters,
    exact: Collection[Cell],
) -> dict[Cell, float]:
    """How large each protected count must seem to be able to be: any under the threshold.

    Where a whole is shown as it is, by decision, its parts are at most that: so much was decided with it. Raises
    Untenable when the decision gives a part away.
    """
    most = dict.fromkeys(protected, float(parameters.threshold - 1))
    if not exact:
        return most
    decided = Attacker(counts, relations(definition_set, counts, national))
    for cell in exact:
        decided.learns(cell, counts[cell], counts[cell])
    for cell in protected:
        low, high = decided.bounds(cell)
        if low > CLOSE or high < 1 - CLOSE:
            raise Untenable(cell)
        most[cell] = min(most[cell], high)
    return most


def _told(shown: Mapping[Cell, int | None], plain: Collection[Cell], parameters: Parameters) -> Iterator[Known]:
    """What a publication tells of each count that it shows."""
    for cell, number in shown.items():
        if number is not None:
            slack = 0 if cell in plain else parameters.slack
            yield Known(cell, number - slack, number + slack)


def _weight(cell: Cell, definition_set: DefinitionSet, national: str) -> tuple[bool, bool, int]:
    """How much the public would miss a figure: the country above a city, a figure above its values and its parts."""
    code, scope, value = cell
    item, depth = definition_set[code], 0
    while item.part_of:
        item, depth = definition_set[item.part_of], depth + 1
    return scope == national, not value, -depth
