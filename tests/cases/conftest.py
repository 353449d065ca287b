"""Opens pages and sends their forms, as a browser does."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case

Send = Callable[..., Any]


def shown(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def send(client: Client) -> Send:
    """`send(user, "cases:stay_end", case, on=today)`. Without `version` it sends the present one, as a new page has."""

    def sent(
        user: User, name: str, case: Case | None = None, *, path: dict[str, Any] | None = None, **typed: Any
    ) -> Any:
        client.force_login(user)
        keys = ({"pk": case.pk} if case else {}) | (path or {})
        filled = {field: str(value) for field, value in typed.items()}
        filled.setdefault("submission", str(uuid.uuid4()))
        if case is not None and "version" not in filled:
            with acting_as(user):
                filled["version"] = str(Case.objects.get(pk=case.pk).version)
        return client.post(reverse(name, kwargs=keys), filled)

    return sent


@pytest.fixture
def look(client: Client) -> Callable[..., Any]:
    """`look(user, "cases:stay_end", case)`."""

    def looked(
        user: User, name: str, case: Case | None = None, *, path: dict[str, Any] | None = None, **query: str
    ) -> Any:
        client.force_login(user)
        keys = ({"pk": case.pk} if case else {}) | (path or {})
        return client.get(reverse(name, kwargs=keys), query)

    return looked
