"""How a session begins and ends, and who never gets one."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from lvv import settings as product
from tests.conftest import as_owner


def _age(client: Client, key: str, by: timedelta) -> None:
    session = client.session
    session[key] = (datetime.fromisoformat(session[key]) - by).isoformat()
    session.save()


@pytest.mark.parametrize(
    ("key", "limit"), [("seen_at", "SESSION_IDLE_LIMIT"), ("started_at", "SESSION_ABSOLUTE_LIMIT")]
)
def test_a_session_that_is_idle_or_old_ends(client: Client, worker: User, key: str, limit: str) -> None:
    client.force_login(worker)
    assert client.get(reverse("home")).status_code == 200
    _age(client, key, getattr(settings, limit) - timedelta(minutes=1))
    assert client.get(reverse("home")).status_code == 200
    _age(client, key, timedelta(minutes=2) if key == "started_at" else getattr(settings, limit) + timedelta(minutes=1))
    response = client.get(reverse("home"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_a_password_is_kept_as_argon2() -> None:
    assert product.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_a_wrong_password_is_refused_and_then_throttled(client: Client, worker: User) -> None:
    answers = []
    for attempt in range(8):
        answer = client.post(
            reverse("account_login"), {"login": worker.email, "password": f"fout-wachtwoord-{attempt}"}
        )
        answers.append(answer.content.decode())
    assert "Te vaak geprobeerd" in answers[-1]
    right = client.post(reverse("account_login"), {"login": worker.email, "password": "een-lang-wachtwoord"})
    assert right.status_code != 302


def test_a_known_and_an_unknown_address_get_the_same_answer(client: Client, worker: User) -> None:
    known = client.post(reverse("account_login"), {"login": worker.email, "password": "fout-wachtwoord"})
    unknown = client.post(reverse("account_login"), {"login": "niemand@lvv.example", "password": "fout-wachtwoord"})
    assert known.status_code == unknown.status_code
    assert "horen niet bij elkaar" in known.content.decode()
    assert "horen niet bij elkaar" in unknown.content.decode()


def test_somebody_who_may_no_longer_log_in_is_out_at_once(client: Client, worker: User) -> None:
    client.force_login(worker)
    with as_owner():
        User.objects.filter(pk=worker.pk).update(is_active=False)
    assert client.get(reverse("home")).status_code == 302


def test_the_second_factor_can_be_made_compulsory(client: Client, worker: User, settings: object) -> None:
    settings.MFA_IS_REQUIRED = True  # type: ignore[attr-defined]
    client.force_login(worker)
    response = client.get(reverse("home"))
    assert (response.status_code, response["Location"]) == (302, reverse("mfa_activate_totp"))


def test_a_cookie_that_is_no_text_does_no_harm(client: Client, db: None) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "aaa\x00"
    assert client.get(reverse("home")).status_code == 302


@pytest.mark.parametrize("path", ["/", "/inloggen/", "/bestaat-niet/", "/health/live", "/v1/openapi.json"])
def test_every_answer_carries_the_headers_of_the_house(client: Client, db: None, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "same-origin"
