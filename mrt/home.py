"""The MRT on the start page: open escalations, and decisions to escalate that have no request yet."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch

from accounts.access import Visit
from accounts.home import Column, Part, bring
from accounts.permissions import Permission
from cases.models import Case
from mrt.models import ESCALATED, Escalation
from scenarios.models import Decision

MOST = 10


@dataclass(frozen=True)
class Running:
    escalations: list[Escalation]
    to_escalate: list[Decision]

    @classmethod
    def of(cls, visit: Visit) -> "Running":
        visible = Case.objects.visible_to(visit.user).open()
        requested = Escalation.objects.visible_to(visit.user).open().with_person().order_by("requested_on")
        decided = Decision.objects.filter(outcome=ESCALATED, escalation=None, case__in=visible)
        case = Prefetch("case", Case.objects.with_person())
        return cls(list(requested[:MOST]), list(decided.prefetch_related(case).order_by("decided_on")[:MOST]))

    @property
    def persons(self) -> Iterable[uuid.UUID | None]:
        cases = [escalation.case for escalation in self.escalations]
        return [case.person_id for case in (*cases, *(decision.case for decision in self.to_escalate))]


bring(
    Part(
        "mrt",
        frozenset({Permission.SEE_ESCALATIONS}),
        {Column.ASIDE: "mrt/home/running.html"},
        40,
        Running.of,
        persons=lambda running: running.persons,
    )
)
