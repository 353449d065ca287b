"""Statements: a municipality says that its figures are right, and the programme bureau accepts that or asks again.

A statement is about facts. When one of those changes before the cut-off, it no longer stands, from that very moment:
every reader compares. The timetable records it afterwards.
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

# After the cut-off a fact may still come in for a while, and the timetable be late.
LATEST_HANDING_OVER = timedelta(days=1)


class Stage(StrEnum):
    """How far a tally is."""

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
    """Where a tally stands; `statement` is the one that was not withdrawn, also when facts have touched it."""

    stage: Stage
    statement: Statement | None
    signatures: Mapping[str, Signature]

    @property
    def title(self) -> str:
        return STAGES[self.stage]


class Unseen(Stale):
    """Nobody signs what they did not see; `found` is what stands now in the place of what they saw."""

    says = (
        "De cijfers of de verklaring zijn gewijzigd nadat u dit formulier opende. "
        "Bekijk hieronder hoe het nu is, en verzend het formulier dan opnieuw."
    )


def standings(of_round: Round, tallies: Iterable[Tally], *, at: datetime) -> dict[Tally, Standing]:
    """Where each of these tallies of a round stands now, by the facts themselves."""
    tallies = list(tallies)
    standing_ones = Statement.objects.standing().filter(tally__in=tallies)
    statements: dict[object, Statement] = {one.tally_id: one for one in standing_ones}
    signed = Signature.objects.filter(statement__in=statements.values()).select_related("user", "party")
    signatures: dict[object, dict[str, Signature]] = {}
    for signature in signed:
        signatures.setdefault(signature.statement_id, {})[signature.kind] = signature
    settled = {
        one.tally_id: one.fingerprint for one in standing_ones if _is_settled(one, of_round, signatures.get(one.pk, {}))
    }
    # What was stated when no fact could come in any more is not touched: an old round asks nothing.
    now = dict(settled) if len(settled) == len(statements) else _by_tally(tallies, _fingerprints(of_round, at=at))
    return {
        tally: _standing(
            statements.get(tally.pk),
            signatures.get(statements[tally.pk].pk, {}) if tally.pk in statements else {},
            now.get(tally.pk, ""),
        )
        for tally in tallies
    }


def _is_settled(statement: Statement, of_round: Round, signatures: Mapping[str, Signature]) -> bool:
    """Whether it was stated after the cut-off, at a moment when nothing recorded before it could still come in."""
    signed = signatures.get(SignatureKind.STATED)
    is_last_word = statement.known_at == of_round.known_at
    return is_last_word and signed is not None and signed.at >= of_round.known_at + rounds.SETTLING


def _by_tally(tallies: Iterable[Tally], found: Mapping[int, str]) -> dict[object, str]:
    return {tally.pk: found.get(tally.municipality_id, "") for tally in tallies}


def standing(tally: Tally, *, at: datetime) -> Standing:
    """Where one tally stands now."""
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
    """Which tallies wait for this user: to be stated for the municipality, or to be accepted for the bureau."""
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
    found = [pair for one, those in by_round.items() for pair in standings(one, those, at=at).items()]
    return [(tally, standing) for tally, standing in found if standing.stage in wanted]


def fingerprint(tally: Tally, *, at: datetime) -> str:
    """What the tally rests on now."""
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
    party = rounds.hall_of(tally.municipality, by, at=at)
    if party is None:
        return [f"Alleen de gemeente {tally.municipality} verklaart deze cijfers."]
    stage = standing(tally, at=at).stage
    if stage in (Stage.STATED, Stage.ACCEPTED):
        return ["Deze cijfers zijn al verklaard. Trek de verklaring eerst in."]
    return rounds.signing_blockers(tally.round, by, party)


@transaction.atomic
def state(tally: Tally, *, seen: str, by: User, at: datetime, explanation: str = "", remarks: str = "") -> Statement:
    """State the figures as they are now; `seen` is the fingerprint of what the signer looked at.

    Whoever is unexplained needs words. An earlier statement that facts have touched makes way. The IND and DT&V are
    handed whom they compare.
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
    touched = Statement.objects.standing().filter(tally=tally).first()
    if touched is not None:
        _withdraw_touched(touched, at=at)
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
    party = rounds.hall_of(tally.municipality, by, at=at)
    assert party is not None
    _sign(statement, SignatureKind.STATED, party, by=by, at=at)
    audit.record("tally.stated", tally, by=by, at=at, statement=str(statement.pk), fingerprint=seen)
    return statement


def accepting_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
    """Why this user can't accept the statement for the programme bureau."""
    if reasons := answering_blockers(tally, by=by, at=at):
        return reasons
    return rounds.signing_blockers(tally.round, by, _bureau(by, at))


def answering_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
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
    """The bureau agrees with the statement that it read, named by its key."""
    _lock(tally)
    refuse(accepting_blockers(tally, by=by, at=at))
    read = _read(tally, statement)
    signature = _sign(read, SignatureKind.ACCEPTED, _bureau(by, at), by=by, at=at)
    audit.record("tally.accepted", tally, by=by, at=at, statement=str(read.pk))
    return signature


@transaction.atomic
def send_back(tally: Tally, *, statement: str, reason: str, by: User, at: datetime) -> Statement:
    """The bureau doesn't agree yet: the municipality looks again, and states anew."""
    _lock(tally)
    refuse(answering_blockers(tally, by=by, at=at) + ([] if reason else ["Zeg wat de gemeente moet nakijken."]))
    return _withdraw(_read(tally, statement), Withdrawal.SENT_BACK, reason, by=by, at=at)


def taking_back_blockers(tally: Tally, *, by: User, at: datetime) -> list[str]:
    """Why the municipality can't take its statement back."""
    if tally.round.cancelled_at is not None:
        return ["Deze ronde is vervallen."]
    if rounds.hall_of(tally.municipality, by, at=at) is None:
        return [f"Alleen de gemeente {tally.municipality} trekt haar verklaring in."]
    if standing(tally, at=at).statement is None:
        return ["Er is geen verklaring om in te trekken."]
    return []


@transaction.atomic
def take_back(tally: Tally, *, statement: str, reason: str, by: User, at: datetime) -> Statement:
    """The municipality takes its own statement back, accepted or not."""
    _lock(tally)
    refuse(taking_back_blockers(tally, by=by, at=at) + ([] if reason else ["Zeg waarom u de verklaring intrekt."]))
    return _withdraw(_read(tally, statement), Withdrawal.TAKEN_BACK, reason, by=by, at=at)


def withdraw_touched(*, by: User, at: datetime) -> int:
    """Record which statements that this user may withdraw no longer stand; answers how many."""
    count = 0
    for of_round in Round.objects.standing().visible_to(by):
        tallies = Tally.objects.visible_to(by).filter(round=of_round).select_related("municipality", "round")
        touched = [t for t, found in standings(of_round, tallies, at=at).items() if found.stage is Stage.TOUCHED]
        for tally in touched:
            with transaction.atomic():
                _lock(tally)
                found = standing(tally, at=at)
                if found.stage is Stage.TOUCHED and found.statement is not None:
                    _withdraw_touched(found.statement, at=at)
                    count += 1
    return count


def keep_settled(*, by: User, at: datetime) -> None:
    """Hand over again whose exit was mended without any effect on what the municipality of the user stated."""
    settlements.withdraw_mended(by=by, at=at)
    for of_round in Round.objects.standing().filter(known_at__gt=at - LATEST_HANDING_OVER):
        tallies = Tally.objects.visible_to(by).filter(round=of_round).select_related("municipality", "round")
        ours = [tally for tally in tallies if rounds.hall_of(tally.municipality, by, at=at)]
        for tally, found in standings(of_round, ours, at=at).items():
            if found.stage in (Stage.STATED, Stage.ACCEPTED):
                settlements.hand_over(of_round, tally.municipality, by=by, at=at)


def _lock(tally: Tally) -> None:
    """One act at a time on a tally."""
    Tally.objects.filter(pk=tally.pk).update(version=F("version") + 1)
    tally.round = Round.objects.get(pk=tally.round_id)


def _bureau(user: User, at: datetime) -> Organisation:
    """The programme bureau of a user who coordinates there."""
    bureau = rounds.bureau_of(user, on=timezone.localdate(at))
    assert bureau is not None
    return bureau


def _read(tally: Tally, statement: str) -> Statement:
    """The statement that stands, if it is the one that was read."""
    found = Statement.objects.standing().filter(tally=tally).first()
    if found is None or str(found.pk) != statement:
        raise Unseen(str(found.pk) if found else "")
    return found


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
