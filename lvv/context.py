"""The context of the frame around every page: the menu, and who the visitor is."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.access import running_memberships
from accounts.models import Membership, User
from accounts.permissions import GRANTS, Permission, Role
from accounts.views import demo_users
from lvv.demo import progress


@dataclass(frozen=True)
class Place:
    """An entry of the main menu."""

    url: str
    title: str
    is_current: bool


@dataclass(frozen=True)
class DemoAccount:
    """A demo account of the trial version, which needs no password."""

    email: str
    name: str
    role: str
    organisation: str
    place: str


NATIONAL = "Landelijk"

# The main menu: the permission that shows an entry, its title, and the URL name where it leads.
MENU = (
    (Permission.OPEN_HOME, "Start", "home"),
    (Permission.SEE_CASES, "Zaken", "cases:case_list"),
    (Permission.SEE_MEETINGS, "Overleggen", "scenarios:meeting_list"),
    (Permission.SEE_ESCALATIONS, "MRT", "mrt:escalation_list"),
    (Permission.SEE_MONITOR, "Monitor", "monitor:measurement"),
    (Permission.MANAGE_USERS, "Gebruikers", "accounts:user_list"),
    (Permission.MANAGE_USERS, "Machinekoppelingen", "accounts:machine_list"),
    (Permission.SEE_DISCLOSURES, "Inzagelogboek", "accounts:disclosure_list"),
)

# By namespace of URLs: the app under whose entry in the menu its pages fall.
UNDER = {"room": "scenarios", "imports": "cases"}


def frame(request: HttpRequest) -> dict[str, Any]:
    """The context that `base.html` uses on every page."""
    around: dict[str, Any] = {"trial": settings.IS_TRIAL, "version": settings.VERSION}
    user = getattr(request, "user", None)
    if isinstance(user, User):
        memberships = getattr(request, "memberships", None) or running_memberships(user)
        around["navigation"] = _menu(request, memberships)
        around["organisations"] = sorted({str(membership.organisation) for membership in memberships})
    elif request.resolver_match and request.resolver_match.view_name == "account_login":
        around["demo_progress"] = progress.present()
        around["demo_accounts"] = [] if around["demo_progress"] else _demo_accounts()
    return around


def _menu(request: HttpRequest, memberships: list[Membership]) -> list[Place]:
    allowed = {permission for membership in memberships for permission in GRANTS[Role(membership.role)]}
    current = _entry_of(request)
    return [Place(reverse(name), title, name == current) for permission, title, name in MENU if permission in allowed]


def _entry_of(request: HttpRequest) -> str:
    """The URL name of the menu entry under which a page falls."""
    match = request.resolver_match
    if match is None or match.view_name == "home":
        return "home" if match else ""
    if match.view_name == "case":
        return "cases:case_list"
    namespace = UNDER.get(match.namespace, match.namespace)
    names = [name for _, _, name in MENU if name.partition(":")[0] == namespace]
    # The URL names of pages about one subject begin with the same word: `machine_add` falls under `machine_list`.
    about = f"{namespace}:{(match.url_name or '').partition('_')[0]}_"
    return next((name for name in names if name.startswith(about)), names[0] if names else "")


def _demo_accounts() -> list[DemoAccount]:
    running = Membership.objects.running_on(timezone.localdate()).filter(user__in=demo_users())
    roles = list(Role)
    rows = sorted(
        running.select_related("user", "organisation__municipality"),
        key=lambda row: (_place(row) == NATIONAL, _place(row), roles.index(Role(row.role)), row.user.full_name),
    )
    return [
        DemoAccount(row.user.email, row.user.full_name, row.get_role_display(), str(row.organisation), _place(row))
        for row in rows
    ]


def _place(membership: Membership) -> str:
    """The municipality of a membership, or that it is national."""
    return str(membership.organisation.municipality or NATIONAL)
