"""The key that signs releases: Ed25519, from the settings; its public half is kept for ever (RELEASE_KEY)."""

import base64
import binascii
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


class NoKey(Exception):
    """No usable signing key is set."""


def private_key() -> Ed25519PrivateKey:
    """The key of this site; raises NoKey."""
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
    """A short name for a public key: the start of its SHA-256."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def sign(private: Ed25519PrivateKey, message: bytes) -> str:
    """The signature, in base64."""
    return base64.b64encode(private.sign(message)).decode()
