"""Manages the users: adds them, gives them roles in organisations, and ends those roles."""

import logging
from collections.abc import Callable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.acting import acting_as
from accounts.models import Membership, Organisation, OrganisationKind, User, plain_address
from accounts.permissions import GRANTS, Permission, Role

logger = logging.getLogger(__name__)

K = OrganisationKind
# The kinds of organisation in which a role exists.
KINDS_OF_ROLE: dict[Role, frozenset[OrganisationKind]] = {
    Role.CASE_WORKER: frozenset({K.MUNICIPALITY}),
    Role.CHAIR: frozenset({K.MUNICIPALITY}),
    Role.COUNSELLOR: frozenset({K.NGO}),
    Role.CARE_PROFESSIONAL: frozenset({K.NGO, K.MUNICIPALITY}),
    Role.IND_MEMBER: frozenset({K.IND}),
    Role.DTV_MEMBER: frozenset({K.DTV}),
    Role.AVIM_MEMBER: frozenset({K.AVIM}),
    Role.MRT_MEMBER: frozenset({K.MUNICIPALITY, K.NGO, K.IND, K.DTV}),
    Role.MRT_COORDINATOR: frozenset({K.MDT}),
    Role.MONITOR_COORDINATOR: frozenset({K.PROGRAMME}),
    Role.PRIVACY_OFFICER: frozenset({K.PROGRAMME, K.MUNICIPALITY}),
    Role.APPLICATION_MANAGER: frozenset({K.PROGRAMME, K.MUNICIPALITY}),
    Role.MACHINE_CLIENT: frozenset({K.PROGRAMME, K.MUNICIPALITY}),
}


def appointment_blockers(user: User | None, organisation: Organisation, role: str, *, by: User, on: date) -> list[str]:
    """Why `by` can't give `user` this role. Nobody gives themselves a role, or a manager could read everything."""
    reasons = scope_blockers(organisation, by=by, on=on)
    if user is not None and user.pk == by.pk:
        reasons.append("U kunt uzelf geen rol geven. Vraag een andere beheerder.")
    if role == Role.MACHINE_CLIENT:
        reasons.append("Een machine krijgt geen rol. Maak een machinekoppeling.")
    elif OrganisationKind(organisation.kind) not in KINDS_OF_ROLE[Role(role)]:
        reasons.append(f"De rol {Role(role).label} past niet bij {organisation}. Kies een andere rol of organisatie.")
    if user is not None and _running(user, on).filter(organisation=organisation, role=role).exists():
        reasons.append(f"{user} heeft deze rol bij {organisation} al.")
    return reasons


@transaction.atomic
def add_user(
    *,
    full_name: str,
    email: str,
    password: str,
    organisation: Organisation,
    role: str,
    by: User,
    on: date,
    at: datetime,
) -> User:
    """Add a user with a first role. The user can change the first password."""
    reasons = appointment_blockers(None, organisation, role, by=by, on=on)
    if User.objects.filter(email=plain_address(email)).exists():
        reasons.append("Er is al een gebruiker met dit e-mailadres. Geef die gebruiker een rol.")
    if reasons:
        raise ValidationError(reasons)
    user = User.objects.create_user(email, password, full_name=full_name)
    audit.record("user.added", user, by=by, at=at)
    appoint(user, organisation=organisation, role=role, by=by, on=on, at=at)
    return user


@transaction.atomic
def appoint(user: User, *, organisation: Organisation, role: str, by: User, on: date, at: datetime) -> Membership:
    """Give a user a role in an organisation, from the day `on`."""
    if reasons := appointment_blockers(user, organisation, role, by=by, on=on):
        raise ValidationError(reasons)
    membership = Membership.objects.create(user=user, organisation=organisation, role=role, since=on)
    audit.record("membership.begun", membership, by=by, at=at, user=user.pk, role=role, organisation=organisation.pk)
    return membership


def managed_organisations(by: User, *, on: date) -> QuerySet[Organisation]:
    """The organisations whose users this manager manages: those of their municipality, or all for a national one."""
    managed = set(
        _running(by, on).filter(role=Role.APPLICATION_MANAGER).values_list("organisation__municipality", flat=True)
    )
    organisations = Organisation.objects.all()
    return organisations if None in managed else organisations.filter(municipality__in=managed)


def scope_blockers(organisation: Organisation, *, by: User, on: date) -> list[str]:
    """Why `by` may not manage the users of an organisation."""
    if managed_organisations(by, on=on).filter(pk=organisation.pk).exists():
        return []
    return ["U beheert alleen organisaties in uw eigen gemeente. Vraag de landelijke beheerder."]


def dismissal_blockers(membership: Membership, *, by: User, on: date) -> list[str]:
    """Why `by` can't end this role."""
    if membership.until is not None and membership.until <= on:
        return ["Deze rol is al beëindigd."]
    if membership.user_id == by.pk:
        return ["U kunt uw eigen rol niet beëindigen. Vraag een andere beheerder."]
    return scope_blockers(membership.organisation, by=by, on=on)


@transaction.atomic
def dismiss(membership: Membership, *, by: User, on: date, at: datetime) -> None:
    """End a role. From the day `on` it gives no access."""
    membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if reasons := dismissal_blockers(membership, by=by, on=on):
        raise ValidationError(reasons)
    membership.until = max(on, membership.since)
    membership.save(update_fields=["until"])
    audit.record("membership.ended", membership, by=by, at=at, user=membership.user_id, role=membership.role)


def _running(user: User, on: date) -> QuerySet[Membership]:
    return user.memberships.running_on(on)


def act_for_each(permission: Permission, act: Callable[..., object], what: str, *, at: datetime) -> None:
    """Carry out an act once for each organisation, acting as one of its users with this permission.

    When the act fails for an organisation, the error is logged under the name `what`, and the others go on.
    """
    for user in one_holder_of_each(permission, timezone.localdate(at)):
        try:
            with acting_as(user):
                act(by=user, at=at)
        except Exception as error:
            # Only the kind of error is logged, because its message may hold personal data.
            logger.error("%s of user %s's organisation: %s", what, user.pk, type(error).__name__)


def one_holder_of_each(permission: Permission, on: date) -> list[User]:
    """One user with this permission for each organisation that has any: the one with the oldest membership."""
    memberships = _granting(permission, on).select_related("user").order_by("-pk")
    return list({membership.organisation_id: membership.user for membership in memberships}.values())


def holders(permission: Permission, on: date, **of: object) -> list[User]:
    """All users with this permission in some organisation, by name. `of` filters their memberships, as in `filter`."""
    granting = _granting(permission, on).filter(**of)
    return list(User.objects.filter(memberships__in=granting).distinct().order_by("full_name", "pk"))


def _granting(permission: Permission, on: date) -> QuerySet[Membership]:
    roles = [role for role in Role if permission in GRANTS[role]]
    return Membership.objects.running_on(on).filter(role__in=roles, user__is_active=True)
