"""The door leaves a line of who came in, went out and was refused; and who types an address in capitals gets in."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import staff
from accounts.access import running_memberships
from accounts.acting import acting_as
from accounts.models import AuditEntry, Organisation, User
from accounts.permissions import Role
from tests.accounts.test_own_account import PASSWORD, Browser, code_of, log_in
from tests.conftest import Hire, as_owner

DOOR = ("user.logged_in", "user.logged_out", "user.login_refused", "user.login_throttled", "user.factor_refused")


@pytest.fixture
def client() -> Client:
    return Browser(REMOTE_ADDR="192.0.2.77")


def lines() -> list[AuditEntry]:
    with as_owner():
        return list(AuditEntry.objects.filter(verb__in=DOOR).order_by("pk"))


def test_coming_in_and_going_out_are_lines_that_say_from_where(client: Client, worker: User) -> None:
    log_in(client, worker)
    client.post(reverse("account_logout"))
    came, went = lines()
    assert (came.verb, came.user_id, came.subject_id) == ("user.logged_in", worker.pk, str(worker.pk))
    assert came.details == {"network": "192.0.2.0/24"}
    assert (went.verb, went.user_id, went.details["reason"]) == ("user.logged_out", worker.pk, "self")


def test_a_session_that_is_over_is_a_line(client: Client, worker: User) -> None:
    log_in(client, worker)
    client.get(reverse("home"))
    session = client.session
    session["seen_at"] = (datetime.fromisoformat(session["seen_at"]) - timedelta(days=1)).isoformat()
    session.save()
    client.get(reverse("home"))
    assert [(line.verb, line.details.get("reason")) for line in lines()][1:] == [("user.logged_out", "idle_or_old")]


def test_a_refusal_is_a_line_whether_the_user_exists_or_not(client: Client, worker: User) -> None:
    log_in(client, worker, "verkeerd-wachtwoord")
    for _ in range(2):
        client.post(reverse("account_login"), {"login": "Niemand@LVV.example", "password": "verkeerd-wachtwoord"})
    known, unknown, again = lines()
    assert {line.verb for line in (known, unknown, again)} == {"user.login_refused"}
    assert {line.user_id for line in (known, unknown, again)} == {0}
    assert (known.subject_id, "address" in known.details) == (str(worker.pk), False)
    assert unknown.subject_id == ""
    assert len(unknown.details["address"]) == 16
    assert unknown.details == again.details
    written = str([line.details for line in (known, unknown, again)])
    for secret in ("verkeerd", "niemand", PASSWORD, worker.email):
        assert secret not in written


def test_being_made_to_wait_is_a_line(client: Client, worker: User) -> None:
    for _ in range(7):
        log_in(client, worker, "verkeerd-wachtwoord")
    assert {line.verb for line in lines()} == {"user.login_refused", "user.login_throttled"}


def test_a_wrong_code_is_a_line(client: Client, worker: User, settings: Any) -> None:
    settings.MFA_TOTP_TOLERANCE = 1
    log_in(client, worker)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    cache.clear()
    client.post(reverse("account_logout"))
    log_in(client, worker)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    last = lines()[-1]
    assert (last.verb, last.subject_id) == ("user.factor_refused", str(worker.pk))
    assert "000000" not in str(last.details)
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert lines()[-1].verb == "user.logged_in"


@pytest.mark.parametrize(
    ("address", "network"), [("203.0.113.9", "203.0.113.0/24"), ("2001:db8:1:2:3::4", "2001:db8:1::/48")]
)
def test_the_last_part_of_an_address_is_not_kept(worker: User, address: str, network: str) -> None:
    log_in(Browser(REMOTE_ADDR=address), worker)
    assert lines()[-1].details == {"network": network}


def test_who_comes_from_nowhere_known_still_goes_out(client: Client, worker: User) -> None:
    log_in(client, worker)
    assert client.post(reverse("account_logout"), REMOTE_ADDR="geen-adres").status_code == 302
    assert "_auth_user_id" not in client.session
    assert (lines()[-1].verb, lines()[-1].details["network"]) == ("user.logged_out", "")


@pytest.mark.parametrize("typed", ["B.Groot@Voorbeeld.NL", "b.groot@voorbeeld.nl", " B.GROOT@voorbeeld.nl "])
def test_a_user_logs_in_however_the_address_is_typed(client: Client, hire: Hire, typed: str, now: datetime) -> None:
    manager = hire(Role.APPLICATION_MANAGER, "Programmabureau LVV")
    with acting_as(manager):
        user = staff.add_user(
            full_name="B. de Groot-Voorbeeld",
            email="B.Groot@Voorbeeld.NL",
            password=PASSWORD,
            organisation=Organisation.objects.get(name="Gemeente Utrecht"),
            role=Role.CHAIR,
            by=manager,
            on=now.date(),
            at=now,
        )
    assert user.email == "b.groot@voorbeeld.nl"
    assert client.post(reverse("account_login"), {"login": typed, "password": PASSWORD}).status_code == 302
    assert client.get(reverse("home")).status_code == 200
    assert [membership.role for membership in running_memberships(user)] == [Role.CHAIR]
    page = reverse("accounts:user_add")
    client.force_login(manager)
    form = {"full_name": "Nog een", "email": typed.strip(), "password": PASSWORD, "role": Role.CHAIR} | {
        "submission": uuid.uuid4()
    }
    answer = client.post(page, form | {"organisation": str(Organisation.objects.get(name="Gemeente Utrecht").pk)})
    assert answer.status_code == 400
    assert "Er is al een gebruiker met dit e-mailadres" in answer.content.decode()


def test_no_address_is_stored_in_another_form(worker: User) -> None:
    with pytest.raises(IntegrityError, match="address_in_small_letters"), transaction.atomic(), as_owner():
        User.objects.filter(pk=worker.pk).update(email="Worker@LVV.example")
