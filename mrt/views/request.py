"""Pages of the request: escalate, elaborate, ask for help, report preparation as ready, set a day."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from cases import timeline
from cases.models import Case
from mrt import escalation as mrt
from mrt import locking, preparation
from mrt.forms.request import ConveneForm, ElaborateForm, FinishForm, HelpForm, RequestForm
from mrt.models import Escalation, Preparation
from mrt.stages import MOVES, PREPARATION_TERM
from mrt.terms import last_day
from mrt.views.base import disagreements, form_page
from scenarios.meetings import positions
from scenarios.models import Decision


@permitted(Permission.REQUEST_ESCALATION, on=Decision)
def escalation_request(request: Visit, decision: Decision) -> HttpResponse:
    """Put a case before the MRT, after a decision of the LSO to do so."""
    today = timezone.localdate()
    case = Case.objects.with_person().get(pk=decision.case_id)
    form = RequestForm(request.POST or None, case=case, today=today, initial={"on": today})
    escalations: list[Escalation] = []
    if form.carried_out(
        lambda: escalations.append(mrt.escalate(decision, **form.values, by=request.user, at=timezone.now())),
    ):
        messages.success(request, "De zaak is voorgelegd aan het MRT. Werk de aanvraag nu uit met de partijen.")
        return redirect("mrt:escalation_detail", escalations[0].pk)
    context = {
        "case": case,
        "decision": decision,
        "form": form,
        "changes": timeline.changes_since(case, form.opened_on_version) if form.is_stale else [],
        "reasons": mrt.request_blockers(decision, on=today),
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "mrt/escalation_request.html", context, persons=[case.person_id], status=form.status)


@permitted(Permission.PREPARE_REVIEW, on=Escalation)
def request_elaborate(request: Visit, escalation: Escalation) -> HttpResponse:
    """Elaborate the request, with the positions of the parties beside it."""
    form = ElaborateForm(request.POST or None, escalation=escalation, today=timezone.localdate())
    if form.carried_out(lambda: mrt.elaborate(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De aanvraag is bewaard.")
        return redirect("mrt:escalation_detail", escalation.pk)
    standing = Escalation.objects.get(pk=escalation.pk)
    context = {
        "sides": positions.last_sides(escalation.case, request.user, timezone.now()),
        # On a stale form, the text that a colleague saved meanwhile stands beside the text that was typed.
        "meanwhile": standing if form.is_stale else None,
        "meanwhile_points": disagreements(standing) if form.is_stale else [],
    }
    reasons = locking.refusal(escalation, "elaborate")
    return form_page(
        request, "mrt/request_elaborate.html", escalation, form, reasons, title=MOVES["elaborate"].title, **context
    )


@permitted(Permission.PREPARE_REVIEW, on=Escalation)
def help_ask(request: Visit, escalation: Escalation) -> HttpResponse:
    """Ask IND or DT&V to prepare something."""
    today = timezone.localdate()
    form = HelpForm(
        request.POST or None,
        escalation=escalation,
        helpers=preparation.helpers(escalation),
        due_on=last_day(today, PREPARATION_TERM),
        today=today,
    )
    if form.carried_out(
        lambda: preparation.ask_help(escalation, **form.values, by=request.user, on=today, at=timezone.now())
    ):
        messages.success(request, "De hulp is gevraagd. De partij ziet dit op haar startpagina.")
        return redirect("mrt:escalation_detail", escalation.pk)
    return form_page(request, "mrt/help_ask.html", escalation, form, preparation.help_blockers(escalation))


@permitted(Permission.PREPARE_REVIEW, on=Preparation)
def preparation_finish(request: Visit, line: Preparation) -> HttpResponse:
    """Only the party whose line it is reports it as ready."""
    if line.organisation_id not in request.organisations:
        raise PermissionDenied
    today = timezone.localdate()
    form = FinishForm(request.POST or None, today=today)
    if form.carried_out(lambda: preparation.finish(line, **form.values, by=request.user, on=today, at=timezone.now())):
        messages.success(request, "De voorbereiding is klaar gemeld.")
        return redirect("mrt:escalation_detail", line.escalation_id)
    reasons = preparation.finishing_blockers(line)
    return form_page(request, "mrt/preparation_finish.html", line.escalation, form, reasons, line=line)


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def review_convene(request: Visit, escalation: Escalation) -> HttpResponse:
    """Set the day on which the MRT meets, or move it."""
    form = ConveneForm(request.POST or None, escalation=escalation, today=timezone.localdate())
    if form.carried_out(lambda: mrt.convene(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het overleg is gepland. De leden krijgen bericht.")
        return redirect("mrt:escalation_detail", escalation.pk)
    late = [line for line in preparation.lines(escalation) if line.done_on is None]
    reasons = locking.refusal(escalation, "convene")
    return form_page(request, "mrt/review_convene.html", escalation, form, reasons, unprepared=late)
