"""Rounds of the monitor, with their statements, settlements and signatures; and releases."""

from monitor.models.releases import EarlyReader, Edition, Exemption, Publication, Release, ReleaseKind, SigningKey
from monitor.models.reported import Reported
from monitor.models.rounds import (
    KINDS_IN_A_ROUND,
    Round,
    Statement,
    Tally,
    Withdrawal,
)
from monitor.models.settlements import Comparison, Difference, Item, Outcome, Partner, Reply, Ruling, Settlement
from monitor.models.signatures import Signature, SignatureKind

__all__ = [
    "KINDS_IN_A_ROUND",
    "Comparison",
    "Difference",
    "EarlyReader",
    "Edition",
    "Exemption",
    "Item",
    "Outcome",
    "Partner",
    "Publication",
    "Release",
    "ReleaseKind",
    "Reply",
    "Reported",
    "Round",
    "Ruling",
    "Settlement",
    "Signature",
    "SignatureKind",
    "SigningKey",
    "Statement",
    "Tally",
    "Withdrawal",
]
