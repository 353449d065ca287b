"""The pages of rounds: the list, one round with its municipalities, and the acts of the programme bureau."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.models import Municipality
from accounts.permissions import Permission
from cases.forms import ActForm
from core.forms import ConfirmForm
from monitor.figures.definitions import DEFINITION_SETS
from monitor.forms.releases import ExemptForm
from monitor.forms.rounds import CancelForm, MoveForm, OpenForm
from monitor.models import Exemption, Release, Round, Tally
from monitor.publishing import editions
from monitor.rounds import rounds, statements
from monitor.views.base import settlement_lines, tabs

STATUS_OF_STAGE = {
    statements.Stage.ASKED: "neutral",
    statements.Stage.STATED: "info",
    statements.Stage.ACCEPTED: "ok",
    statements.Stage.TOUCHED: "warning",
}


@permitted(Permission.SEE_MONITOR)
def round_list(request: Visit) -> HttpResponse:
    """All rounds, the latest reference date first, each with the state of the tallies that the user sees."""
    now = timezone.now()
    visible = list(Round.objects.visible_to(request.user).order_by("-on", "-opened_at"))
    mine = Tally.objects.visible_to(request.user).filter(round__in=visible)
    tallies = list(mine.select_related("municipality", "round").order_by("municipality__name"))
    lines = [
        {
            "round": of_round,
            "is_open": rounds.is_open(of_round, at=now),
            "standings": _standings(of_round, [tally for tally in tallies if tally.round_id == of_round.pk], now),
        }
        for of_round in visible
    ]
    context = {"tabs": tabs(request), "lines": lines, "may_open": Permission.MANAGE_ROUNDS in request.allowed}
    return page(request, "monitor/round_list.html", context, persons=())


@permitted(Permission.SEE_MONITOR, on=Round)
def round_detail(request: Visit, of_round: Round) -> HttpResponse:
    """One round: its dates, and the state of each municipality."""
    now = timezone.now()
    tallies = Tally.objects.visible_to(request.user).filter(round=of_round).select_related("municipality", "round")
    context = {
        "round": of_round,
        "definition_set": DEFINITION_SETS[of_round.definition_set],
        "is_open": rounds.is_open(of_round, at=now),
        "lines": _standings(of_round, list(tallies.order_by("municipality__name")), now),
        "settlements": settlement_lines(of_round, request.user, now),
        "reasons": rounds.changing_blockers(of_round, by=request.user, at=now),
        "may_manage": Permission.MANAGE_ROUNDS in request.allowed,
        "exemptions": _exemptions(request, of_round),
        "releases": list(Release.objects.visible_to(request.user).filter(round=of_round).defer("document")),
    }
    return page(request, "monitor/round_detail.html", context, persons=())


def _exemptions(request: Visit, of_round: Round) -> list[tuple[Exemption, str]]:
    """The exemptions for the next release, each with the name of its cell."""
    definition_set = DEFINITION_SETS[of_round.definition_set]
    running = Exemption.objects.visible_to(request.user).running().filter(round=of_round).order_by("recorded_at")
    return [
        (exemption, editions.cell_name(definition_set[exemption.indicator], exemption.scope, exemption.value))
        for exemption in running
    ]


def _standings(of_round: Round, tallies: list[Tally], now: datetime) -> list[dict[str, object]]:
    by_tally = statements.standings(of_round, tallies, at=now)
    return [
        {"tally": tally, "standing": standing, "status": STATUS_OF_STAGE[standing.stage]}
        for tally, standing in by_tally.items()
    ]


@permitted(Permission.MANAGE_ROUNDS)
def round_open(request: Visit) -> HttpResponse:
    now = timezone.now()
    form = OpenForm(request.POST or None, today=timezone.localdate(now))
    if form.carried_out(lambda: rounds.open_round(**form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De ronde is geopend. Elke gemeente ziet haar opgave.")
        return redirect("monitor:round_list")
    reasons = rounds.managing_blockers(by=request.user, at=now)
    return _form_page(request, "monitor/round_open.html", form, reverse("monitor:round_list"), reasons=reasons)


@permitted(Permission.MANAGE_ROUNDS, on=Round)
def round_move(request: Visit, of_round: Round) -> HttpResponse:
    """Move the cut-off."""
    form = MoveForm(request.POST or None, of_round=of_round, known_at=of_round.known_at)
    if form.carried_out(lambda: rounds.move_cut_off(of_round, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het kennismoment is verplaatst.")
        return redirect("monitor:round_detail", of_round.pk)
    return _act_page(request, of_round, form, "Kennismoment verplaatsen")


@permitted(Permission.MANAGE_ROUNDS, on=Round)
def round_cancel(request: Visit, of_round: Round) -> HttpResponse:
    """Cancel a round."""
    form = CancelForm(request.POST or None, of_round=of_round)
    if form.carried_out(lambda: rounds.cancel(of_round, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De ronde is vervallen.")
        return redirect("monitor:round_detail", of_round.pk)
    return _act_page(request, of_round, form, "Ronde laten vervallen")


@permitted(Permission.MANAGE_ROUNDS, on=Round)
def round_exempt(request: Visit, of_round: Round) -> HttpResponse:
    """Record that editions of this round show a figure exactly."""
    names = list(Municipality.objects.order_by("name").values_list("name", flat=True))
    form = ExemptForm(request.POST or None, of_round=of_round, municipalities=names, today=timezone.localdate())
    if form.carried_out(lambda: editions.exempt(of_round, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De uitzondering geldt vanaf de volgende uitgave van deze ronde.")
        return redirect("monitor:round_detail", of_round.pk)
    return _act_page(request, of_round, form, "Uitzondering op de bescherming")


@permitted(Permission.MANAGE_ROUNDS, on=Exemption)
def exemption_end(request: Visit, exemption: Exemption) -> HttpResponse:
    """End an exemption: the next release protects the figure again."""
    form = ConfirmForm(request.POST or None, submit_label="Uitzondering beëindigen")
    if form.carried_out(lambda: editions.end(exemption, by=request.user, at=timezone.now())):
        messages.success(request, "De volgende uitgave beschermt dit cijfer weer.")
        return redirect("monitor:round_detail", exemption.round_id)
    return _act_page(request, exemption.round, form, "Uitzondering beëindigen")


def _act_page(request: Visit, of_round: Round, form: ActForm, title: str) -> HttpResponse:
    reasons = rounds.changing_blockers(of_round, by=request.user, at=timezone.now())
    back = reverse("monitor:round_detail", args=[of_round.pk])
    return _form_page(request, "monitor/round_act.html", form, back, round=of_round, title=title, reasons=reasons)


def _form_page(request: HttpRequest, template: str, form: ActForm, back: str, **context: object) -> HttpResponse:
    return page(request, template, {"form": form, "back_url": back, **context}, persons=(), status=form.status)
