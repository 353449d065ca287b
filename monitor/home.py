"""What the monitor brings to the start page: figures that wait for the visitor."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.access import Visit
from accounts.home import Column, Part, bring
from accounts.permissions import Permission
from cases.deadlines import Deadline, beside_cases


@dataclass(frozen=True)
class Waiting:
    tallies: list[Deadline]

    @classmethod
    def of(cls, visit: Visit) -> "Waiting":
        return cls(beside_cases(visit.user, timezone.now()))


bring(
    Part(
        "monitor",
        frozenset({Permission.STATE_FIGURES, Permission.SETTLE_FIGURES, Permission.MANAGE_ROUNDS}),
        {Column.MAIN: "monitor/home/waiting.html"},
        10,
        Waiting.of,
    )
)
