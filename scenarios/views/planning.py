"""Pages of planning: the agreements of a table, nominations, and the list of waiting cases."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, directed, page, permitted
from accounts.models import Municipality, Organisation, OrganisationKind
from accounts.permissions import Permission
from cases.models import Case
from core import query
from scenarios import table
from scenarios.forms.planning import NominateForm, PlaceForm, RulesForm, WithdrawNominationForm
from scenarios.meetings import backlog, planning, suggestions
from scenarios.models import Invitee, Meeting, MeetingStatus, Nomination
from scenarios.views.base import changes, likely_purpose

MOST_SUGGESTIONS = 20


@permitted(Permission.MANAGE_TABLE)
def table_rules(request: Visit) -> HttpResponse:
    """Show and change the agreement of the visitor's municipality; of several, the one in the query string."""
    municipality = _chosen_municipality(request, Permission.MANAGE_TABLE)
    partners = Organisation.objects.filter(municipality=municipality).exclude(kind=OrganisationKind.MUNICIPALITY)
    form = RulesForm(
        request.POST or None,
        rules=table.rules(municipality),
        partners=list(partners.order_by("name")),
        invited=list(Invitee.objects.filter(municipality=municipality)),
        today=timezone.localdate(),
    )
    if form.carried_out(lambda: table.agree(municipality, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De afspraken zijn bewaard. Zij gelden voor overleggen die u vanaf nu plant.")
        return redirect("scenarios:meeting_list")
    context = {"form": form, "municipality": municipality, "back_url": reverse("scenarios:meeting_list")}
    return page(request, "scenarios/table_rules.html", context, persons=(), status=form.status)


def _chosen_municipality(request: Visit, permission: Permission) -> Municipality:
    """The municipality in the query string, if the visitor directs it; otherwise the first that they direct."""
    own = directed(request, permission)
    by_key = {str(municipality.pk): municipality for municipality in own}
    return by_key[query.choice(request, "gemeente", by_key, default=str(own[0].pk))]


@permitted(Permission.NOMINATE_CASE, on=Case)
def case_nominate(request: Visit, case: Case) -> HttpResponse:
    """Nominate a case, on behalf of an organisation of the visitor that may nominate."""
    case = Case.objects.with_person().get(pk=case.pk)
    own = Organisation.objects.filter(pk__in=case.organisations_of(request.user)).order_by("name")
    able = [organisation for organisation in own if not backlog.nominating_blockers(case, organisation)]
    form = NominateForm(
        request.POST or None,
        case=case,
        organisations=able,
        today=timezone.localdate(),
        initial={"purpose": likely_purpose(case)},
    )
    if form.carried_out(lambda: backlog.nominate(case, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, f"Zaak {case.number} is voorgedragen. De gemeente zet haar op een agenda.")
        return redirect("case", case.pk)
    context = {
        "case": case,
        "form": form,
        "changes": changes(form),
        "reasons": [] if able else [reason for o in own for reason in backlog.nominating_blockers(case, o)],
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "scenarios/case_nominate.html", context, persons=[case.person_id], status=form.status)


@permitted(Permission.NOMINATE_CASE, on=Nomination)
def nomination_withdraw(request: Visit, nomination: Nomination) -> HttpResponse:
    """Withdraw a nomination; for the organisation that nominated, and the municipality, which sets the agenda."""
    nomination = Nomination.objects.with_person().get(pk=nomination.pk)
    if not _withdrawable(request, [nomination]):
        raise PermissionDenied
    form = WithdrawNominationForm(request.POST or None, today=timezone.localdate())
    if form.carried_out(lambda: backlog.withdraw(nomination, by=request.user, at=timezone.now())):
        messages.success(request, f"De voordracht van zaak {nomination.case.number} is ingetrokken.")
        return redirect("scenarios:waiting_list")
    context = {
        "nomination": nomination,
        "case": nomination.case,
        "form": form,
        "reasons": backlog.withdrawing_blockers(nomination),
        "back_url": reverse("scenarios:waiting_list"),
    }
    persons = [nomination.case.person_id]
    return page(request, "scenarios/nomination_withdraw.html", context, persons=persons, status=form.status)


def _withdrawable(request: Visit, nominations: list[Nomination]) -> list[Nomination]:
    """The nominations that the visitor may withdraw: of their organisations, and of municipalities they direct."""
    own = directed(request, Permission.SET_AGENDA)
    return [n for n in nominations if n.organisation_id in request.organisations or n.case.municipality in own]


@permitted(Permission.SEE_MEETINGS)
def waiting_list(request: Visit) -> HttpResponse:
    """List the nominated cases that the visitor sees, and for the municipality the suggested ones."""
    user, today = request.user, timezone.localdate()
    waiting = list(Nomination.objects.visible_to(user).waiting().with_person().order_by("nominated_at"))
    own = directed(request, Permission.SET_AGENDA)
    suggested = [flagged for municipality in own for flagged in suggestions.suggested_cases(municipality, user, today)]
    shown, withdrawable = suggested[:MOST_SUGGESTIONS], _withdrawable(request, waiting)
    context = {
        "waiting": [(nomination, nomination in withdrawable) for nomination in waiting],
        "signals": shown,
        "more": len(suggested) - len(shown),
        "sets_agenda": bool(own),
    }
    persons = [*(n.case.person_id for n in waiting), *(flagged.case.person_id for flagged in shown)]
    return page(request, "scenarios/waiting_list.html", context, persons=persons)


@permitted(Permission.SET_AGENDA)
def nominations_place(request: Visit) -> HttpResponse:
    """Put several nominated cases on one agenda."""
    user, today = request.user, timezone.localdate()
    own = directed(request, Permission.SET_AGENDA)
    waiting = Nomination.objects.visible_to(user).waiting().filter(case__municipality__in=own).with_person()
    planned = Meeting.objects.visible_to(user).filter(municipality__in=own, status=MeetingStatus.PLANNED)
    form = PlaceForm(
        request.POST or None,
        planned=planned.order_by("held_on"),
        waiting=waiting.order_by("nominated_at"),
        today=today,
    )
    if form.carried_out(lambda: _place(request, form)):
        messages.success(request, "De zaken staan op de agenda.")
        return redirect("scenarios:meeting_detail", form.values["meeting"].pk)
    context = {"form": form, "back_url": reverse("scenarios:waiting_list")}
    persons = [nomination.case.person_id for nomination in form.waiting.values()]
    return page(request, "scenarios/nominations_place.html", context, persons=persons, status=form.status)


def _place(request: Visit, form: PlaceForm) -> None:
    """Put all nominated cases on the agenda, or none."""
    with transaction.atomic():
        for nomination in form.values["nominations"]:
            planning.place(nomination, form.values["meeting"], by=request.user, at=timezone.now())
