"""Actions: an organisation agrees to do something before a day, settles it, and the next meeting reviews it.

An action that a meeting finds not done stays open and is carried over to a new day.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from accounts import audit
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.permissions import Permission
from cases.locking import Stale, lock, refuse
from cases.models import Case, CaseParty
from scenarios import table
from scenarios.models import (
    Action,
    ActionKind,
    ActionResult,
    ActionReview,
    AgendaItem,
    Decision,
    Meeting,
    MeetingStatus,
    ReviewResult,
)
from scenarios.models.actions import ActionQuerySet

SETTLED = frozenset({ActionResult.DONE, ActionResult.IMPOSSIBLE})


@dataclass(frozen=True)
class Undertaking:
    """An action before it is agreed: who does what, before which day."""

    organisation: Organisation
    text: str
    due_on: date
    kind: str = ActionKind.OTHER


def owners(case: Case) -> list[Organisation]:
    """The organisations that can own an action: the parties of the case, the municipality first."""
    parties = CaseParty.objects.running().filter(case=case, user=None)
    organisations = Organisation.objects.filter(pk__in=parties.values("organisation")).order_by("name")
    return table.municipality_first(organisations)


def agreeing_blockers(
    case: Case, *, organisation: Organisation, text: str, due_on: date, kind: str, on: date, decision: Decision | None
) -> list[str]:
    """Why this action can't be agreed. Empty means it can."""
    reasons = []
    if case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if not CaseParty.objects.running().filter(case=case, organisation=organisation, user=None).exists():
        reasons.append(f"{organisation} is niet bij deze zaak betrokken. Betrek deze organisatie eerst bij de zaak.")
    if not text.strip():
        reasons.append("Schrijf op wat er moet gebeuren.")
    if kind not in ActionKind.values:
        reasons.append("Kies bij welk spoor de actie hoort.")
    if due_on < on:
        reasons.append(f"De actie is afgesproken op {on:%d-%m-%Y}. Kies een uiterste datum die niet daarvoor ligt.")
    if decision is not None and decision.case_id != case.pk:
        reasons.append("Dit besluit hoort bij een andere zaak.")
    return reasons


@transaction.atomic
def agree(
    case: Case,
    *,
    organisation: Organisation,
    text: str,
    due_on: date,
    kind: str = ActionKind.OTHER,
    by: User,
    at: datetime,
    on: date,
    decision: Decision | None = None,
    version: int | None = None,
) -> Action:
    """Record that an organisation agreed to do something before a day."""
    case = lock(case, version=version)
    agreed = {"organisation": organisation, "text": text, "due_on": due_on, "kind": kind, "decision": decision}
    refuse(agreeing_blockers(case, **agreed, on=on))  # type: ignore[arg-type]
    action = Action.objects.create(case=case, **agreed, agreed_on=on, recorded_by=by, recorded_at=at)
    audit.record(
        "case.action_agreed",
        case,
        by=by,
        at=at,
        action=str(action.pk),
        organisation=organisation.pk,
        kind=kind,
        due_on=due_on.isoformat(),
        version=case.version,
    )
    return action


@transaction.atomic
def agree_on(
    decision: Decision,
    undertakings: Iterable[Undertaking],
    *,
    by: User,
    at: datetime,
    on: date,
    version: int | None = None,
) -> list[Action]:
    """Agree on all actions that go with a decision, or on none of them. `version` is that of the case."""
    return [
        agree(decision.case, **vars(new), decision=decision, by=by, at=at, on=on, version=None if number else version)
        for number, new in enumerate(undertakings)
    ]


def reports_for(action: Action, user: User, on: date) -> bool:
    """Whether the user has a role that reports, at the owner or at the municipality that directs the case."""
    running = Membership.objects.running_on(on).filter(user=user, user__is_active=True).select_related("organisation")
    organisations = [m.organisation for m in running if m.grants(Permission.REPORT_ACTION)]
    return any(
        organisation.pk == action.organisation_id
        or (
            organisation.kind == OrganisationKind.MUNICIPALITY
            and organisation.municipality_id == action.case.municipality_id
        )
        for organisation in organisations
    )


def reporting_blockers(action: Action, user: User, *, today: date) -> list[str]:
    """Why this user can't report on an action, whatever the report."""
    if action.result != ActionResult.OPEN:
        return [f"Deze actie is al afgerond: {action.get_result_display().lower()}."]
    if not reports_for(action, user, today):
        return [f"Alleen {action.organisation} en de gemeente kunnen deze actie bijwerken."]
    return []


def settling_blockers(action: Action, user: User, *, result: str, text: str, on: date, today: date) -> list[str]:
    """Why this user can't settle an action in this way."""
    if reasons := reporting_blockers(action, user, today=today):
        return reasons
    reasons = []
    if result not in SETTLED:
        reasons.append("Kies of de actie is gedaan of niet meer mogelijk is.")
    if result == ActionResult.IMPOSSIBLE and not text.strip():
        reasons.append("Licht toe waarom de actie niet meer mogelijk is.")
    if on < action.agreed_on:
        reasons.append(f"De actie is pas op {action.agreed_on:%d-%m-%Y} afgesproken.")
    if on > today:
        reasons.append("Deze dag ligt in de toekomst.")
    return reasons


@transaction.atomic
def settle(
    action: Action,
    *,
    result: str,
    text: str = "",
    by: User,
    at: datetime,
    on: date,
    version: int | None = None,
) -> Action:
    """Record the report of the owner, or of the municipality, that an action is done or became impossible."""
    action = _locked(action, version=version)
    refuse(settling_blockers(action, by, result=result, text=text, on=on, today=timezone.localdate(at)))
    _settle(action, result=result, text=text, by=by, on=on)
    audit.record("case.action_settled", action.case, by=by, at=at, action=str(action.pk), result=result)
    return action


def review_blockers(
    action: Action, meeting: Meeting, *, result: str, text: str = "", due_on: date | None = None
) -> list[str]:
    """Why this finding of a meeting can't be recorded. Empty means it can."""
    if reasons := reviewing_blockers(action, meeting):
        return reasons
    reasons = []
    if result not in ReviewResult.values:
        reasons.append("Kies wat het overleg van de actie vond.")
    if result == ReviewResult.IMPOSSIBLE and not text.strip():
        reasons.append("Licht toe waarom de actie niet meer mogelijk is.")
    if result == ReviewResult.NOT_DONE and (due_on is None or due_on <= meeting.held_on):
        reasons.append(f"De actie schuift door. Kies een nieuwe datum na {meeting.held_on:%d-%m-%Y}.")
    if result != ReviewResult.NOT_DONE and due_on is not None:
        reasons.append("Een nieuwe datum hoort alleen bij een actie die doorschuift.")
    return reasons


def reviewing_blockers(action: Action, meeting: Meeting) -> list[str]:
    """Why a meeting can't review an action, whatever the finding."""
    reasons = []
    if meeting.status != MeetingStatus.HELD:
        reasons.append("Leg eerst vast dat het overleg is gehouden; na het afsluiten verandert er niets meer.")
    if not AgendaItem.objects.filter(meeting=meeting, case=action.case_id).exists():
        reasons.append("De zaak van deze actie stond niet op de agenda van dit overleg.")
    if action.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if action.agreed_on >= meeting.held_on:
        reasons.append("Deze actie is niet vóór dit overleg afgesproken. Het volgende overleg loopt haar na.")
    if ActionReview.objects.filter(action=action, meeting=meeting).exists():
        reasons.append("Dit overleg heeft deze actie al nagelopen.")
    elif action.result != ActionResult.OPEN:
        reasons.append(f"Deze actie is al afgerond: {action.get_result_display().lower()}.")
    return reasons


@transaction.atomic
def review(
    action: Action,
    meeting: Meeting,
    *,
    result: str,
    text: str = "",
    due_on: date | None = None,
    by: User,
    at: datetime,
) -> ActionReview:
    """Record the finding of a held meeting. Done and impossible settle the action; not done carries it over."""
    action = _locked(action)
    # The lock keeps others from closing the meeting meanwhile.
    meeting = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    refuse(review_blockers(action, meeting, result=result, text=text, due_on=due_on))
    finding = ActionReview.objects.create(
        action=action,
        case=action.case,
        meeting=meeting,
        result=result,
        text=text,
        was_due_on=action.due_on,
        due_on=due_on,
        reviewed_by=by,
        reviewed_at=at,
    )
    if due_on is not None:
        action.due_on, action.version = due_on, action.version + 1
        action.save(update_fields=["due_on", "version"])
    else:
        _settle(action, result=result, text=text, by=by, on=meeting.held_on)
    audit.record(
        "case.action_reviewed",
        action.case,
        by=by,
        at=at,
        action=str(action.pk),
        meeting=str(meeting.pk),
        result=result,
        due_on=due_on.isoformat() if due_on else None,
    )
    return finding


def carry_over(meeting: Meeting, *, by: User, at: datetime) -> None:
    """Carry over the actions that a closing meeting did not review; they keep their day.

    Called by the act that closes.
    """
    # The lock keeps others from settling one meanwhile.
    remaining = list(unreviewed(meeting).select_for_update(of=("self",)))
    ActionReview.objects.bulk_create(
        ActionReview(
            action=action,
            case_id=action.case_id,
            meeting=meeting,
            result=ReviewResult.NOT_DONE,
            text="Niet nagelopen",
            was_due_on=action.due_on,
            reviewed_by=by,
            reviewed_at=at,
        )
        for action in remaining
    )
    lines = [{"action": str(action.pk), "result": str(ReviewResult.NOT_DONE)} for action in remaining]
    audit.record_each("meeting.action_carried_over", meeting, lines, by=by, at=at)


def unreviewed(meeting: Meeting) -> ActionQuerySet:
    """The actions that a meeting still has to review: open, of a case on its agenda, agreed before its day."""
    of_meeting = AgendaItem.objects.filter(meeting=meeting, case=OuterRef("case"))
    reviewed = ActionReview.objects.filter(meeting=meeting, action=OuterRef("pk"))
    return Action.objects.open().filter(
        Exists(of_meeting), ~Exists(reviewed), case__closed_on=None, agreed_on__lt=meeting.held_on
    )


def to_review(meeting: Meeting, user: User) -> list[Action]:
    """The unreviewed actions that the user sees, in the order of the agenda, with person and `carried`. Two queries."""
    visible = unreviewed(meeting).visible_to(user).with_person().with_carried()
    place = AgendaItem.objects.filter(meeting=meeting, case=OuterRef("case")).values("order")
    return list(visible.annotate(place=place[:1]).order_by("place", "due_on", "recorded_at", "pk"))


def reviewed(meeting: Meeting, user: User) -> list[ActionReview]:
    """The findings of the meeting so far, on cases that the user sees."""
    visible = Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case")))
    reviews = ActionReview.objects.filter(visible, meeting=meeting)
    return list(reviews.select_related("action__organisation", "case").order_by("reviewed_at", "pk"))


def open_of(cases: Iterable[Case], user: User) -> dict[uuid.UUID, list[Action]]:
    """The open actions by case, first due first, with owner and `carried`. One query."""
    visible = Action.objects.visible_to(user).open().filter(case__in=[case.pk for case in cases])
    by_case: dict[uuid.UUID, list[Action]] = defaultdict(list)
    for action in visible.select_related("organisation").with_carried().order_by("due_on", "recorded_at", "pk"):
        by_case[action.case_id].append(action)
    return dict(by_case)


def settled_of(case: Case, user: User) -> list[Action]:
    """The actions that are done or became impossible, latest first."""
    settled = Action.objects.visible_to(user).filter(case=case).exclude(result=ActionResult.OPEN)
    return list(settled.select_related("organisation", "settled_by").order_by(F("settled_on").desc(), "pk"))


class StaleAction(Stale):
    """The action was changed after this form was opened."""


def _locked(action: Action, *, version: int | None = None) -> Action:
    """Read the action anew, with its case under lock. Every act on an action locks the case first."""
    case = lock(Case.objects.select_related("municipality").get(pk=action.case_id))
    fresh = Action.objects.select_related("organisation").get(pk=action.pk)
    if version is not None and version != fresh.version:
        raise StaleAction(fresh.version)
    fresh.case = case
    return fresh


def _settle(action: Action, *, result: str, text: str, by: User, on: date) -> None:
    action.result, action.result_text, action.settled_on, action.settled_by = result, text, on, by
    action.version += 1
    action.save(update_fields=["result", "result_text", "settled_on", "settled_by", "version"])
