"""Rounds of the monitor, who signed what, and the releases that came of them."""

from monitor.models.releases import EarlyReader, Publication, Release, ReleaseKind, SigningKey
from monitor.models.rounds import (
    KINDS_IN_A_ROUND,
    Round,
    Signature,
    SignatureKind,
    Statement,
    Tally,
    Withdrawal,
    running,
)

__all__ = [
    "KINDS_IN_A_ROUND",
    "EarlyReader",
    "Publication",
    "Release",
    "ReleaseKind",
    "Round",
    "Signature",
    "SignatureKind",
    "SigningKey",
    "Statement",
    "Tally",
    "Withdrawal",
    "running",
]
