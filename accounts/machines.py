"""Machine clients: their keys, datasets and tokens (OAuth 2, client credentials only).

A machine client is a user in the role of that name, with one client of the OpenID provider, whose tables the library
allauth keeps. It logs in with a private key that never comes here. We hold the public half, so nobody can steal a key
from us. Every request reads the rows anew, so that a revoked key or token is refused from the next request on.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import jwt
from allauth.idp.oidc.models import Client, Token
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet, TextChoices

from accounts import audit, staff
from accounts.models import Membership, Organisation, User
from accounts.permissions import Role

TOKEN_LIFE = timedelta(seconds=settings.IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# In seconds: how long a signed request for a token may be valid, and how far the client's clock may differ from ours.
LONGEST_ASSERTION = 300
CLOCKS_DIFFER = 30
# In bits. The NCSC (2025) no longer recommends shorter keys for what must stay secret for years.
SHORTEST_RSA_KEY = 3072
# The shape of a client id. Any other text never reaches the database.
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")


class Dataset(TextChoices):
    """What a client may read: the scopes of OAuth 2."""

    FIGURES = "figures", "Cijfers zoals op een moment bekend"
    SERIES = "series", "Cijfers over de tijd"
    RELEASES = "releases", "Ondertekende uitgaven"
    OBSTACLES = "obstacles", "Belemmeringen en doorlooptijden"
    REFERENCE = "reference", "Definities en referentielijsten"


@dataclass(frozen=True)
class PublicKey:
    """The public half of a client's key, and the one algorithm that the client may sign with."""

    pem: str
    algorithm: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the key (SPKI, DER), which people can compare by telephone."""
        key = serialization.load_pem_public_key(self.pem.encode())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


@dataclass(frozen=True)
class Bearer:
    """The user who holds a token, and the datasets that it covers."""

    user: User
    datasets: frozenset[str]


def read_key(text: str) -> PublicKey:
    """Read a public key in PEM. Raises ValidationError if it is none, too weak, or the secret half."""
    if "PRIVATE KEY" in text:
        raise ValidationError(
            "Dit is de geheime sleutel. Die hoort alleen bij de afnemer. Laat een nieuw paar maken: deze is niet meer "
            "geheim."
        )
    try:
        key = serialization.load_pem_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValidationError("Dit is geen publieke sleutel. Plak de hele tekst, met de regels BEGIN en END.") from None
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_bytes(serialization.Encoding.PEM, form).decode()
    return PublicKey(pem, _algorithm(key))


def _algorithm(key: PublicKeyTypes) -> str:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "EdDSA"
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return "ES256"
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA_KEY:
        return "PS256"
    raise ValidationError(f"Deze sleutel kan niet. Gebruik Ed25519, P-256, of RSA van {SHORTEST_RSA_KEY} bits of meer.")


def managed_by(user: User, *, on: date) -> list[Client]:
    """The clients of the organisations that the user manages, by name. Each gets an attribute `organisation`."""
    running = Membership.objects.running_on(on).filter(role=Role.MACHINE_CLIENT).select_related("organisation")
    managed = running.filter(organisation__in=staff.managed_organisations(user, on=on))
    organisations = {membership.user_id: membership.organisation for membership in managed}
    clients = list(Client.objects.filter(owner__in=organisations).order_by("name", "pk"))
    for client in clients:
        client.organisation = organisations[client.owner_id]
    return clients


def hosts(user: User, *, on: date) -> QuerySet[Organisation]:
    """The organisations for which the user may make a client."""
    kinds = staff.KINDS_OF_ROLE[Role.MACHINE_CLIENT]
    return staff.managed_organisations(user, on=on).filter(kind__in=kinds).order_by("name")


@transaction.atomic
def make(
    name: str,
    *,
    organisation: Organisation,
    datasets: Collection[str],
    public_key: str,
    by: User,
    on: date,
    at: datetime,
) -> Client:
    """Make a machine client of an organisation. From the day `on` it can read these datasets."""
    reasons = [] if name.strip() else ["Geef de machinekoppeling een naam."]
    if not datasets or not set(datasets).issubset(Dataset.values):
        reasons.append("Kies wat de koppeling mag lezen.")
    if organisation not in hosts(by, on=on):
        reasons.append("Voor deze organisatie kunt u geen koppeling maken.")
    if reasons:
        raise ValidationError(reasons)
    key = read_key(public_key)
    client = Client(
        name=name.strip(),
        type=Client.Type.CONFIDENTIAL,
        grant_types=Client.GrantType.CLIENT_CREDENTIALS,
        response_types="",
        secret="",
        created_at=at,
        data={"key": key.pem},
    )
    chosen = [dataset for dataset in Dataset.values if dataset in set(datasets)]
    client.set_scopes(chosen)
    client.owner = User.objects.create_user(f"{client.pk}@machine.invalid", full_name=client.name)
    Membership.objects.create(user=client.owner, organisation=organisation, role=Role.MACHINE_CLIENT, since=on)
    client.save(force_insert=True)
    audit.record("machine.made", client.owner, by=by, at=at, organisation=organisation.pk, datasets=chosen)
    return client


@transaction.atomic
def renew(client: Client, *, public_key: str, by: User, at: datetime) -> None:
    """Replace the key of a client. The old key and all its tokens stop working at once."""
    key = read_key(public_key)
    if key.pem == client.data["key"]:
        raise ValidationError("Dit is de sleutel die al in gebruik is. Laat een nieuw paar maken.")
    client.data = {"key": key.pem}
    client.save(update_fields=["data"])
    Token.objects.filter(client=client).delete()
    audit.record("machine.renewed", client.owner, by=by, at=at)


@transaction.atomic
def revoke(client: Client, *, by: User, on: date, at: datetime) -> None:
    """End a machine client: its key, tokens and role go. Its user stays, because the audit trail names it."""
    user = client.owner
    client.delete()
    for membership in user.memberships.running_on(on).filter(role=Role.MACHINE_CLIENT):
        staff.dismiss(membership, by=by, on=on, at=at)
    audit.record("machine.revoked", user, by=by, at=at)


def key_of(client: Client) -> PublicKey:
    return read_key(client.data["key"])


def client_of(assertion: str, *, audience: str) -> Client | None:
    """The client that signed this request for a token (RFC 7523, private_key_jwt).

    None when the signature is wrong, the request is too old or valid for too long, or it was used before.
    """
    client = _claimed_client(assertion)
    if client is None:
        return None
    key = key_of(client)
    try:
        claims = jwt.decode(
            assertion,
            key.pem,
            algorithms=[key.algorithm],
            audience=audience,
            issuer=client.pk,
            subject=client.pk,
            leeway=CLOCKS_DIFFER,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "jti"]},
        )
        life = int(claims["exp"]) - int(claims["iat"])
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
        return None
    if life > LONGEST_ASSERTION:
        return None
    fingerprint = hashlib.sha256(f"{client.pk} {claims['jti']}".encode(errors="replace")).hexdigest()
    is_first = cache.add(f"assertion:{fingerprint}", True, timeout=LONGEST_ASSERTION + 2 * CLOCKS_DIFFER)
    return client if is_first else None


def _claimed_client(assertion: str) -> Client | None:
    """The client that an assertion names as its signer. Its signature is not checked yet."""
    try:
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    if not isinstance(issuer, str) or not _CLIENT_ID.fullmatch(issuer):
        return None
    return Client.objects.select_related("owner").filter(pk=issuer, owner__is_active=True).first()


def issue(client: Client, datasets: Collection[str], *, at: datetime) -> str:
    """Make a token that is valid for `TOKEN_LIFE`. We keep only its hash."""
    value = secrets.token_urlsafe(48)
    token = Token(client=client, type=Token.Type.ACCESS_TOKEN, created_at=at, expires_at=at + TOKEN_LIFE)
    token.set_scopes(list(datasets))
    token.set_value(value)
    token.save()
    return value


def bearer_of(value: str) -> Bearer | None:
    """The holder of this token. None when the token is unknown or over, or its user may not log in."""
    token = Token.objects.select_related("client__owner").lookup(Token.Type.ACCESS_TOKEN, value)
    user = token.client.owner if token is not None and token.client is not None else None
    if user is None or not user.is_active:
        return None
    # A dataset that the client lost after it got the token is lost to the token too.
    return Bearer(user, frozenset(token.get_scopes()) & frozenset(token.client.get_scopes()))


def is_machine(user: User) -> bool:
    """Whether the user is, or ever was, a machine client."""
    return user.memberships.filter(role=Role.MACHINE_CLIENT).exists()
