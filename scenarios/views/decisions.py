"""What the LSO decides on a case, on screen."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from cases import admission
from scenarios import guidance, meetings
from scenarios.forms.decisions import DecisionForm
from scenarios.models import AgendaItem, Decision, Outcome
from scenarios.views.base import about, changes


@permitted(Permission.DECIDE_IN_MEETING, on=AgendaItem)
def decision_record(request: Visit, item: AgendaItem) -> HttpResponse:
    """Record what the LSO decided; the scenario so far stands beside the new one."""
    item = AgendaItem.objects.with_person().get(pk=item.pk)
    meeting, case = item.meeting, item.case
    scenario = guidance.current(case)
    form = DecisionForm(request.POST or None, item=item, scenario=scenario, today=timezone.localdate())
    if form.carried_out(
        lambda: meetings.decide(item, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, f"Het besluit over zaak {case.number} is vastgelegd.{_follow_up(form)}")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {
        **about(meeting),
        "item": item,
        "form": form,
        "changes": changes(form),
        "scenario": scenario,
        "reasons": meetings.item_blockers(item),
        "recorded": Decision.objects.filter(item=item).select_related("recorded_by").first(),
        "earlier": Decision.objects.filter(case=case).exclude(item=item).order_by("-decided_on")[:3],
        "is_admitted": admission.is_admitted(admission.in_force(case, meeting.held_on)),
    }
    return page(request, "scenarios/decision_record.html", context, persons=[case.person_id], status=form.status)


def _follow_up(form: DecisionForm) -> str:
    """What a decision asks of the chair next."""
    return " Stel op de zaakpagina de aanvraag bij het MRT op." if form.values["outcome"] == Outcome.ESCALATED else ""
