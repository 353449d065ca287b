"""Pages of actions: list, agree, settle, review, start a track; and the page of stuck cases and waits."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, directed, page, permitted
from accounts.models import Organisation
from accounts.permissions import Permission
from cases.models import Case
from cases.worklist import in_days
from core import query
from scenarios.forms.actions import AgreeForm, ReviewForm, SettleForm, TrackForm
from scenarios.guidance import actions, radar, scenarios, tracks, waiting
from scenarios.models import Action, Meeting, Scenario
from scenarios.views.base import about, changes

ACTIONS_A_PAGE = 25
YEARS_OF_WAITING = 3


@dataclass(frozen=True)
class Line:
    """An open action with the time left in words."""

    action: Action
    when: str
    is_late: bool
    may_report: bool


@permitted(Permission.REPORT_ACTION)
def action_list(request: Visit) -> HttpResponse:
    """List open actions, first due first, of the visitor's organisations, of one organisation (`van`) or of all."""
    today, user = timezone.localdate(), request.user
    own = request.organisations
    visible = Action.objects.visible_to(user).open()
    counted = visible.order_by().values("organisation", "organisation__name")
    counts = counted.annotate(number=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    numbers = list(counts.order_by("organisation__name"))
    owners = {str(row["organisation"]): row["organisation__name"] for row in numbers}
    whose, is_late = query.choice(request, "van", {*owners, "alle"}), query.is_asked(request, "laat")
    if whose in owners:
        shown = visible.filter(organisation=int(whose))
    elif whose == "alle":
        shown = visible
    else:
        shown = visible.filter(organisation__in=own)
    if is_late:
        shown = shown.filter(due_on__lt=today)
    ordered = shown.with_person().with_carried().order_by("due_on", "pk")
    paged = Paginator(ordered, ACTIONS_A_PAGE).get_page(request.GET.get("page"))
    directs = Permission.AGREE_ACTION in request.allowed
    lines = [
        Line(
            action,
            in_days(action.due_on, today),
            is_late=action.due_on < today,
            may_report=directs or action.organisation_id in own,
        )
        for action in paged
    ]
    context = {
        "lines": lines,
        "paged": paged,
        "whose": whose,
        "owner": owners.get(whose, ""),
        "is_late": is_late,
        "numbers": numbers,
        "query": urlencode({"van": whose} | ({"laat": "1"} if is_late else {})),
    }
    persons = [line.action.case.person_id for line in lines]
    return page(request, "scenarios/action_list.html", context, persons=persons)


@permitted(Permission.AGREE_ACTION, on=Case)
def action_agree(request: Visit, case: Case) -> HttpResponse:
    """Agree on an action between two meetings."""
    case, today = Case.objects.with_person().get(pk=case.pk), timezone.localdate()
    form = AgreeForm(request.POST or None, case=case, owners=actions.owners(case), today=today)
    if form.carried_out(lambda: actions.agree(case, **form.values, by=request.user, on=today, at=timezone.now())):
        messages.success(request, "De actie is afgesproken. Het volgende overleg loopt haar na.")
        return redirect("case", case.pk)
    context = {
        "case": case,
        "form": form,
        "changes": changes(form),
        "reasons": ["Deze zaak is gesloten."] if case.closed_on else [],
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "scenarios/action_agree.html", context, persons=[case.person_id], status=form.status)


@permitted(Permission.AGREE_ACTION, on=Case)
def track_start(request: Visit, case: Case) -> HttpResponse:
    """Start steps of the running scenario. The form offers the usual ones; each can be changed or left out."""
    case, today = Case.objects.with_person().get(pk=case.pk), timezone.localdate()
    scenario = scenarios.current(case)
    owners = actions.owners(case)
    form = TrackForm(
        request.POST or None,
        case=case,
        proposed=_proposed(scenario, owners, today),
        owners=owners,
        running=set(Action.objects.filter(case=case).values_list("text", flat=True)),
        today=today,
    )
    if scenario is not None and form.carried_out(lambda: _start(request, scenario, form, today)):
        messages.success(request, "De stappen zijn gestart. Het volgende overleg loopt ze na.")
        return redirect("case", case.pk)
    context = {
        "case": case,
        "scenario": scenario,
        "form": form,
        "changes": changes(form),
        "reasons": tracks.starting_blockers(scenario) if scenario else ["Er is nog geen scenario."],
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "scenarios/track_start.html", context, persons=[case.person_id], status=form.status)


def _proposed(
    scenario: Scenario | None, owners: list[Organisation], today: date
) -> list[tuple[tracks.Step, Organisation | None, date]]:
    if scenario is None:
        return []
    return [
        (step, tracks.proposed_owner(step, owners), tracks.due_on(step, scenario, today))
        for step in tracks.steps(scenario.kind)
    ]


def _start(request: Visit, scenario: Scenario, form: TrackForm, today: date) -> None:
    scenario.case = form.case
    tracks.start(
        scenario,
        form.chosen,
        by=request.user,
        at=timezone.now(),
        on=today,
        version=form.opened_on_version,
    )


@permitted(Permission.REPORT_ACTION, on=Action)
def action_settle(request: Visit, action: Action) -> HttpResponse:
    """Report that an action is done or became impossible; for its owner and the municipality."""
    action = Action.objects.with_person().get(pk=action.pk)
    today = timezone.localdate()
    form = SettleForm(request.POST or None, today=today, initial={"version": action.version, "on": today})
    if form.carried_out(lambda: actions.settle(action, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De actie is bijgewerkt.")
        return redirect("case", action.case_id)
    context = {
        "case": action.case,
        "action": action,
        "form": form,
        "reasons": actions.reporting_blockers(action, request.user, today=today),
        "back_url": reverse("case", args=[action.case_id]),
    }
    persons = [action.case.person_id]
    return page(request, "scenarios/action_settle.html", context, persons=persons, status=form.status)


@permitted(Permission.TAKE_MINUTES, on=Meeting)
def action_review(request: Visit, meeting: Meeting) -> HttpResponse:
    """Review the actions that were agreed before this meeting, at its start."""
    unreviewed = actions.to_review(meeting, request.user)
    form = ReviewForm(request.POST or None, unreviewed=unreviewed, meeting=meeting, today=timezone.localdate())
    if form.carried_out(lambda: _review(request, meeting, form)):
        messages.success(request, "De bevindingen zijn vastgelegd.")
        return redirect("scenarios:action_review", meeting.pk)
    reviewed = actions.reviewed(meeting, request.user)
    context: dict[str, Any] = {
        **about(meeting),
        "form": form,
        "found": unreviewed,
        "reviewed": reviewed,
        "reasons": [] if meeting.status == "held" else ["Leg eerst vast dat het overleg is gehouden."],
    }
    persons = [*(action.case.person_id for action in unreviewed), *(review.case.person_id for review in reviewed)]
    return page(request, "scenarios/action_review.html", context, persons=persons, status=form.status)


def _review(request: Visit, meeting: Meeting, form: ReviewForm) -> None:
    """Record all findings, or none of them."""
    with transaction.atomic():
        for action, finding in form.findings:
            actions.review(action, meeting, **finding, by=request.user, at=timezone.now())


@permitted(Permission.SEE_DEADLOCKS)
def deadlocks(request: Visit) -> HttpResponse:
    """Show the stuck cases of the visitor's municipality, and how long its cases waited for each organisation."""
    today, user = timezone.localdate(), request.user
    own = directed(request, Permission.SEE_DEADLOCKS)
    stuck = [flagged for municipality in own for flagged in radar.stuck_cases(municipality, user, today)]
    years = [str(today.year - ago) for ago in range(YEARS_OF_WAITING)]
    year = query.choice(request, "jaar", years)
    cases = Case.objects.visible_to(user).filter(municipality__in=own)
    if not year:
        waits = waiting.waits(cases.open().values_list("pk", flat=True), today)
    else:
        within = (date(int(year), 1, 1), date(int(year) + 1, 1, 1))
        waits = waiting.waits(cases.values_list("pk", flat=True), today, within)
    context = {
        "stuck": [(flagged, (today - flagged.since).days) for flagged in stuck],
        "summaries": waiting.summaries(waits),
        "years": years,
        "year": year,
    }
    persons = [flagged.case.person_id for flagged in stuck]
    return page(request, "scenarios/deadlocks.html", context, persons=persons)
