"""Users and roles: who may get which role, and who may not give or end it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts import staff
from accounts.access import may
from accounts.acting import acting_as
from accounts.models import AuditEntry, Membership, Organisation, OrganisationKind, User
from accounts.permissions import Permission, Role
from tests.conftest import Hire


@pytest.fixture
def manager(hire: Hire) -> User:
    return hire(Role.APPLICATION_MANAGER, "Programmabureau LVV")


@pytest.fixture
def city(db: None) -> Organisation:
    return Organisation.objects.get(name="Gemeente Amsterdam")


def test_every_role_has_a_place_and_every_organisation_a_role() -> None:
    assert set(staff.KINDS_OF_ROLE) == set(Role)
    assert {kind for kinds in staff.KINDS_OF_ROLE.values() for kind in kinds} == set(OrganisationKind)


@pytest.fixture(autouse=True)
def manager_at_work(manager: User) -> Iterator[None]:
    """Act as the manager, because memberships are written with the manager's rights."""
    with acting_as(manager):
        yield


def test_a_role_begins_and_ends_and_is_written_down(
    manager: User, counsellor: User, city: Organisation, today: date, now: datetime
) -> None:
    begun = staff.appoint(counsellor, organisation=city, role=Role.CASE_WORKER, by=manager, on=today, at=now)
    assert may(counsellor, Permission.REGISTER_PERSON)
    staff.dismiss(begun, by=manager, on=today, at=now)
    assert not may(counsellor, Permission.REGISTER_PERSON)
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", "user_id")) == [
        ("membership.begun", manager.pk),
        ("membership.ended", manager.pk),
    ]


def test_a_role_that_still_has_to_begin_never_begins_once_ended(
    manager: User, counsellor: User, city: Organisation, today: date, now: datetime
) -> None:
    later = today + timedelta(days=9)
    begun = staff.appoint(counsellor, organisation=city, role=Role.CHAIR, by=manager, on=later, at=now)
    staff.dismiss(begun, by=manager, on=today, at=now)
    assert not Membership.objects.running_on(later).filter(pk=begun.pk).exists()


def test_nobody_gives_or_takes_their_own_role(manager: User, city: Organisation, today: date, now: datetime) -> None:
    with pytest.raises(ValidationError, match="U kunt uzelf geen rol geven"):
        staff.appoint(manager, organisation=city, role=Role.CASE_WORKER, by=manager, on=today, at=now)
    with pytest.raises(ValidationError, match="uw eigen rol niet beëindigen"):
        staff.dismiss(manager.memberships.get(), by=manager, on=today, at=now)


def test_a_role_fits_its_organisation_and_is_given_once(
    manager: User, counsellor: User, worker: User, city: Organisation, today: date, now: datetime
) -> None:
    with pytest.raises(ValidationError, match="past niet bij Gemeente Amsterdam"):
        staff.appoint(counsellor, organisation=city, role=Role.IND_MEMBER, by=manager, on=today, at=now)
    with pytest.raises(ValidationError, match="al"):
        staff.appoint(worker, organisation=city, role=Role.CASE_WORKER, by=manager, on=today, at=now)


def test_a_role_ends_once(manager: User, worker: User, today: date, now: datetime) -> None:
    membership = worker.memberships.get()
    staff.dismiss(membership, by=manager, on=today, at=now)
    with pytest.raises(ValidationError, match="al beëindigd"):
        staff.dismiss(membership, by=manager, on=today, at=now)


def test_two_users_do_not_share_an_address(
    manager: User, worker: User, city: Organisation, today: date, now: datetime
) -> None:
    with pytest.raises(ValidationError, match="al een gebruiker met dit e-mailadres"):
        staff.add_user(
            full_name="Dubbel",
            email=worker.email.upper(),
            password="een-lang-wachtwoord",
            organisation=city,
            role=Role.CASE_WORKER,
            by=manager,
            on=today,
            at=now,
        )
