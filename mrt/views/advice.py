"""Pages of the advice: record a discussion, draft, remark, sign, reopen."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.access import Visit, permitted
from accounts.permissions import Permission
from mrt import advising, locking, team
from mrt.forms.advice import DiscussionForm, DraftForm, RemarkForm, ReviseForm, SignForm
from mrt.models import Draft, Escalation, Remark
from mrt.stages import MOVES
from mrt.timeline import conclusion, obstacles
from mrt.views.base import form_page, standing_advice


@permitted(Permission.ADVISE, on=Escalation)
def discussion_record(request: Visit, escalation: Escalation) -> HttpResponse:
    today = timezone.localdate()
    form = DiscussionForm(request.POST or None, escalation=escalation, seats=team.taken_seats(escalation), today=today)
    if form.carried_out(lambda: advising.discuss(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De bespreking is vastgelegd.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = advising.discussion_blockers(escalation)
    return form_page(request, "mrt/discussion_record.html", escalation, form, reasons)


@permitted(Permission.ADVISE, on=Escalation)
def advice_draft(request: Visit, escalation: Escalation) -> HttpResponse:
    """Write or rewrite the draft; saving it is the first signature."""
    written = Draft.objects.filter(escalation=escalation).first()
    form = DraftForm(request.POST or None, escalation=escalation, draft=written, today=timezone.localdate())
    if form.carried_out(lambda: advising.draft(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(
            request, "Het concept is bewaard en door u ondertekend. Een lid van het team tekent als tweede."
        )
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = locking.refusal(escalation, "draft")
    standing = Draft.objects.filter(escalation=escalation).select_related("edited_by").first()
    meanwhile = standing if form.is_stale else None
    return form_page(
        request, "mrt/advice_draft.html", escalation, form, reasons, title=MOVES["draft"].title, meanwhile=meanwhile
    )


@permitted(Permission.SIGN_ADVICE, on=Escalation)
def remark_write(request: Visit, escalation: Escalation) -> HttpResponse:
    """Write, change or take back one's own minority remark."""
    own = Remark.objects.filter(escalation=escalation, written_by=request.user).first()
    form = RemarkForm(request.POST or None, escalation=escalation, remark=own, today=timezone.localdate())
    if form.carried_out(lambda: advising.remark(escalation, **form.values, by=request.user, at=timezone.now())):
        message = "Uw opmerking is bewaard." if form.values["text"] else "Uw opmerking is teruggenomen."
        messages.success(request, message)
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = advising.remark_blockers(escalation, request.user)
    return form_page(
        request, "mrt/remark_write.html", escalation, form, reasons, title=MOVES["remark"].title, **_draft(escalation)
    )


@permitted(Permission.SIGN_ADVICE, on=Escalation)
def advice_sign(request: Visit, escalation: Escalation) -> HttpResponse:
    """Sign second, for the version of the draft that this page shows and no other."""
    form = SignForm(request.POST or None, escalation=escalation, today=timezone.localdate())
    if form.carried_out(
        lambda: advising.sign(escalation, **form.values, by=request.user, at=timezone.now()),
    ):
        messages.success(request, "Het advies is gegeven. De zetels van het team zijn beëindigd.")
        return redirect("mrt:escalation_list")
    reasons = advising.signing_blockers(escalation, request.user)
    return form_page(
        request, "mrt/advice_sign.html", escalation, form, reasons, title=MOVES["sign"].title, **_draft(escalation)
    )


@permitted(Permission.ADVISE, on=Escalation)
def advice_revise(request: Visit, escalation: Escalation) -> HttpResponse:
    """Reopen a signed advice, as long as the LSO has not answered it."""
    form = ReviseForm(request.POST or None, escalation=escalation, today=timezone.localdate())
    if form.carried_out(lambda: advising.revise(escalation, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het advies is heropend. Wijs een zetel toe, zodat een lid opnieuw kan tekenen.")
        return redirect("mrt:escalation_detail", escalation.pk)
    reasons = locking.refusal(escalation, "revise")
    return form_page(request, "mrt/advice_revise.html", escalation, form, reasons, **standing_advice(escalation))


def _draft(escalation: Escalation) -> dict[str, object]:
    """The context of the draft, with the remarks of the members."""
    draft = Draft.objects.filter(escalation=escalation).select_related("edited_by").first()
    return {
        "draft": draft,
        "conclusion": conclusion(draft) if draft else "",
        "obstacles": obstacles(draft) if draft else [],
        "remarks": Remark.objects.filter(escalation=escalation).select_related("written_by", "seat"),
    }
