"""The pages that join several apps: the home page, and the file of one case."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpResponse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.models import User
from accounts.permissions import Permission
from cases import worklist
from cases.forms.file import CaseSearchForm
from cases.models import Case
from core import query
from lvv import casefile
from lvv.deadlines import Deadline, deadlines, of_the_monitor
from mrt.models import ESCALATED, Escalation
from scenarios.models import Decision, Meeting, MeetingStatus

MOST_DEADLINES = 15
MOST_MEETINGS = 5


@dataclass(frozen=True)
class Due:
    """A deadline as a line of the home page."""

    deadline: Deadline
    case: Case
    when: str
    is_late: bool


@permitted(Permission.OPEN_HOME)
def home(request: Visit) -> HttpResponse:
    """What asks for attention: deadlines, open ends, coming meetings, the MRT."""
    allowed = request.allowed
    context: dict[str, Any] = {"may": {permission.value for permission in allowed}}
    shown: set[uuid.UUID | None] = set()
    if Permission.SEE_CASES in allowed:
        context |= _my_cases(request.user, everybodys=query.choice(request, "van", {"alle"}) == "alle")
        shown |= {due.case.person_id for due in context["dues"]}
    if Permission.SEE_MEETINGS in allowed:
        context["meetings"] = _coming_meetings(request.user)
    if Permission.SEE_ESCALATIONS in allowed:
        context |= _mrt(request.user)
        shown |= {escalation.case.person_id for escalation in context["escalations"]}
        shown |= {decision.case.person_id for decision in context["to_escalate"]}
    if allowed & {Permission.STATE_FIGURES, Permission.SETTLE_FIGURES, Permission.MANAGE_ROUNDS}:
        context["tallies"] = of_the_monitor(request.user, timezone.now())
    return page(request, "lvv/home.html", context, persons=shown)


@permitted(Permission.SEE_CASES, on=Case)
def case_detail(request: Visit, case: Case) -> HttpResponse:
    """The file in one look."""
    visitor = casefile.Visitor(request.user, request.allowed)
    context = casefile.gather(case, visitor, timezone.localdate())
    return page(request, "lvv/case.html", context, persons=[case.person_id])


def _my_cases(user: User, *, everybodys: bool) -> dict[str, Any]:
    """Numbers and deadlines: of the visitor's own cases, or of all when there are no own ones or when asked."""
    today = timezone.localdate()
    visible = Case.objects.visible_to(user).open()
    has_own = visible.filter(worker=user).exists()
    is_own = has_own and not everybodys
    mine = visible.filter(worker=user) if is_own else visible
    due = deadlines(user, today)
    cases = mine.with_person().in_bulk([deadline.case_id for deadline in due])
    found = [(deadline, cases[deadline.case_id]) for deadline in due if deadline.case_id in cases]
    return {
        "search": CaseSearchForm(),
        "is_own": is_own,
        "has_own": has_own,
        "numbers": _numbers(mine, today),
        "dues": [_line(deadline, case, today) for deadline, case in found[:MOST_DEADLINES]],
        "late_count": sum(deadline.on < today for deadline, _ in found),
        "due_count": len(found),
    }


def _line(deadline: Deadline, case: Case, today: date) -> Due:
    return Due(deadline, case, worklist.in_days(deadline.on, today), deadline.on < today)


def _numbers(cases: "QuerySet[Case]", today: date) -> list[tuple[str, str, int]]:
    """How many cases there are, and how many with each open end that has any: situation, words, number."""
    annotated = worklist.with_course(cases, today)
    numbers = [("", "Lopende zaken", cases.count())]
    for situation in ("undecided", "placeless", "waiting", "no_scenario", "no_exit"):
        words = worklist.SITUATIONS[situation][0]
        numbers.append((situation, words, worklist.in_situation(annotated, situation).count()))
    return numbers


def _coming_meetings(user: User) -> list[Meeting]:
    coming = Meeting.objects.visible_to(user).filter(status=MeetingStatus.PLANNED, held_on__gte=timezone.localdate())
    return list(coming.annotate(item_count=Count("items")).order_by("held_on")[:MOST_MEETINGS])


def _mrt(user: User) -> dict[str, Any]:
    """Cases before the MRT, and decisions to escalate that nobody worked out yet."""
    visible = Case.objects.visible_to(user).open()
    decided = Decision.objects.filter(outcome=ESCALATED, escalation=None, case__in=visible)
    case = Prefetch("case", Case.objects.with_person())
    return {
        "escalations": list(Escalation.objects.visible_to(user).open().with_person().order_by("requested_on")[:10]),
        "to_escalate": list(decided.prefetch_related(case).order_by("decided_on")[:10]),
    }
