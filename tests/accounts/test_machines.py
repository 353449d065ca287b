"""Machine clients: who may make them, which keys they may have, and the same rules in the database."""

from datetime import date, datetime
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts import machines, staff
from accounts.acting import acting_as
from accounts.models import AuditEntry, Organisation, User
from accounts.permissions import Role
from tests.conftest import Hire
from tests.monitor.machine import BUREAU, Machine, make_machine, pem

LIST = reverse("accounts:machine_list")
ADD = reverse("accounts:machine_add")


@pytest.fixture
def manager(hire: Hire) -> User:
    return hire(Role.APPLICATION_MANAGER, BUREAU)


@pytest.fixture
def local(hire: Hire) -> User:
    """A manager of Utrecht alone."""
    return hire(Role.APPLICATION_MANAGER, "Gemeente Utrecht")


@pytest.fixture
def machine(manager: User, today: date, now: datetime) -> Machine:
    return make_machine(by=manager, on=today, at=now)


def _form(**other: Any) -> dict[str, Any]:
    return {
        "name": "CBS, statistiek",
        "organisation": Organisation.objects.get(name=BUREAU).pk,
        "datasets": ["series", "figures"],
        "public_key": pem(ed25519.Ed25519PrivateKey.generate()),
        "submission": "7f1a0d1c-0f3b-4d55-9d55-6f0f6a3f7d11",
        **other,
    }


# On the pages


def test_a_machine_is_made_renewed_and_revoked_on_the_pages(client: Client, manager: User) -> None:
    client.force_login(manager)
    assert "Er haalt nog geen programma cijfers op" in client.get(LIST).text
    assert client.post(ADD, _form()).url == LIST  # type: ignore[attr-defined]
    made = OAuthClient.objects.get()
    assert made.get_scopes() == ["figures", "series"]
    listed = client.get(LIST).text
    fingerprint = machines.key_of(made).fingerprint
    for said in ("CBS, statistiek", made.pk, fingerprint, "Cijfers over de tijd", BUREAU):
        assert said in listed
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    client.post(reverse("accounts:machine_renew", args=[made.pk]), _form(public_key=key))
    assert fingerprint not in client.get(LIST).text
    assert "terugdraaien" in client.get(reverse("accounts:machine_revoke", args=[made.pk])).text
    client.post(reverse("accounts:machine_revoke", args=[made.pk]), _form())
    assert not OAuthClient.objects.exists()
    assert "Er haalt nog geen programma cijfers op" in client.get(LIST).text
    verbs = [entry.verb for entry in AuditEntry.objects.order_by("pk")]
    assert verbs == ["machine.made", "machine.renewed", "membership.ended", "machine.revoked"]


def test_a_machine_stands_in_no_list_of_people(client: Client, manager: User, machine: Machine) -> None:
    client.force_login(manager)
    assert "machine.invalid" not in client.get(reverse("accounts:user_list")).text
    assert Role.MACHINE_CLIENT not in client.get(reverse("accounts:user_add")).text


def test_a_form_that_is_wrong_says_so_and_makes_nothing(client: Client, manager: User) -> None:
    client.force_login(manager)
    users = User.objects.count()
    for wrong, said in (
        ({"name": ""}, "Vul “Naam” in"),
        ({"datasets": []}, "Wat mag de koppeling lezen?"),
        ({"datasets": ["persons"]}, "Kies een van de mogelijkheden"),
        ({"public_key": "x"}, "Dit is geen publieke sleutel"),
        ({"organisation": Organisation.objects.get(name="IND, LSO Amsterdam").pk}, "Kies een van de mogelijkheden"),
    ):
        response = client.post(ADD, _form(**wrong))
        assert response.status_code == 400
        assert said in response.text
    assert (OAuthClient.objects.exists(), User.objects.count()) == (False, users)


def test_a_secret_key_is_refused_and_not_shown_again(client: Client, manager: User) -> None:
    secret = private_pem(ed25519.Ed25519PrivateKey.generate())
    client.force_login(manager)
    response = client.post(ADD, _form(public_key=secret))
    assert response.status_code == 400
    assert "Dit is de geheime sleutel" in response.text
    assert secret.splitlines()[1] not in response.text
    assert "CBS, statistiek" in response.text


def test_a_manager_of_a_municipality_sees_and_makes_only_its_own(
    client: Client, local: User, machine: Machine, today: date, now: datetime
) -> None:
    client.force_login(local)
    assert machine.client_id not in client.get(LIST).text
    for name in ("machine_renew", "machine_revoke"):
        assert client.get(reverse(f"accounts:{name}", args=[machine.client_id])).status_code == 404
    assert [str(one) for one in machines.hosts(local, on=today)] == ["Gemeente Utrecht"]
    with pytest.raises(ValidationError, match="Voor deze organisatie"):
        make_machine(by=local, on=today, at=now)
    own = make_machine(by=local, on=today, at=now, organisation="Gemeente Utrecht")
    assert own.client_id in client.get(LIST).text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_many_queries_whatever_its_length(
    client: Client, manager: User, today: date, now: datetime, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        make_machine(by=manager, on=today, at=now)
    client.force_login(manager)
    with django_assert_num_queries(LIST_QUERIES):
        assert client.get(LIST).text.count("Sleutel vervangen") == rows


LIST_QUERIES = 12


# The key


def private_pem(key: Any) -> str:
    written: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return written.decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "geen publieke sleutel"),
        ("x", "geen publieke sleutel"),
        ("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----", "geen publieke sleutel"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "geen publieke sleutel"),
        ("\ud800", "geen publieke sleutel"),
        (private_pem(ed25519.Ed25519PrivateKey.generate()), "geheime sleutel"),
        (pem(rsa.generate_private_key(65537, 2048)), "3072"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "kan niet"),
        (pem(ec.generate_private_key(ec.SECP256K1())), "kan niet"),
        (pem(dsa.generate_private_key(2048)), "kan niet"),
        (pem(x25519.X25519PrivateKey.generate()), "kan niet"),
    ],
    # Named, since a key is another one for each worker.
    ids=["empty", "x", "hollow", "damaged", "half", "private", "short", "P-384", "secp256k1", "DSA", "X25519"],
)
def test_an_unfit_key_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        machines.read_key(text)


def test_space_around_a_key_does_no_harm() -> None:
    key = pem(ed25519.Ed25519PrivateKey.generate())
    assert machines.read_key(f"\n  {key}\n\n") == machines.read_key(key)


def test_the_same_key_is_no_new_one(machine: Machine, manager: User, now: datetime) -> None:
    with acting_as(manager), pytest.raises(ValidationError, match="al in gebruik"):
        machines.renew(machine.row, public_key=pem(machine.key), by=manager, at=now)


# What stands behind it


@pytest.mark.parametrize("datasets", [[], ["persons"], ["figures", "x"]])
def test_a_machine_is_given_existing_datasets_only(
    manager: User, today: date, now: datetime, datasets: list[str]
) -> None:
    with pytest.raises(ValidationError, match="Kies wat"):
        make_machine(by=manager, on=today, at=now, datasets=datasets)


def test_a_person_never_gets_the_role_of_a_machine(manager: User, worker: User, today: date, now: datetime) -> None:
    """The role would shut them out of their own pages."""
    bureau = Organisation.objects.get(name=BUREAU)
    with acting_as(manager), pytest.raises(ValidationError, match="machinekoppeling"):
        staff.appoint(worker, organisation=bureau, role=Role.MACHINE_CLIENT, by=manager, on=today, at=now)


ATTEMPTS = {
    "another key": 'update allauth_idp_oidc_client set data = \'{"key": "mine"}\'',
    "more datasets": "update allauth_idp_oidc_client set scopes = 'figures releases'",
    "gone": "delete from allauth_idp_oidc_client",
    "one of its own": "insert into allauth_idp_oidc_client (id, name, secret, scopes, default_scopes, type,"
    " grant_types, redirect_uris, cors_origins, allow_uri_wildcards, response_types, owner_id, skip_consent,"
    " created_at)"
    " select 'f' || substr(id, 2), name, secret, scopes, default_scopes, type, grant_types, redirect_uris,"
    " cors_origins, allow_uri_wildcards, response_types, owner_id, skip_consent, created_at"
    " from allauth_idp_oidc_client",
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_database_too_refuses_changes_by_who_does_not_manage_it(
    machine: Machine, local: User, worker: User, attempt: str
) -> None:
    before = list(OAuthClient.objects.values())
    for user in (local, worker, machine.user):
        with acting_as(user), connection.cursor() as cursor:
            try:
                with transaction.atomic():
                    cursor.execute(attempt)
            except DatabaseError:
                continue
    assert list(OAuthClient.objects.values()) == before


def test_its_manager_changes_a_key_and_no_datasets(machine: Machine, manager: User) -> None:
    with acting_as(manager), connection.cursor() as cursor:
        cursor.execute(ATTEMPTS["another key"])
        assert cursor.rowcount == 1
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            cursor.execute(ATTEMPTS["more datasets"])
