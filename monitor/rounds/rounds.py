"""Rounds: the programme bureau opens one, moves its cut-off, or lets it lapse."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Municipality, Organisation, OrganisationKind, User
from accounts.permissions import Role
from cases.locking import Stale, refuse
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet
from monitor.models import Partner, Round, Settlement, Signature, Tally

LONGEST_AHEAD = 366  # days that a cut-off may lie after today
# What says that it was recorded before the cut-off may still come in for a while: the clocks of web and database may
# differ by ten minutes (core/walls.py), and an act takes its time. After this it can't, so that the figures stay.
SETTLING = timedelta(minutes=15)


@dataclass(frozen=True)
class Pair:
    """What a round measures at a moment: true on `on`, as known at `known_at`, never later than its cut-off."""

    on: date
    known_at: datetime
    definition_set: DefinitionSet


class StaleRound(Stale):
    """The round was changed after this form was opened."""

    says = "Deze ronde is gewijzigd nadat u dit formulier opende. Kijk wat er is veranderd en verzend opnieuw."


def pair(of_round: Round, *, at: datetime) -> Pair:
    """What the round measures now."""
    return Pair(of_round.on, min(at, of_round.known_at), DEFINITION_SETS[of_round.definition_set])


def is_open(of_round: Round, *, at: datetime) -> bool:
    """Whether what is recorded now still counts in it."""
    return of_round.cancelled_at is None and at < of_round.known_at


def settling_blockers(of_round: Round, *, at: datetime) -> list[str]:
    """Why the figures of the round may still change."""
    if is_open(of_round, at=at):
        return ["De ronde is nog open. Uitgeven kan na het kennismoment."]
    if at < of_round.known_at + SETTLING:
        settled = timezone.localtime(of_round.known_at + SETTLING)
        return [f"Uitgeven kan vanaf {settled:%H.%M} uur: dan is alles verwerkt wat op tijd werd vastgelegd."]
    return []


def bureau_of(user: User, *, on: date) -> Organisation | None:
    """The programme bureau, if the user coordinates the monitor there."""
    membership = (
        user.memberships.running_on(on)
        .filter(role=Role.MONITOR_COORDINATOR, organisation__kind=OrganisationKind.PROGRAMME)
        .select_related("organisation")
        .first()
    )
    return membership.organisation if membership else None


def managing_blockers(*, by: User, at: datetime) -> list[str]:
    """Only the programme bureau manages rounds."""
    return [] if bureau_of(by, on=timezone.localdate(at)) else ["Alleen het programmabureau beheert de rondes."]


def hall_of(municipality: Municipality, user: User, *, at: datetime) -> Organisation | None:
    """The municipality as a party, if the user works there."""
    halls = Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY, municipality=municipality)
    running = user.memberships.running_on(timezone.localdate(at))
    return halls.filter(pk__in=running.values("organisation")).first()


def signing_blockers(of_round: Round, by: User, party: Organisation) -> list[str]:
    """Nobody signs for two parties in one round."""
    if Signature.objects.filter(round=of_round, user=by).exclude(party=party).exists():
        return ["U heeft in deze ronde al voor een andere partij getekend. Laat een collega tekenen."]
    return []


def opening_blockers(*, on: date, known_at: datetime, definition_set: str, at: datetime) -> list[str]:
    """Why this round can't be opened. Empty means it can."""
    reasons = []
    if definition_set not in DEFINITION_SETS:
        reasons.append("Kies een definitieset uit de lijst.")
    if on > timezone.localdate(at):
        reasons.append("De peildatum moet nog komen. Kies een dag tot en met vandaag.")
    reasons += _cut_off_blockers(on, known_at, at)
    if Round.objects.standing().filter(on=on, definition_set=definition_set).exists():
        reasons.append(f"Er is al een ronde voor {on:%d-%m-%Y} met deze definitieset.")
    return reasons


def _cut_off_blockers(on: date, known_at: datetime, at: datetime) -> list[str]:
    reasons = []
    if known_at <= at:
        reasons.append("Het kennismoment moet nog komen: gemeenten hebben tijd nodig om na te kijken en te herstellen.")
    if (timezone.localdate(known_at) - timezone.localdate(at)).days > LONGEST_AHEAD:
        reasons.append("Het kennismoment ligt meer dan een jaar vooruit. Controleer het jaar.")
    if timezone.localdate(known_at) < on:
        reasons.append("Het kennismoment ligt voor de peildatum.")
    return reasons


@transaction.atomic
def open_round(*, on: date, known_at: datetime, definition_set: str, by: User, at: datetime) -> Round:
    """A round, with a tally for every municipality and a settlement with each of its partners."""
    refuse(managing_blockers(by=by, at=at))
    refuse(opening_blockers(on=on, known_at=known_at, definition_set=definition_set, at=at))
    opened = Round.objects.create(on=on, known_at=known_at, definition_set=definition_set, opened_at=at, opened_by=by)
    municipalities = Municipality.objects.order_by("name")
    Tally.objects.bulk_create(Tally(round=opened, municipality=one) for one in municipalities)
    Settlement.objects.bulk_create(
        Settlement(round=opened, municipality=one, partner=partner) for one in municipalities for partner in Partner
    )
    audit.record(
        "round.opened", opened, by=by, at=at, on=on.isoformat(), known_at=known_at.isoformat(), set=definition_set
    )
    return opened


def changing_blockers(of_round: Round, *, by: User, at: datetime) -> list[str]:
    """Why nothing about the round can be changed."""
    if of_round.cancelled_at is not None:
        return ["Deze ronde is vervallen."]
    return managing_blockers(by=by, at=at)


@transaction.atomic
def move_cut_off(of_round: Round, *, known_at: datetime, by: User, at: datetime, version: int | None = None) -> Round:
    """Another moment up to which facts count. What is touched by facts in between has to be stated anew."""
    of_round = _lock(of_round, version)
    refuse(changing_blockers(of_round, by=by, at=at) + _cut_off_blockers(of_round.on, known_at, at))
    before, of_round.known_at = of_round.known_at, known_at
    of_round.save(update_fields=["known_at", "version"])
    audit.record("round.moved", of_round, by=by, at=at, before=before.isoformat(), known_at=known_at.isoformat())
    return of_round


@transaction.atomic
def cancel(of_round: Round, *, reason: str, by: User, at: datetime, version: int | None = None) -> Round:
    """The round lapses; what was stated in it stays on record."""
    of_round = _lock(of_round, version)
    refuse(changing_blockers(of_round, by=by, at=at) + ([] if reason else ["Zeg waarom de ronde vervalt."]))
    of_round.cancelled_at, of_round.cancelled_by, of_round.cancellation = at, by, reason
    of_round.save(update_fields=["cancelled_at", "cancelled_by", "cancellation", "version"])
    audit.record("round.cancelled", of_round, by=by, at=at)
    return of_round


def _lock(of_round: Round, version: int | None) -> Round:
    locked = Round.objects.select_for_update().get(pk=of_round.pk)
    if version is not None and version != locked.version:
        raise StaleRound(locked.version)
    locked.version += 1
    return locked
