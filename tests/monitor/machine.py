"""A machine client as its owner has it: with the private key, to sign its own requests for a token."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import jwt
from allauth.idp.oidc.models import Client as OAuthClient
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from accounts import machines
from accounts.acting import acting_as
from accounts.machines import Dataset
from accounts.models import Organisation, User

# A response of the test client.
Answer = Any
Key = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
FORM = "application/x-www-form-urlencoded"
AUDIENCE = "http://testserver/v1/token"
BUREAU = "Programmabureau LVV"


@dataclass(frozen=True)
class Machine:
    client_id: str
    key: Key
    user: User

    @property
    def row(self) -> OAuthClient:
        return OAuthClient.objects.select_related("owner").get(pk=self.client_id)

    def claims(self, **other: Any) -> dict[str, Any]:
        """The claims of a valid assertion, changed by `other`; None removes a claim."""
        now = int(time.time())
        right = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(16),
        }
        return {name: value for name, value in {**right, **other}.items() if value is not None}

    def assertion(self, *, algorithm: str = "EdDSA", key: Any = None, **other: Any) -> str:
        return jwt.encode(self.claims(**other), key or self.key, algorithm=algorithm)

    def form(self, **fields: str) -> dict[str, str]:
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": machines.ASSERTION_TYPE,
            "client_assertion": fields.pop("assertion", "") or self.assertion(),
            **fields,
        }


def pem(key: Any) -> str:
    """The public key, in PEM."""
    written: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return written.decode()


def make_machine(
    *,
    by: User,
    on: date,
    at: datetime,
    datasets: Sequence[str] = Dataset.values,
    organisation: str = BUREAU,
    key: Key | None = None,
) -> Machine:
    """A new machine client, made with the rights of the manager."""
    key = key or ed25519.Ed25519PrivateKey.generate()
    with acting_as(by):
        client = machines.make(
            "Cijferportaal",
            organisation=Organisation.objects.get(name=organisation),
            datasets=datasets,
            public_key=pem(key),
            by=by,
            on=on,
            at=at,
        )
    return Machine(client.pk, key, client.owner)


def ask_token(client: Client, machine: Machine, **fields: str) -> Answer:
    return client.post("/v1/token", urlencode(machine.form(**fields)), content_type=FORM)
