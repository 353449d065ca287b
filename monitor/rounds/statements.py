"""Statements: a municipality states that its figures are right, and the programme bureau accepts that or sends it back.

A statement is about facts. When one of them changes before the cut-off, the statement lapses at once, because every
reader compares fingerprints (`footing.py`). The timetable records the lapse later.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Permission
from cases.locking import Stale, refuse
from monitor.figures.measurement import measure
from monitor.models import Round, Signature, SignatureKind, Statement, Tally, Withdrawal
from monitor.rounds import rounds, settlements
from monitor.rounds.footing import fingerprints

# How long after the cut-off we still hand over exits: facts may come in for a while, and the timetable may be late.
LATEST_HANDING_OVER = timedelta(days=1)


class Stage(StrEnum):
    """The progress of a tally."""

    ASKED = "asked"
    STATED = "stated"
    ACCEPTED = "accepted"
    TOUCHED = "touched"


STAGES: Mapping[Stage, str] = {
    Stage.ASKED: "Nog niet verklaard",
    Stage.STATED: "Verklaard, wacht op akkoord",
    Stage.ACCEPTED: "Akkoord",
    Stage.TOUCHED: "Opnieuw te verklaren",
}


@dataclass(frozen=True)
class Standing:
    """The state of a tally. `statement` is the one that was not withdrawn, even if a fact behind it has changed."""

    stage: Stage
    statement: Statement | None
    signatures: Mapping[str, Signature]

    @property
    def title(self) -> str:
        return STAGES[self.stage]


class Unseen(Stale):
    """What the user signs changed after they saw it; `found` identifies what there is now."""

    says = (
        "De cijfers of de verklaring zijn gewijzigd nadat u dit formulier opende. "
        "Bekijk hieronder hoe het nu is, en verzend het formulier dan opnieuw."
    )


def standings(of_round: Round, tallies: Iterable[Tally], *, at: datetime) -> dict[Tally, Standing]:
    """The state of each of these tallies of one round, by the facts of this moment."""
    tallies = list(tallies)
    standing_statements = Statement.objects.standing().filter(tally__in=tallies)
    statements: dict[object, Statement] = {statement.tally_id: statement for statement in standing_statements}
    signed = Signature.objects.filter(statement__in=statements.values()).select_related("user", "party")
    signatures: dict[object, dict[str, Signature]] = {}
    for signature in signed:
        signatures.setdefault(signature.statement_id, {})[signature.kind] = signature
    final = {
        statement.tally_id: statement.fingerprint
        for statement in standing_statements
        if _is_final(statement, of_round, signatures.get(statement.pk, {}))
    }
    # A final statement can't lapse, so a round in which all are final needs no fingerprints. They are costly.
    now = dict(final) if len(final) == len(statements) else _by_tally(tallies, _fingerprints(of_round, at=at))
    return {
        tally: _standing(
            statements.get(tally.pk),
            signatures.get(statements[tally.pk].pk, {}) if tally.pk in statements else {},
            now.get(tally.pk, ""),
        )
        for tally in tallies
    }


def _is_final(statement: Statement, of_round: Round, signatures: Mapping[str, Signature]) -> bool:
    """Whether it was stated when no fact from before the cut-off could come in any more."""
    signed = signatures.get(SignatureKind.STATED)
    is_about_cut_off = statement.known_at == of_round.known_at
    return is_about_cut_off and signed is not None and signed.at >= of_round.known_at + rounds.SETTLING


def _by_tally(tallies: Iterable[Tally], by_municipality: Mapping[int, str]) -> dict[object, str]:
    return {tally.pk: by_municipality.get(tally.municipality_id, "") for tally in tallies}


def standing(tally: Tally, *, at: datetime) -> Standing:
    """The state of one tally."""
    return standings(tally.round, [tally], at=at)[tally]


def _standing(statement: Statement | None, signatures: Mapping[str, Signature], now: str) -> Standing:
    if statement is None:
        stage = Stage.ASKED
    elif statement.fingerprint != now:
        stage = Stage.TOUCHED
    else:
        stage = Stage.ACCEPTED if SignatureKind.ACCEPTED in signatures else Stage.STATED
    return Standing(stage, statement, signatures)


def to_do(user: User, allowed: Collection[Permission], *, at: datetime) -> list[tuple[Tally, Standing]]:
    """The tallies that this user has to state for the municipality, or to accept for the programme bureau."""
    wanted: set[Stage] = set()
    if Permission.STATE_FIGURES in allowed:
        wanted |= {Stage.ASKED, Stage.TOUCHED}
    if Permission.MANAGE_ROUNDS in allowed:
        wanted.add(Stage.STATED)
    if not wanted:
        return []
    visible = Tally.objects.visible_to(user).filter(round__cancelled_at=None)
    by_round: dict[Round, list[Tally]] = {}
    for tally in visible.select_related("municipality", "round").order_by("round__known_at", "municipality__name"):
        by_round.setdefault(tally.round, []).append(tally)
    return [
        (tally, standing)
        for of_round, in_round in by_round.items()
        for tally, standing in standings(of_round, in_round, at=at).items()
        if standing.stage in wanted
    ]


def fingerprint(tally: Tally, *, at: datetime) -> str:
    """The fingerprint of the facts behind the figures of a tally now."""
    return _fingerprints(tally.round, at=at, tally=tally)[tally.municipality_id]


def _fingerprints(of_round: Round, *, at: datetime, tally: Tally | None = None) -> dict[int, str]:
    pair = rounds.pair(of_round, at=at)
    return fingerprints(
        pair.definition_set, on=pair.on, known_at=pair.known_at, municipality=tally.municipality if tally else None
    )


def stating_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
    """Why this user can't state the figures of the municipality now. Empty means they can."""
    if tally.round.cancelled_at is not None:
        return ["Deze ronde is vervallen."]
    party = rounds.party_of_municipality(tally.municipality, by, at=at)
    if party is None:
        return [f"Alleen de gemeente {tally.municipality} verklaart deze cijfers."]
    stage = standing(tally, at=at).stage
    if stage in (Stage.STATED, Stage.ACCEPTED):
        return ["Deze cijfers zijn al verklaard. Trek de verklaring eerst in."]
    return rounds.signing_blockers(tally.round, by, party)


@transaction.atomic
def state(tally: Tally, *, seen: str, by: User, at: datetime, explanation: str = "", remarks: str = "") -> Statement:
    """State the figures as they are now. `seen` is the fingerprint of the figures that the user saw.

    An explanation is required when the figures leave persons unexplained. An earlier statement that lapsed because a
    fact changed is withdrawn. The IND and DT&V are handed the persons to compare.
    """
    _lock(tally)
    refuse(stating_blockers(tally, by=by, at=at))
    pair = rounds.pair(tally.round, at=at)
    now = fingerprint(tally, at=at)
    if now != seen:
        raise Unseen(now)
    residual = measure(pair.on, pair.known_at, pair.definition_set).residual(tally.municipality.name)
    if residual and not explanation:
        refuse([f"Licht toe waarom van {residual} personen niet verklaard is hoe zij de LVV verlieten."])
    lapsed = Statement.objects.standing().filter(tally=tally).first()
    if lapsed is not None:
        _withdraw_touched(lapsed, at=at)
    statement = Statement.objects.create(
        tally=tally,
        round=tally.round,
        known_at=pair.known_at,
        fingerprint=seen,
        residual=residual,
        explanation=explanation if residual else "",
        remarks=remarks,
    )
    settlements.hand_over(tally.round, tally.municipality, by=by, at=at)
    party = rounds.party_of_municipality(tally.municipality, by, at=at)
    assert party is not None
    _sign(statement, SignatureKind.STATED, party, by=by, at=at)
    audit.record("tally.stated", tally, by=by, at=at, statement=str(statement.pk), fingerprint=seen)
    return statement


def accepting_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
    """Why this user can't accept the statement for the programme bureau. Empty means they can."""
    if reasons := answering_blockers(tally, by=by, at=at):
        return reasons
    return rounds.signing_blockers(tally.round, by, _bureau(by, at))


def answering_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
    """Why this user can neither accept the statement nor send it back. Empty means they can."""
    if reasons := rounds.changing_blockers(tally.round, by=by, at=at):
        return reasons
    match standing(tally, at=at).stage:
        case Stage.ASKED:
            return ["De gemeente heeft nog niets verklaard."]
        case Stage.TOUCHED:
            return ["De feiten zijn gewijzigd sinds de verklaring. De gemeente verklaart eerst opnieuw."]
        case Stage.ACCEPTED:
            return ["Het programmabureau is al akkoord."]
        case _:
            return []


@transaction.atomic
def accept(tally: Tally, *, statement: str, by: User, at: datetime) -> Signature:
    """The programme bureau accepts a statement; `statement` is the key of the one that it read."""
    _lock(tally)
    refuse(accepting_blockers(tally, by=by, at=at))
    accepted = _statement_as_read(tally, statement)
    signature = _sign(accepted, SignatureKind.ACCEPTED, _bureau(by, at), by=by, at=at)
    audit.record("tally.accepted", tally, by=by, at=at, statement=str(accepted.pk))
    return signature


@transaction.atomic
def send_back(tally: Tally, *, statement: str, reason: str, by: User, at: datetime) -> Statement:
    """The programme bureau does not accept yet: the municipality checks its figures and states them again."""
    _lock(tally)
    refuse(answering_blockers(tally, by=by, at=at) + ([] if reason else ["Zeg wat de gemeente moet nakijken."]))
    return _withdraw(_statement_as_read(tally, statement), Withdrawal.SENT_BACK, reason, by=by, at=at)


def taking_back_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
    """Why this user can't take the statement of the municipality back. Empty means they can."""
    if tally.round.cancelled_at is not None:
        return ["Deze ronde is vervallen."]
    if rounds.party_of_municipality(tally.municipality, by, at=at) is None:
        return [f"Alleen de gemeente {tally.municipality} trekt haar verklaring in."]
    if standing(tally, at=at).statement is None:
        return ["Er is geen verklaring om in te trekken."]
    return []


@transaction.atomic
def take_back(tally: Tally, *, statement: str, reason: str, by: User, at: datetime) -> Statement:
    """The municipality takes its own statement back, whether it was accepted or not."""
    _lock(tally)
    refuse(taking_back_blockers(tally, by=by, at=at) + ([] if reason else ["Zeg waarom u de verklaring intrekt."]))
    return _withdraw(_statement_as_read(tally, statement), Withdrawal.TAKEN_BACK, reason, by=by, at=at)


def withdraw_touched(*, by: User, at: datetime) -> int:
    """Record that statements lapsed because a fact changed, as far as this user may; returns how many."""
    count = 0
    for of_round in Round.objects.standing().visible_to(by):
        tallies = Tally.objects.visible_to(by).filter(round=of_round).select_related("municipality", "round")
        touched = [t for t, current in standings(of_round, tallies, at=at).items() if current.stage is Stage.TOUCHED]
        for tally in touched:
            with transaction.atomic():
                _lock(tally)
                current = standing(tally, at=at)
                if current.stage is Stage.TOUCHED and current.statement is not None:
                    _withdraw_touched(current.statement, at=at)
                    count += 1
    return count


def keep_settled(*, by: User, at: datetime) -> None:
    """Hand over exits that were corrected without any effect on the statement of the user's municipality.

    Stating the figures hands over as well. But such a correction does not end the statement, so the municipality does
    not state again, and this is what gives the partner the corrected exit.
    """
    settlements.withdraw_mended(by=by, at=at)
    for of_round in Round.objects.standing().filter(known_at__gt=at - LATEST_HANDING_OVER):
        tallies = Tally.objects.visible_to(by).filter(round=of_round).select_related("municipality", "round")
        ours = [tally for tally in tallies if rounds.party_of_municipality(tally.municipality, by, at=at)]
        for tally, current in standings(of_round, ours, at=at).items():
            if current.stage in (Stage.STATED, Stage.ACCEPTED):
                settlements.hand_over(of_round, tally.municipality, by=by, at=at)


def _lock(tally: Tally) -> None:
    """Lock a tally until the end of the transaction, so that one act at a time changes it; and read its round again."""
    Tally.objects.filter(pk=tally.pk).update(version=F("version") + 1)
    tally.round = Round.objects.get(pk=tally.round_id)


def _bureau(user: User, at: datetime) -> Organisation:
    """The programme bureau; the blockers have made sure that the user coordinates there."""
    bureau = rounds.bureau_of(user, on=timezone.localdate(at))
    assert bureau is not None
    return bureau


def _statement_as_read(tally: Tally, statement: str) -> Statement:
    """The statement that stands; raises Unseen if it is not the one with the key `statement`."""
    standing_statement = Statement.objects.standing().filter(tally=tally).first()
    if standing_statement is None or str(standing_statement.pk) != statement:
        raise Unseen(str(standing_statement.pk) if standing_statement else "")
    return standing_statement


def _sign(statement: Statement, kind: SignatureKind, party: Organisation, *, by: User, at: datetime) -> Signature:
    return Signature.objects.create(statement=statement, round=statement.round, kind=kind, party=party, user=by, at=at)


def _withdraw(statement: Statement, why: Withdrawal, reason: str, *, by: User, at: datetime) -> Statement:
    statement.withdrawn_at, statement.withdrawn_by = at, by
    statement.withdrawal, statement.withdrawal_reason = why, reason
    statement.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal", "withdrawal_reason"])
    audit.record(f"tally.{why}", statement.tally, by=by, at=at, statement=str(statement.pk))
    return statement


def _withdraw_touched(statement: Statement, *, at: datetime) -> None:
    statement.withdrawn_at, statement.withdrawal = at, Withdrawal.TOUCHED
    statement.save(update_fields=["withdrawn_at", "withdrawal"])
    audit.record_by_system(
        "tally.touched", "monitor.tally", str(statement.tally_id), at=at, statement=str(statement.pk)
    )
