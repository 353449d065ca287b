"""The pages of imports: uploading a list, its findings, starting the import, and stopping it."""

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
    """The kinds of lists, and the imports that the visitor may see, the latest first."""
    uploads = Import.objects.visible_to(request.user).defer("content", "findings").order_by("-uploaded_at")
    # Errors come first in the findings, so the first finding says whether there are any.
    judged = uploads.select_related("uploaded_by", "municipality").annotate(is_wrong=KT("findings__0__3"))
    lists = Paginator(judged, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "kinds": KINDS.values(),
        "page": lists,
        "lines": [{**_about(upload), "is_wrong": getattr(upload, "is_wrong", "") == "true"} for upload in lists],
        "has_several": len(directed(request, Permission.IMPORT_LISTS)) > 1,
    }
    return page(request, "lvv/imports/import_list.html", context, persons=())


@permitted(Permission.IMPORT_LISTS)
def import_upload(request: Visit, which: str) -> HttpResponse:
    """Explain the columns of a kind of list, and upload one, which checks it."""
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
    """A file with the names of the columns and an example line."""
    kind = _kind(which)
    columns = [Column(column.name, column.help) for column in kind.columns]
    name = f"{kind.title.lower().replace(' ', '-')}-voorbeeld"
    return exports.as_file(Sheet(name, kind.title, columns, kind.examples), form)


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_detail(request: Visit, upload: Import) -> HttpResponse:
    """The state of an import, and its findings."""
    findings = [Finding(*finding) for finding in upload.findings]
    shown = Paginator(findings, PAGE_SIZE).get_page(request.GET.get("page"))
    errors = sum(finding.is_error for finding in findings)
    context = {
        **_about(upload),
        "page": shown,
        "errors": errors,
        "remarks": len(findings) - errors,
        "starting_reasons": imports.start_blockers(upload),
        "may_stop": not imports.stop_blockers(upload),
        "kept": imports.KEPT.days,
    }
    return page(request, "lvv/imports/import_detail.html", context, persons=())


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_findings_file(request: Visit, upload: Import, form: str) -> HttpResponseBase:
    """The findings of an import as a file."""
    named = {"regel": "Zoals in uw bestand", "kolom": "De kolom", "soort": "Fout of opmerking", "melding": "Wat er is"}
    columns = [Column(name, title) for name, title in named.items()]
    findings = (Finding(*finding) for finding in upload.findings)
    rows = [[f.line, f.column, "fout" if f.is_error else "opmerking", f.text] for f in findings]
    return exports.as_file(Sheet("opmerkingen", "Opmerkingen bij een lijst", columns, rows), form)


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_start(request: Visit, upload: Import) -> HttpResponse:
    """Start an import."""
    form = ConfirmForm(request.POST or None, submit_label="Overnemen")
    act = lambda: imports.start(upload, by=request.user, at=timezone.now())  # noqa: E731
    return _act(
        request, upload, form, act, "Het inlezen is begonnen.", "Lijst overnemen", imports.start_blockers(upload)
    )


@permitted(Permission.IMPORT_LISTS, on=Import)
def import_stop(request: Visit, upload: Import) -> HttpResponse:
    """Throw a list away, or stop its running import."""
    is_running = upload.state == ImportState.RUNNING
    form = ConfirmForm(request.POST or None, submit_label="Stoppen" if is_running else "Weggooien")
    act = lambda: imports.stop(upload, by=request.user, at=timezone.now())  # noqa: E731
    title = "Inlezen stoppen" if is_running else "Lijst weggooien"
    return _act(
        request, upload, form, act, "Van deze lijst is niets overgenomen.", title, imports.stop_blockers(upload)
    )


def _act(
    request: Visit, upload: Import, form: ActForm, act: Callable[[], object], done: str, title: str, reasons: list[str]
) -> HttpResponse:
    if form.carried_out(act):
        messages.success(request, done)
        return redirect("imports:import_detail", upload.pk)
    context = {
        **_about(upload),
        "form": form,
        "title": title,
        "reasons": [] if form.is_bound else reasons,
        "back_url": reverse("imports:import_detail", args=[upload.pk]),
    }
    return page(request, "lvv/imports/import_act.html", context, persons=(), status=form.status)


def _about(upload: Import) -> dict[str, object]:
    return {"list": upload, "kind": KINDS[upload.kind], "status": STATUS[ImportState(upload.state)]}


def _kind(which: str) -> Kind:
    if which not in KINDS:
        raise Http404
    return KINDS[which]
