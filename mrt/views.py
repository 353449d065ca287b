"""The MRT on screen: what the LSO asked, who is in the team, what it advised and what the LSO answered."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.models import User
from accounts.permissions import Permission
from cases import timeline
from cases.models import Case
from mrt import escalation as mrt
from mrt import team
from mrt.forms import (
    AdviceForm,
    AnswerForm,
    AssignForm,
    DiscussionForm,
    EscalationForm,
    ReleaseForm,
    RequestForm,
)
from mrt.models import (
    COMPOSITION,
    Advice,
    Answer,
    Disagreement,
    Discussion,
    Escalation,
    Obstacle,
    Seat,
    SeatRole,
    Stage,
)
from mrt.timeline import conclusion
from scenarios import guidance
from scenarios.models import Decision, Meeting

STATUS_OF_STAGE = {
    Stage.REQUESTED: "warning",
    Stage.COMPOSED: "active",
    Stage.DISCUSSED: "active",
    Stage.ADVISED: "info",
    Stage.ANSWERED: "ok",
    Stage.CLOSED: "neutral",
}
DONE = (Stage.ANSWERED, Stage.CLOSED)
NO_MEETING = (
    "Deze zaak stond sinds het advies niet op de agenda van een gehouden overleg. Zet haar op de agenda, "
    "of leg eerst vast dat het overleg is gehouden."
)


@dataclass(frozen=True)
class Row:
    """One escalation in the list. `days` counts from the request until today, or until the answer."""

    escalation: Escalation
    stage: Stage
    days: int

    @property
    def status(self) -> str:
        return STATUS_OF_STAGE[self.stage]


@dataclass(frozen=True)
class Step:
    """What has to be done next, and by whom."""

    title: str
    url_name: str
    permission: Permission
    by: str


@permitted(Permission.SEE_ESCALATIONS)
def escalation_list(request: Visit) -> HttpResponse:
    """The open ones first, the longest waiting on top; then the others, the latest on top."""
    today = timezone.localdate()
    visible = Escalation.objects.visible_to(request.user).with_stage().with_person()
    found = [_row(escalation, today) for escalation in visible.order_by("requested_on", "pk")]
    context = {
        "running": [row for row in found if row.stage not in DONE],
        "done": [row for row in reversed(found) if row.stage in DONE],
    }
    persons = [row.escalation.case.person_id for row in found]
    return page(request, "mrt/escalation_list.html", context, persons=persons)


@permitted(Permission.REQUEST_ESCALATION, on=Decision)
def escalation_request(request: Visit, decision: Decision) -> HttpResponse:
    """Put a case before the MRT, after a decision of the LSO to do so."""
    today = timezone.localdate()
    case = Case.objects.with_person().get(pk=decision.case_id)
    form = RequestForm(request.POST or None, case=case, today=today, initial={"on": today})
    asked: list[Escalation] = []
    if form.carried_out(
        lambda: asked.append(mrt.escalate(decision, **form.values, by=request.user, at=timezone.now())),
    ):
        messages.success(request, "De zaak is voorgelegd aan het MRT. Het Multidisciplinair Team stelt het team samen.")
        return redirect("mrt:escalation_detail", asked[0].pk)
    context = {
        "case": case,
        "decision": decision,
        "form": form,
        "changes": timeline.changes_since(case, form.opened_on_version) if form.is_stale else [],
        "reasons": mrt.request_blockers(decision, on=today),
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "mrt/escalation_request.html", context, persons=[case.person_id], status=form.status)


@permitted(Permission.SEE_ESCALATIONS, on=Escalation)
def escalation_detail(request: Visit, escalation: Escalation) -> HttpResponse:
    """The whole of it on one page, with what has to be done next."""
    allowed = request.allowed
    escalation = Escalation.objects.with_stage().with_person().get(pk=escalation.pk)
    stage = Stage(escalation.stage)  # type: ignore[attr-defined]
    step = _next_step(escalation, stage)
    may_step = step is not None and step.permission in allowed
    advice = Advice.objects.standing().filter(escalation=escalation).first()
    context = {
        "escalation": escalation,
        "row": _row(escalation, timezone.localdate()),
        "stages": [(s, s.value == stage, s.value in _passed(stage)) for s in Stage if s != Stage.CLOSED],
        "disagreements": [Disagreement(code).label for code in escalation.disagreements],
        "requested_by": escalation.requested_by,
        "decision": Decision.objects.get(pk=escalation.decision_id),
        # The team does not sit at the LSO's table: it sees the decision, not the meeting.
        "meeting": Meeting.objects.visible_to(request.user).filter(items__decision=escalation.decision_id).first(),
        "seats": _in_order(escalation.seats.all()),
        "missing": [] if stage in (Stage.ADVISED, *DONE) else team.missing_seats(escalation),
        "discussions": Discussion.objects.standing().filter(escalation=escalation).order_by("valid_from"),
        "advice": advice,
        "conclusion": conclusion(advice) if advice else "",
        "obstacles": [Obstacle(code).label for code in advice.obstacles] if advice else [],
        "answer": Answer.objects.filter(escalation=escalation).select_related("decision").first(),
        "step": step,
        "may_step": may_step,
        "step_blockers": _step_blockers(escalation, stage) if may_step else [],
        "step_url": step and reverse(f"mrt:{step.url_name}", args=[escalation.pk]),
        "may_set_agenda": stage == Stage.ADVISED and Permission.SET_AGENDA in allowed,
        "may_compose": Permission.COMPOSE_TEAM in allowed and not team.under_way_blockers(escalation),
    }
    return page(request, "mrt/escalation_detail.html", context, persons=[escalation.case.person_id])


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def seat_assign(request: Visit, escalation: Escalation) -> HttpResponse:
    today = timezone.localdate()
    candidates = team.candidates(escalation, today)
    form = AssignForm(request.POST or None, escalation=escalation, candidates=candidates, today=today)
    if form.carried_out(
        lambda: mrt.seat(escalation, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "De zetel is toegewezen. Dit lid ziet de zaak vanaf nu.")
        return redirect("mrt:escalation_detail", escalation.pk)
    context = {"missing": team.missing_seats(escalation), "has_candidates": bool(candidates)}
    reasons = team.under_way_blockers(escalation) or ([] if context["missing"] else ["Alle zetels zijn bezet."])
    return _form_page(request, "mrt/seat_assign.html", escalation, form, reasons, **context)


@permitted(Permission.COMPOSE_TEAM, on=Escalation)
def seat_release(request: Visit, escalation: Escalation) -> HttpResponse:
    today = timezone.localdate()
    seats = _in_order(escalation.seats.filter(until=None))
    form = ReleaseForm(request.POST or None, escalation=escalation, seats=seats, today=today)
    if form.carried_out(lambda: _release(form.values, request.user)):
        messages.success(request, "De zetel is vrij. Dit lid ziet de zaak niet meer door deze zetel.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = team.under_way_blockers(escalation) or ([] if form.seats else ["Er zijn nog geen zetels bezet."])
    return _form_page(request, "mrt/seat_release.html", escalation, form, reasons)


@permitted(Permission.ADVISE, on=Escalation)
def discussion_record(request: Visit, escalation: Escalation) -> HttpResponse:
    today = timezone.localdate()
    form = DiscussionForm(request.POST or None, escalation=escalation, today=today, initial={"on": today})
    if form.carried_out(
        lambda: mrt.discuss(escalation, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "De bespreking is vastgelegd.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = mrt.discussion_blockers(escalation)
    return _form_page(request, "mrt/discussion_record.html", escalation, form, reasons)


@permitted(Permission.ADVISE, on=Escalation)
def advice_record(request: Visit, escalation: Escalation) -> HttpResponse:
    today = timezone.localdate()
    form = AdviceForm(request.POST or None, escalation=escalation, today=today, initial={"on": today})
    if form.carried_out(
        lambda: mrt.advise(escalation, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "Het advies is vastgelegd. De zetels van het team zijn beëindigd.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = mrt.advising_blockers(escalation)
    return _form_page(request, "mrt/advice_record.html", escalation, form, reasons)


@permitted(Permission.ANSWER_ADVICE, on=Escalation)
def answer_record(request: Visit, escalation: Escalation) -> HttpResponse:
    items = mrt.items_to_answer_at(escalation)
    form = AnswerForm(request.POST or None, escalation=escalation, items=items, today=timezone.localdate())
    if form.carried_out(
        lambda: mrt.answer(escalation, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "Het antwoord van het LSO is vastgelegd.")
        return redirect("mrt:escalation_detail", escalation.pk)
    advice = Advice.objects.standing().filter(escalation=escalation).first()
    context = {
        "advice": advice,
        "conclusion": conclusion(advice) if advice else "",
        "scenario": guidance.current(escalation.case),
    }
    reasons = mrt.answering_blockers(escalation) or _without_a_meeting(form)
    return _form_page(request, "mrt/answer_record.html", escalation, form, reasons, **context)


def _next_step(escalation: Escalation, stage: Stage) -> Step | None:
    """The one thing to do next; after the answer nothing."""
    coordinator = "het Multidisciplinair Team"
    if stage == Stage.REQUESTED:
        return Step("Zetel toewijzen", "seat_assign", Permission.COMPOSE_TEAM, coordinator)
    if stage == Stage.COMPOSED:
        return Step("Bespreking vastleggen", "discussion_record", Permission.ADVISE, coordinator)
    if stage == Stage.DISCUSSED:
        return Step("Advies vastleggen", "advice_record", Permission.ADVISE, coordinator)
    if stage == Stage.ADVISED:
        return Step("Advies beantwoorden", "answer_record", Permission.ANSWER_ADVICE, "het LSO")
    return None


def _step_blockers(escalation: Escalation, stage: Stage) -> list[str]:
    """Why the next step can't be taken yet; only the answer waits for something else: a meeting."""
    if stage != Stage.ADVISED or mrt.items_to_answer_at(escalation).exists():
        return []
    return [NO_MEETING]


def _without_a_meeting(form: AnswerForm) -> list[str]:
    return [] if form.items else [NO_MEETING]


def _passed(stage: Stage) -> list[str]:
    """The stages that lie behind."""
    order = [s.value for s in Stage if s != Stage.CLOSED]
    return order[: order.index(stage.value)] if stage != Stage.CLOSED else []


def _row(escalation: Escalation, today: date) -> Row:
    until = escalation.answered_on or today  # type: ignore[attr-defined]
    return Row(
        escalation=escalation,
        stage=Stage(escalation.stage),  # type: ignore[attr-defined]
        days=(until - escalation.requested_on).days,
    )


def _in_order(seats: QuerySet[Seat]) -> list[Seat]:
    """By role as in the composition, then by name; who left last."""
    roles = list(COMPOSITION)
    found = seats.select_related("user", "organisation")
    return sorted(found, key=lambda seat: (seat.until is not None, roles.index(SeatRole(seat.role)), str(seat.user)))


def _release(values: dict[str, Any], user: User) -> None:
    mrt.release(values["seat"], by=user, at=timezone.now(), version=values["version"])


def _form_page(
    request: Visit,
    template: str,
    escalation: Escalation,
    form: EscalationForm,
    reasons: list[str],
    **context: object,
) -> HttpResponse:
    """A form about an escalation, with the person it is about and the question above it."""
    case = Case.objects.with_person().get(pk=escalation.case_id)
    context |= {
        "escalation": escalation,
        "case": case,
        "form": form,
        "reasons": reasons,
        "back_url": reverse("mrt:escalation_detail", args=[escalation.pk]),
    }
    return page(request, template, dict(context), persons=[case.person_id], status=form.status)
