"""The pages of users and their roles, of machine clients, of the log of who was shown whom, and the demo log-in."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import entrance, machines, staff
from accounts.access import Visit, page, permitted
from accounts.forms import AppointForm, DisclosureFilterForm, MachineForm, MachineKeyForm, UserForm
from accounts.machines import Dataset
from accounts.models import Disclosure, Membership, User
from accounts.permissions import Permission, Role
from core.forms import ActForm, ConfirmForm

PAGE_SIZE = 50
DEMO_DOMAIN = "@demo.lvv.example"
BACKEND = "accounts.login.Backend"


def demo_users() -> QuerySet[User]:
    """The accounts that anybody can log in to in the trial version. Elsewhere there are none."""
    if not settings.IS_TRIAL:
        return User.objects.none()
    people = User.objects.filter(email__endswith=DEMO_DOMAIN, is_active=True)
    return people.exclude(memberships__role=Role.MACHINE_CLIENT)


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Log in to a demo account, without a password."""
    user = demo_users().filter(email=request.POST.get("account", "").replace("\0", "")).first()
    if user is None:
        raise Http404
    login(request, user, backend=BACKEND)
    entrance.came_in(request, user)
    return redirect("home")


@permitted(Permission.MANAGE_USERS)
def user_list(request: Visit) -> HttpResponse:
    """Who can log in, and with which roles."""
    running = Membership.objects.running_on(timezone.localdate()).select_related("organisation")
    users = User.objects.order_by("full_name", "pk").prefetch_related(
        Prefetch("memberships", running.order_by("organisation__name"), to_attr="running")
    )
    people = users.filter(is_active=True).exclude(memberships__role=Role.MACHINE_CLIENT)
    shown = Paginator(people, PAGE_SIZE).get_page(request.GET.get("page"))
    return page(request, "accounts/user_list.html", {"page": shown}, persons=())


@permitted(Permission.MANAGE_USERS)
def user_add(request: Visit) -> HttpResponse:
    """Add a user with a first role."""
    form = UserForm(request.POST or None, today=timezone.localdate())
    if form.carried_out(lambda: staff.add_user(by=request.user, **_now(), **form.values)):
        messages.success(request, f"{form.cleaned_data['full_name']} is toegevoegd en kan inloggen.")
        return redirect("accounts:user_list")
    return _form_page(request, "accounts/user_add.html", form, {})


@permitted(Permission.MANAGE_USERS)
def membership_add(request: Visit, user: int) -> HttpResponse:
    """Give a user another role."""
    member = get_object_or_404(User, pk=user, is_active=True)
    form = AppointForm(request.POST or None, today=timezone.localdate())
    if form.carried_out(lambda: staff.appoint(member, by=request.user, **_now(), **form.values)):
        messages.success(request, f"{member} heeft de rol {Role(form.cleaned_data['role']).label}.")
        return redirect("accounts:user_list")
    return _form_page(request, "accounts/membership_add.html", form, {"subject": member})


@permitted(Permission.MANAGE_USERS)
def membership_end(request: Visit, membership: int) -> HttpResponse:
    """End a role, from today."""
    ending = get_object_or_404(Membership.objects.select_related("user", "organisation"), pk=membership)
    form = ConfirmForm(request.POST or None, submit_label="Rol beëindigen", today=timezone.localdate())
    if form.carried_out(lambda: staff.dismiss(ending, by=request.user, **_now())):
        messages.success(request, f"De rol van {ending.user} bij {ending.organisation} is beëindigd.")
        return redirect("accounts:user_list")
    reasons = [] if form.is_bound else staff.dismissal_blockers(ending, by=request.user, on=timezone.localdate())
    return _form_page(request, "accounts/membership_end.html", form, {"membership": ending, "reasons": reasons})


@permitted(Permission.MANAGE_USERS)
def machine_list(request: Visit) -> HttpResponse:
    """Which machines may pull which figures."""
    clients = machines.managed_by(request.user, on=timezone.localdate())
    lines = [
        {
            "client": client,
            "datasets": [Dataset(scope).label for scope in client.get_scopes()],
            "fingerprint": machines.key_of(client).fingerprint,
        }
        for client in clients
    ]
    return page(request, "accounts/machine_list.html", {"lines": lines}, persons=())


@permitted(Permission.MANAGE_USERS)
def machine_add(request: Visit) -> HttpResponse:
    """Make a machine client."""
    hosts = machines.hosts(request.user, on=timezone.localdate())
    form = MachineForm(request.POST or None, hosts=hosts)
    if form.carried_out(lambda: machines.make(**form.values, by=request.user, **_now())):
        messages.success(request, f"{form.cleaned_data['name']} kan cijfers ophalen met het client-id hieronder.")
        return redirect("accounts:machine_list")
    return _machine_page(request, form, "Machinekoppeling maken", {})


@permitted(Permission.MANAGE_USERS)
def machine_renew(request: Visit, client: str) -> HttpResponse:
    """Replace the key of a machine client."""
    machine = _machine(request, client)
    form = MachineKeyForm(request.POST or None)
    if form.carried_out(lambda: machines.renew(machine, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, f"{machine.name} heeft een nieuwe sleutel. De oude werkt niet meer.")
        return redirect("accounts:machine_list")
    lead = "De oude sleutel en alle tokens werken meteen niet meer. Spreek het moment af met de afnemer."
    return _machine_page(request, form, "Sleutel vervangen", {"machine": machine, "lead": lead})


@permitted(Permission.MANAGE_USERS)
def machine_revoke(request: Visit, client: str) -> HttpResponse:
    """End a machine client."""
    machine = _machine(request, client)
    form = ConfirmForm(request.POST or None, submit_label="Koppeling intrekken")
    if form.carried_out(lambda: machines.revoke(machine, by=request.user, **_now())):
        messages.success(request, f"{machine.name} kan niets meer ophalen.")
        return redirect("accounts:machine_list")
    lead = "Vanaf haar volgende aanvraag krijgt deze koppeling niets meer. Dit kunt u niet terugdraaien."
    return _machine_page(request, form, "Koppeling intrekken", {"machine": machine, "lead": lead})


def _machine(request: Visit, client: str) -> Client:
    clients = {managed.pk: managed for managed in machines.managed_by(request.user, on=timezone.localdate())}
    if client not in clients:
        raise Http404
    return clients[client]


def _machine_page(request: Visit, form: ActForm, title: str, context: dict[str, Any]) -> HttpResponse:
    context |= {"form": form, "title": title, "back_url": reverse("accounts:machine_list")}
    return page(request, "accounts/machine_form.html", context, persons=(), status=form.status)


@permitted(Permission.SEE_DISCLOSURES)
def disclosure_list(request: Visit) -> HttpResponse:
    """The log of who was shown which persons in the officer's municipality, the latest first.

    Without a filter it shows the last seven days.
    """
    today = timezone.localdate()
    data = request.GET.copy()
    if "since" not in data:
        data["since"] = (today - timedelta(days=6)).isoformat()
    form = DisclosureFilterForm(data, today=today)
    is_right = form.is_valid()
    disclosures = _filtered(request.user, form.cleaned_data) if is_right else Disclosure.objects.none()
    shown = Paginator(disclosures, PAGE_SIZE).get_page(request.GET.get("page"))
    names = dict(User.objects.filter(pk__in={d.user_id for d in shown}).values_list("pk", "full_name"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "filter": form,
        "page": shown,
        "rows": [(line, names.get(line.user_id, "Onbekend"), addresses().get(line.page, line.page)) for line in shown],
        "query": query.urlencode(),
    }
    return page(request, "accounts/disclosure_list.html", context, persons=(), status=200 if is_right else 400)


def _filtered(officer: User, chosen: dict[str, Any]) -> QuerySet[Disclosure]:
    disclosures = Disclosure.objects.visible_to(officer).order_by("-at", "-pk")
    if chosen["since"]:
        disclosures = disclosures.filter(at__gte=_midnight(chosen["since"]))
    if chosen["until"]:
        disclosures = disclosures.filter(at__lt=_midnight(chosen["until"] + timedelta(days=1)))
    if chosen["user"]:
        disclosures = disclosures.filter(user_id=chosen["user"].pk)
    if chosen["person"]:
        disclosures = disclosures.filter(persons__contains=[chosen["person"]])
    return disclosures


@cache
def addresses() -> dict[str, str]:
    """The address of each page by its URL name, for reading. An ellipsis stands for an id in it."""
    return dict(_walk(get_resolver().url_patterns, "", "/"))


def _walk(patterns: list[URLPattern | URLResolver], namespace: str, start: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        address = start + re.sub("<[^>]+>", "…", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace, address)
        else:
            yield f"{namespace}{pattern.name}", address


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _now() -> dict[str, Any]:
    return {"on": timezone.localdate(), "at": timezone.now()}


def _form_page(request: Visit, template: str, form: Any, context: dict[str, Any]) -> HttpResponse:
    context |= {"form": form, "back_url": reverse("accounts:user_list")}
    return page(request, template, context, persons=(), status=form.status)
