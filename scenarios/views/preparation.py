"""Pages before a meeting: positions of the parties with their files, and questions between them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts.access import Visit, disclose, page, permitted
from accounts.models import Organisation, User
from accounts.permissions import Permission
from cases.forms import ActForm
from cases.models import Case
from cases.worklist import in_days
from scenarios.forms.preparation import (
    AnswerQuestionForm,
    AskPositionsForm,
    AskQuestionForm,
    PositionForm,
    RemoveFileForm,
    WithdrawQuestionForm,
)
from scenarios.guidance import questions
from scenarios.meetings import passages, positions
from scenarios.models import AgendaItem, Meeting, Position, PositionFile, PositionRequest, Question
from scenarios.views.base import about, changes

QUESTIONS_A_PAGE = 25


@dataclass(frozen=True)
class Todo:
    """One item with the request to the visitor's organisation, if there is one, and what all parties say."""

    item: AgendaItem
    request: PositionRequest | None
    is_open: bool
    sides: list[positions.Side]
    passages: list[passages.AddressedPassage]


@permitted(Permission.GIVE_POSITION, on=Meeting)
def preparation(request: Visit, meeting: Meeting) -> HttpResponse:
    """Show the preparation of a meeting: per visible case the round, the positions and the passages."""
    now, user = timezone.now(), request.user
    items = list(AgendaItem.objects.on_agenda(meeting, user).with_person())
    sides = positions.sides(items, user, now)
    written = passages.for_reader(items, user)
    todos = [
        _todo(item, sides.get(item.pk, []), written.get(item.pk, []), request.organisations, now) for item in items
    ]
    context = {
        **about(meeting),
        "todos": todos,
        "left": sum(todo.request is not None and todo.request.given_at is None and not todo.is_open for todo in todos),
        "may_ask": Permission.SET_AGENDA in request.allowed and meeting.status == "planned",
        "unasked": sum(not todo.sides for todo in todos),
    }
    return page(request, "scenarios/preparation.html", context, persons=[item.case.person_id for item in items])


def _todo(
    item: AgendaItem,
    sides: list[positions.Side],
    written: list[passages.AddressedPassage],
    own: frozenset[int],
    now: datetime,
) -> Todo:
    mine = next((side.request for side in sides if side.request.organisation_id in own), None)
    return Todo(item, mine, bool(sides) and sides[0].request.round.is_open(now), sides, written)


@permitted(Permission.SET_AGENDA, on=Meeting)
def positions_ask_all(request: Visit, meeting: Meeting) -> HttpResponse:
    """Ask for positions on every case of the agenda that has no round yet."""
    now = timezone.now()
    form = AskPositionsForm(
        request.POST or None,
        is_again=False,
        usual=positions.usual_deadline(meeting, now),
        today=timezone.localdate(),
    )
    if form.carried_out(lambda: positions.ask_all(meeting, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De standpunten zijn gevraagd. Partijen zien de vraag op hun startpagina.")
        return redirect("scenarios:preparation", meeting.pk)
    context = {**about(meeting), "form": form, "back_url": reverse("scenarios:preparation", args=[meeting.pk])}
    return page(request, "scenarios/positions_ask.html", context, persons=(), status=form.status)


@permitted(Permission.SET_AGENDA, on=AgendaItem)
def positions_ask(request: Visit, item: AgendaItem) -> HttpResponse:
    """Ask for positions on one case: the first round, or a next one after a change."""
    item = AgendaItem.objects.with_person().get(pk=item.pk)
    now = timezone.now()
    form = AskPositionsForm(
        request.POST or None,
        is_again=item.rounds.exists(),
        usual=positions.usual_deadline(item.meeting, now),
        today=timezone.localdate(),
    )
    if form.carried_out(lambda: positions.ask(item, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, f"Over zaak {item.case.number} zijn standpunten gevraagd.")
        return redirect("scenarios:preparation", item.meeting_id)
    context = {
        **about(item.meeting),
        "item": item,
        "form": form,
        "reasons": positions.asking_blockers(item, at=now),
        "back_url": reverse("scenarios:preparation", args=[item.meeting_id]),
    }
    persons = [item.case.person_id]
    return page(request, "scenarios/positions_ask.html", context, persons=persons, status=form.status)


@permitted(Permission.GIVE_POSITION, on=PositionRequest)
def position_write(request: Visit, position_request: PositionRequest) -> HttpResponse:
    """Write the position of one's own organisation: one button saves a draft, the other gives it."""
    position_request = PositionRequest.objects.select_related("round__item", "organisation").get(pk=position_request.pk)
    item = AgendaItem.objects.with_person().get(pk=position_request.round.item_id)
    position = Position.objects.filter(request=position_request).select_related("edited_by").first()
    form = PositionForm(
        request.POST or None, position=position, today=timezone.localdate(), files=request.FILES or None
    )
    if form.carried_out(lambda: _save(position_request, form, request.user)):
        words = (
            "Uw concept is bewaard. Alleen uw organisatie leest het." if form.is_draft else "Uw standpunt is gegeven."
        )
        messages.success(request, words)
        if form.is_draft:
            return redirect("scenarios:position_write", position_request.pk)
        return redirect("scenarios:preparation", item.meeting_id)
    standing = Position.objects.filter(request=position_request).select_related("edited_by").first()
    context = {
        **about(item.meeting),
        "item": item,
        "asked": position_request,
        "form": form,
        "standing": standing if form.is_stale else None,
        "position": standing,
        "files": list(standing.files.defer("content").order_by("added_at")) if standing else [],
        "reasons": positions.writing_blockers(position_request, at=timezone.now()),
        "back_url": reverse("scenarios:preparation", args=[item.meeting_id]),
    }
    persons = [item.case.person_id]
    return page(request, "scenarios/position_write.html", context, persons=persons, status=form.status)


def _save(position_request: PositionRequest, form: PositionForm, user: User) -> None:
    sent = form.cleaned_data["attachment"]
    positions.hand_in(
        position_request,
        **form.values,
        attachment=(sent.name, sent.read()) if sent else None,
        is_final=not form.is_draft,
        by=user,
        at=timezone.now(),
    )


@permitted(Permission.SEE_MEETINGS, on=PositionFile)
def position_file(request: Visit, attached: PositionFile) -> HttpResponse:
    """Download the file. It is never shown inside the site."""
    disclose(request, [attached.position.case.person_id])
    answer = HttpResponse(bytes(attached.content), content_type=attached.kind)
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=attached.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@permitted(Permission.GIVE_POSITION, on=PositionFile)
def position_file_remove(request: Visit, attached: PositionFile) -> HttpResponse:
    form = RemoveFileForm(request.POST or None, today=timezone.localdate())
    position_request = attached.position.request
    if position_request.organisation_id not in request.organisations:
        raise PermissionDenied
    if form.carried_out(lambda: positions.remove_file(attached, by=request.user, at=timezone.now())):
        messages.success(request, "De bijlage is verwijderd.")
        return redirect("scenarios:position_write", position_request.pk)
    context: dict[str, Any] = {
        **about(position_request.round.item.meeting),
        "attached": attached,
        "form": form,
        "reasons": positions.writing_blockers(position_request, at=timezone.now()),
        "back_url": reverse("scenarios:position_write", args=[position_request.pk]),
    }
    return page(request, "scenarios/position_file_remove.html", context, persons=(), status=form.status)


@permitted(Permission.ASK_AND_ANSWER)
def question_list(request: Visit) -> HttpResponse:
    """List the questions that the visitor's organisations have to answer, and those they asked, first due first."""
    today, own = timezone.localdate(), request.organisations
    unanswered = Question.objects.visible_to(request.user).unanswered().with_person().order_by("due_on", "pk")
    ours = [_line(question, today) for question in unanswered.filter(organisation__in=own)]
    own_questions = unanswered.filter(asker__in=own)
    paged = Paginator(own_questions, QUESTIONS_A_PAGE).get_page(request.GET.get("page"))
    theirs = [_line(question, today) for question in paged]
    shown = [line.question.case.person_id for line in (*ours, *theirs)]
    context = {"ours": ours, "theirs": theirs, "paged": paged}
    return page(request, "scenarios/question_list.html", context, persons=shown)


@dataclass(frozen=True)
class Line:
    """A question with the time left in words."""

    question: Question
    when: str
    is_late: bool


def _line(question: Question, today: date) -> Line:
    return Line(question, in_days(question.due_on, today), question.due_on < today)


@permitted(Permission.ASK_AND_ANSWER, on=Case)
def question_ask(request: Visit, case: Case) -> HttpResponse:
    user, today = request.user, timezone.localdate()
    case = Case.objects.with_person().get(pk=case.pk)
    own = set(case.organisations_of(user))
    form = AskQuestionForm(
        request.POST or None,
        case=case,
        askers=list(Organisation.objects.filter(pk__in=own).order_by("name")),
        addressees=[organisation for organisation in questions.askable(case) if organisation.pk not in own],
        due_on=questions.usual_due(case, today),
        today=today,
    )
    if form.carried_out(lambda: questions.ask(case, **form.values, by=user, on=today, at=timezone.now())):
        messages.success(request, "De vraag is gesteld. De termijn loopt.")
        return redirect("case", case.pk)
    context = {
        "case": case,
        "form": form,
        "changes": changes(form),
        "reasons": ["Deze zaak is gesloten."] if case.closed_on else [],
        "back_url": reverse("case", args=[case.pk]),
    }
    return page(request, "scenarios/question_ask.html", context, persons=[case.person_id], status=form.status)


@permitted(Permission.ASK_AND_ANSWER, on=Question)
def question_answer(request: Visit, question: Question) -> HttpResponse:
    """Answer a question; only for the organisation that was asked."""
    question = Question.objects.with_person().get(pk=question.pk)
    today = timezone.localdate()
    form = AnswerQuestionForm(request.POST or None, today=today, initial={"on": today})
    if question.organisation_id not in request.organisations:
        raise PermissionDenied
    if form.carried_out(lambda: questions.answer(question, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "Het antwoord is vastgelegd.")
        return redirect("case", question.case_id)
    return _question(request, "scenarios/question_answer.html", question, form)


@permitted(Permission.ASK_AND_ANSWER, on=Question)
def question_withdraw(request: Visit, question: Question) -> HttpResponse:
    """Withdraw a question; only for the organisation that asked."""
    question = Question.objects.with_person().get(pk=question.pk)
    today = timezone.localdate()
    form = WithdrawQuestionForm(request.POST or None, today=today)
    if question.asker_id not in request.organisations:
        raise PermissionDenied
    if form.carried_out(lambda: questions.withdraw(question, by=request.user, on=today, at=timezone.now())):
        messages.success(request, "De vraag is ingetrokken.")
        return redirect("case", question.case_id)
    return _question(request, "scenarios/question_withdraw.html", question, form)


def _question(request: Visit, template: str, question: Question, form: ActForm) -> HttpResponse:
    context = {
        "question": question,
        "case": question.case,
        "form": form,
        "reasons": questions.answering_blockers(question),
        "back_url": reverse("case", args=[question.case_id]),
    }
    return page(request, template, context, persons=[question.case.person_id], status=form.status)
