"""The MRT at a glance: all escalations, one of them whole, and its request on one page."""

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
from mrt.stages import BEFORE_ADVICE, CLOCKS, DONE, MOVES
from mrt.timeline import conclusion, obstacles
from mrt.views.answer import NO_MEETING
from mrt.views.base import PAGES, STATUS_OF_STAGE, disagreements, standing_advice
from scenarios.meetings import positions
from scenarios.models import Decision, Meeting

# What can be done beside the next step, in this order.
BESIDE = ("elaborate", "convene", "seat", "release", "discuss", "draft", "remark", "revise", "climb")


@dataclass(frozen=True)
class Row:
    """One escalation in the list. `days` counts from the request until today, or until the answer."""

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
    """A line of the preparation: whether it is late, and whether it is the visitor's."""

    preparation: Preparation
    status: tuple[str, str]  # kind and words
    is_mine: bool


@permitted(Permission.SEE_ESCALATIONS)
def escalation_list(request: Visit) -> HttpResponse:
    """The open ones first, the first due on top; then the others, the latest on top."""
    today = timezone.localdate()
    visible = progress.followed(Escalation.objects.visible_to(request.user).with_person())
    found = [_row(escalation, today) for escalation in visible.order_by("requested_on", "pk")]
    running = [row for row in found if row.standing.stage not in DONE]
    context = {
        "running": sorted(running, key=lambda row: row.standing.due_on or date.max),
        "late": sum(row.is_late for row in running),
        "done": [row for row in reversed(found) if row.standing.stage in DONE],
    }
    persons = [row.escalation.case.person_id for row in found]
    return page(request, "mrt/escalation_list.html", context, persons=persons)


def _row(escalation: Escalation, today: date) -> Row:
    standing = progress.standing(escalation)
    until = standing.since if standing.stage in DONE else today
    when = in_days(standing.due_on, today) if standing.due_on else ""
    turn, days = progress.whose_turn(escalation, standing), (until - escalation.requested_on).days
    return Row(escalation, standing, turn, days, when, standing.is_late(today))


@permitted(Permission.SEE_ESCALATIONS, on=Escalation)
def escalation_detail(request: Visit, escalation: Escalation) -> HttpResponse:
    """The whole of it on one page, with what has to be done next."""
    today = timezone.localdate()
    escalation = progress.followed(Escalation.objects.with_person()).get(pk=escalation.pk)
    row = _row(escalation, today)
    draft = Draft.objects.visible_to(request.user).filter(escalation=escalation).select_related("edited_by").first()
    context = {
        **_asked(request, escalation, row.standing),
        "row": row,
        "path": list(_path(escalation, row.standing.stage)),
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
        **_advised(escalation),
        "rungs": Rung.objects.filter(escalation=escalation).select_related("organisation").from_below(),
        "answer": Answer.objects.filter(escalation=escalation).select_related("decision").first(),
        **_next(request, escalation, row.standing),
        "beside": list(_beside(request, escalation, row.standing)),
        "comparable": _comparable(escalation, draft),
        "may": {permission.value for permission in request.allowed},
        "may_invite": _can(request, "seat", row.standing),
        "may_finish": _can(request, "elaborate", row.standing),
        "may_ask_help": _can(request, "elaborate", row.standing) and bool(preparation.helpers(escalation)),
    }
    return page(request, "mrt/escalation_detail.html", context, persons=[escalation.case.person_id])


def _comparable(escalation: Escalation, draft: Draft | None) -> str:
    """By which obstacles earlier advices are like this one: those of the draft, before it what is in dispute."""
    named = draft.obstacles if draft else [kind for kind in escalation.disagreements if kind in Obstacle.values]
    return urlencode({"obstacle": named}, doseq=True)


@permitted(Permission.SEE_ESCALATIONS, on=Escalation)
def request_sheet(request: Visit, escalation: Escalation) -> HttpResponse:
    """What a member reads before the MRT meets, on one page to print."""
    escalation = progress.followed(Escalation.objects.with_person()).get(pk=escalation.pk)
    context = {
        **_asked(request, escalation, progress.standing(escalation)),
        "case": escalation.case,
        "decision": Decision.objects.get(pk=escalation.decision_id),
        "seats": team.taken_seats(escalation),
    }
    return page(request, "mrt/request_sheet.html", context, persons=[escalation.case.person_id])


def _asked(request: Visit, escalation: Escalation, standing: Standing) -> dict[str, Any]:
    """The request, with what was prepared and what each party thinks."""
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
    """Ready, late or how much time is left; once the MRT met, only whether it was ready."""
    if line.done_on is not None:
        return "ok", "Klaar"
    if is_over:
        return "neutral", "Niet klaar gemeld"
    return "error" if line.due_on < today else "warning", in_days(line.due_on, today)


def _discussions(escalation: Escalation) -> list[tuple[Discussion, list[str], list[str]]]:
    """Each discussion with who was there and who was not."""
    found = Discussion.objects.standing().filter(escalation=escalation).order_by("valid_from")
    told = []
    for discussion in found.prefetch_related("presences__seat__user"):
        there: dict[bool, list[str]] = {True: [], False: []}
        for presence in discussion.presences.all():
            there[presence.is_present].append(str(presence.seat.user))
        told.append((discussion, sorted(there[True]), sorted(there[False])))
    return told


def _advised(escalation: Escalation) -> dict[str, Any]:
    shown = standing_advice(escalation)
    return {**shown, "obstacles": obstacles(shown["advice"]) if shown["advice"] else []}  # type: ignore[arg-type]


def _path(escalation: Escalation, stage: Stage) -> Iterator[tuple[Stage, bool, bool]]:
    """The stages on this escalation's way: each with whether it is the current one, and whether it is passed."""
    rungs = [Stage(rung.level) for rung in escalation.climbed]  # type: ignore[attr-defined]
    ruled = [Stage.RULED] if stage == Stage.RULED else []
    way = [Stage.REQUESTED, Stage.COMPOSED, Stage.DISCUSSED, Stage.DRAFTED, Stage.ADVISED, *rungs, *ruled]
    way.append(Stage.ANSWERED)
    here = way.index(stage) if stage in way else -1
    for place, passed in enumerate(way):
        yield passed, place == here, place < here


def _next(request: Visit, escalation: Escalation, standing: Standing) -> dict[str, Any]:
    """The one thing to do next, by whom, and why not yet; after the answer nothing."""
    if standing.move is None:
        return {"step": None}
    name = CLOCKS[standing.stage].move
    subject = escalation.climbed[-1] if name == "rule" else escalation  # type: ignore[attr-defined]
    is_mine = progress.is_up_to(request.user, request.organisations, escalation, standing)
    may_step = standing.move.permission in request.allowed and is_mine
    return {
        "step": standing.move,
        "may_step": may_step,
        "step_blockers": _step_blockers(escalation, name) if may_step else [],
        "step_url": reverse(PAGES[name], args=[subject.pk]),
        "may_set_agenda": name == "answer" and Permission.SET_AGENDA in request.allowed,
    }


def _step_blockers(escalation: Escalation, name: str) -> list[str]:
    """Why the next step can't be taken yet; only the answer waits for something else: a meeting."""
    waits = name == "answer" and not answering.items_to_answer_at(escalation).exists()
    return [NO_MEETING] if waits else []


def _beside(request: Visit, escalation: Escalation, standing: Standing) -> Iterator[tuple[str, str]]:
    """What else the visitor can do now: title and address."""
    for name in BESIDE:
        move = MOVES[name]
        if move is not standing.move and _can(request, name, standing) and not _is_idle(request, escalation, name):
            yield move.title, reverse(PAGES[name], args=[escalation.pk])


def _can(request: Visit, name: str, standing: Standing) -> bool:
    """Whether the visitor may make this move, and the stage allows it."""
    return MOVES[name].permission in request.allowed and not MOVES[name].refusal(standing.stage)


def _is_idle(request: Visit, escalation: Escalation, name: str) -> bool:
    """Whether a move that the stage allows would lead nowhere now."""
    if name == "seat":
        return not team.open_seats(escalation)
    if name == "release":
        return not team.taken_seats(escalation)
    if name == "remark":
        return bool(advising.remark_blockers(escalation, request.user))
    return name == "climb" and bool(ladder.climbing_blockers(escalation, on=timezone.localdate()))
