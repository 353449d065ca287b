"""Where two measurements of one definition set differ, cell by cell."""

from dataclasses import dataclass

from monitor.indicators import Indicator
from monitor.measurement import Measurement


class OtherSet(ValueError):
    """What was counted by other definitions is not compared cell by cell."""


@dataclass(frozen=True)
class Change:
    """One cell that differs; `value` is empty without a breakdown."""

    item: Indicator
    value: str
    before: int
    now: int


def changed(before: Measurement, now: Measurement, scope: str) -> list[Change]:
    """Every cell of a scope that differs, in the order of the set; raises OtherSet."""
    if before.definition_set != now.definition_set:
        raise OtherSet(f"{before.definition_set.code} en {now.definition_set.code} zijn niet te vergelijken.")
    values = {
        item.code: sorted({*before.values(item.code), *now.values(item.code)}) if item.by else [""]
        for item in now.definition_set.indicators
    }
    cells = [
        Change(item, value, before.figure(item.code, scope, value), now.figure(item.code, scope, value))
        for item in now.definition_set.indicators
        for value in values[item.code]
    ]
    return [change for change in cells if change.before != change.now]
