"""The plan of a list that somebody uploads: which lines are new, and what is wrong with which line."""

from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, field
from typing import Any

from core.cells import Finding

MOST_FINDINGS = 2000  # per list; the rest is only counted
CHUNK = 500  # lines; after each chunk an import reports its progress and hears whether it was stopped
WHOLE = 0  # the line number of a finding about the whole list
Tick = Callable[[int], None]


class Stopped(Exception):
    """Somebody stopped the import."""


@dataclass
class Plan:
    """What a list would do. `total` counts its lines, `new` holds what would be recorded, `same` counts lines that
    were recorded before."""

    total: int
    new: list[Any] = field(default_factory=list)
    same: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_error]


def chunks(plan: Plan, tick: Tick) -> Iterator[list[Any]]:
    """The new lines in chunks. After each chunk, `tick` gets the number of lines done; it may raise `Stopped`."""
    for begin in range(0, len(plan.new), CHUNK):
        yield plan.new[begin : begin + CHUNK]
        tick(min(begin + CHUNK, len(plan.new)))


def summary_of(plan: Plan) -> dict[str, Any]:
    """The fields of an import that keep a plan: the counts, and the findings with the errors first."""
    findings = sorted(plan.findings, key=lambda finding: (not finding.is_error, finding.line))
    kept = [list(astuple(finding)) for finding in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        kept.append([WHOLE, "", f"Nog {len(findings) - MOST_FINDINGS} andere opmerkingen.", bool(plan.errors)])
    return {"total": plan.total, "new": len(plan.new), "same": plan.same, "findings": kept}
