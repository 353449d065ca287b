"""The act that records a decision of the LSO and carries it out (letter; domain 1.2 and 2.1)."""

from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from cases.locking import lock, refuse
from scenarios.guidance import actions
from scenarios.guidance.actions import Undertaking
from scenarios.meetings.decisions.kinds import Resolution, kind_of, reasons_of
from scenarios.models import AgendaItem, Decision, MeetingStatus


def item_blockers(item: AgendaItem) -> list[str]:
    """Why no decision at all can be recorded on an item. This does not look whether the item has one already."""
    reasons = []
    if item.meeting.status == MeetingStatus.CLOSED:
        reasons.append("Dit overleg is afgesloten. Heropen het om nog een besluit vast te leggen.")
    elif item.meeting.status != MeetingStatus.HELD:
        reasons.append("Leg eerst vast dat het overleg is gehouden.")
    if item.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    return reasons


def decision_blockers(item: AgendaItem, resolution: Resolution) -> list[str]:
    """Why this decision can't be recorded on an item. Empty means it can."""
    reasons = item_blockers(item)
    if Decision.objects.filter(item=item).exists():
        reasons.append("Op deze zaak is in dit overleg al besloten.")
    if reasons:
        return reasons
    kind = kind_of(resolution.outcome)
    if kind is None:
        return ["Kies wat het overleg heeft besloten."]
    if kind.elsewhere:
        return [kind.elsewhere]
    return [*reasons_of(kind, item, resolution), *_step_blockers(item, resolution.steps)]


def _step_blockers(item: AgendaItem, steps: tuple[Undertaking, ...]) -> list[str]:
    reasons = [
        reason
        for step in steps
        for reason in actions.agreeing_blockers(item.case, **vars(step), on=item.meeting.held_on, decision=None)
    ]
    return list(dict.fromkeys(reasons))


@transaction.atomic
def decide(item: AgendaItem, resolution: Resolution, *, by: User, at: datetime, version: int | None = None) -> Decision:
    """Record what the LSO decided on an item, and carry it out in the same act."""
    case = lock(item.case, version=version)
    item = AgendaItem.objects.select_related("meeting", "case__municipality").get(pk=item.pk)
    refuse(decision_blockers(item, resolution))
    decision = write_decision(
        item,
        outcome=resolution.outcome,
        text=resolution.text,
        disagreements=resolution.disagreements,
        ends_on=resolution.ends_on,
        by=by,
        at=at,
    )
    kind = kind_of(resolution.outcome)
    assert kind is not None
    kind.carry_out(decision, resolution, by, at)
    actions.agree_on(decision, resolution.steps, by=by, at=at, on=decision.decided_on)
    audit.record("case.decided", case, by=by, at=at, outcome=resolution.outcome, version=case.version)
    return decision


def write_decision(
    item: AgendaItem,
    *,
    outcome: str,
    text: str,
    by: User,
    at: datetime,
    disagreements: tuple[str, ...] = (),
    ends_on: date | None = None,
) -> Decision:
    """Write the row of a decision. The acts that call this check the rules first."""
    return Decision.objects.create(
        item=item,
        case=item.case,
        outcome=outcome,
        text=text,
        disagreements=list(disagreements),
        ends_on=ends_on,
        decided_on=item.meeting.held_on,
        recorded_by=by,
        recorded_at=at,
    )
