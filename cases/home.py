"""This room's part of the start page: numbers of cases, and the first deadlines."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import Visit
from accounts.home import Column, Part, bring
from accounts.permissions import Permission
from cases import worklist
from cases.deadlines import Deadline, deadlines
from cases.forms.file import CaseSearchForm
from cases.models import Case
from core import query

MOST_DEADLINES = 15
# The situations that are counted at the top of the page, in this order (`cases/worklist.py`).
COUNTED = ("undecided", "placeless", "waiting", "no_scenario", "no_exit")


@dataclass(frozen=True)
class Due:
    """A deadline as a line of the start page. `when` says in words how far it is."""

    deadline: Deadline
    case: Case
    when: str
    is_late: bool


@dataclass(frozen=True)
class Work:
    """Numbers and deadlines of the visitor's own cases, or of all cases they see.

    All cases are shown when the visitor has none of their own, or asks for them with `?van=alle`. `numbers` holds for
    each situation its code, its words, and how many cases are in it.
    """

    search: CaseSearchForm
    is_own: bool
    has_own: bool
    numbers: list[tuple[str, str, int]]
    dues: list[Due]
    late_count: int
    due_count: int

    @classmethod
    def of(cls, visit: Visit) -> "Work":
        user, today = visit.user, timezone.localdate()
        visible = Case.objects.visible_to(user).open()
        has_own = visible.filter(worker=user).exists()
        is_own = has_own and query.choice(visit, "van", ("alle",)) != "alle"
        mine = visible.filter(worker=user) if is_own else visible
        due = deadlines(user, today)
        cases = mine.with_person().in_bulk([deadline.case_id for deadline in due])
        lines = [(deadline, cases[deadline.case_id]) for deadline in due if deadline.case_id in cases]
        return cls(
            CaseSearchForm(),
            is_own,
            has_own,
            _numbers(mine, today),
            [_line(deadline, case, today) for deadline, case in lines[:MOST_DEADLINES]],
            sum(deadline.on < today for deadline, _ in lines),
            len(lines),
        )

    @property
    def persons(self) -> Iterable[uuid.UUID | None]:
        return [due.case.person_id for due in self.dues]


def _line(deadline: Deadline, case: Case, today: date) -> Due:
    return Due(deadline, case, worklist.in_days(deadline.on, today), deadline.on < today)


def _numbers(cases: "QuerySet[Case]", today: date) -> list[tuple[str, str, int]]:
    """How many cases there are, and how many are in each of the counted situations."""
    annotated = worklist.with_course(cases, today)
    numbers = [("", "Lopende zaken", cases.count())]
    for situation in COUNTED:
        words = worklist.SITUATIONS[situation][0]
        numbers.append((situation, words, worklist.in_situation(annotated, situation).count()))
    return numbers


bring(
    Part(
        "cases",
        frozenset({Permission.SEE_CASES}),
        {Column.TOP: "cases/home/numbers.html", Column.MAIN: "cases/home/due.html"},
        20,
        Work.of,
        persons=lambda work: work.persons,
    )
)
