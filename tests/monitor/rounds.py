"""Helpers to bring a round into a state in one line. Each acts with the rights of the user it gets."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases import recording
from cases.models import Case, Merge
from monitor.figures.definitions import in_force
from monitor.models import Exemption, Item, Release, Reply, Round, Settlement, Signature, Statement, Tally
from monitor.publishing import editions, releases
from monitor.rounds import comparing, rounds, settlements, statements

# How long after its cut-off a round can be released.
SETTLED = rounds.SETTLING + timedelta(minutes=1)


def opened(bureau: User, on: date, at: datetime, *, closes: timedelta = timedelta(days=9)) -> Round:
    with acting_as(bureau):
        return rounds.open_round(on=on, known_at=at + closes, definition_set=in_force(on).code, by=bureau, at=at)


def merged(case: Case, other: Case, worker: User, at: datetime | None = None) -> Merge:
    """Record that two persons are one, without the checks of the act."""
    values = {"same_as": other.subject, "grounds": "Zelfde vingerafdrukken."}
    at = at or timezone.now()
    with acting_as(worker):
        return recording.record(Merge, case, by=worker, at=at, valid_from=timezone.localdate(at), **values)


def tally_of(of_round: Round, name: str, user: User) -> Tally:
    with acting_as(user):
        return Tally.objects.select_related("municipality", "round").get(round=of_round, municipality__name=name)


def stated(tally: Tally, chair: User, at: datetime, *, explanation: str = "Nagelopen.") -> Statement:
    with acting_as(chair):
        seen = statements.fingerprint(tally, at=at)
        return statements.state(tally, seen=seen, explanation=explanation, by=chair, at=at)


def accepted(tally: Tally, bureau: User, at: datetime) -> Signature:
    with acting_as(bureau):
        read = Statement.objects.standing().get(tally=tally)
        return statements.accept(tally, statement=str(read.pk), by=bureau, at=at)


def settlement_of(of_round: Round, name: str, partner: str, user: User) -> Settlement:
    with acting_as(user):
        visible = Settlement.objects.select_related("municipality", "round")
        return visible.get(round=of_round, municipality__name=name, partner=partner)


def items_of(settlement: Settlement, user: User, at: datetime) -> list[Item]:
    """The items that are compared now and that this user sees."""
    with acting_as(user):
        keys = settlements.standing(settlement, at=at).items
        return list(Item.objects.visible_to(user).filter(pk__in=keys).order_by("on", "pk"))


def replied(
    item: Item, member: User, at: datetime, *, answer: str = "agrees", difference: str = "", text: str = ""
) -> Reply | None:
    with acting_as(member):
        last = item.replies.order_by("-number").first()
        values = {"answer": answer, "difference": difference, "text": text, "seen": str(last.pk) if last else ""}
        return comparing.reply(item, **values, by=member, at=at)


def settled(settlement: Settlement, member: User, at: datetime) -> Signature:
    """The partner agrees with all persons without a reply, and signs."""
    with acting_as(member):
        if settlements.standing(settlement, at=at).open:
            seen = settlements.standing(settlement, at=at).fingerprint
            comparing.agree_with_rest(settlement, seen=seen, by=member, at=at)
        seen = settlements.standing(settlement, at=at).fingerprint
        return settlements.sign(settlement, seen=seen, by=member, at=at)


def closed(bureau: User, on: date, at: datetime) -> Round:
    """A round whose cut-off was half an hour before `at`."""
    return opened(bureau, on, at - timedelta(hours=1), closes=timedelta(minutes=30))


def released(
    of_round: Round, bureau: User, at: datetime, *, kind: str = "provisional", publish_at: datetime | None = None
) -> Release:
    with acting_as(bureau):
        release = releases.make(of_round, kind=kind, publish_at=publish_at, reason="Nagekomen.", by=bureau, at=at)
        return Release.objects.select_related("round").get(pk=release.pk)


def exempted(of_round: Round, bureau: User, scope: str, at: datetime) -> Exemption:
    """The bureau shows the waiting list of this scope as it is, from the round on."""
    with acting_as(bureau):
        return editions.exempt(
            of_round,
            indicator="waiting",
            scope=scope,
            reason="Proef",
            decided_by="Proef",
            decided_on=timezone.localdate(at),
            by=bureau,
            at=at,
        )


def known_later(of_round: Round, bureau: User) -> datetime:
    """The bureau moves the cut-off to now; returns the moment from which the round can be released again."""
    now = timezone.now()
    with acting_as(bureau):
        rounds.move_cut_off(of_round, known_at=now + timedelta(microseconds=1), by=bureau, at=now)
    return now + SETTLED


def stage(tally: Tally, user: User, at: datetime) -> statements.Stage:
    with acting_as(user):
        return statements.standing(tally, at=at).stage
