"""The stage of an escalation, since when, and by when it has to end.

No column holds the stage. It follows from the facts that were recorded, so that it can never contradict them: `_stage`
looks at them from the last to the first and takes the first one that is there. An answer ends all; a closed case ends
all but that. Then come the bodies above the LSO (a rung without ruling: that body has the case; with a ruling: it is
back at the LSO), the standing advice, the draft, and the last discussion. Without any of these the team decides: with
all fixed seats taken it is complete, from the day of the last of these seats; otherwise the escalation is requested,
as on its first day. Taking a fact back therefore brings an escalation back: a withdrawn advice makes it a draft again.

`mrt/stages.py` says which moves are possible in a stage, whose turn it is and how many days it may take.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from mrt.models import COMPOSITION, Advice, Discussion, Escalation, Ruling, Rung, Seat
from mrt.stages import MOVES, TERMS, Move, Stage, Turn
from mrt.terms import last_day


@dataclass(frozen=True)
class Standing:
    """The stage of an escalation, since when, and the next step: whose turn it is, which move, by which day.

    After the answer, or when the case is closed, there is no next step.
    """

    stage: Stage
    since: date
    turn: Turn | None = None
    move: Move | None = None
    due_on: date | None = None

    def is_late(self, on: date) -> bool:
        return self.due_on is not None and self.due_on < on


def with_progress(escalations: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """Prefetch what `standing` reads: four queries, whatever the number of escalations."""
    return escalations.select_related("case", "answer", "draft").prefetch_related(
        Prefetch("seats", Seat.objects.filter(until=None), to_attr="current_seats"),
        Prefetch("discussions", Discussion.objects.standing().order_by("valid_from"), to_attr="standing_discussions"),
        Prefetch("advices", Advice.objects.standing(), to_attr="standing_advices"),
        Prefetch("rungs", Rung.objects.select_related("organisation").from_below(), to_attr="rungs_climbed"),
    )


def standing_of(escalation: Escalation) -> Standing:
    """The same for an escalation that was not read by `with_progress`; it is read again."""
    return standing(with_progress(Escalation.objects.all()).get(pk=escalation.pk))


def standing(escalation: Escalation) -> Standing:
    """The standing of an escalation that was read by `with_progress`."""
    stage, since = _stage(escalation)
    term = TERMS.get(stage)
    if term is None:
        return Standing(stage, since)
    return Standing(stage, since, term.turn, MOVES[term.move], last_day(since, term.days))


def whose_turn(escalation: Escalation, standing: Standing) -> str:
    """Who takes the next step, in words; empty without one. Needs `with_progress`."""
    if standing.turn == Turn.OWNER:
        return str(escalation.rungs_climbed[-1].organisation)  # type: ignore[attr-defined]
    return standing.turn.label if standing.turn else ""


def is_turn_of(user: User, own: Collection[int], escalation: Escalation, standing: Standing) -> bool:
    """Whether this user, of the organisations `own` (ids), can take the next step. Needs `with_progress`.

    A member signs, but not the one who drafted. The organisation that brought the case to a body records its ruling.
    For all other steps the permission alone decides, which the caller checks.
    """
    if standing.turn == Turn.MEMBER:
        return _has_seat(user, escalation) and escalation.draft.edited_by_id != user.pk
    if standing.turn == Turn.OWNER:
        return escalation.rungs_climbed[-1].organisation_id in own  # type: ignore[attr-defined]
    return standing.turn is not None


def awaits_meeting(user: User, escalation: Escalation, standing: Standing) -> bool:
    """Whether the user has a seat, guests too, and the team has not met yet. Needs `with_progress`."""
    return standing.stage in (Stage.REQUESTED, Stage.COMPOSED) and _has_seat(user, escalation, as_guest=True)


def _has_seat(user: User, escalation: Escalation, *, as_guest: bool = False) -> bool:
    seats = escalation.current_seats  # type: ignore[attr-defined]
    return any(seat.user_id == user.pk and (as_guest or seat.role in COMPOSITION) for seat in seats)


def _stage(escalation: Escalation) -> tuple[Stage, date]:
    """The stage and the day on which it began; the module says in which order the facts count."""
    if hasattr(escalation, "answer"):
        return Stage.ANSWERED, escalation.answer.answered_on
    if escalation.case.closed_on is not None:
        return Stage.CLOSED, escalation.case.closed_on
    if escalation.rungs_climbed:  # type: ignore[attr-defined]
        return _on_the_ladder(escalation.rungs_climbed[-1])  # type: ignore[attr-defined]
    if escalation.standing_advices:  # type: ignore[attr-defined]
        return Stage.ADVISED, escalation.standing_advices[0].valid_from  # type: ignore[attr-defined]
    if hasattr(escalation, "draft"):
        return Stage.DRAFTED, timezone.localdate(escalation.draft.edited_at)
    if escalation.standing_discussions:  # type: ignore[attr-defined]
        return Stage.DISCUSSED, escalation.standing_discussions[-1].valid_from  # type: ignore[attr-defined]
    seats = escalation.current_seats  # type: ignore[attr-defined]
    if not missing(seats):
        return Stage.COMPOSED, timezone.localdate(max(seat.since for seat in seats if seat.role in COMPOSITION))
    return Stage.REQUESTED, escalation.requested_on


def _on_the_ladder(rung: Rung) -> tuple[Stage, date]:
    """The stage of a case above the LSO, from its last rung.

    A ruling that passes the case on makes the next rung in the same act, so that it is never the last for long.
    """
    if rung.ruled_on is None or rung.ruling == Ruling.PASSED_ON:
        return Stage(rung.level), rung.raised_on
    return Stage.RULED, rung.ruled_on


def missing(seats: list[Seat]) -> Counter[str]:
    """How many seats are still empty, by role; roles without an empty seat are not in it."""
    number = Counter(seat.role for seat in seats)
    return Counter({str(role): wanted - number[role] for role, wanted in COMPOSITION.items()}) - Counter()
