"""What the pages of the MRT share."""

from django.http import HttpResponse
from django.urls import reverse

from accounts.access import Visit, page
from cases.forms import ActForm
from cases.models import Case
from mrt.models import Advice, Escalation, Stage
from mrt.timeline import conclusion
from scenarios.models import Disagreement

STATUS_OF_STAGE = {
    Stage.REQUESTED: "warning",
    Stage.COMPOSED: "active",
    Stage.DISCUSSED: "active",
    Stage.DRAFTED: "active",
    Stage.ADVISED: "info",
    Stage.STEERING: "warning",
    Stage.PROGRAMME: "warning",
    Stage.ADMINISTRATIVE: "warning",
    Stage.RULED: "info",
    Stage.ANSWERED: "ok",
    Stage.CLOSED: "neutral",
}
# The page on which each move is made, by URL name.
PAGES = {
    "elaborate": "mrt:request_elaborate",
    "convene": "mrt:review_convene",
    "seat": "mrt:seat_assign",
    "release": "mrt:seat_release",
    "discuss": "mrt:discussion_record",
    "draft": "mrt:advice_draft",
    "remark": "mrt:remark_write",
    "sign": "mrt:advice_sign",
    "revise": "mrt:advice_revise",
    "answer": "mrt:answer_record",
    "climb": "mrt:escalation_climb",
    "rule": "mrt:rung_rule",
}


def form_page(
    request: Visit,
    template: str,
    escalation: Escalation,
    form: ActForm,
    reasons: list[str],
    **context: object,
) -> HttpResponse:
    """Render the page of a form on an escalation, with its person and its central question."""
    case = Case.objects.with_person().get(pk=escalation.case_id)
    context |= {
        "escalation": escalation,
        "case": case,
        "form": form,
        "title": context.get("title", form.submit_label),
        "reasons": reasons,
        "back_url": reverse("mrt:escalation_detail", args=[escalation.pk]),
    }
    return page(request, template, dict(context), persons=[case.person_id], status=form.status)


def disagreements(escalation: Escalation) -> list[tuple[str, str]]:
    """Each kind of disagreement in words, with what is in dispute."""
    return [(Disagreement(kind).label, escalation.points.get(kind, "")) for kind in escalation.disagreements]


def standing_advice(escalation: Escalation) -> dict[str, object]:
    """The context of the advice that stands."""
    advice = Advice.objects.standing().filter(escalation=escalation).select_related("recorded_by", "drafted_by").first()
    return {"advice": advice, "conclusion": conclusion(advice) if advice else ""}
