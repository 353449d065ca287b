"""Before a meeting on screen: positions of the parties, their files, and what they ask one another."""

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
    """One item with the request to the visitor's organisation, if it was asked."""

    item: AgendaItem
    request: PositionRequest | None
    is_open: bool
    sides: list[positions.Side]
    passages: list[passages.Shown]


@permitted(Permission.GIVE_POSITION, on=Meeting)
def preparation(request: Visit, meeting: Meeting) -> HttpResponse:
    """The cases of a meeting that the visitor sees: what was asked, what was given, and what they say."""
    now, user = timezone.now(), request.user
    items = list(AgendaItem.objects.on_agenda(meeting, user).with_person())
    found = positions.sides(items, user, now)
    written = passages.shown(items, user)
    todos = [
        _todo(item, found.get(item.pk, []), written.get(item.pk, []), request.organisations, now) for item in items
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
    written: list[passages.Shown],
    own: frozenset[int],
    now: datetime,
) -> Todo:
    mine = next((side.request for side in sides if side.request.organisation_id in own), None)
    return Todo(item, mine, bool(sides) and sides[0].request.round.is_open(now), sides, written)


@permitted(Permission.SET_AGENDA, on=Meeting)
def positions_ask_all(request: Visit, meeting: Meeting) -> HttpResponse:
    """Ask for positions on every case of the agenda that nobody was asked about yet."""
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
    """Ask for positions on one case, the first time or again after a change."""
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
def position_write(request: Visit, asked: PositionRequest) -> HttpResponse:
    """Write what one's own organisation thinks; with one button it stays a draft, with the other it is given."""
    asked = PositionRequest.objects.select_related("round__item", "organisation").get(pk=asked.pk)
    item = AgendaItem.objects.with_person().get(pk=asked.round.item_id)
    position = Position.objects.filter(request=asked).select_related("edited_by").first()
    form = PositionForm(
        request.POST or None, position=position, today=timezone.localdate(), files=request.FILES or None
    )
    if form.carried_out(lambda: _save(asked, form, request.user)):
        words = (
            "Uw concept is bewaard. Alleen uw organisatie leest het." if form.is_draft else "Uw standpunt is gegeven."
        )
        messages.success(request, words)
        if form.is_draft:
            return redirect("scenarios:position_write", asked.pk)
        return redirect("scenarios:preparation", item.meeting_id)
    standing = Position.objects.filter(request=asked).select_related("edited_by").first()
    context = {
        **about(item.meeting),
        "item": item,
        "asked": asked,
        "form": form,
        "standing": standing if form.is_stale else None,
        "position": standing,
        "files": list(standing.files.defer("content").order_by("added_at")) if standing else [],
        "reasons": positions.writing_blockers(asked, at=timezone.now()),
        "back_url": reverse("scenarios:preparation", args=[item.meeting_id]),
    }
    persons = [item.case.person_id]
    return page(request, "scenarios/position_write.html", context, persons=persons, status=form.status)


def _save(asked: PositionRequest, form: PositionForm, user: User) -> None:
    sent = form.cleaned_data["attachment"]
    positions.hand_in(
        asked,
        **form.values,
        attachment=(sent.name, sent.read()) if sent else None,
        is_final=not form.is_draft,
        by=user,
        at=timezone.now(),
    )


@permitted(Permission.SEE_MEETINGS, on=PositionFile)
def position_file(request: Visit, attached: PositionFile) -> HttpResponse:
    """The file itself, to keep: never shown inside the site."""
    disclose(request, [attached.position.case.person_id])
    answer = HttpResponse(bytes(attached.content), content_type=attached.kind)
    answer.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=attached.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@permitted(Permission.GIVE_POSITION, on=PositionFile)
def position_file_remove(request: Visit, attached: PositionFile) -> HttpResponse:
    form = RemoveFileForm(request.POST or None, today=timezone.localdate())
    asked = attached.position.request
    if asked.organisation_id not in request.organisations:
        raise PermissionDenied
    if form.carried_out(lambda: positions.remove_file(attached, by=request.user, at=timezone.now())):
        messages.success(request, "De bijlage is verwijderd.")
        return redirect("scenarios:position_write", asked.pk)
    context: dict[str, Any] = {
        **about(asked.round.item.meeting),
        "attached": attached,
        "form": form,
        "reasons": positions.writing_blockers(asked, at=timezone.now()),
        "back_url": reverse("scenarios:position_write", args=[asked.pk]),
    }
    return page(request, "scenarios/position_file_remove.html", context, persons=(), status=form.status)


@permitted(Permission.ASK_AND_ANSWER)
def question_list(request: Visit) -> HttpResponse:
    """What the visitor's organisations must answer, and what they asked, the first due on top."""
    today, own = timezone.localdate(), request.organisations
    open_ones = Question.objects.visible_to(request.user).unanswered().with_person().order_by("due_on", "pk")
    ours = [_line(question, today) for question in open_ones.filter(organisation__in=own)]
    asked = open_ones.filter(asker__in=own)
    paged = Paginator(asked, QUESTIONS_A_PAGE).get_page(request.GET.get("page"))
    theirs = [_line(question, today) for question in paged]
    shown = [line.question.case.person_id for line in (*ours, *theirs)]
    context = {"ours": ours, "theirs": theirs, "paged": paged}
    return page(request, "scenarios/question_list.html", context, persons=shown)


@dataclass(frozen=True)
class Line:
    """A question with its clock in words."""

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
        asked=[organisation for organisation in questions.askable(case) if organisation.pk not in own],
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
    """Only whoever was asked answers."""
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
    """Only whoever asked withdraws."""
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
