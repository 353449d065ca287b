"""The pages of the rest of the file: procedures, corrections, notes, and who takes part."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.access import Visit, permitted, running_memberships
from accounts.models import Organisation, User
from accounts.permissions import Permission, Role
from cases import corrections, notes, parties, procedures, timeline
from cases.forms.file import NoteForm, PartyForm, ProcedureDecisionForm, ProcedureForm, WithdrawForm
from cases.models import Case, CaseParty, Procedure, ProcedureOutcome
from cases.views.base import act_page, done, today
from core.forms import ConfirmForm


@permitted(Permission.RECORD_PROCEDURE, on=Case)
def procedure_file(request: Visit, case: Case) -> HttpResponse:
    """Record that a procedure was filed."""
    form = ProcedureForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: procedures.file(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De procedure is vastgelegd.")
    return act_page(request, case, form)


@permitted(Permission.RECORD_PROCEDURE, on=Case)
def procedure_decide(request: Visit, case: Case, procedure: uuid.UUID) -> HttpResponse:
    """Record the outcome of a procedure."""
    filed = get_object_or_404(Procedure.objects.standing(), case=case, pk=procedure)
    form = ProcedureDecisionForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: procedures.decide(filed, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De uitkomst van de procedure is vastgelegd.")
    is_decided = filed.outcome != ProcedureOutcome.PENDING
    reasons = ["Op deze procedure is al besloten."] if is_decided and not form.is_bound else None
    return act_page(request, case, form, reasons=reasons, procedure=filed)


@permitted(Permission.CORRECT_FACT, on=Case)
def fact_withdraw(request: Visit, case: Case, kind: str, fact: uuid.UUID) -> HttpResponse:
    """Withdraw a fact, with a reason. The rooms above correct their own facts."""
    standing_fact = corrections.find(case, kind, fact)
    if standing_fact is None or standing_fact._meta.app_label != case._meta.app_label:
        raise Http404
    form = WithdrawForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: corrections.withdraw(standing_fact, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "Het feit is ingetrokken. Wat eerder bekend was, blijft terug te vinden.")
    events = [event for event in timeline.events(case, request.user) if event.fact_id == standing_fact.pk]
    reasons = None if form.is_bound else corrections.withdrawal_blockers(standing_fact)
    return act_page(request, case, form, reasons=reasons, event=events[-1] if events else None)


@permitted(Permission.WRITE_NOTE, on=Case)
def note_write(request: Visit, case: Case) -> HttpResponse:
    """Write a note in one of the compartments."""
    memberships = [m for m in running_memberships(request.user) if m.grants(Permission.WRITE_NOTE)]
    taking_part = set(case.organisations_of(request.user))
    form = NoteForm(
        request.POST or None,
        organisations={m.organisation for m in memberships if m.organisation_id in taking_part},
        may_write_medical=any(m.role == Role.CARE_PROFESSIONAL for m in memberships),
        today=today(),
    )
    if form.carried_out(lambda: notes.write(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De notitie is opgeslagen.")
    return act_page(request, case, form)


@permitted(Permission.MANAGE_PARTIES, on=Case)
def party_add(request: Visit, case: Case) -> HttpResponse:
    """Let an organisation of the LSO see the case."""
    offered = _not_yet(case)
    form = PartyForm(request.POST or None, organisations=offered, today=today())
    if form.carried_out(lambda: _bring_in(case, form.cleaned_data["organisation"], request.user)):
        return done(request, case, f"{form.cleaned_data['organisation']} ziet deze zaak vanaf nu.")
    reasons = [] if offered or form.is_bound else ["Alle organisaties aan deze tafel zien de zaak al."]
    return act_page(request, case, form, step="" if reasons else "party_add", reasons=reasons)


@permitted(Permission.MANAGE_PARTIES, on=Case)
def party_end(request: Visit, case: Case, party: uuid.UUID) -> HttpResponse:
    """Let a partner go: the organisation no longer sees the case."""
    leaving = get_object_or_404(CaseParty.objects.select_related("organisation"), case=case, pk=party)
    form = ConfirmForm(request.POST or None, submit_label="Deelname beëindigen", today=today())
    if form.carried_out(lambda: parties.release(leaving, by=request.user, at=timezone.now())):
        return done(request, case, f"{leaving.organisation} ziet deze zaak niet meer.")
    reasons = None if form.is_bound else parties.letting_go_blockers(leaving)
    return act_page(request, case, form, reasons=reasons, party=leaving)


def _not_yet(case: Case) -> list[Organisation]:
    """The organisations of the LSO that don't take part in the case now."""
    running = set(case.parties.filter(user=None, until=None).values_list("organisation_id", flat=True))
    return [organisation for organisation in parties.partners(case) if organisation.pk not in running]


def _bring_in(case: Case, organisation: Organisation, user: User) -> None:
    parties.bring_in(case, organisation, by=user, at=timezone.now())
