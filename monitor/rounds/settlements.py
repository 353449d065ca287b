"""Settling the figures with a partner: the IND sees the grants, DT&V the departures, person by person.

When a municipality states its figures, it hands over whom it counts. The partner replies, the municipality decides on
what differs, and the partner signs. An item stands on one exit: who was compared is not asked again in a later round,
and a fact that changes takes away its own item and the partner's signature, and nothing else.
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
from monitor.figures.known import rows
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

# What each partner compares: the indicator that counts it, and the ways out that it has a record of.
COMPARED: Mapping[Partner, tuple[str, tuple[ExitCategory, ...]]] = {
    Partner.IND: ("durable_grant", (ExitCategory.GRANT,)),
    Partner.DTV: ("durable_departure", DEPARTURES),
}
# What the monitor's role reads of it beside the facts: keys and codes (monitor/security.py).
COLUMNS: Mapping[type[Model], tuple[str, ...]] = {
    Tally: ("id", "round_id", "municipality_id"),
    Statement: ("id", "tally_id", "withdrawn_at"),
    Item: ("id", "settlement_id", "exit_id", "withdrawn_at"),
    Reply: ("id", "item_id", "number", "answer", "difference"),
    Ruling: ("id", "reply_id", "outcome"),
}


def ways_out(settlement: Settlement) -> tuple[ExitCategory, ...]:
    """What is compared in it: the ways out that the partner has a record of."""
    return COMPARED[Partner(settlement.partner)][1]


class Stage(StrEnum):
    """How far a settlement is."""

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
class Compared:
    """Where one item stands, in keys and codes; `settlement` is the one in which it was handed over."""

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
    """Where a settlement stands, by the facts themselves; `unasked` exits count and were not handed over yet."""

    stage: Stage
    compared: tuple[Compared, ...]
    unasked: int
    fingerprint: str
    signature: Signature | None

    @property
    def title(self) -> str:
        return STAGES[self.stage]

    @property
    def open(self) -> int:
        return sum(one.is_open for one in self.compared)

    @property
    def agreed(self) -> int:
        return sum(one.answer == Comparison.AGREES for one in self.compared)

    @property
    def undecided(self) -> int:
        return sum(one.waits_for_a_ruling for one in self.compared)

    @property
    def decided(self) -> int:
        return sum(one.ruling is not None for one in self.compared)

    @property
    def items(self) -> list[uuid.UUID]:
        return [one.item for one in self.compared]


class Unseen(Stale):
    """Nobody answers or signs what they did not see; `found` is what stands now in its place."""

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
    """Where each of these settlements of a round stands now."""
    settlements = list(settlements)
    counted = _counted(of_round, settlements, at)
    parameters = {
        "exits": [found.exit_id for exits in counted.values() for found in exits],
        "settlements": [one.pk for one in settlements],
        "round": of_round.pk,
    }
    with as_monitor():
        lines = rows(_COMPARED, parameters)
        stated = {row[0] for row in rows(_STATED, parameters)}
    compared = [Compared(*line) for line in lines]
    of_exit = {one.exit: one for one in compared if one.exit}
    missing = [one for one in compared if not one.exit]
    signatures = Signature.objects.filter(settlement__in=settlements).select_related("user", "party").order_by("at")
    signed = {signature.settlement_id: signature for signature in signatures}  # the last of each
    found = {
        one: _standing(
            [of_exit[found.exit_id] for found in exits if found.exit_id in of_exit]
            + [found for found in missing if found.settlement == one.pk],
            [found for found in exits if found.exit_id not in of_exit],
            signed.get(one.pk),
            is_stated=one.municipality_id in stated,
        )
        for one, exits in counted.items()
    }
    return {one: found[one] for one in settlements}


def _counted(of_round: Round, settlements: Collection[Settlement], at: datetime) -> dict[Settlement, list[CountedExit]]:
    pair = rounds.pair(of_round, at=at)
    items = [pair.definition_set[code] for code, _ in COMPARED.values()]
    exits = exits_behind(items, on=pair.on, known_at=pair.known_at)
    of_each: dict[tuple[str, int], list[CountedExit]] = {
        (code, one.municipality_id): [] for code, _ in COMPARED.values() for one in settlements
    }
    for found in exits:
        of_each.setdefault((found.code, found.municipality_id), []).append(found)
    return {one: of_each[COMPARED[Partner(one.partner)][0], one.municipality_id] for one in settlements}


def _standing(
    compared: list[Compared], unasked: list[CountedExit], signature: Signature | None, *, is_stated: bool
) -> Standing:
    compared = sorted(compared, key=lambda one: str(one.item))
    says = [f"{one.item} {one.exit} {one.reply} {one.answer} {one.difference} {one.ruling}" for one in compared]
    says += sorted(str(found.exit_id) for found in unasked)
    fingerprint = hashlib.sha256("\n".join(says).encode()).hexdigest()
    is_signed = signature is not None and signature.fingerprint == fingerprint
    if is_signed:
        stage = Stage.SIGNED
    elif unasked or not is_stated:
        stage = Stage.WAITING
    elif any(one.is_open for one in compared):
        stage = Stage.COMPARING
    elif any(one.waits_for_a_ruling for one in compared):
        stage = Stage.DECIDING
    else:
        stage = Stage.TO_SIGN
    return Standing(stage, tuple(compared), len(unasked), fingerprint, signature if is_signed else None)


def standing(settlement: Settlement, *, at: datetime) -> Standing:
    """Where one settlement stands now."""
    return standings(settlement.round, [settlement], at=at)[settlement]


# Signed when no fact could come in any more, and nothing said since that waits for a ruling: an old round asks nothing.
_IS_QUIET = Exists(
    Signature.objects.filter(settlement=OuterRef("pk"), at__gte=OuterRef("round__known_at") + rounds.SETTLING)
) & ~Exists(Reply.objects.filter(item__settlement=OuterRef("pk"), ruling=None).exclude(answer=Comparison.AGREES))


def to_compare(user: User, *, at: datetime) -> list[tuple[Settlement, Standing]]:
    """Which settlements wait for this user to compare or to sign for the partner."""
    found = _with_standings(Settlement.objects.of_the_partner(user), at)
    return [(one, standing) for one, standing in found if standing.stage in (Stage.COMPARING, Stage.TO_SIGN)]


def to_decide(user: User, *, at: datetime) -> list[tuple[Settlement, int]]:
    """On how many differences this user has to decide for the municipality, by the settlement they came up in."""
    found = _with_standings(Settlement.objects.of_the_municipality(user), at)
    waiting = ((one, [c for c in standing.compared if c.waits_for_a_ruling]) for one, standing in found)
    numbers = [(one, sum(c.settlement == one.pk for c in those)) for one, those in waiting]
    return [(one, number) for one, number in numbers if number]


def _with_standings(settlements: SettlementQuerySet, at: datetime) -> Iterator[tuple[Settlement, Standing]]:
    asked = settlements.exclude(_IS_QUIET).filter(round__cancelled_at=None)
    by_round: dict[Round, list[Settlement]] = {}
    for one in asked.select_related("round", "municipality").order_by("round__known_at", "municipality__name"):
        by_round.setdefault(one.round, []).append(one)
    for of_round, those in by_round.items():
        yield from standings(of_round, those, at=at).items()


def unsettled(of_round: Round, *, at: datetime) -> list[str]:
    """Which settlements a release still waits for, in words."""
    settlements = Settlement.objects.filter(round=of_round).select_related("municipality", "round")
    found = standings(of_round, settlements, at=at)
    names = sorted(
        f"{one.municipality} met {one.get_partner_display()}"
        for one, standing in found.items()
        if standing.stage is not Stage.SIGNED
    )
    return [f"Nog niet afgestemd: {', '.join(names)}."] if names else []


def hand_over(of_round: Round, municipality: Municipality, *, by: User, at: datetime) -> None:
    """Give each partner whom the municipality counts and who was not compared yet.

    Part of stating the figures, and of what the timetable does for figures that stand.
    """
    withdraw(Item.objects.filter(_IS_MENDED, settlement__municipality=municipality), at=at)
    settlements = list(Settlement.objects.filter(round=of_round, municipality=municipality))
    for settlement, exits in _counted(of_round, settlements, at).items():
        keys = [found.exit_id for found in exits]
        known = set(Item.objects.standing().filter(exit__in=keys).values_list("exit", flat=True))
        fresh = [found for found in exits if found.exit_id not in known]
        cases = Case.objects.with_person().in_bulk([found.case_id for found in fresh])
        handed = {"settlement": settlement, "asked_by": by, "asked_at": at}
        Item.objects.bulk_create(
            Item(
                exit_id=found.exit_id,
                on=found.on,
                category=found.category,
                destination=found.destination,
                **identity_of(cases[found.case_id]),
                **handed,
            )
            for found in fresh
        )


def identity_of(case: Case) -> dict[str, Any]:
    """Whom it is about. The V-number finds a person; name and birth date go along only where there is none."""
    person = case.person
    if person is None:
        return {}
    if person.v_number:
        return {"person": person, "v_number": person.v_number}
    return {"person": person, "name": person.identity.full_name, "born": person.identity.birth_date}


def withdraw_mended(*, by: User, at: datetime) -> None:
    """For a municipality of the user: whose exit was mended, or whose round lapsed, is not compared."""
    ours = Settlement.objects.of_the_municipality(by)
    of_lapsed_rounds = Q(settlement__round__cancelled_at__isnull=False) & ~Q(v_number="", name="")
    with transaction.atomic():
        withdraw(Item.objects.filter(_IS_MENDED | of_lapsed_rounds, settlement__in=ours), at=at)


# What is withdrawn after the cut-off still counts in that round, and is still compared.
_IS_MENDED = Q(exit__withdrawn_at__lte=F("settlement__round__known_at"))


def withdraw(items: ItemQuerySet, *, at: datetime) -> None:
    """They are not compared any more, and identify nobody."""
    items.standing().update(withdrawn_at=at, v_number="", name="", born="")


def replying_blockers(settlement: Settlement, *, by: User, at: datetime) -> list[str]:
    """Why this user can't reply for the partner."""
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
    """The partner signs that this was compared, and what it was handed to find the persons by is removed.

    The differences that the municipality decided on stay listed.
    """
    settlement = lock(settlement)
    refuse(signing_blockers(settlement, by=by, at=at))
    found = looked_at(settlement, seen, at)
    party = partner_of(settlement, by, at)
    assert party is not None
    Item.objects.filter(pk__in=found.items).update(v_number="", name="", born="")
    signature = Signature.objects.create(
        settlement=settlement,
        round=settlement.round,
        kind=SignatureKind.SETTLED,
        fingerprint=found.fingerprint,
        party=party,
        user=by,
        at=at,
    )
    audit.record("settlement.signed", settlement, by=by, at=at, fingerprint=found.fingerprint)
    return signature


def looked_at(settlement: Settlement, seen: str, at: datetime) -> Standing:
    """Where it stands, if that is what the visitor looked at."""
    found = standing(settlement, at=at)
    if found.fingerprint != seen:
        raise Unseen(found.fingerprint)
    return found


def partner_of(settlement: Settlement, user: User, at: datetime) -> Organisation | None:
    """The partner as a party, if the user works there."""
    running = user.memberships.running_on(timezone.localdate(at)).values("organisation")
    organisations = Organisation.objects.filter(kind=settlement.partner, municipality=settlement.municipality_id)
    return organisations.filter(pk__in=running).first()


def lock(settlement: Settlement) -> Settlement:
    """One act at a time on a settlement."""
    Settlement.objects.filter(pk=settlement.pk).update(version=F("version") + 1)
    return Settlement.objects.select_related("round", "municipality").get(pk=settlement.pk)
