"""Attacks by SQL on roles. Whoever can give themselves a role can read everything, so the database refuses it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, transaction

from accounts.acting import acting_as
from accounts.models import Membership, Organisation, User
from accounts.permissions import Role
from tests.accounts.sql import refused, run, value
from tests.conftest import Hire

APPOINT = "insert into accounts_membership (user_id, organisation_id, role, since) values (%s, %s, %s, current_date)"
END = "update accounts_membership set until = current_date where user_id = %s"
ADD_USER = "insert into accounts_user (email, full_name, password, is_active) values ('x@x.nl', 'X', '!', true)"


@pytest.fixture
def manager(hire: Hire) -> User:
    """A manager of Amsterdam alone."""
    return hire(Role.APPLICATION_MANAGER, "Gemeente Amsterdam")


@pytest.fixture
def national(hire: Hire) -> User:
    return hire(Role.APPLICATION_MANAGER, "Programmabureau LVV")


@pytest.fixture
def cities(db: None) -> dict[str, int]:
    return {name: Organisation.objects.get(name=f"Gemeente {name}").pk for name in ("Amsterdam", "Utrecht")}


@contextmanager
def entered(user: User | None) -> Iterator[None]:
    """Send a statement as the web does for this user. None: as before the login."""
    if user is None:
        with transaction.atomic():
            yield
    else:
        with acting_as(user):
            yield


def test_nobody_but_a_manager_gives_a_role(
    worker: User, chair: User, national: User, outsider: User, cities: dict[str, int]
) -> None:
    for attacker in (worker, chair, outsider, None):
        for receiver in (worker, outsider):
            with entered(attacker):
                message = refused(APPOINT, receiver.pk, cities["Amsterdam"], Role.CHAIR)
            assert "row-level security" in message, (attacker, receiver)


def test_not_even_a_manager_gives_themselves_a_role(
    manager: User, national: User, worker: User, cities: dict[str, int]
) -> None:
    for attacker in (manager, national):
        with entered(attacker):
            assert "row-level security" in refused(APPOINT, attacker.pk, cities["Amsterdam"], Role.CHAIR)
            assert refused(APPOINT, worker.pk, cities["Amsterdam"], Role.CHAIR) == ""


def test_a_manager_of_one_city_gives_no_role_elsewhere(
    manager: User, national: User, worker: User, cities: dict[str, int]
) -> None:
    bureau = Organisation.objects.get(name="Programmabureau LVV").pk
    for organisation, role in ((cities["Utrecht"], Role.CHAIR), (bureau, Role.APPLICATION_MANAGER)):
        with entered(manager):
            assert "row-level security" in refused(APPOINT, worker.pk, organisation, role)
        with entered(national):
            assert refused(APPOINT, worker.pk, organisation, role) == ""


def test_a_manager_who_was_dismissed_manages_nothing(
    manager: User, national: User, worker: User, cities: dict[str, int]
) -> None:
    with entered(national):
        assert run(END, manager.pk) == 1
    with entered(manager):
        assert "row-level security" in refused(APPOINT, worker.pk, cities["Amsterdam"], Role.CHAIR)
        assert "row-level security" in refused(ADD_USER)


def test_nobody_but_a_manager_of_that_city_ends_or_revives_a_role(
    worker: User, chair: User, outsider: User, manager: User, national: User
) -> None:
    revive = END.replace("current_date", "null")
    for attacker, victim in ((worker, chair), (chair, worker), (manager, outsider), (manager, manager), (None, chair)):
        for statement in (END, revive):
            with entered(attacker):
                assert "row-level security" in refused(statement, victim.pk), (attacker, victim)
    for allowed, victim in ((manager, worker), (national, outsider)):
        with entered(allowed):
            assert refused(END, victim.pk) == ""


@pytest.mark.parametrize("change", ["role = 'chair'", "organisation_id = 1", "user_id = 1", "since = '2000-01-01'"])
def test_a_role_is_never_made_another_one(national: User, worker: User, change: str) -> None:
    with entered(national):
        assert "permission denied" in refused(f"update accounts_membership set {change} where user_id = %s", worker.pk)
        assert "permission denied" in refused("delete from accounts_membership where user_id = %s", worker.pk)


def test_nobody_but_a_manager_adds_a_user(worker: User, manager: User) -> None:
    for attacker in (worker, None):
        with entered(attacker):
            assert "row-level security" in refused(ADD_USER)
    with entered(manager):
        assert refused(ADD_USER) == ""


def test_nobody_sets_the_password_of_another(worker: User, chair: User, national: User) -> None:
    for attacker in (worker, national, None):
        with entered(attacker):
            assert run("update accounts_user set password = 'x' where id = %s", chair.pk) == 0
            assert run("update accounts_user set password = 'x'") == (0 if attacker is None else 1)
    assert value("select password from accounts_user where id = %s", chair.pk) == chair.password


@pytest.mark.parametrize("change", ["email = 'x@x.nl'", "is_active = true", "full_name = 'X'", "id = 10000"])
def test_the_web_changes_nothing_of_a_user_but_the_password(national: User, worker: User, change: str) -> None:
    for attacker in (worker, national):
        with entered(attacker):
            assert "permission denied" in refused(f"update accounts_user set {change} where id = %s", worker.pk)
            assert "permission denied" in refused("delete from accounts_user where id = %s", worker.pk)


def test_the_web_makes_and_moves_no_organisation(national: User) -> None:
    for statement in (
        "insert into accounts_organisation (name, kind) values ('X', 'programme')",
        "update accounts_organisation set municipality_id = null",
        "delete from accounts_organisation",
    ):
        with entered(national):
            assert "permission denied" in refused(statement), statement


def test_the_second_factor_of_another_is_not_touched(worker: User, chair: User, national: User) -> None:
    add = "insert into mfa_authenticator (user_id, type, data, created_at) values (%s, 'totp', '{}', now())"
    with entered(chair):
        run(add, chair.pk)
    for attacker in (worker, national, None):
        with entered(attacker):
            assert run("delete from mfa_authenticator") == 0
            assert run('update mfa_authenticator set data = \'{"secret": "mine"}\'') == 0
            assert "row-level security" in refused(add.replace("totp", "recovery_codes"), chair.pk)
    with pytest.raises(DatabaseError, match="row-level security"), entered(worker):
        run(add, worker.pk)
        run("update mfa_authenticator set user_id = %s", chair.pk)


def test_nobody_adds_an_address_to_another_user(worker: User, chair: User) -> None:
    with entered(worker):
        message = refused(
            'insert into account_emailaddress (email, verified, "primary", user_id)'
            " values ('x@x.nl', true, true, %s)",
            chair.pk,
        )
    assert "permission denied" in message


def test_everybody_reads_who_works_with_the_system(worker: User, chair: User, outsider: User) -> None:
    with entered(worker):
        assert User.objects.filter(pk__in=[chair.pk, outsider.pk]).count() == 2
        assert Membership.objects.filter(user__in=[chair, outsider]).count() == 2
