"""How far each escalation is, since when, and when that has to end."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from mrt.models import COMPOSITION, Advice, Discussion, Escalation, Ruling, Rung, Seat
from mrt.stages import CLOCKS, MOVES, Move, Stage, Turn
from mrt.terms import last_day


@dataclass(frozen=True)
class Standing:
    """Where an escalation stands: its stage, since when, and who is to do what, on which day at the latest."""

    stage: Stage
    since: date
    turn: Turn | None = None
    move: Move | None = None
    due_on: date | None = None

    def is_late(self, on: date) -> bool:
        return self.due_on is not None and self.due_on < on


def followed(found: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Bring along what `standing` asks for: four queries, whatever the number."""
    return found.select_related("case", "answer", "draft").prefetch_related(
        Prefetch("seats", Seat.objects.filter(until=None), to_attr="taken"),
        Prefetch("discussions", Discussion.objects.standing().order_by("valid_from"), to_attr="talks"),
        Prefetch("advices", Advice.objects.standing(), to_attr="given"),
        Prefetch("rungs", Rung.objects.select_related("organisation").from_below(), to_attr="climbed"),
    )


def standing_of(escalation: Escalation) -> Standing:
    """Where one escalation stands now."""
    return standing(followed(Escalation.objects.all()).get(pk=escalation.pk))


def standing(followed_one: Escalation) -> Standing:
    """Where an escalation that `followed` brought stands."""
    stage, since = _stage(followed_one)
    clock = CLOCKS.get(stage)
    if clock is None:
        return Standing(stage, since)
    return Standing(stage, since, clock.turn, MOVES[clock.move], last_day(since, clock.days))


def whose_turn(escalation: Escalation, standing: Standing) -> str:
    """Who takes the next step of an escalation that `followed` brought, in words; empty after the answer."""
    if standing.turn == Turn.OWNER:
        return str(escalation.climbed[-1].organisation)  # type: ignore[attr-defined]
    return standing.turn.label if standing.turn else ""


def is_up_to(user: User, own: Collection[int], escalation: Escalation, standing: Standing) -> bool:
    """Whether the next step of an escalation that `followed` brought is this user's, of the organisations `own`.

    A member signs who did not draft; whoever brought the case to a body records what came of it. Who takes the other
    steps follows from their permission alone.
    """
    if standing.turn == Turn.MEMBER:
        return _sits(user, escalation) and escalation.draft.edited_by_id != user.pk
    if standing.turn == Turn.OWNER:
        return escalation.climbed[-1].organisation_id in own  # type: ignore[attr-defined]
    return standing.turn is not None


def awaits_meeting(user: User, escalation: Escalation, standing: Standing) -> bool:
    """Whether the user sits in the team of an escalation that `followed` brought, and it did not meet yet."""
    return standing.stage in (Stage.REQUESTED, Stage.COMPOSED) and _sits(user, escalation, as_guest=True)


def _sits(user: User, escalation: Escalation, *, as_guest: bool = False) -> bool:
    taken = escalation.taken  # type: ignore[attr-defined]
    return any(seat.user_id == user.pk and (as_guest or seat.role in COMPOSITION) for seat in taken)


def _stage(escalation: Escalation) -> tuple[Stage, date]:
    """The stage and the day on which it began; the latest fact decides."""
    if hasattr(escalation, "answer"):
        return Stage.ANSWERED, escalation.answer.answered_on
    if escalation.case.closed_on is not None:
        return Stage.CLOSED, escalation.case.closed_on
    if escalation.climbed:  # type: ignore[attr-defined]
        return _on_the_ladder(escalation.climbed[-1])  # type: ignore[attr-defined]
    if escalation.given:  # type: ignore[attr-defined]
        return Stage.ADVISED, escalation.given[0].valid_from  # type: ignore[attr-defined]
    if hasattr(escalation, "draft"):
        return Stage.DRAFTED, timezone.localdate(escalation.draft.edited_at)
    if escalation.talks:  # type: ignore[attr-defined]
        return Stage.DISCUSSED, escalation.talks[-1].valid_from  # type: ignore[attr-defined]
    taken = escalation.taken  # type: ignore[attr-defined]
    if not missing(taken):
        return Stage.COMPOSED, timezone.localdate(max(seat.since for seat in taken if seat.role in COMPOSITION))
    return Stage.REQUESTED, escalation.requested_on


def _on_the_ladder(rung: Rung) -> tuple[Stage, date]:
    """At a body, or its ruling back at the LSO. What a body passes on stands at the next one by the same act."""
    if rung.ruled_on is None or rung.ruling == Ruling.PASSED_ON:
        return Stage(rung.level), rung.raised_on
    return Stage.RULED, rung.ruled_on


def missing(taken: list[Seat]) -> Counter[str]:
    """By role how many seats are still empty."""
    number = Counter(seat.role for seat in taken)
    return Counter({str(role): wanted - number[role] for role, wanted in COMPOSITION.items()}) - Counter()
