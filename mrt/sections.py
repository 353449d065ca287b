"""The MRT's section of the page of a case: its escalations, and decisions to escalate that have no request yet."""

from dataclasses import dataclass

from accounts.permissions import Permission
from cases.page import Column, Look, Section, bring
from mrt.models import ESCALATED, Escalation
from scenarios.models import Decision


@dataclass(frozen=True)
class MrtSection:
    escalations: list[Escalation]
    to_escalate: list[Decision]
    may_see_mrt: bool
    may_escalate: bool

    @classmethod
    def of(cls, look: Look) -> "MrtSection":
        requested = Escalation.objects.filter(case=look.case).select_related("answer").order_by("-requested_on")
        decided = Decision.objects.filter(case=look.case, outcome=ESCALATED, escalation=None).order_by("decided_on")
        return cls(
            list(requested),
            list(decided),
            look.may(Permission.SEE_ESCALATIONS),
            look.may(Permission.REQUEST_ESCALATION),
        )


bring(Section("mrt", "mrt/sections/mrt.html", Column.MAIN, 40, MrtSection.of))
