"""The team of the MRT: who can take which seat (domain 1.3)."""

from datetime import date

from django.db.models import QuerySet

from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.permissions import Permission
from mrt.models import COMPOSITION, Advice, Escalation, Seat, SeatRole

KIND_OF_SEAT = {
    SeatRole.MUNICIPALITY: OrganisationKind.MUNICIPALITY,
    SeatRole.NGO: OrganisationKind.NGO,
    SeatRole.IND: OrganisationKind.IND,
    SeatRole.DTV: OrganisationKind.DTV,
}
SEAT_OF_KIND = {kind: role for role, kind in KIND_OF_SEAT.items()}
# These come from outside: they were not involved in the case before. The others sit at the LSO's own table.
UNINVOLVED = frozenset({SeatRole.IND, SeatRole.DTV})


def under_way_blockers(escalation: Escalation) -> list[str]:
    """Why the team can't be changed any more, or the case discussed."""
    if escalation.case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    if hasattr(escalation, "answer"):
        return ["Dit advies is al beantwoord."]
    if Advice.objects.standing().filter(escalation=escalation).exists():
        return ["Er is al een advies."]
    return []


def open_seats(escalation: Escalation) -> list[SeatRole]:
    """The seats that are still empty; a role with two empty seats stands there twice."""
    taken = list(Seat.objects.filter(escalation=escalation, until=None).values_list("role", flat=True))
    return [role for role, number in COMPOSITION.items() for _ in range(number - taken.count(role))]


def missing_seats(escalation: Escalation) -> list[str]:
    """Which seats are still empty, in words."""
    empty = open_seats(escalation)
    return [f"{role.label}: nog {empty.count(role)}" for role in COMPOSITION if role in empty]


def candidates(escalation: Escalation, on: date) -> list[Membership]:
    """Who can take one of the empty seats, by organisation and name."""
    empty = open_seats(escalation)
    seated = Seat.objects.filter(escalation=escalation, until=None).values("user")
    memberships = (
        Membership.objects.running_on(on)
        .filter(organisation__kind__in=[KIND_OF_SEAT[role] for role in empty], user__is_active=True)
        .exclude(user__in=seated)
        .select_related("user", "organisation")
        .order_by("organisation__kind", "organisation__name", "user__full_name", "pk")
    )
    involved = set(_table_members(escalation).values_list("user", flat=True))
    fitting: dict[tuple[int, int], Membership] = {}
    for found in memberships:
        role = SEAT_OF_KIND[OrganisationKind(found.organisation.kind)]
        is_out = role in UNINVOLVED and found.user_id in involved
        if found.grants(Permission.SEE_ESCALATIONS) and _fits(escalation, role, found.organisation) and not is_out:
            fitting.setdefault((found.organisation_id, found.user_id), found)
    return list(fitting.values())


def seating_blockers(
    escalation: Escalation, *, role: str, user: User, organisation: Organisation, declared_uninvolved: bool, on: date
) -> list[str]:
    """Why somebody can't take a seat."""
    seat_role = SeatRole(role)
    reasons = under_way_blockers(escalation)
    memberships = user.memberships.running_on(on).filter(organisation=organisation, user__is_active=True)
    if not any(membership.grants(Permission.SEE_ESCALATIONS) for membership in memberships):
        reasons.append(f"{user} kan bij {organisation} geen MRT-zaken inzien. Kies iemand anders.")
    if seat_role not in open_seats(escalation):
        reasons.append(f"De zetel {seat_role.label} is al bezet.")
    if Seat.objects.filter(escalation=escalation, until=None, user=user).exists():
        reasons.append(f"{user} heeft al een zetel.")
    if seat_role not in UNINVOLVED and not _fits(escalation, seat_role, organisation):
        reasons.append(f"{organisation} past niet bij de zetel {seat_role.label} van deze gemeente.")
    if seat_role in UNINVOLVED:
        reasons += _involvement_blockers(escalation, seat_role, user, organisation, declared_uninvolved)
    return reasons


def _fits(escalation: Escalation, role: SeatRole, organisation: Organisation) -> bool:
    """Whether an organisation can fill a seat: from the LSO's own table, or just not from there."""
    is_at_the_table = organisation.municipality_id == escalation.case.municipality_id
    return organisation.kind == KIND_OF_SEAT[role] and is_at_the_table != (role in UNINVOLVED)


def _involvement_blockers(
    escalation: Escalation, role: SeatRole, user: User, organisation: Organisation, is_declared: bool
) -> list[str]:
    """Members of IND and DT&V were not involved before: not their organisation, not themselves (domain 1.3)."""
    reasons = []
    if organisation.kind != KIND_OF_SEAT[role]:
        reasons.append(f"{organisation} past niet bij de zetel {role.label}.")
    elif not _fits(escalation, role, organisation):
        reasons.append(f"{organisation} neemt deel aan het LSO over deze zaak. Kies een specialist van buiten.")
    elif _table_members(escalation).filter(user=user).exists():
        reasons.append(f"{user} zat aan tafel bij het LSO over deze zaak. Kies een specialist van buiten.")
    if not is_declared:
        reasons.append("Een lid van IND of DT&V verklaart niet eerder bij de zaak betrokken te zijn geweest.")
    return reasons


def _table_members(escalation: Escalation) -> QuerySet[Membership]:
    """Who sat at the table of the case's municipality since the case was registered.

    Asked of the memberships and not of the parties: the coordinator, who composes the team, doesn't see the parties
    that the municipality brought in (the second wall).
    """
    case = escalation.case
    return Membership.objects.filter(organisation__municipality=case.municipality_id).exclude(
        until__lte=case.registered_on
    )


def release_blockers(taken: Seat) -> list[str]:
    """Why somebody can't be relieved of a seat."""
    if taken.until is not None:
        return ["Dit lid heeft deze zetel niet meer."]
    return under_way_blockers(taken.escalation)
