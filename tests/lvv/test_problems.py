"""Everything that goes wrong below /v1 is answered with problem details and the version, and repeats no input."""

import logging
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from jsonschema import Draft202012Validator
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import User
from accounts.permissions import Role
from lvv.api_document import PROBLEM
from lvv.problems import KINDS
from monitor.api.description import document
from tests.conftest import Hire, as_owner
from tests.monitor.machine import FORM, Machine, make_machine
from tests.monitor.rounds import closed, released

# A response of the test client.
Answer = Any
SECRET = "Jansen-9999999999"
PATHS = ["/v1/figures", "/v1/definition-sets", "/v1/definition-sets/2020-11", "/v1/openapi.json", "/v1/token"]
# What is asked of each operation that can't do without.
QUERIES = {"/figures": "?referenceDate=2020-11-01", "/series": "?indicator=present"}


@pytest.fixture
def coordinator(client: Client, monitor_coordinator: User) -> User:
    """A logged-in person who may read figures."""
    client.force_login(monitor_coordinator)
    return monitor_coordinator


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow few requests a minute, so that a test need not send a hundred."""
    for scope in SimpleRateThrottle.THROTTLE_RATES:
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, scope, "3/min")


def told(response: Answer, status: int) -> Any:
    """The problem of an answer, after its whole shape was checked."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert response["API-Version"] == settings.API_VERSION
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    problem = response.json()
    Draft202012Validator(PROBLEM).validate(problem)
    assert problem["status"] == status
    assert uuid.UUID(problem["instance"])
    assert SECRET not in response.content.decode() + str(response.headers)
    return problem


def break_the_throttle() -> None:
    """Take away a right that every operation needs, until the test ends."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("revoke all on accounts_cache from lvv_web")


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", f"/v1/{SECRET}", "/v1/figures/x", "/v1//figures", "/v1/%00", "/v1/definition-sets/", "/v1/Figures"]
    + [f"{path}/" for path in PATHS],
)
def test_an_unknown_address_is_a_problem_and_no_redirect(client: Client, coordinator: User, path: str) -> None:
    response = client.get(path, {"naam": SECRET})
    assert told(response, 404)["errors"] == []
    assert not response.templates, "a machine gets no page"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_another_method_is_refused_with_those_that_can(client: Client, coordinator: User, method: str) -> None:
    for path in PATHS[:4]:
        response = getattr(client, method)(path)
        told(response, 405)
        assert response["Allow"] == "GET, HEAD"


def test_the_token_address_only_takes_post(client: Client, db: None) -> None:
    for method in ("get", "head", "put", "patch", "delete", "options"):
        response = getattr(client, method)("/v1/token")
        assert (response.status_code, response["Allow"]) == (405, "POST")
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", PATHS[:4])
def test_another_format_than_json_is_refused(client: Client, coordinator: User, path: str) -> None:
    told(client.get(path, {"referenceDate": "2020-11-01"}, headers={"accept": "text/html"}), 406)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "x"])
def test_another_kind_of_input_is_refused(client: Client, db: None, kind: str) -> None:
    told(client.post("/v1/token", f'{{"x": "{SECRET}"}}', content_type=kind), 415)


@pytest.mark.parametrize("charset", ["base64", "utf-16", "rot13", "onbekend"])
def test_an_odd_character_set_is_refused_and_no_crash(client: Client, db: None, charset: str) -> None:
    told(client.generic("POST", "/v1/token", b"grant_type=x", content_type=f"{FORM}; charset={charset}"), 400)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"&" * 10_000, b"a=1&" * 10_000, b"=" * 2_000_000])
def test_odd_and_large_input_is_refused_and_no_crash(client: Client, db: None, body: bytes) -> None:
    told(client.post("/v1/token", body, content_type=FORM), 400)


def test_an_unknown_host_is_a_problem(client: Client, db: None) -> None:
    told(client.get("/v1/figures", headers={"host": "elders.example"}), 400)


def test_an_error_of_ours_hides_its_cause_and_stands_in_the_log(
    client: Client, coordinator: User, caplog: pytest.LogCaptureFixture
) -> None:
    client.raise_request_exception = False
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("revoke select on cases_stay from lvv_monitor")
    with caplog.at_level(logging.ERROR):
        response = client.get("/v1/figures", {"referenceDate": "2020-11-01"})
    problem = told(response, 500)
    assert "cases_stay" not in response.content.decode()
    assert problem["instance"] in caplog.text


def test_every_problem_has_its_own_number(client: Client, db: None) -> None:
    numbers = {told(client.get("/v1/x"), 404)["instance"] for _ in range(3)}
    assert len(numbers) == 3


def test_every_type_leads_to_its_explanation_in_the_open_document(client: Client, db: None) -> None:
    problem = told(client.get("/v1/x"), 404)
    address, _, place = problem["type"].partition("#/x-problems/")
    explained = client.get(address).json()["x-problems"]
    assert explained[place] == {"title": problem["title"], "description": problem["detail"]}
    assert len(explained) == len(KINDS)


@pytest.mark.parametrize("path", ["/", "/v1x", "/v2/figures", "/bestaat-niet"])
def test_pages_are_left_as_they_are(client: Client, coordinator: User, path: str) -> None:
    response = client.get(path)
    assert "API-Version" not in response
    assert response["Content-Type"].startswith("text/html") or response.status_code == 302


@pytest.mark.parametrize("path", PATHS[:4])
def test_every_answer_has_the_headers(client: Client, coordinator: User, path: str) -> None:
    response = client.get(path, {"referenceDate": "2020-11-01"} if path == "/v1/figures" else {})
    assert response.status_code == 200
    assert response["API-Version"] == settings.API_VERSION
    assert response["Cache-Control"] == "no-store"
    assert response["X-Frame-Options"] == "DENY"
    for tell_tale in ("Server", "X-Powered-By"):
        assert tell_tale not in response


def published(hire: Hire, today: date, now: datetime) -> uuid.UUID:
    """A public release."""
    bureau = hire(Role.MONITOR_COORDINATOR, "Programmabureau LVV")
    return released(closed(bureau, today, now), bureau, now).pk


Provoke = Callable[[], Answer]


class Provoked:
    """For each declared status of an operation, sends a request that causes it."""

    def __init__(self, client: Client, machine: Machine, release: uuid.UUID, today: date) -> None:
        self.client, self.machine, self.release, self.today = client, machine, release, today
        self.client.raise_request_exception = False

    def token(self, assertion: str = "", kind: str = FORM, accept: str = "*/*", query: str = "") -> Answer:
        body = urlencode(self.machine.form(assertion=assertion))
        return self.client.post(f"/v1/token{query}", body, content_type=kind, headers={"accept": accept})

    def get(self, path: str, query: str = "", *, bearer: str, missing: bool = False, **headers: str) -> Answer:
        name = "x" if missing else "2020-11" if "definition-sets" in path else "countries"
        release = uuid.uuid4() if missing else self.release
        address = f"/v1{path.format(name=name, release=release, place=0)}{query or QUERIES.get(path, '')}"
        return self.client.get(address, headers={"authorization": f"Bearer {bearer}", **headers})

    def often(self, ask: Provoke) -> Answer:
        while (response := ask()).status_code == 200:
            pass
        return response

    def answer(self, method: str, path: str, status: int) -> Answer:
        return self._post(status) if method == "post" else self._get(path, status)

    def _post(self, status: int) -> Answer:
        if status == 429:
            return self.often(self.token)
        if status == 500:
            break_the_throttle()
        requests: dict[int, dict[str, str]] = {
            400: {"query": "?x=1"},
            401: {"assertion": "verkeerd"},
            406: {"accept": "text/html"},
            415: {"kind": "application/json"},
        }
        return self.token(**requests.get(status, {}))

    def _get(self, path: str, status: int) -> Answer:
        bearer = self.token().json()["access_token"]
        if status == 403:
            with as_owner():
                self.machine.user.memberships.update(until=self.today)
        if status == 404:
            return self.get(path, bearer=bearer, missing=True)
        if status == 304:
            return self.get(path, bearer=bearer, **{"if-none-match": self.get(path, bearer=bearer)["ETag"]})
        if status == 429:
            return self.often(lambda: self.get(path, bearer=bearer))
        if status == 500:
            break_the_throttle()
        requests: dict[int, dict[str, str]] = {
            400: {"query": "?x=1"},
            401: {"bearer": "verkeerd"},
            406: {"accept": "text/html"},
        }
        return self.get(path, **{"bearer": bearer, **requests.get(status, {})})


DECLARED = [
    (method, path, int(status))
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
    for status in operation["responses"]
]


@pytest.mark.parametrize(("method", "path", "status"), DECLARED)
def test_every_declared_status_can_be_seen(
    client: Client, hire: Hire, rates: None, today: date, now: datetime, method: str, path: str, status: int
) -> None:
    machine = make_machine(by=hire(Role.APPLICATION_MANAGER, "Programmabureau LVV"), on=today, at=now)
    release = published(hire, today, now) if "{release}" in path else uuid.uuid4()
    response = Provoked(client, machine, release, today).answer(method, path, status)
    assert response.status_code == status
    if status >= 400:
        told(response, status)
    declared = document()["paths"][path][method]["responses"][str(status)]["headers"]
    assert all(name in response for name in declared)
