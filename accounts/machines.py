"""Machine clients: their key, their tokens, and how that ends (OAuth 2, client credentials and nothing else).

A machine client is a user with the role of that name and one client of the OpenID provider. The rows are the library's;
its views are not used, because they can do far more than this and import a package for fetching remote documents.
Every question reads the rows anew, so that what is revoked is refused on the very next request.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.permissions import Role

SCOPE = "figures"
TOKEN_LIFE = timedelta(seconds=settings.IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN)
# What a client id looks like; anything else never reaches the database.
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Credentials:
    """Shown once: only a hash of the secret is kept."""

    client_id: str
    secret: str


@transaction.atomic
def make(name: str, *, by: User, on: date, at: datetime) -> Credentials:
    """A machine client of the programme bureau, that can read figures from a day on."""
    if not name.strip():
        raise ValidationError("Geef de machinekoppeling een naam.")
    bureau = Organisation.objects.filter(kind=OrganisationKind.PROGRAMME).first()
    if bureau is None:
        raise ValidationError("Er is geen programmabureau. Draai eerst manage.py prepare.")
    client = Client(
        name=name,
        type=Client.Type.CONFIDENTIAL,
        grant_types=Client.GrantType.CLIENT_CREDENTIALS,
        response_types="",
        scopes=SCOPE,
        default_scopes=SCOPE,
        created_at=at,
    )
    client.owner = User.objects.create_user(f"{client.pk}@machine.invalid", full_name=name)
    Membership.objects.create(user=client.owner, organisation=bureau, role=Role.MACHINE_CLIENT, since=on)
    secret = _renew(client)
    audit.record("machine.made", client.owner, by=by, at=at, on=on.isoformat())
    return Credentials(client.pk, secret)


@transaction.atomic
def rotate(client: Client, *, by: User, at: datetime) -> Credentials:
    """Another secret; the old one and all tokens stop working at once."""
    secret = _renew(client)
    Token.objects.filter(client=client).delete()
    audit.record("machine.rotated", client.owner, by=by, at=at)
    return Credentials(client.pk, secret)


@transaction.atomic
def revoke(client: Client, *, by: User, on: date, at: datetime) -> None:
    """The end of a machine client: no key, no tokens, no role. The user stays, for the audit trail."""
    user = client.owner
    client.delete()
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.memberships.running_on(on).update(until=on)
    audit.record("machine.revoked", user, by=by, at=at, on=on.isoformat())


def client_of(client_id: str, secret: str) -> Client | None:
    """The client that has this secret and may still use it."""
    if not _CLIENT_ID.fullmatch(client_id):
        return None
    client = Client.objects.select_related("owner").filter(pk=client_id, owner__is_active=True).first()
    if client is None or Client.GrantType.CLIENT_CREDENTIALS not in client.get_grant_types():
        return None
    return client if client.check_secret(secret) else None


def issue(client: Client, *, at: datetime) -> str:
    """A token for a short while; only its hash is kept."""
    value = secrets.token_urlsafe(48)
    token = Token(client=client, type=Token.Type.ACCESS_TOKEN, created_at=at, expires_at=at + TOKEN_LIFE, scopes=SCOPE)
    token.set_value(value)
    token.save()
    return value


def user_of(value: str) -> User | None:
    """The machine's user, if this is a token that works."""
    token = Token.objects.select_related("client__owner").lookup(Token.Type.ACCESS_TOKEN, value)
    if token is None or token.client is None or SCOPE not in token.get_scopes():
        return None
    user: User | None = token.client.owner
    return user if user is not None and user.is_active else None


def is_machine(user: User) -> bool:
    """Whether the user is, or ever was, a machine client."""
    return user.memberships.filter(role=Role.MACHINE_CLIENT).exists()


def _renew(client: Client) -> str:
    secret = secrets.token_urlsafe(48)
    client.set_secret(secret)
    client.save()
    return secret
