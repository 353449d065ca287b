"""A definition set beside the one before it, over all history: what a change of definition does to a figure."""

from dataclasses import dataclass
from datetime import date, datetime

from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet
from monitor.figures.measurement import measure
from monitor.figures.series import quarters


@dataclass(frozen=True)
class Line:
    """One reference date by both sets; `before` is None where the older set has no such figure."""

    on: date
    before: int | None
    after: int

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.after - self.before


def set_before(definition_set: DefinitionSet) -> DefinitionSet | None:
    """The set that a set takes the place of."""
    earlier = [one for one in DEFINITION_SETS.values() if one.since < definition_set.since]
    return max(earlier, key=lambda one: one.since, default=None)


def side_by_side(
    before: DefinitionSet, after: DefinitionSet, code: str, scope: str, *, until: date, known_at: datetime
) -> list[Line]:
    """A figure on the first day of every quarter, by both sets, as known at one moment."""
    lines = []
    for on in quarters(until):
        old = measure(on, known_at, before).figure(code, scope) if before.indicator(code) else None
        lines.append(Line(on, old, measure(on, known_at, after).figure(code, scope)))
    return lines
