"""What a change of definition does to a figure: the figure by a definition set and by the set before it, over time."""

from dataclasses import dataclass
from datetime import date, datetime

from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet
from monitor.figures.measurement import measure
from monitor.figures.series import quarters


@dataclass(frozen=True)
class Line:
    """The figure on one reference date by both sets; `before` is None when the older set does not have it."""

    on: date
    before: int | None
    after: int

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.after - self.before


def set_before(definition_set: DefinitionSet) -> DefinitionSet | None:
    """The set that this set replaced; None for the first one."""
    earlier = [older for older in DEFINITION_SETS.values() if older.since < definition_set.since]
    return max(earlier, key=lambda older: older.since, default=None)


def side_by_side(
    before: DefinitionSet, after: DefinitionSet, code: str, scope: str, *, until: date, known_at: datetime
) -> list[Line]:
    """A figure on the first day of every quarter up to `until`, by both sets, as known at one moment."""
    lines = []
    for on in quarters(until):
        old = measure(on, known_at, before).figure(code, scope) if before.indicator(code) else None
        lines.append(Line(on, old, measure(on, known_at, after).figure(code, scope)))
    return lines
