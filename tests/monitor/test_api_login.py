"""Access to the API: how a client gets a token and loses it, what a token opens, and how often a client may ask."""

import json
import re
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import jwt
import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from allauth.idp.oidc.models import Token
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.test import Client
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from accounts import machines
from accounts.acting import acting_as
from accounts.machines import Dataset
from accounts.models import AuditEntry, User
from monitor.api.description import document
from tests.conftest import as_owner
from tests.monitor.conftest import OPERATIONS, Get, conforms
from tests.monitor.machine import FORM, Machine, ask_token, make_machine, pem


def needs(path: str) -> str | None:
    """The dataset that a token must be for, by the document; None for an open operation."""
    for template, methods in document()["paths"].items():
        shape = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(f"/v1{shape}", path):
            return next(
                (scopes[0] for requirement in methods["get"]["security"] for scopes in requirement.values()), None
            )
    raise AssertionError(f"{path} is in no document")


# The addresses that need a token, with the dataset that the token must be for.
GUARDED = {path: dataset for path, dataset in ((path, needs(path)) for path in OPERATIONS) if dataset}
SHUT = list(GUARDED)
LONG = "9" * 10_000


def test_a_token_is_for_ten_minutes_and_not_kept_by_others(client: Client, machine: Machine) -> None:
    response = ask_token(client, machine)
    answer = conforms("/token", response, "post")
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    assert answer["scope"] == "figures series releases obstacles reference"
    assert response["Cache-Control"] == "no-store"
    kept = Token.objects.get()
    assert answer["access_token"] not in kept.hash
    assert kept.expires_at - kept.created_at == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        (ec.generate_private_key(ec.SECP256R1()), "ES256"),
        (rsa.generate_private_key(65537, 3072), "PS256"),
    ],
)
def test_each_kind_of_key_signs_in_its_own_way_and_no_other(
    client: Client, manager: User, today: date, now: datetime, key: Any, algorithm: str
) -> None:
    machine = make_machine(by=manager, on=today, at=now, key=key)
    assert ask_token(client, machine, assertion=machine.assertion(algorithm=algorithm)).status_code == 200
    if algorithm == "PS256":
        assert ask_token(client, machine, assertion=machine.assertion(algorithm="RS256")).status_code == 401


NO_CLIENT = "0" * 32
NOW = int(time.time())
OTHERS = ed25519.Ed25519PrivateKey.generate()
WRONG: dict[str, dict[str, Any]] = {
    "another key": {"key": OTHERS},
    "no signature": {"algorithm": "none"},
    "the public key as a secret": {"algorithm": "HS256", "key": "x" * 32},
    "another client": {"iss": NO_CLIENT},
    "no client": {"iss": None},
    "a client of another shape": {"iss": "\x00"},
    "a list of clients": {"iss": 7},
    "about another": {"sub": NO_CLIENT},
    "about nobody": {"sub": None},
    "for another place": {"aud": "https://elders.example/v1/token"},
    "for no place": {"aud": None},
    "ended": {"iat": NOW - 400, "exp": NOW - 100},
    "not begun": {"iat": NOW + 86_400, "exp": NOW + 86_500},
    "without an end": {"exp": None},
    "without a beginning": {"iat": None},
    "too long": {"exp": NOW + 3600},
    "for ever": {"exp": 10**30},
    "at no time": {"exp": "morgen"},
    "without a number": {"jti": None},
    "with a number that is none": {"jti": 7},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@pytest.mark.filterwarnings("ignore:.*HMAC key:Warning")
def test_a_wrong_assertion_is_refused(client: Client, machine: Machine, wrong: dict[str, Any]) -> None:
    # The library refuses to sign some of what somebody else may well send.
    algorithm = wrong.get("algorithm", "EdDSA")
    key: Any = None if algorithm == "none" else wrong.get("key", machine.key)
    claims = machine.claims(**{name: value for name, value in wrong.items() if name not in ("key", "algorithm")})
    body = json.dumps(claims).encode()
    assertion = jwt.api_jws.encode(body, key, algorithm=algorithm)
    response = ask_token(client, machine, assertion=assertion)
    assert response.status_code == 401
    assert conforms("/token", response, "post")["error"] == "invalid_client"
    assert response["WWW-Authenticate"] == 'Bearer realm="LVV"'
    assert not Token.objects.exists()


@pytest.mark.parametrize("assertion", ["x", "a.b.c", "..", "\x00", "e30.e30.", LONG, "é.é.é", "[" * 5000])
def test_garbage_as_an_assertion_is_refused_without_a_crash(client: Client, machine: Machine, assertion: str) -> None:
    assert ask_token(client, machine, assertion=assertion).status_code == 401


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "9" * 5000, "[]", "{}", "true"])
@pytest.mark.parametrize("name", ["exp", "iat"])
def test_an_odd_time_is_refused_without_a_crash(client: Client, machine: Machine, name: str, number: str) -> None:
    body = json.dumps(machine.claims(**{name: "HIER"})).replace('"HIER"', number).encode()
    assertion = jwt.api_jws.encode(body, machine.key, algorithm="EdDSA")
    assert ask_token(client, machine, assertion=assertion).status_code == 401


def test_an_assertion_works_once(client: Client, machine: Machine) -> None:
    assertion = machine.assertion()
    assert ask_token(client, machine, assertion=assertion).status_code == 200
    assert ask_token(client, machine, assertion=assertion).status_code == 401
    # Another one with the same number is the same one.
    again = machine.assertion(jti=jwt.decode(assertion, options={"verify_signature": False})["jti"])
    assert ask_token(client, machine, assertion=again).status_code == 401


def test_two_machines_may_use_the_same_number(
    client: Client, machine: Machine, manager: User, today: date, now: datetime
) -> None:
    other = make_machine(by=manager, on=today, at=now)
    for client_machine in (machine, other):
        assert ask_token(client, client_machine, assertion=client_machine.assertion(jti="1")).status_code == 200


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "password", "username": "a", "password": "b"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": "\x00"}, "unsupported_grant_type"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "figures openid"}, "invalid_scope"),
        ({"resource": "x"}, "invalid_request"),
        ({"client_secret": "x"}, "invalid_request"),
    ],
)
def test_any_other_way_to_a_token_is_shut(client: Client, machine: Machine, fields: dict[str, str], error: str) -> None:
    response = ask_token(client, machine, **fields)
    assert response.status_code == 400
    assert conforms("/token", response, "post")["error"] == error
    assert not Token.objects.exists()


def test_a_field_sent_twice_is_refused(client: Client, machine: Machine) -> None:
    body = urlencode(machine.form()) + "&grant_type=client_credentials"
    assert client.post("/v1/token", body, content_type=FORM).status_code == 400


@pytest.mark.parametrize("kind", ["", "x", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
def test_another_kind_of_assertion_is_refused(client: Client, machine: Machine, kind: str) -> None:
    assert ask_token(client, machine, client_assertion_type=kind).status_code == 401


def test_a_client_id_beside_the_assertion_must_be_the_same(client: Client, machine: Machine) -> None:
    assert ask_token(client, machine, client_id=machine.client_id).status_code == 200
    assert ask_token(client, machine, client_id=NO_CLIENT).status_code == 401


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer x", "Basic \xff\xfe", "Digest x"])
def test_two_ways_to_log_in_at_once_are_refused(client: Client, machine: Machine, header: str) -> None:
    body = urlencode(machine.form())
    response = client.post("/v1/token", body, content_type=FORM, headers={"authorization": header})
    assert response.status_code == 401


def test_a_token_with_a_query_string_is_refused(client: Client, machine: Machine) -> None:
    response = client.post("/v1/token?client_assertion=x", urlencode(machine.form()), content_type=FORM)
    assert response.status_code == 400


def test_a_token_has_the_requested_scopes_and_no_others(client: Client, machine: Machine) -> None:
    answer = ask_token(client, machine, scope="series figures").json()
    assert answer["scope"] == "figures series"
    bearer = {"authorization": f"Bearer {answer['access_token']}"}
    assert client.get("/v1/series?indicator=present", headers=bearer).status_code == 200
    response = client.get("/v1/releases", headers=bearer)
    assert response.status_code == 403
    assert response["WWW-Authenticate"] == 'Bearer realm="LVV", error="insufficient_scope"'


@pytest.mark.parametrize("dataset", Dataset.values)
def test_a_machine_reads_its_own_datasets_and_no_other(
    client: Client, manager: User, today: date, now: datetime, dataset: str
) -> None:
    machine = make_machine(by=manager, on=today, at=now, datasets=[dataset])
    bearer = {"authorization": f"Bearer {ask_token(client, machine).json()['access_token']}"}
    of_dataset = {path: operation for path, operation in GUARDED.items() if operation == dataset}
    assert of_dataset, "a dataset that nothing is in"
    for path, needs in GUARDED.items():
        status = client.get(path, OPERATIONS[path], headers=bearer).status_code
        assert status == (200 if needs == dataset else 403), path
    others = " ".join(set(Dataset.values) - {dataset})
    assert ask_token(client, machine, scope=others).json()["error"] == "invalid_scope"


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


def test_what_is_taken_from_a_client_is_taken_from_its_token(get: Get, machine: Machine) -> None:
    assert get("/v1/releases").status_code == 200
    with as_owner():
        OAuthClient.objects.filter(pk=machine.client_id).update(scopes="figures")
    assert get("/v1/releases").status_code == 403


def test_an_old_key_is_refused_on_the_next_request(
    client: Client, get: Get, machine: Machine, manager: User, now: datetime
) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    with acting_as(manager):
        machines.renew(machine.row, public_key=pem(key), by=manager, at=now)
    assert get("/v1/definition-sets").status_code == 401
    assert ask_token(client, machine).status_code == 401
    assert ask_token(client, replace(machine, key=key)).status_code == 200


def test_a_revoked_client_is_refused_on_the_next_request(
    client: Client, get: Get, machine: Machine, manager: User, today: date, now: datetime
) -> None:
    with acting_as(manager):
        machines.revoke(machine.row, by=manager, on=today, at=now)
    assert get("/v1/definition-sets").status_code == 401
    assert ask_token(client, machine).status_code == 401
    assert not machine.user.memberships.running_on(today).exists()
    verbs = [e.verb for e in AuditEntry.objects.order_by("pk")]
    assert verbs == ["machine.made", "membership.ended", "machine.revoked"]
    assert {e.user_id for e in AuditEntry.objects.all()} == {manager.pk}


def test_an_ended_membership_is_refused_on_the_next_request(get: Get, machine: Machine, today: date) -> None:
    with as_owner():
        machine.user.memberships.update(until=today)
    assert get("/v1/figures", {"referenceDate": "2020-11-01"}).status_code == 403


def test_an_inactive_user_is_refused_on_the_next_request(client: Client, get: Get, machine: Machine) -> None:
    with as_owner():
        User.objects.filter(pk=machine.user.pk).update(is_active=False)
    assert get("/v1/definition-sets").status_code == 401
    assert ask_token(client, machine).status_code == 401


def test_a_machine_never_logs_in_on_the_pages(client: Client, machine: Machine) -> None:
    assert not machine.user.has_usable_password()
    client.force_login(machine.user)
    assert client.get(reverse("monitor:measurement")).status_code == 403
    assert client.get("/v1/definition-sets").status_code == 401


def test_a_machine_gets_no_session_even_with_a_password(client: Client, machine: Machine) -> None:
    machine.user.set_password("een-lang-wachtwoord")
    with as_owner():
        machine.user.save()
    form = {"login": machine.user.email, "password": "een-lang-wachtwoord"}
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


# The throttle


def test_a_client_that_asks_too_often_waits_and_refused_questions_count_too(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "5/min")
    assert {get("/v1/definition-sets", "fout=1").status_code for _ in range(5)} == {400}
    response = get("/v1/definition-sets")
    assert response.status_code == 429
    conforms("/definition-sets", response)
    assert 1 <= int(response["Retry-After"]) <= 60


def test_guessing_is_slowed_down(client: Client, machine: Machine) -> None:
    wrong = replace(machine, key=OTHERS)
    assert {ask_token(client, wrong).status_code for _ in range(20)} == {401}
    response = ask_token(client, machine)
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1


def test_an_invented_address_does_not_escape_the_throttle(client: Client, machine: Machine) -> None:
    body = "grant_type=client_credentials"
    statuses = [
        client.post("/v1/token", body, content_type=FORM, headers={"x-forwarded-for": f"10.0.0.{n}"}).status_code
        for n in range(21)
    ]
    assert statuses[-1] == 429
