"""Who does what before when: agreed, reported, reviewed by the next meeting, carried over until it is done."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Organisation, User
from cases.dossier import Stale, lock, refuse
from cases.models import Case, CaseParty
from scenarios.models import (
    Action,
    ActionKind,
    ActionQuerySet,
    ActionResult,
    ActionReview,
    Decision,
    Meeting,
    MeetingStatus,
    ReviewResult,
)


class StaleAction(Stale):
    """The action was changed after this form was opened."""


def agreement_blockers(
    case: Case, *, organisation: Organisation, text: str, kind: str, due_on: date, on: date
) -> list[str]:
    """Why an organisation can't take this upon itself. Empty means it can."""
    reasons = []
    if case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if not CaseParty.objects.running().filter(case=case, organisation=organisation, user=None).exists():
        reasons.append(f"{organisation} is geen partij bij deze zaak. Betrek die organisatie eerst.")
    if not text:
        reasons.append("Schrijf op wat er moet gebeuren.")
    if kind not in ActionKind.values:
        reasons.append("Kies het soort actie.")
    if due_on < on:
        reasons.append("De uiterste datum van een actie ligt niet vóór de dag van de afspraak.")
    return reasons


@transaction.atomic
def agree(
    case: Case,
    *,
    organisation: Organisation,
    text: str,
    due_on: date,
    by: User,
    on: date,
    at: datetime,
    kind: str = ActionKind.OTHER,
    decision: Decision | None = None,
    version: int | None = None,
) -> Action:
    """Record what an organisation takes upon itself; with `decision`, as part of what the LSO decided."""
    case = lock(case, version=version)
    refuse(agreement_blockers(case, organisation=organisation, text=text, kind=kind, due_on=due_on, on=on))
    action = Action.objects.create(
        case=case,
        decision=decision,
        organisation=organisation,
        kind=kind,
        text=text,
        agreed_on=on,
        due_on=due_on,
        recorded_by=by,
        recorded_at=at,
    )
    audit.record("case.action_agreed", case, by=by, at=at, action=str(action.pk), kind=kind, version=case.version)
    return action


def settling_blockers(action: Action, *, result: str, text: str) -> list[str]:
    """Why an action can't be reported with this result."""
    reasons = _open_blockers(action)
    if result not in (ActionResult.DONE, ActionResult.IMPOSSIBLE):
        reasons.append("Kies of de actie is gedaan, of niet meer mogelijk is.")
    if result == ActionResult.IMPOSSIBLE and not text:
        reasons.append("Licht toe waarom het niet meer mogelijk is.")
    return reasons


def _open_blockers(action: Action) -> list[str]:
    return [] if action.result == ActionResult.OPEN else ["Deze actie is al afgerond."]


@transaction.atomic
def settle(
    action: Action, *, result: str, by: User, on: date, at: datetime, text: str = "", version: int | None = None
) -> Action:
    """Report that an action is done, or became impossible and why."""
    action = _lock(action, version=version)
    refuse(settling_blockers(action, result=result, text=text))
    refuse([] if on >= action.agreed_on else [f"De actie is pas op {action.agreed_on:%d-%m-%Y} afgesproken."])
    return _settle(action, result=result, text=text, by=by, on=on, at=at)


def review_blockers(
    action: Action, meeting: Meeting, *, result: str, text: str = "", due_on: date | None = None
) -> list[str]:
    """Why a meeting can't find this of an action."""
    reasons = _open_blockers(action)
    if meeting.status != MeetingStatus.HELD:
        reasons.append("Acties worden nagelopen in een overleg dat wordt gehouden.")
    if not _reviewable(meeting).filter(pk=action.pk).exists():
        reasons.append("Deze actie hoort niet bij de zaken van dit overleg.")
    if ActionReview.objects.filter(action=action, meeting=meeting).exists():
        reasons.append("Deze actie is in dit overleg al nagelopen.")
    if result not in ReviewResult.values:
        reasons.append("Kies wat het overleg van de actie vond.")
    if result == ReviewResult.IMPOSSIBLE and not text:
        reasons.append("Licht toe waarom het niet meer mogelijk is.")
    if due_on is not None and (result != ReviewResult.NOT_DONE or due_on <= meeting.held_on):
        reasons.append("Een nieuwe datum hoort bij een actie die doorschuift, en ligt na het overleg.")
    return reasons


@transaction.atomic
def review(
    action: Action,
    meeting: Meeting,
    *,
    result: str,
    by: User,
    at: datetime,
    text: str = "",
    due_on: date | None = None,
) -> ActionReview:
    """Record what a meeting found: done, impossible, or carried over, if need be with a new date."""
    action = _lock(action)
    refuse(review_blockers(action, meeting, result=result, text=text, due_on=due_on))
    found = ActionReview.objects.create(
        action=action,
        case_id=action.case_id,
        meeting=meeting,
        result=result,
        text=text,
        due_on=due_on,
        reviewed_by=by,
        reviewed_at=at,
    )
    if result != ReviewResult.NOT_DONE:
        _settle(action, result=result, text=text, by=by, on=meeting.held_on, at=at)
    elif due_on is not None:
        action.due_on = due_on
        _touch(action, "due_on")
    audit.record("case.action_reviewed", action.case, by=by, at=at, action=str(action.pk), result=result)
    return found


def carry_over(meeting: Meeting, *, by: User, at: datetime) -> None:
    """Carry over what a meeting that closes did not come to. Part of the act that closes."""
    left = unreviewed(meeting)
    ActionReview.objects.bulk_create(
        ActionReview(
            action=action,
            case_id=action.case_id,
            meeting=meeting,
            result=ReviewResult.NOT_DONE,
            text="Niet nagelopen",
            reviewed_by=by,
            reviewed_at=at,
        )
        for action in left
    )
    lines = [{"action": str(action.pk), "result": str(ReviewResult.NOT_DONE)} for action in left]
    audit.record_each("case.action_reviewed", meeting, lines, by=by, at=at)


def unreviewed(meeting: Meeting) -> list[Action]:
    """The open actions of the cases of a meeting that were agreed before it, and that it did not review yet."""
    found = _reviewable(meeting).open().exclude(reviews__meeting=meeting)
    return list(found.with_person().with_carried().order_by("due_on", "pk"))


def open_of(cases: Iterable[Case], user: User) -> QuerySet[Action]:
    """The open actions of these cases that the user sees, the first due on top."""
    return (
        Action.objects.visible_to(user)
        .open()
        .filter(case__in=cases)
        .with_carried()
        .select_related("organisation")
        .order_by("due_on", "pk")
    )


def _reviewable(meeting: Meeting) -> ActionQuerySet:
    return Action.objects.filter(case__in=meeting.items.values("case"), agreed_on__lt=meeting.held_on)


def _settle(action: Action, *, result: str, text: str, by: User, on: date, at: datetime) -> Action:
    action.result, action.result_text = result, text
    action.settled_on, action.settled_by = on, by
    _touch(action, "result", "result_text", "settled_on", "settled_by")
    audit.record("case.action_settled", action.case, by=by, at=at, action=str(action.pk), result=result)
    return action


def _lock(action: Action, *, version: int | None = None) -> Action:
    locked = Action.objects.select_for_update(of=("self",)).select_related("case", "organisation").get(pk=action.pk)
    if version is not None and version != locked.version:
        raise StaleAction(locked.version)
    return locked


def _touch(action: Action, *fields: str) -> None:
    action.version += 1
    action.save(update_fields=[*fields, "version"])
