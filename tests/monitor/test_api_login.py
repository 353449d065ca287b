"""Who may ask the API for figures, how a token is got and lost, and how often one may ask."""

import base64
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from accounts import machines
from accounts.machines import Credentials
from accounts.models import AuditEntry, User
from tests.conftest import as_owner
from tests.monitor.conftest import FORM, OPERATIONS, Get, ask_token, conforms

SHUT = [path for path in OPERATIONS if path != "/v1/openapi.json"]
LONG = "9" * 10_000


def test_a_token_is_for_ten_minutes_and_not_kept_by_others(client: Client, credentials: Credentials) -> None:
    response = ask_token(client, credentials)
    given = conforms("/token", response, "post")
    assert (given["token_type"], given["expires_in"], given["scope"]) == ("Bearer", 600, "figures")
    assert response["Cache-Control"] == "no-store"
    kept = Token.objects.get()
    assert given["access_token"] not in kept.hash
    assert kept.expires_at - kept.created_at == timedelta(minutes=10)


def test_a_token_is_also_given_for_credentials_in_the_form(client: Client, credentials: Credentials) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.secret,
        "scope": "figures",
    }
    response = client.post("/v1/token", urlencode(form), content_type=FORM)
    assert response.status_code == 200


NO_CLIENT = "0" * 32


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [("{id}", "verkeerd"), ("{id}", ""), (NO_CLIENT, "{secret}"), ("\x00", "{secret}"), (LONG, LONG), ("{id}", "\x00")],
)
def test_a_wrong_secret_is_refused(client: Client, credentials: Credentials, client_id: str, secret: str) -> None:
    guess = Credentials(client_id.format(id=credentials.client_id), secret.format(secret=credentials.secret))
    response = ask_token(client, guess)
    assert response.status_code == 401
    assert conforms("/token", response, "post")["error"] == "invalid_client"
    assert response["WWW-Authenticate"] == 'Basic realm="LVV"'
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "unsupported_grant_type"),
        ("grant_type=password&username=a&password=b", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
        ("grant_type=client_credentials&scope=openid", "invalid_scope"),
        ("grant_type=client_credentials&resource=x", "invalid_request"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=%00", "unsupported_grant_type"),
        ("%zz=%ff&grant_type=client_credentials", "invalid_request"),
    ],
)
def test_any_other_way_to_a_token_is_shut(client: Client, credentials: Credentials, body: str, error: str) -> None:
    both = base64.b64encode(f"{credentials.client_id}:{credentials.secret}".encode()).decode()
    response = client.post("/v1/token", body, content_type=FORM, headers={"authorization": f"Basic {both}"})
    assert response.status_code == 400
    assert conforms("/token", response, "post")["error"] == error
    assert not Token.objects.exists()


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Basic AAAA", "Bearer x", "Basic \xff\xfe", "Digest x"])
def test_a_broken_header_is_a_refusal_and_no_crash(client: Client, db: None, header: str) -> None:
    body = "grant_type=client_credentials"
    response = client.post("/v1/token", body, content_type=FORM, headers={"authorization": header})
    assert response.status_code == 401


def test_a_token_with_a_query_string_is_refused(client: Client, credentials: Credentials) -> None:
    both = base64.b64encode(f"{credentials.client_id}:{credentials.secret}".encode()).decode()
    response = client.post(
        "/v1/token?client_secret=x",
        "grant_type=client_credentials",
        content_type=FORM,
        headers={"authorization": f"Basic {both}"},
    )
    assert response.status_code == 400


@pytest.mark.parametrize("path", SHUT)
@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        (None, 'Bearer realm="LVV"'),
        ("Bearer", 'Bearer realm="LVV", error="invalid_token"'),
        ("Bearer verkeerd", 'Bearer realm="LVV", error="invalid_token"'),
        ("Bearer \x00", 'Bearer realm="LVV", error="invalid_token"'),
        ("Basic YTpi", 'Bearer realm="LVV", error="invalid_token"'),
    ],
)
def test_without_a_working_token_nothing_is_given(
    client: Client, db: None, path: str, header: str | None, challenge: str
) -> None:
    response = client.get(path, OPERATIONS[path], headers={"authorization": header} if header else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == challenge
    assert response.json()["errors"] == []


def test_a_token_in_the_address_is_not_looked_at(client: Client, token: str) -> None:
    assert client.get(f"/v1/definition-sets?access_token={quote(token)}").status_code == 401


def test_an_expired_token_is_refused(get: Get, now: datetime) -> None:
    assert get("/v1/definition-sets").status_code == 200
    with as_owner():
        Token.objects.update(expires_at=now)
    assert get("/v1/definition-sets").status_code == 401


def test_a_token_for_something_else_reads_no_figures(get: Get) -> None:
    with as_owner():
        Token.objects.update(scopes="openid")
    assert get("/v1/definition-sets").status_code == 401


def test_a_rotated_client_is_refused_on_the_next_request(
    client: Client, get: Get, credentials: Credentials, manager: User, now: datetime
) -> None:
    with as_owner():
        renewed = machines.rotate(OAuthClient.objects.get(), by=manager, at=now)
    assert get("/v1/definition-sets").status_code == 401
    assert ask_token(client, credentials).status_code == 401
    assert renewed.client_id == credentials.client_id
    assert ask_token(client, renewed).status_code == 200


def test_a_revoked_client_is_refused_on_the_next_request(
    client: Client, get: Get, credentials: Credentials, machine: User, manager: User, today: date, now: datetime
) -> None:
    with as_owner():
        machines.revoke(OAuthClient.objects.get(), by=manager, on=today, at=now)
    assert get("/v1/definition-sets").status_code == 401
    assert ask_token(client, credentials).status_code == 401
    assert not machine.memberships.running_on(today).exists()
    assert [e.verb for e in AuditEntry.objects.order_by("pk")] == ["machine.made", "machine.revoked"]
    assert {e.user_id for e in AuditEntry.objects.all()} == {manager.pk}


def test_an_ended_membership_is_refused_on_the_next_request(get: Get, machine: User, today: date) -> None:
    with as_owner():
        machine.memberships.update(until=today)
    assert get("/v1/figures", {"referenceDate": "2020-11-01"}).status_code == 403


def test_an_inactive_user_is_refused_on_the_next_request(
    client: Client, get: Get, credentials: Credentials, machine: User
) -> None:
    with as_owner():
        User.objects.filter(pk=machine.pk).update(is_active=False)
    assert get("/v1/definition-sets").status_code == 401
    assert ask_token(client, credentials).status_code == 401


def test_a_machine_needs_a_name(manager: User, today: date, now: datetime) -> None:
    with as_owner(), pytest.raises(ValidationError):
        machines.make("  ", by=manager, on=today, at=now)


def test_a_machine_never_logs_in_on_the_pages(client: Client, machine: User) -> None:
    assert not machine.has_usable_password()
    client.force_login(machine)
    assert client.get(reverse("monitor:measurement")).status_code == 403
    assert client.get("/v1/definition-sets").status_code == 401


def test_a_machine_gets_no_session_even_with_a_password(client: Client, machine: User) -> None:
    machine.set_password("een-lang-wachtwoord")
    with as_owner():
        machine.save()
    form = {"login": machine.email, "password": "een-lang-wachtwoord"}
    assert client.post(reverse("account_login"), form).status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_token_opens_no_page(client: Client, token: str) -> None:
    response = client.get(reverse("monitor:measurement"), headers={"authorization": f"Bearer {token}"})
    assert response.status_code == 302


def test_a_person_reads_figures_with_the_permission_only(
    client: Client, worker: User, monitor_coordinator: User
) -> None:
    client.force_login(worker)
    assert client.get("/v1/definition-sets").status_code == 403
    client.force_login(monitor_coordinator)
    assert client.get("/v1/definition-sets").status_code == 200


def test_a_person_without_the_compulsory_second_factor_reads_nothing(
    client: Client, monitor_coordinator: User, settings: Any
) -> None:
    settings.MFA_IS_REQUIRED = True
    client.force_login(monitor_coordinator)
    assert client.get("/v1/definition-sets").status_code == 401


# How often


def test_a_client_that_asks_too_often_waits_and_refused_questions_count_too(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "5/min")
    assert {get("/v1/definition-sets", "fout=1").status_code for _ in range(5)} == {400}
    response = get("/v1/definition-sets")
    assert response.status_code == 429
    conforms("/definition-sets", response)
    assert 1 <= int(response["Retry-After"]) <= 60


def test_guessing_a_secret_is_slowed_down(client: Client, credentials: Credentials) -> None:
    wrong = Credentials(credentials.client_id, "verkeerd")
    assert {ask_token(client, wrong).status_code for _ in range(20)} == {401}
    response = ask_token(client, credentials)
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1


def test_an_invented_address_does_not_escape_the_throttle(client: Client, credentials: Credentials) -> None:
    body = "grant_type=client_credentials"
    found = [
        client.post("/v1/token", body, content_type=FORM, headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code
        for n in range(21)
    ]
    assert found[-1] == 429
