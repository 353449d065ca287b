"""The key that signs releases: the private Ed25519 key in the setting RELEASE_KEY."""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


class NoKey(Exception):
    """RELEASE_KEY is empty or not a key."""


def private_key() -> Ed25519PrivateKey:
    """The private key of this site; raises NoKey."""
    text = settings.RELEASE_KEY
    try:
        seed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (ValueError, binascii.Error):
        raise NoKey from None


def public_key(private: Ed25519PrivateKey) -> str:
    """The public half, in base64."""
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def key_id(public: str) -> str:
    """The id of a public key in a release: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def sign(private: Ed25519PrivateKey, message: bytes) -> str:
    """The signature, in base64."""
    return base64.b64encode(private.sign(message)).decode()
