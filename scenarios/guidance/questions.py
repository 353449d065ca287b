"""Questions between the parties of a case, with a term: for the file of IND or DT&V, or for something to find out."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
from cases import parties
from cases.locking import lock, refuse
from cases.models import Case, CaseParty
from scenarios import table
from scenarios.models import Question, QuestionKind

# The kinds of organisation that deliver a file (letter: as complete as possible, after the intake).
HOLDERS_OF_FILES = frozenset({OrganisationKind.IND, OrganisationKind.DTV})


def usual_due(case: Case, on: date) -> date:
    """The usual last day for an answer, by the agreement of the municipality; no source names a term."""
    return on + timedelta(days=table.rules(case.municipality).question_days)


def askable(case: Case) -> list[Organisation]:
    """The organisations that the current user can ask: the municipality, and the parties that the user sees.

    A partner does not see the other partners (design 3.8). It asks the municipality, which directs the case and can
    ask the others.
    """
    seen = CaseParty.objects.running().filter(case=case, user=None).select_related("organisation")
    organisations = {parties.directing_organisation(case), *(party.organisation for party in seen)}
    return sorted(organisations, key=str)


def asking_blockers(
    case: Case, *, asker: Organisation, organisation: Organisation, kind: str, text: str, on: date, due_on: date
) -> list[str]:
    """Why this question can't be asked. Empty means it can."""
    reasons = []
    if case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if kind not in QuestionKind.values:
        reasons.append("Kies wat u vraagt.")
    if asker.pk == organisation.pk:
        reasons.append("U kunt uw eigen organisatie niets vragen. Spreek dan een actie af.")
    if organisation not in askable(case):
        reasons.append(f"{organisation} is geen partij bij deze zaak. Betrek die organisatie eerst.")
    if kind == QuestionKind.FILE and organisation.kind not in HOLDERS_OF_FILES:
        reasons.append("Een dossier vraagt u op bij de IND of bij DT&V.")
    if not text:
        reasons.append("Schrijf op wat u wilt weten of ontvangen.")
    if due_on < on:
        reasons.append("De uiterste datum ligt niet vóór vandaag.")
    return reasons


@transaction.atomic
def ask(
    case: Case,
    *,
    asker: Organisation,
    organisation: Organisation,
    kind: str,
    text: str,
    due_on: date,
    by: User,
    on: date,
    at: datetime,
    version: int | None = None,
) -> Question:
    """Ask a party of the case. The case waits for that party from `on` until the answer or the withdrawal."""
    case = lock(case, version=version)
    refuse(asking_blockers(case, asker=asker, organisation=organisation, kind=kind, text=text, on=on, due_on=due_on))
    question = Question.objects.create(
        case=case, kind=kind, asker=asker, organisation=organisation, text=text, asked_on=on, due_on=due_on, asked_by=by
    )
    audit.record("case.question_asked", case, by=by, at=at, question=str(question.pk), kind=kind, version=case.version)
    return question


def answering_blockers(question: Question) -> list[str]:
    """Why a question can't be answered or withdrawn any more."""
    if question.answered_on is not None:
        return ["Deze vraag is al beantwoord."]
    return ["Deze vraag is ingetrokken."] if question.withdrawn_on is not None else []


@transaction.atomic
def answer(question: Question, *, text: str, by: User, on: date, at: datetime) -> Question:
    """Record the answer to a question. For a file, `text` says where it is."""
    question = _lock(question)
    refuse(answering_blockers(question) + ([] if text else ["Vul het antwoord in."]))
    refuse([] if on >= question.asked_on else [f"De vraag is pas op {question.asked_on:%d-%m-%Y} gesteld."])
    question.answer, question.answered_on, question.answered_by = text, on, by
    question.save(update_fields=["answer", "answered_on", "answered_by"])
    audit.record("case.question_answered", question.case, by=by, at=at, question=str(question.pk))
    return question


@transaction.atomic
def withdraw(question: Question, *, by: User, on: date, at: datetime) -> Question:
    """Take a question back."""
    question = _lock(question)
    refuse(answering_blockers(question))
    question.withdrawn_on = on
    question.save(update_fields=["withdrawn_on"])
    audit.record("case.question_withdrawn", question.case, by=by, at=at, question=str(question.pk))
    return question


def unanswered_of(cases: Iterable[Case], user: User) -> QuerySet[Question]:
    """The unanswered questions of these cases that the user sees, first due first."""
    unanswered = Question.objects.visible_to(user).unanswered().filter(case__in=cases)
    return unanswered.select_related("organisation", "asker").order_by("due_on", "pk")


def _lock(question: Question) -> Question:
    return Question.objects.select_for_update(of=("self",)).select_related("case").get(pk=question.pk)
