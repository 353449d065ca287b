"""A list that comes in: what it would do, told line by line, and carried out some lines at a time."""

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, field
from typing import Any

from core.cells import Finding

MOST_FINDINGS = 2000  # that are kept of one list
CHUNK = 500  # lines between two looks at whether somebody said stop
WHOLE = 0  # the number of a line, for what is said of the whole list
Tick = Callable[[int], None]


class Stopped(Exception):
    """Somebody said stop."""


@dataclass
class Plan:
    """What a list would do: `new` holds what is to be recorded, `same` counts lines that change nothing."""

    total: int
    new: list[Any] = field(default_factory=list)
    same: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self.findings if one.is_error]


def chunks(plan: Plan, tick: Tick) -> Iterator[list[Any]]:
    """What is new, some lines at a time, with a word about each that is done."""
    for begin in range(0, len(plan.new), CHUNK):
        yield plan.new[begin : begin + CHUNK]
        tick(min(begin + CHUNK, len(plan.new)))


def counted(plan: Plan) -> dict[str, Any]:
    """What is kept of a plan: its counts, and its findings, errors first, each in the order of the lines."""
    found = sorted(plan.findings, key=lambda one: (not one.is_error, one.line))
    kept = [list(astuple(one)) for one in found[:MOST_FINDINGS]]
    if len(found) > MOST_FINDINGS:
        kept.append([WHOLE, "", f"Nog {len(found) - MOST_FINDINGS} andere opmerkingen.", bool(plan.errors)])
    return {"total": plan.total, "new": len(plan.new), "same": plan.same, "findings": kept}
