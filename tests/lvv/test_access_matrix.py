"""Every address x method x identity x tenant, read from the running system, against one declared table."""

import re
import uuid
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import METHODS
from accounts.acting import acting_as
from accounts.middleware import API_NAMESPACE, OPEN_PAGES
from accounts.models import User
from accounts.permissions import GRANTS, Role
from cases import parties
from cases.models import Case
from core import walls
from scenarios.models import Meeting
from tests.conftest import as_owner, undone
from tests.lvv.access_table import ONE_PARTY, OPEN, PAGES
from tests.lvv.addresses import GUARDED, Address, addresses, expected, is_of_one_city, path_of
from tests.lvv.cities import City, all_rows
from tests.paper import Paper

# The answers for what does not exist, by the entry of the menu.
Pages = dict[str, tuple[bytes, dict[str, str]]]


def test_every_address_asks_the_declared_permission() -> None:
    """A page without a guard, or a new page that is not declared, fails this test."""
    assert {a.name: getattr(a.view, "permission", None) for a in GUARDED} == PAGES


def test_pages_open_to_everybody_are_declared() -> None:
    named = {a.name for a in addresses()}
    assert {name for name in OPEN_PAGES if not name.startswith(f"{API_NAMESPACE}:")} == OPEN
    assert named >= OPEN


def test_every_permission_is_asked_somewhere_and_granted_to_somebody() -> None:
    granted = {permission for permissions in GRANTS.values() for permission in permissions}
    assert set(PAGES.values()) <= granted
    assert granted - set(PAGES.values()) == {p for p in granted if p == "read_figures"}


def _ask(client: Client, method: str, address: str) -> HttpResponse:
    with undone():
        sent = f"submission={uuid.uuid4()}"
        return client.generic(method, address, sent, "application/x-www-form-urlencoded")  # type: ignore[return-value]


def _verdict(response: HttpResponse) -> str:
    if response.status_code == 302 and response["Location"].startswith("/inloggen/"):
        return "log in"
    return {404: "absent", 403: "refused", 405: "no method"}.get(response.status_code, "in")


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_what_the_table_says(cast: dict[Role, User], city: City, role: Role) -> None:
    client = Client()
    client.force_login(cast[role])
    found, declared = {}, {}
    for address in GUARDED:
        for method in METHODS if address.name in ONE_PARTY else ("GET",):
            key = address.name, method
            found[key] = _verdict(_ask(client, method, path_of(address, city)))
            declared[key] = expected(address, role)
    assert found == declared


def test_the_other_methods_ask_the_same(cast: dict[Role, User], city: City) -> None:
    """The gate does not look at the method, so one role for each verdict suffices.

    Inside the gate a view asks for POST alone, so a HEAD that is let in goes the way of a GET.
    """
    clients = {role: Client() for role in Role}
    for role, client in clients.items():
        client.force_login(cast[role])
    found, declared = {}, {}
    for address in GUARDED:
        one_of_each = {expected(address, role): role for role in reversed(Role)}
        for verdict, role in one_of_each.items():
            for method in ("POST",) if verdict == "in" else ("HEAD", "POST"):
                found[address.name, method, role] = _verdict(_ask(clients[role], method, path_of(address, city)))
                declared[address.name, method, role] = verdict
    assert found == declared


@pytest.mark.parametrize("role", Role)
def test_another_citys_case_and_no_case_at_all_look_the_same(
    cast: dict[Role, User], city: City, other_city: City, role: Role
) -> None:
    """Pages under the same entry of the menu say the same words, so each is held beside the first of them."""
    client = Client()
    client.force_login(cast[role])
    nobodys: Pages = {}
    for address in (a for a in GUARDED if is_of_one_city(a, role)):
        theirs = _ask(client, "GET", path_of(address, other_city))
        _assert_looks_like_nobodys(theirs, "GET", client, address, other_city, nobodys)


def _assert_looks_like_nobodys(
    theirs: Any, method: str, client: Client, address: Address, other_city: City, nobodys: Pages
) -> None:
    """The answer is that of an address of nobody under the same entry of the menu, which `nobodys` keeps."""
    entry = address.name.partition("_")[0]
    if entry not in nobodys:
        response = _ask(client, method, path_of(address, other_city, nowhere=True))
        assert response.status_code == 404, address.name
        nobodys[entry] = _bare(response)
    assert theirs.status_code == 404, address.name
    assert _bare(theirs) == nobodys[entry], address.name


def _bare(response: HttpResponse) -> tuple[bytes, dict[str, str]]:
    content = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)
    return content, {k: v for k, v in response.headers.items() if k not in {"Date", "X-Request-Id"}}


def test_a_visitor_who_is_not_logged_in_reaches_nothing(city: City) -> None:
    client = Client()
    for address in GUARDED:
        for method in (*METHODS, "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            response = _ask(client, method, path_of(address, city))
            assert _verdict(response) == "log in", (address.name, method)


def test_other_methods_are_refused(cast: dict[Role, User], city: City) -> None:
    client = Client()
    client.force_login(cast[Role.CHAIR])
    for address in GUARDED:
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            assert _verdict(_ask(client, method, path_of(address, city))) == "no method", (address.name, method)


def test_a_right_that_was_withdrawn_is_gone_on_the_next_request(cast: dict[Role, User], city: City) -> None:
    worker = cast[Role.CASE_WORKER]
    client = Client()
    client.force_login(worker)
    assert client.get(reverse("case", args=[city.case.pk])).status_code == 200
    with as_owner():
        worker.memberships.update(until=timezone.localdate())
    assert client.get(reverse("case", args=[city.case.pk])).status_code == 404
    assert client.get(reverse("cases:case_list")).status_code == 403


def test_a_party_that_was_let_go_no_longer_sees_the_case(cast: dict[Role, User], city: City) -> None:
    counsellor, chair = cast[Role.COUNSELLOR], cast[Role.CHAIR]
    client = Client()
    client.force_login(counsellor)
    assert client.get(reverse("case", args=[city.case.pk])).status_code == 200
    with acting_as(chair):
        organisation = counsellor.memberships.get().organisation
        parties.let_go(city.case.parties.get(organisation=organisation), by=chair, at=timezone.now())
    assert client.get(reverse("case", args=[city.case.pk])).status_code == 404


@pytest.mark.parametrize(
    "each_role", [False, pytest.param(True, marks=pytest.mark.long)], ids=["one_of_each", "each_role"]
)
def test_refused_writes_change_nothing(
    cast: dict[Role, User], city: City, other_city: City, *, each_role: bool
) -> None:
    """The gate does not look at the method, so on a push one role for each way to be refused suffices."""
    before = all_rows()
    tried: set[tuple[str, bool, str]] = set()
    for role in Role:
        client = Client()
        client.force_login(cast[role])
        nobodys: Pages = {}
        for address in GUARDED:
            is_of_one, verdict = is_of_one_city(address, role), expected(address, role)
            way = address.name, is_of_one, verdict
            if not address.on or (not is_of_one and verdict == "in") or (way in tried and not each_role):
                continue
            tried.add(way)
            response = client.post(path_of(address, other_city), {"submission": str(uuid.uuid4())})
            if is_of_one:
                _assert_looks_like_nobodys(response, "POST", client, address, other_city, nobodys)
            else:
                assert response.status_code in {403, 404}, (role, address.name)
    assert all_rows() == before


@pytest.mark.parametrize("role", Role)
def test_the_second_wall_holds_where_the_first_is_gone(
    cast: dict[Role, User], city: City, other_city: City, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When every `visible_to` returns all rows, no page shows another city's case."""
    for model in walls.declared():
        queryset = type(model._default_manager.get_queryset())
        if hasattr(queryset, "visible_to"):
            monkeypatch.setattr(queryset, "visible_to", lambda self, user: self.all())
    with acting_as(cast[Role.CHAIR]):
        assert not Case.objects.visible_to(cast[Role.CHAIR]).filter(pk=other_city.case.pk).exists()
    secrets = [other_city.case.number, str(other_city.case.pk), str(other_city.case.person_id)]
    client = Client()
    client.force_login(cast[role])
    for address in GUARDED:
        if is_of_one_city(address, role) and address.on is not Meeting:
            response = _ask(client, "GET", path_of(address, other_city))
            assert response.status_code == 404, address.name
        if expected(address, role) == "in":  # Elsewhere the role gets the same refusal as in the first test.
            own = _ask(client, "GET", path_of(address, city))
            for secret in secrets:
                assert secret not in _shown(own), address.name


def _shown(response: HttpResponse) -> str:
    """The text that a visitor can read in it. The text of a paper is compressed."""
    content = response.getvalue()
    if response.headers.get("Content-Type") == "application/pdf" and content:
        return Paper(content).text
    return content.decode(errors="replace")


def test_a_stray_page_without_a_permission_would_be_found() -> None:
    def stray(request: object) -> None: ...

    pages = {a.name: getattr(a.view, "permission", None) for a in [*GUARDED, Address("stray", stray, frozenset())]}
    assert pages != PAGES
