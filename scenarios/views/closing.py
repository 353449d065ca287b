"""Pages around the end of a meeting: attendance, close, reopen, minutes, corrections and adoption."""

from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.models import Organisation, User
from accounts.permissions import Permission
from scenarios import table
from scenarios.forms.closing import AdoptForm, AttendanceForm, CloseForm, CorrectionForm, ReopenForm
from scenarios.guidance import actions
from scenarios.meetings import attendance as seats
from scenarios.meetings import closing
from scenarios.models import AgendaItem, Correction, CorrectionState, Decision, ItemMinutes, Meeting
from scenarios.views.base import about


@dataclass(frozen=True)
class Part:
    """The minutes of one case, with its decision and corrections."""

    item: AgendaItem
    minutes: ItemMinutes | None
    decision: Decision | None
    corrections: list[Correction]


@permitted(Permission.TAKE_MINUTES, on=Meeting)
def attendance(request: Visit, meeting: Meeting) -> HttpResponse:
    recorded = {row.organisation_id: row for row in meeting.attendances.all()}
    form = AttendanceForm(
        request.POST or None,
        meeting=meeting,
        seated=table.at(meeting),
        recorded=recorded,
        today=timezone.localdate(),
    )
    if form.carried_out(lambda: seats.record(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De aanwezigheid is bewaard.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {**about(meeting), "form": form, "reasons": seats.recording_blockers(meeting)}
    return page(request, "scenarios/attendance.html", context, persons=(), status=form.status)


@permitted(Permission.PLAN_MEETING, on=Meeting)
def meeting_close(request: Visit, meeting: Meeting) -> HttpResponse:
    form = CloseForm(request.POST or None, meeting=meeting, today=timezone.localdate())
    if form.carried_out(lambda: closing.close(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het overleg is afgesloten. Het verslag staat klaar voor wie aan tafel zat.")
        return redirect("scenarios:minutes", meeting.pk)
    context = {
        **about(meeting),
        "form": form,
        "reasons": closing.closing_blockers(meeting),
        "carried": actions.unreviewed(meeting).count(),
        "unadopted": closing.to_adopt(meeting),
    }
    return page(request, "scenarios/meeting_close.html", context, persons=(), status=form.status)


@permitted(Permission.PLAN_MEETING, on=Meeting)
def meeting_reopen(request: Visit, meeting: Meeting) -> HttpResponse:
    form = ReopenForm(request.POST or None, meeting=meeting, today=timezone.localdate())
    if form.carried_out(lambda: closing.reopen(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het overleg is heropend. Het verslag moet daarna opnieuw worden vastgesteld.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {**about(meeting), "form": form, "reasons": closing.reopening_blockers(meeting)}
    return page(request, "scenarios/meeting_reopen.html", context, persons=(), status=form.status)


@permitted(Permission.SEE_MEETINGS, on=Meeting)
def minutes(request: Visit, meeting: Meeting) -> HttpResponse:
    """Show the minutes, of the cases that the visitor sees, with their corrections."""
    parts = _parts(meeting, request.user)
    context = {
        **about(meeting),
        "parts": parts,
        "topics": list(meeting.topics.order_by("is_after_cases", "order")),
        "general": list(_corrections(meeting, request.user).filter(item=None)),
        "moves": list(meeting.moves.select_related("by").order_by("at")),
        "correcting_reasons": closing.correction_blockers(meeting),
        "may_correct": Permission.CORRECT_MINUTES in request.allowed,
    }
    persons = [part.item.case.person_id for part in parts]
    return page(request, "scenarios/minutes.html", context, persons=persons)


def _parts(meeting: Meeting, user: User) -> list[Part]:
    """The minutes of the visible items in order, in a fixed number of queries."""
    items = list(AgendaItem.objects.on_agenda(meeting, user).with_person())
    written = {m.item_id: m for m in ItemMinutes.objects.visible_to(user).filter(item__in=items)}
    decided = {d.item_id: d for d in Decision.objects.filter(item__in=items)}
    corrections: dict[object, list[Correction]] = {}
    for correction in _corrections(meeting, user).filter(item__in=items):
        corrections.setdefault(correction.item_id, []).append(correction)
    return [Part(i, written.get(i.pk), decided.get(i.pk), corrections.get(i.pk, [])) for i in items]


def _corrections(meeting: Meeting, user: User) -> QuerySet[Correction]:
    visible = Correction.objects.visible_to(user).filter(meeting=meeting)
    return visible.select_related("organisation", "judged_by").order_by("proposed_at")


@permitted(Permission.CORRECT_MINUTES, on=Meeting)
def correction_propose(request: Visit, meeting: Meeting) -> HttpResponse:
    """Propose a correction about a case that the visitor sees, or about the general part."""
    items = list(AgendaItem.objects.on_agenda(meeting, request.user))
    form = CorrectionForm(
        request.POST or None,
        items=items,
        organisations=_organisations_at_the_table(request, meeting),
        today=timezone.localdate(),
    )
    if form.carried_out(lambda: closing.propose_correction(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Uw correctie is voorgesteld. Het volgende overleg beslist erover.")
        return redirect("scenarios:minutes", meeting.pk)
    context = {**about(meeting), "form": form, "reasons": closing.correction_blockers(meeting)}
    return page(request, "scenarios/correction_propose.html", context, persons=(), status=form.status)


def _organisations_at_the_table(request: Visit, meeting: Meeting) -> list[Organisation]:
    """The visitor's organisations at this table."""
    own = {membership.organisation for membership in request.memberships}
    return sorted((o for o in own if o.municipality_id == meeting.municipality_id), key=str)


@permitted(Permission.DECIDE_IN_MEETING, on=Meeting)
def minutes_adopt(request: Visit, meeting: Meeting) -> HttpResponse:
    """Adopt the oldest minutes that wait, with a verdict on each correction. A meeting starts with this."""
    waiting = closing.to_adopt(meeting)
    if not waiting:
        messages.info(request, "Er wacht geen verslag op vaststelling.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    earlier = waiting[0]
    proposed = _corrections(earlier, request.user).filter(state=CorrectionState.PROPOSED).select_related("case__person")
    form = AdoptForm(request.POST or None, proposed=list(proposed), today=timezone.localdate())
    if form.carried_out(
        lambda: closing.adopt_with(earlier, meeting, **form.values, by=request.user, at=timezone.now())
    ):
        messages.success(request, f"Het verslag van {earlier.held_on:%d-%m-%Y} is vastgesteld.")
        return redirect("scenarios:meeting_detail", meeting.pk)
    context = {**about(meeting), "earlier": earlier, "form": form, "reasons": closing.adopting_blockers(meeting)}
    persons = [correction.case.person_id for correction in proposed if correction.case]
    return page(request, "scenarios/minutes_adopt.html", context, persons=persons, status=form.status)
