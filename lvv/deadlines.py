"""What has to be done before which day: the one home of every deadline, for the home page and the reminders."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.access import granted
from accounts.models import Membership, User
from accounts.permissions import GRANTS, Permission, Role
from cases import longest_stay
from cases.models import Admission, Case
from monitor.models import Settlement
from monitor.rounds import settlements, statements
from monitor.rounds.statements import Stage
from mrt import preparation, progress, team
from mrt.models import Escalation
from scenarios.models import Action, PositionRequest, Question, Scenario

REVIEW_AHEAD = timedelta(days=14)
ACTION_AHEAD = timedelta(days=7)
STAY_END_AHEAD = timedelta(days=28)
# No source names a term for this one; it is ours, to be changed here.
ADMISSION_TERM = timedelta(days=14)


@dataclass(frozen=True, order=True)
class Deadline:
    """Something to do before `on` (which may have passed): for a case, or of the monitor for a municipality.

    `number` is that of the case, or the name of the municipality; of the MRT it comes with the escalation.
    """

    on: date
    number: str
    title: str
    case_id: UUID | None = None
    person_id: UUID | None = None
    escalation_id: UUID | None = None
    tally_id: UUID | None = None
    settlement_id: UUID | None = None


Due = tuple[Case, date]


def deadlines(user: User, on: date) -> list[Deadline]:
    """The open deadlines of the cases that the user sees and on which a role of the user can act; first ones on top.

    The number of queries does not depend on the number of cases.
    """
    memberships = list(Membership.objects.running_on(on).filter(user=user))
    cases = Case.objects.visible_to(user).open()
    own = {membership.organisation_id for membership in memberships}
    found = [
        Deadline(due_on, case.number, title, case.pk, case.person_id)
        for permission, title, due in KINDS
        if any(membership.grants(permission) for membership in memberships)
        for case, due_on in due(cases, on, own)
    ]
    found += _of_the_mrt(user, memberships, cases)
    return sorted(found, key=lambda deadline: (deadline.on, deadline.number, deadline.title))


def of_the_monitor(user: User, at: datetime) -> list[Deadline]:
    """Figures that the user states, compares, or accepts for the programme bureau; and differences to decide on."""
    allowed = granted(user)
    found = [
        Deadline(
            timezone.localdate(tally.round.known_at),
            tally.municipality.name,
            "Over cijfers akkoord gaan" if standing.stage is Stage.STATED else "Cijfers verklaren",
            tally_id=tally.pk,
        )
        for tally, standing in statements.to_do(user, allowed, at=at)
    ]
    if Permission.SETTLE_FIGURES in allowed:
        found += [_settlement(one, "Cijfers afstemmen") for one, _ in settlements.to_compare(user, at=at)]
    if Permission.STATE_FIGURES in allowed:
        for one, number in settlements.to_decide(user, at=at):
            differences = "1 verschil" if number == 1 else f"{number} verschillen"
            found.append(_settlement(one, f"Over {differences} met {one.get_partner_display()} beslissen"))
    return sorted(found, key=lambda deadline: (deadline.on, deadline.number, deadline.title))


def _settlement(settlement: Settlement, title: str) -> Deadline:
    on = timezone.localdate(settlement.round.known_at)
    return Deadline(on, settlement.municipality.name, title, settlement_id=settlement.pk)


def _reviews(cases: QuerySet[Case], on: date, own: set[int]) -> Iterator[Due]:
    """Scenarios that must be discussed again."""
    scenarios = Scenario.objects.running().filter(review_on__lte=on + REVIEW_AHEAD, case__in=cases)
    for scenario in scenarios.select_related("case"):
        yield scenario.case, scenario.review_on


def _ends_of_stay(cases: QuerySet[Case], on: date, own: set[int]) -> Iterator[Due]:
    """Stays that reach the term of the covenant in force."""
    due = longest_stay.running(on).filter(case__in=cases, ends_on__lte=on + STAY_END_AHEAD)
    for stay in due.select_related("case"):
        yield stay.case, stay.ends_on  # type: ignore[attr-defined]


def _undecided(cases: QuerySet[Case], on: date, own: set[int]) -> Iterator[Due]:
    """Cases that wait too long for a decision on admission."""
    decisions = Admission.objects.standing().filter(case=OuterRef("pk"))
    for case in cases.filter(~Exists(decisions), registered_on__lte=on - ADMISSION_TERM):
        yield case, case.registered_on + ADMISSION_TERM


def _of_the_mrt(user: User, memberships: list[Membership], cases: QuerySet[Case]) -> Iterator[Deadline]:
    """What the user has to do for the MRT."""
    own = {membership.organisation_id for membership in memberships}
    allowed = frozenset(permission for membership in memberships for permission in GRANTS[Role(membership.role)])
    if Permission.SEE_ESCALATIONS in allowed:
        for escalation in progress.followed(Escalation.objects.open().filter(case__in=cases)):
            yield from _of_one(escalation, user, allowed, own)
    if Permission.PREPARE_REVIEW in allowed:
        for line in preparation.to_do().filter(case__in=cases, organisation__in=own):
            yield _mrt(line.escalation, line.due_on, "MRT voorbereiden")
    if Permission.JUDGE_WAIVER in allowed:
        for waiver in team.to_judge().filter(case__in=cases):
            yield _mrt(waiver.escalation, team.judged_by(waiver), "Uitzondering voor een MRT-lid beoordelen")


def _of_one(escalation: Escalation, user: User, allowed: frozenset[Permission], own: set[int]) -> Iterator[Deadline]:
    """The next step, if it is this user's, and the meeting of the MRT, if the user sits in it."""
    standing = progress.standing(escalation)
    move, due_on = standing.move, standing.due_on
    if move and due_on and move.permission in allowed and progress.is_up_to(user, own, escalation, standing):
        yield _mrt(escalation, due_on, f"MRT: {move.title}")
    if escalation.meets_at is not None and progress.awaits_meeting(user, escalation, standing):
        yield _mrt(escalation, timezone.localdate(escalation.meets_at), "MRT: overleg")


def _mrt(escalation: Escalation, on: date, title: str) -> Deadline:
    case = escalation.case
    return Deadline(on, case.number, title, case.pk, case.person_id, escalation.pk)


def _positions(cases: QuerySet[Case], on: date, own: set[int]) -> Iterator[Due]:
    """Positions that an organisation of the user still has to give, while that is possible."""
    asked = PositionRequest.objects.awaited().filter(case__in=cases, organisation__in=own)
    for request in asked.select_related("case", "round"):
        yield request.case, timezone.localdate(request.round.due_at)


def _questions(cases: QuerySet[Case], on: date, own: set[int]) -> Iterator[Due]:
    """What an organisation of the user was asked and did not answer."""
    asked = Question.objects.unanswered().filter(case__in=cases, organisation__in=own)
    for question in asked.select_related("case"):
        yield question.case, question.due_on


def _actions(cases: QuerySet[Case], on: date, own: set[int]) -> Iterator[Due]:
    """What an organisation of the user took upon itself, from a week before its day."""
    due = Action.objects.open().filter(case__in=cases, organisation__in=own, due_on__lte=on + ACTION_AHEAD)
    for action in due.select_related("case"):
        yield action.case, action.due_on


# Who can act on it, what it is called, and which cases have it.
KINDS: tuple[tuple[Permission, str, Callable[[QuerySet[Case], date, set[int]], Iterator[Due]]], ...] = (
    (Permission.SEE_MEETINGS, "Scenario opnieuw bespreken", _reviews),
    (Permission.MANAGE_STAY, "Verblijf bereikt de maximale duur", _ends_of_stay),
    (Permission.DECIDE_ADMISSION, "Besluit over toelating nemen", _undecided),
    (Permission.GIVE_POSITION, "Standpunt geven", _positions),
    (Permission.ASK_AND_ANSWER, "Vraag beantwoorden", _questions),
    (Permission.REPORT_ACTION, "Actie uitvoeren", _actions),
)
