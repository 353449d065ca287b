"""The pages of releases: the list, one release with its figures and proofs, its file, and its early readers."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from cases.forms import ActForm
from core import query
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.forms.figures import pair_query
from monitor.forms.releases import MakeForm, PublicationForm, ReaderForm, StopForm
from monitor.models import EarlyReader, Release, Round
from monitor.publishing import documents, releases
from monitor.publishing.releases import State
from monitor.views.base import download, tabs

STATUS_OF_STATE = {State.EMBARGOED: "warning", State.PUBLISHED: "ok", State.SUPERSEDED: "neutral"}


@permitted(Permission.SEE_MONITOR)
def release_list(request: Visit) -> HttpResponse:
    """All releases that the user may read, the latest first."""
    now = timezone.now()
    visible = Release.objects.visible_to(request.user).with_publication()
    newest_first = visible.select_related("round").defer("document").order_by("-made_at")
    lines = [{"release": release, **_state(release, now)} for release in newest_first]
    return page(request, "monitor/release_list.html", {"tabs": tabs(request), "lines": lines}, persons=())


@permitted(Permission.SEE_MONITOR, on=Release)
def release_detail(request: Visit, release: Release) -> HttpResponse:
    """What the file of a release says; with ?controle also whether that file is correct."""
    now = timezone.now()
    content = documents.read(bytes(release.document))
    manages = Permission.MANAGE_ROUNDS in request.allowed
    state = _state(release, now)
    releases.record_if_early(release, by=request.user, at=now)
    context = {
        "release": release,
        "header": content["header"],
        "query": pair_query(release.round.on, release.known_at, DEFINITION_SETS[release.round.definition_set]),
        "notes": [note for note in content["notes"] if note["residual"] or note["remarks"]],
        "revision": content["revision"],
        "changes": _changes(content),
        "figures": tables.released_rows(content),
        "scopes": content["header"]["scopes"],
        "publications": list(release.publications.order_by("number")),
        "has_edition": hasattr(release, "edition"),
        "readers": list(release.early_readers.select_related("user").order_by("given_at")) if manages else [],
        "may_manage": manages,
        "faults": releases.faults(release) if query.is_asked(request, "controle") else None,
        **state,
    }
    return page(request, "monitor/release_detail.html", context, persons=())


@permitted(Permission.SEE_MONITOR, on=Release)
def release_file_json(request: Visit, release: Release) -> HttpResponse:
    """The signed file, byte for byte."""
    releases.record_if_early(release, by=request.user, at=timezone.now())
    name = f"lvv-uitgave-{release.round.on:%Y-%m-%d}-{release.kind}.json"
    return download(bytes(release.document), name, "application/json")


@permitted(Permission.SEE_MONITOR, on=Release)
def release_proof_json(request: Visit, release: Release, place: int) -> HttpResponse:
    """The proof of one cell, without the other cells."""
    cells = documents.read(bytes(release.document))["cells"]
    if place >= len(cells):
        raise Http404
    releases.record_if_early(release, by=request.user, at=timezone.now())
    return download(documents.proof(bytes(release.document), place), f"bewijs-{place}.json", "application/json")


@permitted(Permission.MANAGE_ROUNDS, on=Round)
def release_make(request: Visit, of_round: Round) -> HttpResponse:
    """Freeze and sign the figures of a round."""
    now = timezone.now()
    kinds, last = releases.kinds(of_round), releases.latest(of_round)
    form = MakeForm(request.POST or None, kinds=kinds, has_earlier=last is not None)
    if form.carried_out(lambda: releases.make(of_round, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De cijfers zijn ondertekend en uitgegeven.")
        return redirect("monitor:release_list")
    # The page shows what blocks every kind. What blocks only one kind is shown when somebody chooses it.
    blockers = [set(releases.making_blockers(of_round, kind, by=request.user, at=now)) for kind in kinds]
    context = {
        "round": of_round,
        "form": form,
        "last": last,
        "reasons": sorted(set.intersection(*blockers)),
        "back_url": reverse("monitor:round_detail", args=[of_round.pk]),
    }
    return page(request, "monitor/release_make.html", context, persons=(), status=form.status)


@permitted(Permission.MANAGE_ROUNDS, on=Release)
def release_move(request: Visit, release: Release) -> HttpResponse:
    """Move the publication of a release."""
    form = PublicationForm(request.POST or None)
    if form.carried_out(lambda: releases.move_publication(release, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het moment van publicatie is gewijzigd.")
        return redirect("monitor:release_detail", release.pk)
    return _act_page(request, release, form, "Moment van publicatie wijzigen")


@permitted(Permission.MANAGE_ROUNDS, on=Release)
def reader_add(request: Visit, release: Release) -> HttpResponse:
    """Let a user read a release before it is public."""
    form = ReaderForm(request.POST or None, candidates=releases.candidates(release))
    if form.carried_out(lambda: releases.let_read(release, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De lezer staat op de lijst.")
        return redirect("monitor:release_detail", release.pk)
    return _act_page(request, release, form, "Lezer onder embargo toevoegen")


@permitted(Permission.MANAGE_ROUNDS, on=EarlyReader)
def reader_stop(request: Visit, reader: EarlyReader) -> HttpResponse:
    """Take a user off the list of early readers."""
    form = StopForm(request.POST or None)
    if form.carried_out(lambda: releases.stop_reading(reader, by=request.user, at=timezone.now())):
        messages.success(request, "De lezer staat niet meer op de lijst.")
        return redirect("monitor:release_detail", reader.release_id)
    return _act_page(request, reader.release, form, f"{reader.user} van de lijst halen")


def _act_page(request: Visit, release: Release, form: ActForm, title: str) -> HttpResponse:
    context = {
        "release": release,
        "form": form,
        "title": title,
        "reasons": releases.embargo_blockers(release, by=request.user, at=timezone.now()),
        "back_url": reverse("monitor:release_detail", args=[release.pk]),
    }
    return page(request, "monitor/release_act.html", context, persons=(), status=form.status)


def _state(release: Release, now: Any) -> dict[str, Any]:
    state = releases.state(release, at=now)
    return {"state": state, "state_title": releases.STATES[state], "status": STATUS_OF_STATE[state]}


def _changes(content: documents.Json) -> list[dict[str, Any]]:
    titles = {item["code"]: item["title"] for item in content["indicators"]}
    changes = (content["revision"] or {}).get("changes", [])
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    return [
        {
            **change,
            "title": titles[change["indicator"]],
            "value_title": tables.label(definition_set[change["indicator"]], change["value"]),
        }
        for change in changes
    ]
