"""Rounds of the monitor: what the municipalities state about their figures, and who signed."""

from monitor.models.rounds import KINDS_IN_A_ROUND, Round, Signature, SignatureKind, Statement, Tally, Withdrawal

__all__ = ["KINDS_IN_A_ROUND", "Round", "Signature", "SignatureKind", "Statement", "Tally", "Withdrawal"]
