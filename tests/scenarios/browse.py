"""Helpers that visit pages: open a form and send it, and count queries."""

import re
import uuid
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import User
from mrt.models import Advice, Answer, Discussion, Draft, Escalation, Seat
from scenarios.models import AgendaItem, Attendance, Decision, Meeting, Scenario

LONG = "x" * 10_000
NUL = "een\x00tekst"
MADE_BY_FORMS = (
    Meeting,
    AgendaItem,
    Attendance,
    Decision,
    Scenario,
    Escalation,
    Seat,
    Discussion,
    Draft,
    Advice,
    Answer,
)


def opened(user: User, name: str, pk: uuid.UUID | None = None) -> "Opened":
    """The page of a form as this user gets it, with its hidden fields."""
    client = Client()
    client.force_login(user)
    address = reverse(name, args=[pk] if pk else [])
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', response.content.decode())
    return Opened(client, address, response, {key: value for key, value in fields if key != "csrfmiddlewaretoken"})


class Opened:
    def __init__(self, client: Client, address: str, page: Any, hidden: dict[str, str]) -> None:
        self.client, self.address, self.page, self.hidden = client, address, page, hidden

    @property
    def text(self) -> str:
        return self.page.content.decode()

    def send(self, **typed: Any) -> Any:
        """Send the form; it may be sent again. None leaves a field out."""
        filled = {name: value for name, value in {**self.hidden, **typed}.items() if value is not None}
        return self.client.post(self.address, filled)


def status_of(user: User, name: str, pk: uuid.UUID | None = None) -> int:
    """The status that the visitor gets: 200, 403 or 404."""
    client = Client()
    client.force_login(user)
    return client.get(reverse(name, args=[pk] if pk else [])).status_code


def queries_of(user: User, name: str, pk: uuid.UUID | None = None) -> int:
    """The number of queries of a page on the second visit, when the session is warm."""
    client = Client()
    client.force_login(user)
    address = reverse(name, args=[pk] if pk else [])
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


def errors_of(response: Any) -> str:
    """The text of all errors of the form."""
    return str(response.context["form"].errors.as_text())


def recorded(user: User) -> dict[str, int]:
    """The number of rows that the user sees, for each model that a form of the LSO or the MRT can make."""
    with acting_as(user):
        return {model.__name__: model._default_manager.count() for model in MADE_BY_FORMS}
