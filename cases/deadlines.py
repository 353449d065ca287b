"""What must be done before which day. Each room registers its deadlines; the start page and the mail show them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.access import granted
from accounts.models import Membership, User
from accounts.permissions import Permission
from cases import longest_stay
from cases.models import Admission, Case

STAY_END_AHEAD = timedelta(days=28)
# No source sets a term for the decision on admission. This one is our choice.
ADMISSION_TERM = timedelta(days=14)


@dataclass(frozen=True, order=True)
class Deadline:
    """Something to do before the day `on`, which may have passed: for a case, or for the figures of a municipality.

    `number` is the number of the case, or the name of the municipality. `address` is the page where it is done; empty
    means the page of the case.
    """

    on: date
    number: str
    title: str
    case_id: UUID | None = None
    person_id: UUID | None = None
    address: str = ""


@dataclass(frozen=True)
class Desk:
    """Whose deadlines are asked for, and for which day: the user, their memberships and the open cases they may see."""

    user: User
    on: date
    memberships: list[Membership]
    cases: QuerySet[Case]

    @property
    def organisations(self) -> set[int]:
        return {membership.organisation_id for membership in self.memberships}

    def may(self, permission: Permission) -> bool:
        return any(membership.grants(permission) for membership in self.memberships)


Source = Callable[[Desk], Iterator[Deadline]]
# A case and its deadline.
Due = tuple[Case, date]
_SOURCES: list[Source] = []


def bring(source: Source) -> None:
    """Register a source of deadlines of cases."""
    _SOURCES.append(source)


def bring_due(permission: Permission, title: str, due: Callable[[Desk], Iterator[Due]]) -> None:
    """Register a kind of deadline: the permission to act on it, its title, and the cases that have it."""

    def source(desk: Desk) -> Iterator[Deadline]:
        if desk.may(permission):
            for case, on in due(desk):
                yield Deadline(on, case.number, title, case.pk, case.person_id)

    bring(source)


def deadlines(user: User, on: date) -> list[Deadline]:
    """The deadlines of the cases that the user sees, if a role of the user can act on them. The earliest comes first.

    The number of queries does not depend on the number of cases.
    """
    memberships = list(Membership.objects.running_on(on).filter(user=user))
    desk = Desk(user, on, memberships, Case.objects.visible_to(user).open())
    return sorted((deadline for source in _SOURCES for deadline in source(desk)), key=_in_order)


# A source of deadlines that are about no case. It gets the user, their permissions, and the present moment.
OtherSource = Callable[[User, frozenset[Permission], datetime], Iterator[Deadline]]
_OTHERS: list[OtherSource] = []


def bring_other(source: OtherSource) -> None:
    """Register a source of deadlines that are about no case."""
    _OTHERS.append(source)


def beside_cases(user: User, at: datetime) -> list[Deadline]:
    """The deadlines of the user that are about no case. The earliest comes first."""
    allowed = granted(user)
    return sorted((deadline for source in _OTHERS for deadline in source(user, allowed, at)), key=_in_order)


def _in_order(deadline: Deadline) -> tuple[date, str, str]:
    return deadline.on, deadline.number, deadline.title


def _ends_of_stay(desk: Desk) -> Iterator[Due]:
    """The cases whose stay reaches its longest term within four weeks, with that day."""
    due = longest_stay.running(desk.on).filter(case__in=desk.cases, ends_on__lte=desk.on + STAY_END_AHEAD)
    for stay in due.select_related("case"):
        yield stay.case, stay.ends_on  # type: ignore[attr-defined]


def _undecided(desk: Desk) -> Iterator[Due]:
    """The cases that have waited for a decision on admission for the whole term, with the day on which it ended."""
    decisions = Admission.objects.standing().filter(case=OuterRef("pk"))
    for case in desk.cases.filter(~Exists(decisions), registered_on__lte=desk.on - ADMISSION_TERM):
        yield case, case.registered_on + ADMISSION_TERM


bring_due(Permission.MANAGE_STAY, "Verblijf bereikt de maximale duur", _ends_of_stay)
bring_due(Permission.DECIDE_ADMISSION, "Besluit over toelating nemen", _undecided)
