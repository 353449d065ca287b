"""Settles figures with a partner, person by person: the grants with the IND, the departures with DT&V.

When a municipality states its figures, it hands over the persons whom it counts. The partner replies, the municipality
decides on the differences, and the partner signs. Each item is about one exit. A person who was compared is not asked
about again in a later round. When an exit changes, only its own item is withdrawn, and the partner's signature lapses.
"""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Model, OuterRef, Q
from django.utils import timezone

from accounts import audit
from accounts.acting import as_monitor
from accounts.models import Municipality, Organisation, User
from cases.locking import Stale, refuse
from cases.models import DEPARTURES, Case, ExitCategory
from monitor.figures.counting import rows
from monitor.figures.measurement import CountedExit, exits_behind
from monitor.models import (
    Comparison,
    Item,
    Partner,
    Reply,
    Round,
    Ruling,
    Settlement,
    Signature,
    SignatureKind,
    Statement,
    Tally,
)
from monitor.models.settlements import ItemQuerySet, SettlementQuerySet
from monitor.rounds import rounds

# What each partner compares: the code of the indicator, and the exit categories that the partner has records of.
COMPARED: Mapping[Partner, tuple[str, tuple[ExitCategory, ...]]] = {
    Partner.IND: ("durable_grant", (ExitCategory.GRANT,)),
    Partner.DTV: ("durable_departure", DEPARTURES),
}
# The columns that the monitor's role may read besides the facts: keys and codes (monitor/security.py).
COLUMNS: Mapping[type[Model], tuple[str, ...]] = {
    Tally: ("id", "round_id", "municipality_id"),
    Statement: ("id", "tally_id", "withdrawn_at"),
    Item: ("id", "settlement_id", "exit_id", "withdrawn_at"),
    Reply: ("id", "item_id", "number", "answer", "difference"),
    Ruling: ("id", "reply_id", "outcome"),
}


def compared_categories(settlement: Settlement) -> tuple[ExitCategory, ...]:
    """The exit categories that are compared in a settlement."""
    return COMPARED[Partner(settlement.partner)][1]


class Stage(StrEnum):
    """The progress of a settlement."""

    WAITING = "waiting"
    COMPARING = "comparing"
    DECIDING = "deciding"
    TO_SIGN = "to_sign"
    SIGNED = "signed"


STAGES: Mapping[Stage, str] = {
    Stage.WAITING: "Wacht op de gemeente",
    Stage.COMPARING: "Wordt vergeleken",
    Stage.DECIDING: "Verschillen bij de gemeente",
    Stage.TO_SIGN: "Klaar om te tekenen",
    Stage.SIGNED: "Afgestemd",
}


@dataclass(frozen=True)
class ComparedItem:
    """The state of one item, in keys and codes; `settlement` is the one in which it was handed over.

    `exit` is None for a person whom the partner reported as missing. `reply` is the last reply, with its `answer` and
    `difference`; `ruling` is the ruling on that reply.
    """

    settlement: uuid.UUID
    item: uuid.UUID
    exit: uuid.UUID | None
    reply: uuid.UUID | None
    answer: str
    difference: str
    ruling: uuid.UUID | None

    @property
    def is_open(self) -> bool:
        return self.reply is None

    @property
    def waits_for_a_ruling(self) -> bool:
        return self.answer in (Comparison.DIFFERS, Comparison.UNKNOWN) and self.ruling is None


@dataclass(frozen=True)
class Standing:
    """The state of a settlement, by the facts of this moment.

    `not_handed_over` is the number of exits that count and of which the partner has no item yet. `signature` is None
    when what was signed has changed since.
    """

    stage: Stage
    compared: tuple[ComparedItem, ...]
    not_handed_over: int
    fingerprint: str
    signature: Signature | None

    @property
    def title(self) -> str:
        return STAGES[self.stage]

    @property
    def open(self) -> int:
        return sum(line.is_open for line in self.compared)

    @property
    def agreed(self) -> int:
        return sum(line.answer == Comparison.AGREES for line in self.compared)

    @property
    def undecided(self) -> int:
        return sum(line.waits_for_a_ruling for line in self.compared)

    @property
    def decided(self) -> int:
        return sum(line.ruling is not None for line in self.compared)

    @property
    def items(self) -> list[uuid.UUID]:
        return [line.item for line in self.compared]


class Unseen(Stale):
    """What the user answers or signs changed after they saw it; `found` identifies what there is now."""

    says = "Hier is iets gewijzigd nadat u dit formulier opende. Bekijk hoe het nu is, en verzend het dan opnieuw."


_COMPARED = """
    select i.settlement_id, i.id, i.exit_id, r.id, coalesce(r.answer, ''), coalesce(r.difference, ''), u.id
    from monitor_item i
    left join lateral (
        select id, answer, difference from monitor_reply where item_id = i.id order by number desc limit 1) r on true
    left join monitor_ruling u on u.reply_id = r.id
    where i.withdrawn_at is null and (i.exit_id = any (%(exits)s) or i.exit_id is null
        and i.settlement_id = any (%(settlements)s))
    order by i.id"""
_STATED = """
    select t.municipality_id from monitor_tally t join monitor_statement s on s.tally_id = t.id
    where t.round_id = %(round)s and s.withdrawn_at is null"""


def standings(of_round: Round, settlements: Iterable[Settlement], *, at: datetime) -> dict[Settlement, Standing]:
    """The state of each of these settlements of one round."""
    settlements = list(settlements)
    counted = _counted(of_round, settlements, at)
    parameters = {
        "exits": [counted_exit.exit_id for exits in counted.values() for counted_exit in exits],
        "settlements": [settlement.pk for settlement in settlements],
        "round": of_round.pk,
    }
    with as_monitor():
        lines = rows(_COMPARED, parameters)
        stated = {row[0] for row in rows(_STATED, parameters)}
    compared = [ComparedItem(*line) for line in lines]
    by_exit = {item.exit: item for item in compared if item.exit}
    missing = [item for item in compared if not item.exit]
    signatures = Signature.objects.filter(settlement__in=settlements).select_related("user", "party").order_by("at")
    signed = {signature.settlement_id: signature for signature in signatures}  # the last of each
    by_settlement = {
        settlement: _standing(
            [by_exit[counted_exit.exit_id] for counted_exit in exits if counted_exit.exit_id in by_exit]
            + [item for item in missing if item.settlement == settlement.pk],
            [counted_exit for counted_exit in exits if counted_exit.exit_id not in by_exit],
            signed.get(settlement.pk),
            is_stated=settlement.municipality_id in stated,
        )
        for settlement, exits in counted.items()
    }
    return {settlement: by_settlement[settlement] for settlement in settlements}


def _counted(of_round: Round, settlements: Collection[Settlement], at: datetime) -> dict[Settlement, list[CountedExit]]:
    """The exits that each settlement compares, by the figures of the round at this moment."""
    pair = rounds.pair(of_round, at=at)
    items = [pair.definition_set[code] for code, _ in COMPARED.values()]
    exits = exits_behind(items, on=pair.on, known_at=pair.known_at)
    of_each: dict[tuple[str, int], list[CountedExit]] = {
        (code, settlement.municipality_id): [] for code, _ in COMPARED.values() for settlement in settlements
    }
    for counted_exit in exits:
        of_each.setdefault((counted_exit.code, counted_exit.municipality_id), []).append(counted_exit)
    return {
        settlement: of_each[COMPARED[Partner(settlement.partner)][0], settlement.municipality_id]
        for settlement in settlements
    }


def _standing(
    compared: list[ComparedItem], not_handed_over: list[CountedExit], signature: Signature | None, *, is_stated: bool
) -> Standing:
    compared = sorted(compared, key=lambda line: str(line.item))
    lines = [f"{line.item} {line.exit} {line.reply} {line.answer} {line.difference} {line.ruling}" for line in compared]
    lines += sorted(str(counted_exit.exit_id) for counted_exit in not_handed_over)
    fingerprint = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    is_signed = signature is not None and signature.fingerprint == fingerprint
    if is_signed:
        stage = Stage.SIGNED
    elif not_handed_over or not is_stated:
        stage = Stage.WAITING
    elif any(line.is_open for line in compared):
        stage = Stage.COMPARING
    elif any(line.waits_for_a_ruling for line in compared):
        stage = Stage.DECIDING
    else:
        stage = Stage.TO_SIGN
    return Standing(stage, tuple(compared), len(not_handed_over), fingerprint, signature if is_signed else None)


def standing(settlement: Settlement, *, at: datetime) -> Standing:
    """The state of one settlement."""
    return standings(settlement.round, [settlement], at=at)[settlement]


# A settlement that nobody has to look at any more: the partner signed it when no fact could come in any more, and no
# reply since then waits for a ruling. Lists of work skip these, so that old rounds cost no time.
_IS_QUIET = Exists(
    Signature.objects.filter(settlement=OuterRef("pk"), at__gte=OuterRef("round__known_at") + rounds.SETTLING)
) & ~Exists(Reply.objects.filter(item__settlement=OuterRef("pk"), ruling=None).exclude(answer=Comparison.AGREES))


def to_compare(user: User, *, at: datetime) -> list[tuple[Settlement, Standing]]:
    """The settlements that this user has to compare or sign for the partner."""
    with_standings = _with_standings(Settlement.objects.of_the_partner(user), at)
    return [
        (settlement, standing)
        for settlement, standing in with_standings
        if standing.stage in (Stage.COMPARING, Stage.TO_SIGN)
    ]


def to_decide(user: User, *, at: datetime) -> list[tuple[Settlement, int]]:
    """(settlement, number of differences) on which this user has to decide for the municipality.

    A difference counts in the settlement in which its item was handed over, also when a later round compares it.
    """
    numbers = [
        (settlement, sum(c.waits_for_a_ruling and c.settlement == settlement.pk for c in standing.compared))
        for settlement, standing in _with_standings(Settlement.objects.of_the_municipality(user), at)
    ]
    return [(settlement, number) for settlement, number in numbers if number]


def _with_standings(settlements: SettlementQuerySet, at: datetime) -> Iterator[tuple[Settlement, Standing]]:
    unquiet = settlements.exclude(_IS_QUIET).filter(round__cancelled_at=None)
    by_round: dict[Round, list[Settlement]] = {}
    for settlement in unquiet.select_related("round", "municipality").order_by("round__known_at", "municipality__name"):
        by_round.setdefault(settlement.round, []).append(settlement)
    for of_round, in_round in by_round.items():
        yield from standings(of_round, in_round, at=at).items()


def unsettled(of_round: Round, *, at: datetime) -> list[str]:
    """Why a release has to wait for settlements: at most one Dutch sentence, which names them."""
    settlements = Settlement.objects.filter(round=of_round).select_related("municipality", "round")
    by_settlement = standings(of_round, settlements, at=at)
    names = sorted(
        f"{settlement.municipality} met {settlement.get_partner_display()}"
        for settlement, standing in by_settlement.items()
        if standing.stage is not Stage.SIGNED
    )
    return [f"Nog niet afgestemd: {', '.join(names)}."] if names else []


def hand_over(of_round: Round, municipality: Municipality, *, by: User, at: datetime) -> None:
    """Give each partner an item for every exit that the municipality counts and that has no item yet.

    This happens when figures are stated, and by the timetable for figures whose statement still stands.
    """
    withdraw(Item.objects.filter(_IS_MENDED, settlement__municipality=municipality), at=at)
    settlements = list(Settlement.objects.filter(round=of_round, municipality=municipality))
    for settlement, exits in _counted(of_round, settlements, at).items():
        keys = [counted_exit.exit_id for counted_exit in exits]
        known = set(Item.objects.standing().filter(exit__in=keys).values_list("exit", flat=True))
        new = [counted_exit for counted_exit in exits if counted_exit.exit_id not in known]
        cases = Case.objects.with_person().in_bulk([counted_exit.case_id for counted_exit in new])
        common = {"settlement": settlement, "asked_by": by, "asked_at": at}
        Item.objects.bulk_create(
            Item(
                exit_id=counted_exit.exit_id,
                on=counted_exit.on,
                category=counted_exit.category,
                destination=counted_exit.destination,
                **identity_of(cases[counted_exit.case_id]),
                **common,
            )
            for counted_exit in new
        )


def identity_of(case: Case) -> dict[str, Any]:
    """The fields of an item that identify its person: the V-number, or only without one the name and birth date."""
    person = case.person
    if person is None:
        return {}
    if person.v_number:
        return {"person": person, "v_number": person.v_number}
    return {"person": person, "name": person.identity.full_name, "born": person.identity.birth_date}


def withdraw_mended(*, by: User, at: datetime) -> None:
    """Withdraw items of the user's municipalities whose exit was corrected, and erase those of cancelled rounds."""
    ours = Settlement.objects.of_the_municipality(by)
    of_lapsed_rounds = Q(settlement__round__cancelled_at__isnull=False) & ~Q(v_number="", name="")
    with transaction.atomic():
        withdraw(Item.objects.filter(_IS_MENDED | of_lapsed_rounds, settlement__in=ours), at=at)


# The exit of the item was withdrawn in time. An exit that is withdrawn after the cut-off still counts in that round,
# and is still compared.
_IS_MENDED = Q(exit__withdrawn_at__lte=F("settlement__round__known_at"))


def withdraw(items: ItemQuerySet, *, at: datetime) -> None:
    """End items that still stand: they are no longer compared, and what identified the person is erased."""
    items.standing().update(withdrawn_at=at, v_number="", name="", born="")


def replying_blockers(settlement: Settlement, *, by: User, at: datetime) -> list[str]:
    """Why this user can't reply for the partner. Empty means they can."""
    if settlement.round.cancelled_at is not None:
        return ["Deze ronde is vervallen."]
    if partner_of(settlement, by, at) is None:
        return [f"Alleen {settlement.get_partner_display()} bij het LSO {settlement.municipality} vergelijkt dit."]
    return []


def signing_blockers(settlement: Settlement, *, by: User, at: datetime) -> list[str]:
    """Why this user can't sign for the partner. Empty means they can."""
    if reasons := replying_blockers(settlement, by=by, at=at):
        return reasons
    match standing(settlement, at=at):
        case Standing(stage=Stage.WAITING):
            return ["De gemeente heeft nog niet alles voorgelegd. Dat gebeurt zodra haar cijfers verklaard zijn."]
        case Standing(stage=Stage.COMPARING, open=number):
            return [f"Geef eerst antwoord over iedereen. Er {'is' if number == 1 else 'zijn'} er nog {number}."]
        case Standing(stage=Stage.DECIDING, undecided=number):
            return [f"De gemeente beslist eerst over de verschillen. Er {'is' if number == 1 else 'zijn'} er {number}."]
        case Standing(stage=Stage.SIGNED):
            return ["Dit is al ondertekend."]
    party = partner_of(settlement, by, at)
    assert party is not None
    return rounds.signing_blockers(settlement.round, by, party)


@transaction.atomic
def sign(settlement: Settlement, *, seen: str, by: User, at: datetime) -> Signature:
    """The partner signs that the comparison is done. What identified the persons is erased from the items.

    The differences that the municipality decided on stay on record.
    """
    settlement = lock(settlement)
    refuse(signing_blockers(settlement, by=by, at=at))
    signed = standing_as_seen(settlement, seen, at)
    party = partner_of(settlement, by, at)
    assert party is not None
    Item.objects.filter(pk__in=signed.items).update(v_number="", name="", born="")
    signature = Signature.objects.create(
        settlement=settlement,
        round=settlement.round,
        kind=SignatureKind.SETTLED,
        fingerprint=signed.fingerprint,
        party=party,
        user=by,
        at=at,
    )
    audit.record("settlement.signed", settlement, by=by, at=at, fingerprint=signed.fingerprint)
    return signature


def standing_as_seen(settlement: Settlement, seen: str, at: datetime) -> Standing:
    """The state of a settlement; raises Unseen if it is not the one with the fingerprint `seen`."""
    current = standing(settlement, at=at)
    if current.fingerprint != seen:
        raise Unseen(current.fingerprint)
    return current


def partner_of(settlement: Settlement, user: User, at: datetime) -> Organisation | None:
    """The organisation of the partner, if the user works there; otherwise None."""
    running = user.memberships.running_on(timezone.localdate(at)).values("organisation")
    organisations = Organisation.objects.filter(kind=settlement.partner, municipality=settlement.municipality_id)
    return organisations.filter(pk__in=running).first()


def lock(settlement: Settlement) -> Settlement:
    """Lock a settlement until the end of the transaction, so that one act at a time changes it."""
    Settlement.objects.filter(pk=settlement.pk).update(version=F("version") + 1)
    return Settlement.objects.select_related("round", "municipality").get(pk=settlement.pk)
