"""Pages of the team: seats, guests, and waivers for users who were involved before."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import Visit, permitted
from accounts.models import User
from accounts.permissions import Permission
from mrt import team
from mrt.forms.team import AssignForm, InviteForm, JudgeForm, ReleaseForm, WaiverForm
from mrt.models import Escalation, Waiver
from mrt.views.base import form_page


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def seat_assign(request: Visit, escalation: Escalation) -> HttpResponse:
    """Assign an empty seat. Candidates who were involved before are listed apart, with the findings."""
    today = timezone.localdate()
    candidates = team.candidates(escalation, today)
    free = [candidate.membership for candidate in candidates if candidate.is_free]
    form = AssignForm(request.POST or None, escalation=escalation, members=free, today=today)
    if form.carried_out(lambda: team.seat(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De zetel is toegewezen. Dit lid ziet de zaak vanaf nu en krijgt bericht.")
        return redirect("mrt:escalation_detail", escalation.pk)
    missing = team.missing_seats(escalation)
    reasons = team.changing_blockers(escalation) or ([] if missing else ["Alle zetels zijn bezet."])
    if not reasons and not free:
        reasons = ["Niemand kan een lege zetel innemen zonder uitzondering."]
    involved = [candidate for candidate in candidates if candidate.findings]
    may_ask = any(candidate.is_askable for candidate in involved)
    return form_page(
        request, "mrt/seat_assign.html", escalation, form, reasons, missing=missing, involved=involved, may_ask=may_ask
    )


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def guest_invite(request: Visit, escalation: Escalation) -> HttpResponse:
    """Invite a guest, on top of the five seats."""
    today = timezone.localdate()
    form = InviteForm(request.POST or None, escalation=escalation, members=team.guests(escalation, today), today=today)
    if form.carried_out(lambda: team.seat(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De genodigde ziet de zaak vanaf nu, tot het advies.")
        return redirect("mrt:escalation_detail", escalation.pk)
    return form_page(request, "mrt/guest_invite.html", escalation, form, team.changing_blockers(escalation))


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def seat_release(request: Visit, escalation: Escalation) -> HttpResponse:
    today = timezone.localdate()
    seats = team.taken_seats(escalation)
    form = ReleaseForm(request.POST or None, escalation=escalation, seats=seats, today=today)
    if form.carried_out(lambda: _release(form.values, request.user)):
        messages.success(request, "De zetel is vrij. Dit lid ziet de zaak niet meer door deze zetel.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = team.changing_blockers(escalation) or ([] if form.seats else ["Er zijn nog geen zetels bezet."])
    return form_page(request, "mrt/seat_release.html", escalation, form, reasons)


def _release(values: dict[str, Any], user: User) -> None:
    team.release(values["seat"], by=user, at=timezone.now(), version=values["version"])


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def waiver_ask(request: Visit, escalation: Escalation) -> HttpResponse:
    """Ask the LSO for a waiver for a candidate who was involved before."""
    today = timezone.localdate()
    involved = [candidate for candidate in team.candidates(escalation, today) if candidate.findings]
    askable = [candidate for candidate in involved if candidate.is_askable]
    form = WaiverForm(
        request.POST or None,
        escalation=escalation,
        members=[candidate.membership for candidate in askable],
        today=today,
    )
    if form.carried_out(lambda: team.ask_waiver(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De uitzondering is gevraagd. De voorzitter van het LSO beslist.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = team.changing_blockers(escalation)
    if not reasons and not askable:
        reasons = ["Er is niemand voor wie nu een uitzondering nodig is."]
    return form_page(request, "mrt/waiver_ask.html", escalation, form, reasons, involved=involved)


@permitted(Permission.JUDGE_WAIVER, on=Waiver)
def waiver_judge(request: Visit, waiver: Waiver) -> HttpResponse:
    """Show the findings, and record what the LSO decides."""
    form = JudgeForm(request.POST or None, today=timezone.localdate())
    if form.carried_out(lambda: team.judge(waiver, **form.values, by=request.user, at=timezone.now())):
        granted = form.values["is_granted"]
        messages.success(request, "De uitzondering is toegestaan." if granted else "De uitzondering is geweigerd.")
        return redirect("mrt:escalation_detail", waiver.escalation_id)
    reasons = team.judging_blockers(waiver)
    return form_page(
        request,
        "mrt/waiver_judge.html",
        waiver.escalation,
        form,
        reasons,
        title=f"Uitzondering voor {waiver.user}",
        waiver=waiver,
    )
