"""Fixtures for tests of the API: a machine client with a token, and a check of answers against the API's document."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from accounts.models import User
from accounts.permissions import Role
from monitor.api.description import document
from tests.conftest import Hire
from tests.monitor.machine import Machine, ask_token, make_machine

# A response of the test client.
Answer = Any
Get = Callable[..., Answer]
# For each address, the query of a valid request.
OPERATIONS: dict[str, dict[str, str]] = {
    "/v1/figures": {"referenceDate": "2020-11-01"},
    "/v1/series": {"indicator": "present"},
    "/v1/review-analysis": {},
    "/v1/definition-sets": {},
    "/v1/definition-sets/2020-11": {},
    "/v1/reference-lists": {},
    "/v1/reference-lists/countries": {},
    "/v1/releases": {},
    "/v1/editions": {},
    "/v1/signing-keys": {},
    "/v1/openapi.json": {},
}


@pytest.fixture
def manager(hire: Hire) -> User:
    return hire(Role.APPLICATION_MANAGER, "Programmabureau LVV")


@pytest.fixture
def machine(manager: User, today: date, now: datetime) -> Machine:
    """A machine client that may read all datasets."""
    return make_machine(by=manager, on=today, at=now)


@pytest.fixture
def token(client: Client, machine: Machine) -> str:
    value: str = ask_token(client, machine).json()["access_token"]
    return value


@pytest.fixture
def get(client: Client, token: str) -> Get:
    """GET with the machine's token; `query` may be a string that goes into the address as it is."""

    def get_path(path: str, query: str | dict[str, str] = "", headers: dict[str, str] | None = None) -> Answer:
        text = query if isinstance(query, str) else urlencode(query)
        return client.get(f"{path}?{text}", headers={"authorization": f"Bearer {token}", **(headers or {})})

    return get_path


def conforms(path: str, response: Answer, method: str = "get") -> Any:
    """The body of an answer, checked against the schema of its status; a field that the schema lacks is an error."""
    operation = document()["paths"][path][method]
    (media_type, content) = next(iter(operation["responses"][str(response.status_code)]["content"].items()))
    assert response["Content-Type"] == media_type
    schemas = json.loads(json.dumps(document()["components"]["schemas"]))
    for schema in schemas.values():
        if schema.get("type") == "object":
            schema["additionalProperties"] = False
    schema = {**content["schema"], "components": {"schemas": schemas}}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(response.json())
    return response.json()
