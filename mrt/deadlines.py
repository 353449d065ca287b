"""Deadlines of the MRT: the next step of an escalation, preparation, waivers to judge, and the meeting."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone

from accounts.permissions import Permission
from cases.deadlines import Deadline, Desk, bring
from mrt import preparation, progress, team
from mrt.models import Escalation


def of_the_mrt(desk: Desk) -> Iterator[Deadline]:
    """The deadlines of this user."""
    if desk.may(Permission.SEE_ESCALATIONS):
        for escalation in progress.with_progress(Escalation.objects.open().filter(case__in=desk.cases)):
            yield from _of_escalation(escalation, desk)
    if desk.may(Permission.PREPARE_REVIEW):
        for line in preparation.to_do().filter(case__in=desk.cases, organisation__in=desk.organisations):
            yield _deadline(line.escalation, line.due_on, "MRT voorbereiden")
    if desk.may(Permission.JUDGE_WAIVER):
        for waiver in team.to_judge().filter(case__in=desk.cases):
            yield _deadline(waiver.escalation, team.judged_by(waiver), "Uitzondering voor een MRT-lid beoordelen")


def _of_escalation(escalation: Escalation, desk: Desk) -> Iterator[Deadline]:
    """The next step, if this user takes it, and the meeting of the MRT, if the user sits in the team."""
    standing = progress.standing(escalation)
    move, due_on = standing.move, standing.due_on
    is_their_turn = progress.is_turn_of(desk.user, desk.organisations, escalation, standing)
    if move and due_on and is_their_turn and desk.may(move.permission):
        yield _deadline(escalation, due_on, f"MRT: {move.title}")
    if escalation.meets_at is not None and progress.awaits_meeting(desk.user, escalation, standing):
        yield _deadline(escalation, timezone.localdate(escalation.meets_at), "MRT: overleg")


def _deadline(escalation: Escalation, on: date, title: str) -> Deadline:
    case = escalation.case
    address = reverse("mrt:escalation_detail", args=[escalation.pk])
    return Deadline(on, case.number, title, case.pk, case.person_id, address)


bring(of_the_mrt)
