"""Pages for what follows the advice: the LSO's answer, and the bodies above the LSO."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import Visit, permitted
from accounts.permissions import Permission
from mrt import answering, ladder
from mrt.forms.answer import AnswerForm, ClimbForm, RuleForm
from mrt.models import Escalation, Level, Ruling, Rung
from mrt.stages import MOVES, TERMS, Stage
from mrt.views.base import form_page, standing_advice
from scenarios.guidance import scenarios

NO_MEETING = (
    "Deze zaak stond sinds het advies niet op de agenda van een gehouden overleg. Zet haar op de agenda, "
    "of leg eerst vast dat het overleg is gehouden."
)


@permitted(Permission.ANSWER_ADVICE, on=Escalation)
def answer_record(request: Visit, escalation: Escalation) -> HttpResponse:
    items = answering.items_to_answer_at(escalation)
    form = AnswerForm(request.POST or None, escalation=escalation, items=items, today=timezone.localdate())
    if form.carried_out(lambda: answering.answer(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het antwoord van het LSO is vastgelegd.")
        return redirect("mrt:escalation_detail", escalation.pk)
    context = {
        **standing_advice(escalation),
        "ruling": ladder.binding(escalation),
        "scenario": scenarios.current(escalation.case),
    }
    reasons = answering.answering_blockers(escalation) or ([] if form.items else [NO_MEETING])
    return form_page(
        request, "mrt/answer_record.html", escalation, form, reasons, title=MOVES["answer"].title, **context
    )


@permitted(Permission.RAISE_ESCALATION, on=Escalation)
def escalation_climb(request: Visit, escalation: Escalation) -> HttpResponse:
    """Put the case before the next body."""
    today = timezone.localdate()
    form = ClimbForm(request.POST or None, escalation=escalation, today=today)
    if form.carried_out(lambda: ladder.climb(escalation, **form.values, by=request.user, on=today, at=timezone.now())):
        messages.success(request, "De zaak is hogerop gebracht.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = ladder.climbing_blockers(escalation, on=today)
    level = ladder.next_level(escalation)
    context = {
        "level": level,
        "owner": ladder.owner(escalation, level) if level else None,
        "days": TERMS[Stage(level)].days if level else 0,
    }
    return form_page(request, "mrt/escalation_climb.html", escalation, form, reasons, **context)


@permitted(Permission.RAISE_ESCALATION, on=Rung)
def rung_rule(request: Visit, rung: Rung) -> HttpResponse:
    """Record the ruling of a body."""
    today = timezone.localdate()
    form = RuleForm(request.POST or None, rung=rung, today=today, initial={"on": today})
    if form.carried_out(lambda: ladder.rule(rung, **form.values, by=request.user, at=timezone.now())):
        passed_on = form.values["ruling"] == Ruling.PASSED_ON
        message = "De zaak ligt bij het volgende niveau." if passed_on else "De uitkomst ligt nu bij het LSO."
        messages.success(request, message)
        return redirect("mrt:escalation_detail", rung.escalation_id)
    context = {"rung": rung, "is_highest": rung.level == Level.ADMINISTRATIVE, **standing_advice(rung.escalation)}
    return form_page(request, "mrt/rung_rule.html", rung.escalation, form, ladder.ruling_blockers(rung), **context)
