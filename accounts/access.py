"""The gate: every page and API operation passes here.

It loads the object among those the visitor can see (404 if there is none, whether it exists or not), asks the
permission (403), opens the second wall for this visitor, makes sending a form twice harmless, and keeps the log of
who was shown which persons.
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

from accounts import acting
from accounts.models import Disclosure, Membership, Municipality, OrganisationKind, Submission, User
from accounts.permissions import GRANTS, Permission, Role
from core.papers import typeset

if TYPE_CHECKING:
    # At run time it would go round: the framework's views read the settings, and those name the gate.
    from rest_framework.views import APIView

View = Callable[..., HttpResponseBase]
METHODS = ("GET", "HEAD", "POST")
LONGEST_LOCATION = 300  # of a redirect that is remembered


class Visit(HttpRequest):
    """A request that came through the gate: somebody is logged in.

    `memberships`: those that run today; `organisations`: the ids of theirs. `allowed`: what the visitor may do, on this
    subject.
    """

    user: User
    memberships: list[Membership]
    organisations: frozenset[int]
    allowed: frozenset[Permission]


class Guarded(Protocol):
    """What the gate asks of a model: `objects.visible_to(user)`, and through which organisations a user takes part."""

    def organisations_of(self, user: User) -> Iterable[int]: ...


def running_memberships(user: User) -> list[Membership]:
    """The memberships that run today; an inactive user has none."""
    if not user.is_active:
        return []
    return list(user.memberships.running_on(timezone.localdate()).select_related("organisation__municipality"))


def granted(
    user: User, subject: Guarded | None = None, memberships: list[Membership] | None = None
) -> frozenset[Permission]:
    """What the user's running roles allow; on a subject only the roles that take part in it count."""
    memberships = running_memberships(user) if memberships is None else memberships
    if subject is not None:
        taking_part = set(subject.organisations_of(user))
        memberships = [m for m in memberships if m.organisation_id in taking_part]
    return frozenset(permission for m in memberships for permission in GRANTS[Role(m.role)])


def may(user: User, permission: Permission, subject: Guarded | None = None) -> bool:
    """Whether one of the user's running roles grants it, on this subject."""
    return permission in granted(user, subject)


def directed(request: Visit, permission: Permission) -> list[Municipality]:
    """The municipalities for which a role of the visitor in the municipality itself has this permission."""
    found = [m.organisation for m in request.memberships if m.grants(permission)]
    own = {o.municipality for o in found if o.kind == OrganisationKind.MUNICIPALITY and o.municipality is not None}
    return sorted(own, key=str)


def permitted(permission: Permission, *, on: type[Model] | None = None, reads: bool = False) -> Callable[[View], View]:
    """Guard a page. With `on`, the URL's `pk` is loaded and handed to the view. `reads`: its POST changes nothing."""

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
    """Guard a page of the login library about the visitor's own account; who is not logged in is its own affair."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if isinstance(request.user, User):
            acting.enter(request.user)
        return view(request, **kwargs)

    return guarded


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    persons: Iterable[uuid.UUID | None],
    status: int = 200,
) -> HttpResponse:
    """Render a guarded page and log which persons it shows, as one unit: no log, no page.

    `persons` is compulsory: a page without persons says so with `()`.
    """
    disclose(request, persons)
    return render(request, template, context, status=status)


def disclose(request: HttpRequest, persons: Iterable[uuid.UUID | None]) -> None:
    """Write one row of who was shown which persons, if there are any."""
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
    """Give a paper out and log which persons stand on it, as one unit: no log, no paper. No name in `filename`."""
    disclose(request, persons)
    at = timezone.now()
    paper = typeset(template, {**data, "printed_by": str(request.user), "printed_at": at}, at=at)
    headers = {"Content-Disposition": f'inline; filename="{filename}"', "Cache-Control": "no-store"}
    return HttpResponse(paper, content_type="application/pdf", headers=headers)


class InsufficientScope(exceptions.PermissionDenied):
    """The token is for other datasets (RFC 6750, section 3.1)."""

    auth_header = 'Bearer realm="LVV", error="insufficient_scope"'


class Gate(BasePermission):
    """The same gate for the API: a view that names no `permission` is shut, and to a machine one without `dataset`."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        permission = getattr(view, "permission", None)
        if not isinstance(request.user, User) or permission is None:
            return False
        # A machine reads what its token is for; whoever logged in as a person has no token.
        token: Any = request.auth
        if token is not None and getattr(view, "dataset", None) not in token:
            raise InsufficientScope
        acting.enter(request.user)
        request.permission = permission  # type: ignore[attr-defined]
        return may(request.user, permission)


def _admit(
    request: HttpRequest, permission: Permission, on: type[Model] | None = None, pk: uuid.UUID | None = None
) -> Model | None:
    """The subject, after sight (404) and permission (403). What was asked for it stays with the request."""
    user = _visitor(request)
    acting.enter(user)
    subject = None
    if on is not None:
        subject = on._default_manager.visible_to(user).filter(pk=pk).first()  # type: ignore[attr-defined]
        if subject is None:
            raise Http404
    visit = cast(Visit, request)
    visit.memberships = running_memberships(user)
    visit.organisations = frozenset(membership.organisation_id for membership in visit.memberships)
    visit.allowed = granted(user, subject, visit.memberships)
    if permission not in visit.allowed:
        raise PermissionDenied
    return subject


def _once(request: HttpRequest, act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run a form's act at most once for what was sent; a second sending leads to where the first one led."""
    token = _key(request)
    with connection.cursor() as cursor:
        # Two sendings at one moment: the second waits here until the first has committed.
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
    """Whoever passed the gate is a user of ours."""
    assert isinstance(request.user, User)
    return request.user


def _key(request: HttpRequest) -> uuid.UUID:
    """The form's token bound to page and content: a browser may give an old token to a form that was filled anew."""
    sent = request.POST.keys() - {"csrfmiddlewaretoken", "version"}
    content = [(name, request.POST.getlist(name)) for name in sorted(sent)]
    return uuid.uuid5(_token(request), f"{request.path} {content}")


def _token(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("submission", ""))
    except ValueError:
        raise BadRequest from None
