"""The gate, which guards every page and every operation of the API.

A view names the permission that it needs: `@permitted(Permission.DECIDE_ADMISSION, on=Case)`. For each request the gate
then does the following, in this order.

1. It opens the second wall for the visitor, so that the database shows them their own rows (`accounts/acting.py`).
2. It loads the subject of the page with `visible_to(visitor)`. It answers 404 when there is none, so that a visitor
   can't find out whether a case exists that they may not see.
3. It asks whether a role of the visitor grants the permission, and answers 403 when none does. On a subject, a role
   counts only in an organisation that takes part in it: who is a case worker in one city has no say in another.
4. On a POST it carries out the form at most once. The form brings a random token. The token, with the page and the
   answers, becomes the key of a `Submission`, inserted before the act in the same transaction. When the same form
   arrives twice, the second insert waits for the first transaction, adds nothing, and the visitor goes to the page
   where the first one led. When the first act is rolled back, so is its key, and the second one counts.

`page` and `printed` render the answer and log which persons it shows, so that no page with persons goes unlogged.
"""

import uuid
from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import connection
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import acting, credentials
from accounts.models import Disclosure, Membership, Municipality, OrganisationKind, Submission, User
from accounts.permissions import GRANTS, Permission, Role
from core.papers import typeset

if TYPE_CHECKING:
    # At run time this import would be a circle: the framework's views read the settings, which name the gate.
    from rest_framework.views import APIView

View = Callable[..., HttpResponseBase]
METHODS = ("GET", "HEAD", "POST")
LONGEST_LOCATION = 300  # the length of `Submission.location`


class Visit(HttpRequest):
    """A request of a logged-in user that came through the gate.

    `memberships` are those that run today, and `organisations` the ids of their organisations. `allowed` is what the
    visitor may do, on the subject of the page if it has one.
    """

    user: User
    memberships: list[Membership]
    organisations: frozenset[int]
    allowed: frozenset[Permission]


class Guarded(Protocol):
    """A model that the gate can guard. Its manager also has `visible_to(user)`."""

    def organisations_of(self, user: User) -> Iterable[int]:
        """The ids of the organisations through which the user takes part in this object."""
        ...


def running_memberships(user: User) -> list[Membership]:
    """The memberships that run today; an inactive user has none."""
    if not user.is_active:
        return []
    return list(user.memberships.running_on(timezone.localdate()).select_related("organisation__municipality"))


def granted(
    user: User, subject: Guarded | None = None, memberships: list[Membership] | None = None
) -> frozenset[Permission]:
    """The permissions of the user's roles today. With a subject, only roles in organisations that take part count."""
    memberships = running_memberships(user) if memberships is None else memberships
    if subject is not None:
        taking_part = set(subject.organisations_of(user))
        memberships = [m for m in memberships if m.organisation_id in taking_part]
    return frozenset(permission for m in memberships for permission in GRANTS[Role(m.role)])


def may(user: User, permission: Permission, subject: Guarded | None = None) -> bool:
    """Whether a role of the user grants this permission today, on this subject if there is one."""
    return permission in granted(user, subject)


def directed(request: Visit, permission: Permission) -> list[Municipality]:
    """The municipalities where the visitor works for the municipality itself, in a role with this permission."""
    organisations = [m.organisation for m in request.memberships if m.grants(permission)]
    own = {
        o.municipality for o in organisations if o.kind == OrganisationKind.MUNICIPALITY and o.municipality is not None
    }
    return sorted(own, key=str)


def permitted(permission: Permission, *, on: type[Model] | None = None, reads: bool = False) -> Callable[[View], View]:
    """Guard a view. With `on`, the view gets the object of this model that the URL's `pk` names.

    `reads` says that a POST changes nothing, as in a search whose terms must not stand in the address. It is then not
    held to happening once.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, pk: uuid.UUID | None = None, **kwargs: Any) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            subject = _admit(request, permission, on, pk)
            subjects = () if on is None else (subject,)
            request.permission = permission  # type: ignore[attr-defined]
            if request.method == "POST" and not reads:
                return _once(request, lambda: view(request, *subjects, **kwargs))
            return view(request, *subjects, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.on = on  # type: ignore[attr-defined]
        guarded.reads = reads  # type: ignore[attr-defined]
        return guarded

    return decorate


def own_account(view: View) -> View:
    """Guard a page of the login library about the visitor's own account. The library asks visitors to log in first."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not isinstance(request.user, User):
            return view(request, **kwargs)
        acting.enter(request.user)
        return credentials.watched(request, request.user, lambda: view(request, **kwargs))

    return guarded


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    persons: Iterable[uuid.UUID | None],
    status: int = 200,
) -> HttpResponse:
    """Render a guarded page and log which persons it shows. When the log can't be written, there is no page.

    `persons` is compulsory, so that nobody forgets it; a page without persons passes `()`.
    """
    disclose(request, persons)
    return render(request, template, context, status=status)


def disclose(request: HttpRequest, persons: Iterable[uuid.UUID | None]) -> None:
    """Log that the visitor was shown these persons, as one row. Without persons nothing is logged."""
    shown = sorted({person for person in persons if person})
    if shown:
        Disclosure.objects.create(
            at=timezone.now(),
            user_id=_visitor(request).pk,
            page=request.resolver_match.view_name if request.resolver_match else "",
            permission=request.permission,  # type: ignore[attr-defined]
            persons=shown,
        )


def printed(
    request: HttpRequest,
    template: str,
    data: dict[str, Any],
    *,
    persons: Iterable[uuid.UUID | None],
    filename: str,
) -> HttpResponse:
    """Make a PDF and log which persons it shows. When the log can't be written, there is no paper.

    `filename` must hold no name of a person.
    """
    disclose(request, persons)
    at = timezone.now()
    content = typeset(template, {**data, "printed_by": str(request.user), "printed_at": at}, at=at)
    headers = {"Content-Disposition": f'inline; filename="{filename}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


class InsufficientScope(exceptions.PermissionDenied):
    """The token does not cover this dataset (RFC 6750, section 3.1)."""

    auth_header = 'Bearer realm="LVV", error="insufficient_scope"'


class Gate(BasePermission):
    """The gate of the API. A view without a `permission` is shut, and one without a `dataset` is shut to machines."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        permission = getattr(view, "permission", None)
        if not isinstance(request.user, User) or permission is None:
            return False
        # A machine has a token, which covers some datasets. A person logged in on the pages and has none.
        token: Any = request.auth
        if token is not None and getattr(view, "dataset", None) not in token:
            raise InsufficientScope
        acting.enter(request.user)
        request.permission = permission  # type: ignore[attr-defined]
        return may(request.user, permission)


def _admit(
    request: HttpRequest, permission: Permission, on: type[Model] | None = None, pk: uuid.UUID | None = None
) -> Model | None:
    """Load the subject and fill in the fields of `Visit`. Raises Http404 out of sight, PermissionDenied otherwise."""
    user = _visitor(request)
    acting.enter(user)
    visit = cast(Visit, request)
    visit.memberships = running_memberships(user)
    subject = None
    if on is not None:
        subject = on._default_manager.visible_to(user).filter(pk=pk).first()  # type: ignore[attr-defined]
        if subject is None:
            raise Http404
    visit.organisations = frozenset(membership.organisation_id for membership in visit.memberships)
    visit.allowed = granted(user, subject, visit.memberships)
    if permission not in visit.allowed:
        raise PermissionDenied
    return subject


def _once(request: HttpRequest, act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Carry out a POST unless the same form was carried out before; then redirect to where that one led.

    Only a POST that answers with a redirect counts as carried out: a form with errors may be sent again.
    """
    token = _key(request)
    with connection.cursor() as cursor:
        # When a form arrives twice at the same moment, the second waits here until the first has committed.
        cursor.execute(
            "insert into accounts_submission (token, user_id, page, location, at) values (%s, %s, %s, '', %s)"
            " on conflict (token) do nothing",
            [token, request.user.pk, request.resolver_match.view_name, timezone.now()],  # type: ignore[union-attr]
        )
        is_first = cursor.rowcount == 1
    if not is_first:
        earlier = Submission.objects.filter(token=token, user=_visitor(request)).first()
        if earlier is None:
            raise BadRequest
        messages.info(request, "Dit formulier was al verzonden. Er is niets dubbel vastgelegd.")
        return redirect(earlier.location or "home")
    response = act()
    sent = Submission.objects.filter(token=token)
    if isinstance(response, HttpResponseRedirect) and len(response.url) <= LONGEST_LOCATION:
        sent.update(location=response.url)
    elif not isinstance(response, HttpResponseRedirect):
        sent.delete()
    return response


def _visitor(request: HttpRequest) -> User:
    """The user behind a request that passed the gate."""
    assert isinstance(request.user, User)
    return request.user


def _key(request: HttpRequest) -> uuid.UUID:
    """The key of what was sent: the form's token with the page and the answers.

    The token alone is not enough, because a browser may restore an old token into a form that is filled in anew.
    """
    sent = request.POST.keys() - {"csrfmiddlewaretoken", "version"}
    content = [(name, request.POST.getlist(name)) for name in sorted(sent)]
    return uuid.uuid5(_token(request), f"{request.path} {content}")


def _token(request: HttpRequest) -> uuid.UUID:
    """The random token of a form. Raises BadRequest without one."""
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        raise BadRequest from None
