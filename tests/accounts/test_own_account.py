"""The pages of a user's own password and second factor, which write the few columns that the web may write."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.sql import run
from tests.conftest import as_owner

PASSWORD, ANOTHER = "een-lang-wachtwoord", "vier losse woorden"


class Browser(Client):
    """Let each request start without a user at the second wall, as in production. A test is one long transaction."""

    def request(self, **request: Any) -> Any:
        run("select set_config('lvv.user', '', true)")
        return super().request(**request)


@pytest.fixture
def client() -> Client:
    return Browser()


def log_in(client: Client, user: User, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def code_of(secret: str) -> str:
    """The code of this half minute."""
    return format_hotp_value(hotp_value(secret, list(yield_hotp_counters_from_time())[1]))


@pytest.fixture
def secret(client: Client, worker: User, settings: Any) -> str:
    """Set up the worker's second factor on the pages. Nobody is logged in afterwards."""
    settings.MFA_TOTP_TOLERANCE = 1  # A half minute may end between reading a code and sending it.
    log_in(client, worker)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = reverse("mfa_activate_totp")
    secret: str = client.get(page).context["form"].secret
    assert client.post(page, {"code": code_of(secret)}).status_code == 302
    cache.clear()  # A code is used once; the next one comes half a minute later.
    client.post(reverse("account_logout"))
    return secret


def test_a_password_is_changed_on_the_page(client: Client, worker: User) -> None:
    log_in(client, worker)
    typed = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    assert client.post(reverse("account_change_password"), typed).status_code == 302
    client.post(reverse("account_logout"))
    assert log_in(client, worker).status_code == 200
    assert log_in(client, worker, ANOTHER).status_code == 302
    assert client.get(reverse("cases:case_list")).status_code == 200


def test_an_old_hash_is_renewed_by_the_right_password_alone(client: Client, worker: User, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    weak = Argon2PasswordHasher()
    weak.time_cost, weak.memory_cost = 1, 1024
    old = weak.encode(PASSWORD, weak.salt())
    with as_owner():
        User.objects.filter(pk=worker.pk).update(password=old)
    log_in(client, worker, "onjuist-wachtwoord")
    assert User.objects.get(pk=worker.pk).password == old
    assert log_in(client, worker).status_code == 302
    renewed = User.objects.get(pk=worker.pk)
    assert renewed.password != old
    assert renewed.check_password(PASSWORD)
    assert client.get("/").status_code == 200


def test_the_second_factor_is_asked_and_used(client: Client, worker: User, secret: str) -> None:
    assert log_in(client, worker)["Location"] == reverse("mfa_authenticate")
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert client.get("/").status_code == 200
    assert Authenticator.objects.get(user=worker, type="totp").last_used_at is not None


def test_a_recovery_code_logs_in_once(client: Client, worker: User, secret: str) -> None:
    code = Authenticator.objects.get(user=worker, type="recovery_codes").wrap().get_unused_codes()[0]
    answers = []
    for _ in range(2):
        log_in(client, worker)
        answers.append(client.post(reverse("mfa_authenticate"), {"code": code}).status_code)
        client.post(reverse("account_logout"))
    assert answers == [302, 200]


def test_wrong_codes_are_counted_and_then_refused(client: Client, worker: User, secret: str) -> None:
    log_in(client, worker)
    for _ in range(6):
        answer = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Te vaak geprobeerd" in answer.content.decode()
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 200


def test_codes_are_renewed_and_the_second_factor_is_taken_away(client: Client, worker: User, secret: str) -> None:
    log_in(client, worker)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    cache.clear()
    client.post(reverse("mfa_reauthenticate"), {"code": code_of(secret)})
    before = Authenticator.objects.get(user=worker, type="recovery_codes").data["seed"]
    assert client.post(reverse("mfa_generate_recovery_codes")).status_code == 302
    assert Authenticator.objects.get(user=worker, type="recovery_codes").data["seed"] != before
    assert client.get(reverse("mfa_view_recovery_codes")).status_code == 200
    assert client.get(reverse("mfa_download_recovery_codes")).status_code == 200
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=worker).exists()
