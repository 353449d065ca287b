"""Bringing a list: what it must look like, what is wrong with it, taking it over, and stopping."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models.fields.json import KT
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import imports
from accounts.access import Visit, directed, page, permitted
from accounts.imports import Kind
from accounts.models import Import, ImportState
from accounts.permissions import Permission
from core import exports
from core.cells import Finding
from core.exports import Column, Sheet
from core.forms import ActForm, ConfirmForm
from lvv.imports.forms import ListForm
from lvv.imports.kinds import KINDS

PAGE_SIZE = 50
STATUS = {
    ImportState.CHECKED: "info",
    ImportState.RUNNING: "active",
    ImportState.DONE: "ok",
    ImportState.REFUSED: "error",
    ImportState.STOPPED: "neutral",
}


@permitted(Permission.IMPORT_LISTS)
def import_list(request: Visit) -> HttpResponse:
    """The kinds of lists, and the lists that were brought, the latest first."""
    found = Import.objects.visible_to(request.user).defer("content", "findings").order_by("-uploaded_at")
    # Errors stand first: the first finding says whether there are any.
    judged = found.select_related("uploaded_by", "municipality").annotate(is_wrong=KT("findings__0__3"))
    lists = Paginator(judged, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "kinds": KINDS.values(),
        "page": lists,
        "lines": [{**_about(one), "is_wrong": getattr(one, "is_wrong", "") == "true"} for one in lists],
        "has_several": len(directed(request, Permission.IMPORT_LISTS)) > 1,
    }
    return page(request, "lvv/imports/import_list.html", context, persons=())


@permitted(Permission.IMPORT_LISTS)
def import_upload(request: Visit, which: str) -> HttpResponse:
    """What a list of this kind must look like; and bringing one, which checks it."""
    kind, now = _kind(which), timezone.now()
    form = ListForm(
        request.POST or None, files=request.FILES or None, municipalities=directed(request, Permission.IMPORT_LISTS)
    )
    brought: list[Import] = []

    def act() -> None:
        name, municipality = form.cleaned_data["attachment"].name, form.cleaned_data["municipality"]
        on = timezone.localdate(now)
        brought.append(imports.check(kind, form.content(), name, municipality, by=request.user, on=on, at=now))

    if form.carried_out(act):
        return redirect("imports:import_detail", brought[0].pk)
    context = {"kind": kind, "form": form, "back_url": reverse("imports:import_list")}
    return page(request, "lvv/imports/import_upload.html", context, persons=(), status=form.status)


@permitted(Permission.IMPORT_LISTS)
def import_example_file(request: Visit, which: str, form: str) -> HttpResponseBase:
    """An empty list with the names of the columns, and what may stand in them."""
    kind = _kind(which)
    columns = [Column(one.name, one.help) for one in kind.columns]
    name = f"{kind.title.lower().replace(' ', '-')}-voorbeeld"
    return exports.as_file(Sheet(name, kind.title, columns, kind.examples), form)


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_detail(request: Visit, one: Import) -> HttpResponse:
    """Where a list stands, and what is to be said of its lines."""
    found = [Finding(*finding) for finding in one.findings]
    shown = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    errors = sum(finding.is_error for finding in found)
    context = {
        **_about(one),
        "page": shown,
        "errors": errors,
        "remarks": len(found) - errors,
        "starting_reasons": imports.start_blockers(one),
        "may_stop": not imports.stop_blockers(one),
        "kept": imports.KEPT.days,
    }
    return page(request, "lvv/imports/import_detail.html", context, persons=())


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_findings_file(request: Visit, one: Import, form: str) -> HttpResponseBase:
    """What is to be said of the lines, to keep beside the list."""
    named = {"regel": "Zoals in uw bestand", "kolom": "De kolom", "soort": "Fout of opmerking", "melding": "Wat er is"}
    columns = [Column(name, title) for name, title in named.items()]
    found = (Finding(*finding) for finding in one.findings)
    rows = [[f.line, f.column, "fout" if f.is_error else "opmerking", f.text] for f in found]
    return exports.as_file(Sheet("opmerkingen", "Opmerkingen bij een lijst", columns, rows), form)


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_start(request: Visit, one: Import) -> HttpResponse:
    """Say that a list may be taken over."""
    form = ConfirmForm(request.POST or None, submit_label="Overnemen")
    act = lambda: imports.start(one, by=request.user, at=timezone.now())  # noqa: E731
    return _act(request, one, form, act, "Het inlezen is begonnen.", "Lijst overnemen", imports.start_blockers(one))


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_stop(request: Visit, one: Import) -> HttpResponse:
    """Throw a list away, or stop it."""
    is_running = one.state == ImportState.RUNNING
    form = ConfirmForm(request.POST or None, submit_label="Stoppen" if is_running else "Weggooien")
    act = lambda: imports.stop(one, by=request.user, at=timezone.now())  # noqa: E731
    title = "Inlezen stoppen" if is_running else "Lijst weggooien"
    return _act(request, one, form, act, "Van deze lijst is niets overgenomen.", title, imports.stop_blockers(one))


def _act(
    request: Visit, one: Import, form: ActForm, act: Callable[[], object], done: str, title: str, reasons: list[str]
) -> HttpResponse:
    if form.carried_out(act):
        messages.success(request, done)
        return redirect("imports:import_detail", one.pk)
    context = {
        **_about(one),
        "form": form,
        "title": title,
        "reasons": [] if form.is_bound else reasons,
        "back_url": reverse("imports:import_detail", args=[one.pk]),
    }
    return page(request, "lvv/imports/import_act.html", context, persons=(), status=form.status)


def _about(one: Import) -> dict[str, object]:
    return {"list": one, "kind": KINDS[one.kind], "status": STATUS[ImportState(one.state)]}


def _kind(which: str) -> Kind:
    if which not in KINDS:
        raise Http404
    return KINDS[which]
