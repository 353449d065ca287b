"""Random requests, valid and invalid by the API's document, from a machine of the bureau and one of a municipality.

All checks of schemathesis are on. It can't know which days and releases exist, so `likely` fills those in, and leaves
out the cursor, which only the server can make. Schemathesis does not try requests without a token for OAuth 2:
`test_api_login.py` does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from accounts.permissions import Role
from lvv.wsgi import application
from monitor.api.description import document
from monitor.forms.figures import FIRST_DAY
from monitor.models import Release
from tests.conftest import Hire
from tests.monitor.machine import BUREAU, ask_token, make_machine
from tests.monitor.rounds import closed, released

# The organisations that own the machines.
TENANTS = (BUREAU, "Gemeente Utrecht")
EXAMPLES = 20


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """No throttle."""
    for scope in SimpleRateThrottle.THROTTLE_RATES:
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, scope, "1000000/min")


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests use the connection of the test, and so its transaction."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(hours=2)


@pytest.fixture
def public(hire: Hire, today: date) -> Release:
    bureau = hire(Role.MONITOR_COORDINATOR, BUREAU)
    return released(closed(bureau, today, timezone.now()), bureau, timezone.now())


schema = schemathesis.openapi.from_dict(document())
schema.app = application
OPERATIONS: list[Any] = [operation.ok() for operation in schema.get_all_operations()]  # type: ignore[union-attr]


def likely(case: Any, public: Release, today: date) -> None:
    """In a case that is meant to be valid, replace random values by ones that exist."""
    if case.meta.generation.mode.is_negative:
        return
    if "release" in case.path_parameters:
        case.path_parameters["release"] = str(public.pk)
        case.path_parameters.update({"place": 0} if "place" in case.path_parameters else {})
    query = case.query or {}
    query.pop("cursor", None)
    if "referenceDate" in query:
        days = (today - FIRST_DAY).days
        query["referenceDate"] = (FIRST_DAY + timedelta(days=hash(query["referenceDate"]) % days)).isoformat()
    if "knownAt" in query:
        query["knownAt"] = "2026-01-01T00:00:00Z"
    if "scope" in query and case.path == "/series":
        query["scope"] = "Utrecht"


def test_all_checks_are_on() -> None:
    assert set(CHECKS.get_all_names()) >= {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "positive_data_acceptance",
        "missing_required_header",
        "unsupported_method",
    }


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_the_api_keeps_to_its_document(
    client: Client, often: None, hire: Hire, public: Release, today: date, now: datetime, operation: Any, tenant: str
) -> None:
    manager = hire(Role.APPLICATION_MANAGER, tenant)
    token = ask_token(client, make_machine(by=manager, on=today, at=now, organisation=tenant)).json()["access_token"]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=st.one_of([operation.as_strategy(mode) for mode in GenerationMode]))
    def ask(case: Any) -> None:
        likely(case, public, today)
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    with one_connection():
        ask()
