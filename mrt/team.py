"""The team of the MRT: candidates for a seat, waivers, assigning and releasing seats (domain 1.3)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from accounts import audit, staff
from accounts.acting import acting_as
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.permissions import Permission
from cases import parties
from cases.locking import refuse
from mrt import independence, invitations, locking, progress
from mrt.escalation import coordinating_team
from mrt.independence import Finding
from mrt.models import COMPOSITION, Escalation, Seat, SeatRole, Waiver
from mrt.stages import JUDGING_TERM
from mrt.terms import last_day

KIND_OF_SEAT = {
    SeatRole.MUNICIPALITY: OrganisationKind.MUNICIPALITY,
    SeatRole.NGO: OrganisationKind.NGO,
    SeatRole.IND: OrganisationKind.IND,
    SeatRole.DTV: OrganisationKind.DTV,
}
SEAT_OF_KIND = {kind: role for role, kind in KIND_OF_SEAT.items()}
# Members with these roles come from outside the LSO's table and were not involved before. The others sit at that table.
UNINVOLVED = frozenset({SeatRole.IND, SeatRole.DTV})


@dataclass(frozen=True)
class Candidate:
    """A membership that fits an empty seat, with the findings of earlier involvement and the last waiver, if any."""

    membership: Membership
    findings: list[Finding]
    waiver: Waiver | None

    @property
    def is_free(self) -> bool:
        """Whether this user can take the seat now."""
        return not self.findings or (self.waiver is not None and self.waiver.is_granted is True)

    @property
    def is_askable(self) -> bool:
        """Whether the LSO can be asked for a waiver: there is none, or it was refused."""
        return bool(self.findings) and (self.waiver is None or self.waiver.is_granted is False)


def role_of(organisation: Organisation) -> SeatRole | None:
    """The role of a member from this organisation; None if it has no seat in the team."""
    return SEAT_OF_KIND.get(OrganisationKind(organisation.kind))


def changing_blockers(escalation: Escalation) -> list[str]:
    """Why the team can't be changed any more."""
    return locking.refusal(escalation, "seat")


def open_seats(escalation: Escalation) -> list[SeatRole]:
    """The roles of the empty seats; a role with two empty seats is in it twice."""
    empty = progress.missing(list(Seat.objects.filter(escalation=escalation, until=None)))
    return [role for role in COMPOSITION for _ in range(empty[role])]


def missing_seats(escalation: Escalation) -> list[str]:
    """The empty seats, in words."""
    empty = open_seats(escalation)
    return [f"{role.label}: nog {empty.count(role)}" for role in COMPOSITION if role in empty]


def taken_seats(escalation: Escalation) -> list[Seat]:
    """The seats that are taken now, guests included, in the order of the composition."""
    return [seat for seat in all_seats(escalation) if seat.until is None]


def all_seats(escalation: Escalation) -> list[Seat]:
    """All seats, also released ones, which come last; ordered by role as in the composition, then by name."""
    roles = list(SeatRole)
    seats = Seat.objects.filter(escalation=escalation).select_related("user", "organisation", "waiver")
    return sorted(seats, key=lambda seat: (seat.until is not None, roles.index(SeatRole(seat.role)), str(seat.user)))


def seat_of(escalation: Escalation, user: User) -> Seat | None:
    """The seat that this user has now, unless they are a guest."""
    return Seat.objects.filter(escalation=escalation, user=user, until=None).exclude(role=SeatRole.GUEST).first()


def candidates(escalation: Escalation, on: date) -> list[Candidate]:
    """The memberships that fit an empty seat, by organisation and name, including users who were involved before."""
    empty = open_seats(escalation)
    fitting = [
        membership
        for membership in guests(escalation, on)
        if (role := role_of(membership.organisation)) in empty and _fits(escalation, role, membership.organisation)
    ]
    national = [membership.user for membership in fitting if role_of(membership.organisation) in UNINVOLVED]
    findings = independence.involvements(escalation, national)
    waivers = {waiver.user_id: waiver for waiver in Waiver.objects.filter(escalation=escalation).order_by("asked_at")}
    return [
        Candidate(membership, findings.get(membership.user_id, []), waivers.get(membership.user_id))
        for membership in fitting
    ]


def guests(escalation: Escalation, on: date) -> list[Membership]:
    """The memberships that can be invited as a guest: all that may see MRT cases and have no seat in this team.

    Source: domain 1.3, others may be asked to join.
    """
    seated = Seat.objects.filter(escalation=escalation, until=None).values("user")
    running = (
        Membership.objects.running_on(on)
        .filter(user__is_active=True)
        .exclude(user__in=seated)
        .exclude(organisation=coordinating_team())
        .select_related("user", "organisation")
        .order_by("organisation__kind", "organisation__name", "user__full_name", "pk")
    )
    by_user: dict[tuple[int, int], Membership] = {}
    for membership in running:
        if membership.grants(Permission.SEE_ESCALATIONS):
            by_user.setdefault((membership.organisation_id, membership.user_id), membership)
    return list(by_user.values())


def seating_blockers(
    escalation: Escalation, *, role: str, user: User, organisation: Organisation, declared_uninvolved: bool, on: date
) -> list[str]:
    """Why this user can't take a seat in this role. Empty means they can."""
    seat_role = SeatRole(role)
    reasons = changing_blockers(escalation)
    memberships = user.memberships.running_on(on).filter(organisation=organisation, user__is_active=True)
    if not any(membership.grants(Permission.SEE_ESCALATIONS) for membership in memberships):
        reasons.append(f"{user} kan bij {organisation} geen MRT-zaken inzien. Kies iemand anders.")
    if seat_role != SeatRole.GUEST and seat_role not in open_seats(escalation):
        reasons.append(f"De zetel {seat_role.label} is al bezet.")
    if Seat.objects.filter(escalation=escalation, until=None, user=user).exists():
        reasons.append(f"{user} heeft al een zetel.")
    if seat_role in KIND_OF_SEAT and seat_role not in UNINVOLVED and not _fits(escalation, seat_role, organisation):
        reasons.append(f"{organisation} past niet bij de zetel {seat_role.label} van deze gemeente.")
    if seat_role in UNINVOLVED:
        reasons += _involvement_blockers(escalation, seat_role, user, organisation, declared_uninvolved)
    return reasons


def _fits(escalation: Escalation, role: SeatRole, organisation: Organisation) -> bool:
    """Whether a member of this organisation can have this role: some roles are of the LSO's table, others are not."""
    is_at_the_table = organisation.municipality_id == escalation.case.municipality_id
    return organisation.kind == KIND_OF_SEAT[role] and is_at_the_table != (role in UNINVOLVED)


def _involvement_blockers(
    escalation: Escalation, role: SeatRole, user: User, organisation: Organisation, is_declared: bool
) -> list[str]:
    """Why this user is not independent: neither they nor their organisation were involved before (domain 1.3)."""
    if organisation.kind != KIND_OF_SEAT[role]:
        return [f"{organisation} past niet bij de zetel {role.label}."]
    if not _fits(escalation, role, organisation):
        return [f"{organisation} neemt deel aan het LSO over deze zaak. Kies een specialist van buiten."]
    findings = independence.involvements(escalation, [user]).get(user.pk, [])
    if not findings:
        undeclared = "Een lid van IND of DT&V verklaart niet eerder bij de zaak betrokken te zijn geweest."
        return [] if is_declared else [undeclared]
    if waiver_of(escalation, user) is not None:
        return []
    return [f"{user} was eerder betrokken: {finding}." for finding in findings] + [
        "Kies een ander, of vraag het LSO om een uitzondering."
    ]


def waiver_of(escalation: Escalation, user: User) -> Waiver | None:
    """The granted waiver of this user, if any."""
    return Waiver.objects.filter(escalation=escalation, user=user, is_granted=True).first()


def waiver_blockers(escalation: Escalation, *, user: User, organisation: Organisation, reason: str) -> list[str]:
    """Why no waiver can be asked for this user."""
    reasons = changing_blockers(escalation)
    role = role_of(organisation)
    if role not in UNINVOLVED or not _fits(escalation, role, organisation):
        reasons.append("Een uitzondering is alleen mogelijk voor een specialist van IND of DT&V van buiten dit LSO.")
    elif not independence.involvements(escalation, [user]):
        reasons.append(f"{user} was niet eerder betrokken. Een uitzondering is niet nodig.")
    if Waiver.objects.filter(escalation=escalation, user=user).exclude(is_granted=False).exists():
        reasons.append(f"Voor {user} is al een uitzondering gevraagd.")
    if not reason:
        reasons.append("Zeg waarom toch dit lid nodig is.")
    return reasons


@transaction.atomic
def ask_waiver(
    escalation: Escalation,
    *,
    user: User,
    organisation: Organisation,
    reason: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Waiver:
    """Ask the LSO to let a user sit in the team who was involved before. The waiver keeps the findings it reads."""
    escalation = locking.lock(escalation, version=version)
    refuse(waiver_blockers(escalation, user=user, organisation=organisation, reason=reason))
    findings = [str(finding) for finding in independence.involvements(escalation, [user])[user.pk]]
    waiver = Waiver.objects.create(
        escalation=escalation,
        case=escalation.case,
        user=user,
        organisation=organisation,
        found=findings,
        reason=reason,
        asked_by=by,
        asked_at=at,
    )
    audit.record("case.mrt_waiver_asked", escalation.case, by=by, at=at, waiver=str(waiver.pk), member=user.pk)
    return waiver


def to_judge() -> QuerySet[Waiver]:
    """The waivers that wait for the LSO."""
    waiting = Waiver.objects.filter(is_granted=None, escalation__answer=None, case__closed_on=None)
    return waiting.select_related("escalation__case")


def judged_by(waiver: Waiver) -> date:
    """The last day for the LSO to judge a waiver."""
    return last_day(timezone.localdate(waiver.asked_at), JUDGING_TERM)


def judging_blockers(waiver: Waiver) -> list[str]:
    """Why a waiver can't be judged any more."""
    if waiver.is_granted is not None:
        return ["Over deze uitzondering is al beslist."]
    return changing_blockers(waiver.escalation)


@transaction.atomic
def judge(waiver: Waiver, *, is_granted: bool, judgement: str, by: User, at: datetime) -> Waiver:
    """Record that the LSO grants or refuses a waiver, and why."""
    locking.lock(waiver.escalation)
    waiver = Waiver.objects.select_related("escalation__case").get(pk=waiver.pk)
    refuse(judging_blockers(waiver))
    refuse([] if judgement else ["Zeg waarom."])
    refuse(["Wie een uitzondering vraagt, beslist er niet over."] if waiver.asked_by_id == by.pk else [])
    waiver.is_granted, waiver.judgement, waiver.judged_by, waiver.judged_at = is_granted, judgement, by, at
    waiver.save(update_fields=["is_granted", "judgement", "judged_by", "judged_at"])
    audit.record(
        "case.mrt_waiver_judged", waiver.escalation.case, by=by, at=at, waiver=str(waiver.pk), granted=is_granted
    )
    return waiver


@transaction.atomic
def seat(
    escalation: Escalation,
    *,
    role: str,
    user: User,
    organisation: Organisation,
    by: User,
    at: datetime,
    declared_uninvolved: bool = False,
    version: int | None = None,
) -> Seat:
    """Give a user a seat. Of their organisation they alone see the case, for as long as they have the seat."""
    escalation = locking.lock(escalation, version=version)
    on = timezone.localdate(at)
    refuse(
        seating_blockers(
            escalation,
            role=role,
            user=user,
            organisation=organisation,
            declared_uninvolved=declared_uninvolved,
            on=on,
        )
    )
    is_national = SeatRole(role) in UNINVOLVED
    waiver = waiver_of(escalation, user) if is_national else None
    taken = Seat.objects.create(
        escalation=escalation,
        case=escalation.case,
        role=role,
        user=user,
        organisation=organisation,
        declared_uninvolved=is_national and declared_uninvolved and waiver is None,
        waiver=waiver,
        since=at,
    )
    parties.bring_in_member(escalation.case, organisation, user, granted_by=coordinating_team(), by=by, at=at)
    invitations.tell_member(taken, by=by, at=at)
    audit.record("case.seat_taken", escalation.case, by=by, at=at, seat=str(taken.pk), role=role)
    return taken


def release_blockers(taken: Seat) -> list[str]:
    """Why a seat can't be released."""
    if taken.until is not None:
        return ["Dit lid heeft deze zetel niet meer."]
    return locking.refusal(taken.escalation, "release")


@transaction.atomic
def release(taken: Seat, *, by: User, at: datetime, version: int | None = None) -> None:
    """End one seat, so that somebody else can take it. Its holder no longer sees the case through it."""
    escalation = locking.lock(taken.escalation, version=version)
    taken = Seat.objects.select_related("escalation__case").get(pk=taken.pk)
    refuse(release_blockers(taken))
    _end(escalation, [taken], by=by, at=at)
    audit.record("case.seat_released", escalation.case, by=by, at=at, seat=str(taken.pk), role=taken.role)


def end(escalation: Escalation, *, by: User, at: datetime) -> None:
    """End all seats. This runs as a coordinator, because `by` may be a member, who sees only their own party row."""
    coordinators = staff.one_holder_of_each(Permission.COMPOSE_TEAM, timezone.localdate(at))
    refuse([] if coordinators else ["Het Multidisciplinair Team heeft nu geen coördinator. Meld dit bij de beheerder."])
    with acting_as(coordinators[0]):
        _end(escalation, list(Seat.objects.filter(escalation=escalation, until=None)), by=by, at=at)


def _end(escalation: Escalation, ending: list[Seat], *, by: User, at: datetime) -> None:
    """End these seats, and the sight of the case that came with them."""
    ended = Seat.objects.filter(pk__in=[seat.pk for seat in ending])
    ended.update(until=Greatest(F("since"), Value(at)))
    parties.let_members_go(escalation.case, [seat.user_id for seat in ending], by=by, at=at)
