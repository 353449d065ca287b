"""Pages to read: the list of escalations, one escalation, and its request on one sheet to print."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from cases.worklist import in_days
from mrt import advising, answering, ladder, preparation, progress, team
from mrt import escalation as mrt
from mrt.models import Answer, Discussion, Draft, Escalation, Obstacle, Preparation, Remark, Rung, Stage, Waiver
from mrt.progress import Standing
from mrt.stages import BEFORE_ADVICE, DONE, MOVES, TERMS
from mrt.timeline import conclusion, obstacles
from mrt.views.answer import NO_MEETING
from mrt.views.base import PAGES, STATUS_OF_STAGE, disagreements, standing_advice
from scenarios.meetings import positions
from scenarios.models import Decision, Meeting

# The moves that are offered besides the next step, in the order of the page.
OTHER_MOVES = ("elaborate", "convene", "seat", "release", "discuss", "draft", "remark", "revise", "climb")


@dataclass(frozen=True)
class Row:
    """One escalation in the list. `days` counts from the request until today, or until it was done."""

    escalation: Escalation
    standing: Standing
    turn: str
    days: int
    when: str
    is_late: bool

    @property
    def status(self) -> str:
        return STATUS_OF_STAGE[self.standing.stage]


@dataclass(frozen=True)
class Line:
    """A line of the preparation with its status, and whether it is the visitor's."""

    preparation: Preparation
    status: tuple[str, str]  # kind and words
    is_mine: bool


@permitted(Permission.SEE_ESCALATIONS)
def escalation_list(request: Visit) -> HttpResponse:
    """Open escalations, first due first; then the ones that are done, latest request first."""
    today = timezone.localdate()
    visible = progress.with_progress(Escalation.objects.visible_to(request.user).with_person())
    rows = [_row(escalation, today) for escalation in visible.order_by("requested_on", "pk")]
    running = [row for row in rows if row.standing.stage not in DONE]
    context = {
        "running": sorted(running, key=lambda row: row.standing.due_on or date.max),
        "late": sum(row.is_late for row in running),
        "done": [row for row in reversed(rows) if row.standing.stage in DONE],
    }
    persons = [row.escalation.case.person_id for row in rows]
    return page(request, "mrt/escalation_list.html", context, persons=persons)


def _row(escalation: Escalation, today: date) -> Row:
    standing = progress.standing(escalation)
    until = standing.since if standing.stage in DONE else today
    when = in_days(standing.due_on, today) if standing.due_on else ""
    turn, days = progress.whose_turn(escalation, standing), (until - escalation.requested_on).days
    return Row(escalation, standing, turn, days, when, standing.is_late(today))


@permitted(Permission.SEE_ESCALATIONS, on=Escalation)
def escalation_detail(request: Visit, escalation: Escalation) -> HttpResponse:
    """Everything about one escalation, with the next step."""
    today = timezone.localdate()
    escalation = progress.with_progress(Escalation.objects.with_person()).get(pk=escalation.pk)
    row = _row(escalation, today)
    draft = Draft.objects.visible_to(request.user).filter(escalation=escalation).select_related("edited_by").first()
    context = {
        **_request_context(request, escalation, row.standing),
        "row": row,
        "path": list(_stages_on_the_way(escalation, row.standing.stage)),
        "decision": Decision.objects.get(pk=escalation.decision_id),
        # The team does not sit at the LSO's table: it sees the decision, not the meeting.
        "meeting": Meeting.objects.visible_to(request.user).filter(items__decision=escalation.decision_id).first(),
        "seats": team.all_seats(escalation),
        "missing": team.missing_seats(escalation) if row.standing.stage in BEFORE_ADVICE else [],
        "waivers": Waiver.objects.filter(escalation=escalation).select_related("user").order_by("asked_at"),
        "discussions": _discussions(escalation),
        "draft": draft if row.standing.stage == Stage.DRAFTED else None,
        "draft_conclusion": conclusion(draft) if draft else "",
        "draft_obstacles": obstacles(draft) if draft else [],
        "remarks": Remark.objects.visible_to(request.user).filter(escalation=escalation).select_related("written_by"),
        **_advice_context(escalation),
        "rungs": Rung.objects.filter(escalation=escalation).select_related("organisation").from_below(),
        "answer": Answer.objects.filter(escalation=escalation).select_related("decision").first(),
        **_next_step(request, escalation, row.standing),
        "beside": list(_other_moves(request, escalation, row.standing)),
        "comparable": _comparable(escalation, draft),
        "may": {permission.value for permission in request.allowed},
        "may_invite": _can(request, "seat", row.standing),
        "may_finish": _can(request, "elaborate", row.standing),
        "may_ask_help": _can(request, "elaborate", row.standing) and bool(preparation.helpers(escalation)),
    }
    return page(request, "mrt/escalation_detail.html", context, persons=[escalation.case.person_id])


def _comparable(escalation: Escalation, draft: Draft | None) -> str:
    """The query string that finds comparable advices: by the obstacles of the draft, or else by what is in dispute."""
    named = draft.obstacles if draft else [kind for kind in escalation.disagreements if kind in Obstacle.values]
    return urlencode({"obstacle": named}, doseq=True)


@permitted(Permission.SEE_ESCALATIONS, on=Escalation)
def request_sheet(request: Visit, escalation: Escalation) -> HttpResponse:
    """The sheet that a member reads before the MRT meets, made to print."""
    escalation = progress.with_progress(Escalation.objects.with_person()).get(pk=escalation.pk)
    context = {
        **_request_context(request, escalation, progress.standing(escalation)),
        "case": escalation.case,
        "decision": Decision.objects.get(pk=escalation.decision_id),
        "seats": team.taken_seats(escalation),
    }
    return page(request, "mrt/request_sheet.html", context, persons=[escalation.case.person_id])


def _request_context(request: Visit, escalation: Escalation, standing: Standing) -> dict[str, Any]:
    """The context of the request, with its preparation and the last position of each party."""
    today, is_over = timezone.localdate(), bool(MOVES["elaborate"].refusal(standing.stage))
    return {
        "escalation": escalation,
        "disagreements": disagreements(escalation),
        "gaps": mrt.gaps(escalation),
        "sides": positions.last_sides(escalation.case, request.user, timezone.now()),
        "may_see_files": Permission.SEE_MEETINGS in request.allowed,
        "lines": [
            Line(line, _status_of(line, today, is_over=is_over), line.organisation_id in request.organisations)
            for line in preparation.lines(escalation)
        ],
    }


def _status_of(line: Preparation, today: date, *, is_over: bool) -> tuple[str, str]:
    """The kind and words of a line's status: ready, late or the time left; once the MRT met, ready or not."""
    if line.done_on is not None:
        return "ok", "Klaar"
    if is_over:
        return "neutral", "Niet klaar gemeld"
    return "error" if line.due_on < today else "warning", in_days(line.due_on, today)


def _discussions(escalation: Escalation) -> list[tuple[Discussion, list[str], list[str]]]:
    """Each discussion with the names of those present and of those absent."""
    discussions = Discussion.objects.standing().filter(escalation=escalation).order_by("valid_from")
    lines = []
    for discussion in discussions.prefetch_related("presences__seat__user"):
        names: dict[bool, list[str]] = {True: [], False: []}
        for presence in discussion.presences.all():
            names[presence.is_present].append(str(presence.seat.user))
        lines.append((discussion, sorted(names[True]), sorted(names[False])))
    return lines


def _advice_context(escalation: Escalation) -> dict[str, Any]:
    shown = standing_advice(escalation)
    return {**shown, "obstacles": obstacles(shown["advice"]) if shown["advice"] else []}  # type: ignore[arg-type]


def _stages_on_the_way(escalation: Escalation, stage: Stage) -> Iterator[tuple[Stage, bool, bool]]:
    """The stages of this escalation, past and to come: each with whether it is current, and whether it is past."""
    rungs = [Stage(rung.level) for rung in escalation.rungs_climbed]  # type: ignore[attr-defined]
    ruled = [Stage.RULED] if stage == Stage.RULED else []
    stages = [Stage.REQUESTED, Stage.COMPOSED, Stage.DISCUSSED, Stage.DRAFTED, Stage.ADVISED, *rungs, *ruled]
    stages.append(Stage.ANSWERED)
    current = stages.index(stage) if stage in stages else -1
    for number, step in enumerate(stages):
        yield step, number == current, number < current


def _next_step(request: Visit, escalation: Escalation, standing: Standing) -> dict[str, Any]:
    """The context of the next step: its move, whether the visitor may take it, and why not yet."""
    if standing.move is None:
        return {"step": None}
    name = TERMS[standing.stage].move
    subject = escalation.rungs_climbed[-1] if name == "rule" else escalation  # type: ignore[attr-defined]
    is_mine = progress.is_turn_of(request.user, request.organisations, escalation, standing)
    may_step = standing.move.permission in request.allowed and is_mine
    return {
        "step": standing.move,
        "may_step": may_step,
        "step_blockers": _step_blockers(escalation, name) if may_step else [],
        "step_url": reverse(PAGES[name], args=[subject.pk]),
        "may_set_agenda": name == "answer" and Permission.SET_AGENDA in request.allowed,
    }


def _step_blockers(escalation: Escalation, name: str) -> list[str]:
    """Why the next step can't be taken yet. Only the answer can wait: for a meeting at which it is given."""
    waits = name == "answer" and not answering.items_to_answer_at(escalation).exists()
    return [NO_MEETING] if waits else []


def _other_moves(request: Visit, escalation: Escalation, standing: Standing) -> Iterator[tuple[str, str]]:
    """The other moves that the visitor can make now: title and address."""
    for name in OTHER_MOVES:
        move = MOVES[name]
        if move is not standing.move and _can(request, name, standing) and not _is_idle(request, escalation, name):
            yield move.title, reverse(PAGES[name], args=[escalation.pk])


def _can(request: Visit, name: str, standing: Standing) -> bool:
    """Whether the visitor may make this move, and the stage allows it."""
    return MOVES[name].permission in request.allowed and not MOVES[name].refusal(standing.stage)


def _is_idle(request: Visit, escalation: Escalation, name: str) -> bool:
    """Whether a move that the stage allows is useless now, such as a seat when none is empty."""
    if name == "seat":
        return not team.open_seats(escalation)
    if name == "release":
        return not team.taken_seats(escalation)
    if name == "remark":
        return bool(advising.remark_blockers(escalation, request.user))
    return name == "climb" and bool(ladder.climbing_blockers(escalation, on=timezone.localdate()))
