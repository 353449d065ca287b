"""Pages of the meetings: list, plan, one meeting with its agenda, hold, cancel, put a case on the agenda."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, directed, may, page, permitted
from accounts.models import Municipality, User
from accounts.permissions import Permission
from cases.models import Case
from scenarios import table
from scenarios.forms.meetings import AddItemForm, CancelForm, HoldForm, PlanForm, TakeOffForm
from scenarios.meetings import closing, passages, planning
from scenarios.models import AgendaItem, Decision, Meeting, MeetingStatus, Scenario
from scenarios.views.base import about, changes, likely_purpose

MEETINGS_A_PAGE = 20


@permitted(Permission.SEE_MEETINGS)
def meeting_list(request: Visit) -> HttpResponse:
    """List the meetings of the visitor's tables: planned ones first, then the others."""
    user = request.user
    visible = Meeting.objects.visible_to(user).with_counts(user)
    past = visible.exclude(status=MeetingStatus.PLANNED).order_by("-held_on", "municipality__name")
    context = {
        "coming": visible.filter(status=MeetingStatus.PLANNED).order_by("held_on", "municipality__name"),
        "past": Paginator(past, MEETINGS_A_PAGE).get_page(request.GET.get("page")),
        "today": timezone.localdate(),
        "may_plan": Permission.PLAN_MEETING in request.allowed,
        "may_see_deadlocks": Permission.SEE_DEADLOCKS in request.allowed,
    }
    return page(request, "scenarios/meeting_list.html", context, persons=())


@permitted(Permission.PLAN_MEETING)
def meeting_plan(request: Visit) -> HttpResponse:
    user = request.user
    municipalities = directed(request, Permission.PLAN_MEETING)
    today = timezone.localdate()
    form = PlanForm(
        request.POST or None, municipalities=municipalities, today=today, initial=_agreed_values(municipalities, today)
    )
    planned: list[Meeting] = []
    if form.carried_out(lambda: planned.append(planning.plan(**form.values, by=user, at=timezone.now()))):
        messages.success(request, "Het overleg is gepland. Zet nu zaken op de agenda.")
        return redirect("scenarios:meeting_detail", planned[0].pk)
    context = {"form": form, "municipalities": municipalities, "back_url": reverse("scenarios:meeting_list")}
    return page(request, "scenarios/meeting_plan.html", context, persons=(), status=form.status)


def _agreed_values(municipalities: list[Municipality], today: date) -> dict[str, Any]:
    """The initial values by the agreement of the municipality; empty for a visitor who plans for several."""
    if len(municipalities) != 1:
        return {}
    agreed = table.rules(municipalities[0])
    return {
        "held_on": table.next_day(municipalities[0], today),
        "starts_at": agreed.starts_at,
        "minutes": agreed.minutes,
        "place": agreed.place,
    }


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def meeting_detail(request: Visit, meeting: Meeting) -> HttpResponse:
    """Show a meeting: the agenda with the cases that the visitor sees, attendance, and what can be done now."""
    user = request.user
    allowed = request.allowed
    lines = _agenda(meeting, user)
    attended = {row.organisation_id: row for row in meeting.attendances.all()}
    context = {
        "meeting": meeting,
        "lines": lines,
        "topics": list(meeting.topics.order_by("is_after_cases", "order")),
        "decided": sum(line.decision is not None for line in lines),
        "undecided": sum(line.is_open for line in lines),
        "has_attendance": bool(attended),
        "seated": [(o, attended.get(o.pk)) for o in table.at(meeting)],
        "holding_blockers": planning.holding_blockers(meeting, timezone.localdate()),
        "closing_blockers": closing.closing_blockers(meeting) if meeting.status == MeetingStatus.HELD else [],
        "to_adopt": closing.to_adopt(meeting) if meeting.status in (MeetingStatus.PLANNED, MeetingStatus.HELD) else [],
        "may_plan": Permission.PLAN_MEETING in allowed,
        "may_prepare": Permission.GIVE_POSITION in allowed,
        "may_take_minutes": Permission.TAKE_MINUTES in allowed,
        "may_set_agenda": Permission.SET_AGENDA in allowed,
        "may_decide": Permission.DECIDE_IN_MEETING in allowed,
    }
    persons = [line.item.case.person_id for line in lines]
    return page(request, "scenarios/meeting_detail.html", context, persons=persons)


@permitted(Permission.PLAN_MEETING, on=Meeting)
def meeting_hold(request: Visit, meeting: Meeting) -> HttpResponse:
    today = timezone.localdate()
    seated = table.at(meeting)
    form = HoldForm(request.POST or None, meeting=meeting, seated=seated, today=today)
    if form.carried_out(
        lambda: planning.hold(meeting, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "Vastgelegd: het overleg is gehouden. U kunt nu de besluiten vastleggen.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {**about(meeting), "form": form, "reasons": planning.holding_blockers(meeting, today)}
    return page(request, "scenarios/meeting_hold.html", context, persons=(), status=form.status)


@permitted(Permission.PLAN_MEETING, on=Meeting)
def meeting_cancel(request: Visit, meeting: Meeting) -> HttpResponse:
    form = CancelForm(request.POST or None, meeting=meeting, today=timezone.localdate())
    if form.carried_out(
        lambda: planning.cancel(meeting, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "Het overleg is vervallen.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {**about(meeting), "form": form, "reasons": planning.cancelling_blockers(meeting)}
    context["item_count"] = AgendaItem.objects.visible_to(request.user).filter(meeting=meeting).count()
    return page(request, "scenarios/meeting_cancel.html", context, persons=(), status=form.status)


@permitted(Permission.SET_AGENDA, on=Case)
def item_add(request: Visit, case: Case) -> HttpResponse:
    """Put a case on the agenda of a planned meeting. The page names the partners who will see the case by it."""
    user, today = request.user, timezone.localdate()
    case = Case.objects.with_person().get(pk=case.pk)
    planned = Meeting.objects.visible_to(user).filter(municipality=case.municipality, status=MeetingStatus.PLANNED)
    form = AddItemForm(
        request.POST or None,
        case=case,
        planned=planned.exclude(items__case=case).order_by("held_on"),
        today=today,
        initial={"purpose": likely_purpose(case)},
    )
    if form.carried_out(lambda: _put_on_agenda(case, form.values, user)):
        messages.success(request, f"Zaak {case.number} staat op de agenda.")
        return redirect("scenarios:meeting_detail", form.values["meeting"].pk)
    seeing = set(case.parties.running().filter(user=None).values_list("organisation", flat=True))
    context = {
        "case": case,
        "form": form,
        "changes": changes(form),
        "newcomers": [o for o in planning.newcomers(case) if o.pk not in seeing],
        "listed": planned.filter(items__case=case).order_by("held_on"),
        "reasons": ["Deze zaak is gesloten."] if case.closed_on else [],
        "may_plan": may(user, Permission.PLAN_MEETING, case),
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "scenarios/item_add.html", context, persons=[case.person_id], status=form.status)


@permitted(Permission.SET_AGENDA, on=AgendaItem)
def item_take_off(request: Visit, item: AgendaItem) -> HttpResponse:
    item = AgendaItem.objects.with_person().get(pk=item.pk)
    meeting, case = item.meeting, item.case
    form = TakeOffForm(request.POST or None, today=timezone.localdate())
    if form.carried_out(lambda: planning.take_off(item, by=request.user, at=timezone.now())):
        messages.success(request, f"Zaak {case.number} staat niet meer op de agenda.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {
        **about(meeting),
        "item": item,
        "has_passages": item.passages.exists(),
        "form": form,
        "reasons": planning.removal_blockers(item, meeting),
    }
    return page(request, "scenarios/item_take_off.html", context, persons=[case.person_id], status=form.status)


@dataclass(frozen=True)
class Line:
    """One item of the agenda: its decision and the scenario it adopted, and the state of the case before."""

    item: AgendaItem
    decision: Decision | None
    adopted: Scenario | None
    scenario: Scenario | None
    earlier: Decision | None
    passages: list[passages.AddressedPassage]

    @property
    def is_open(self) -> bool:
        """Whether the meeting still has to decide on this item."""
        return self.decision is None and self.item.case.closed_on is None


def _agenda(meeting: Meeting, user: User) -> list[Line]:
    """The visible items in order, in a fixed number of queries."""
    items = list(AgendaItem.objects.on_agenda(meeting, user).with_person())
    cases = [item.case_id for item in items]
    decisions = list(Decision.objects.filter(case__in=cases, decided_on__lte=meeting.held_on).order_by("decided_on"))
    decided = {decision.item_id: decision for decision in decisions}
    scenarios = Scenario.objects.standing().filter(case__in=cases)
    running = {scenario.case_id: scenario for scenario in scenarios if scenario.valid_until is None}
    adopted = {scenario.decision_id: scenario for scenario in scenarios}
    earlier = {decision.case_id: decision for decision in decisions if decision.decided_on < meeting.held_on}
    written = passages.for_reader(items, user)
    return [
        Line(
            item=item,
            decision=(decision := decided.get(item.pk)),
            adopted=adopted.get(decision.pk) if decision else None,
            scenario=running.get(item.case_id),
            earlier=earlier.get(item.case_id),
            passages=written.get(item.pk, []),
        )
        for item in items
    ]


def _put_on_agenda(case: Case, values: dict[str, Any], user: User) -> AgendaItem:
    meeting = values.pop("meeting")
    return planning.put_on_agenda(meeting, case, **values, by=user, at=timezone.now())
