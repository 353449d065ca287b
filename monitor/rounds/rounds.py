"""Rounds: the programme bureau opens a round, moves its cut-off, or cancels it."""

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
# How long after the cut-off the figures may still change. A fact that is recorded now may carry a moment before the
# cut-off, because the clocks of web and database may differ by ten minutes (core/walls.py) and an act takes time.
SETTLING = timedelta(minutes=15)


@dataclass(frozen=True)
class Pair:
    """What a round measures: what is true on `on`, as known at `known_at`. That moment is never after the cut-off."""

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
    """Whether facts that are recorded now still count in the round."""
    return of_round.cancelled_at is None and at < of_round.known_at


def settling_blockers(of_round: Round, *, at: datetime) -> list[str]:
    """Why the figures of the round may still change, so that no release can be made. Empty: they are final."""
    if is_open(of_round, at=at):
        return ["De ronde is nog open. Uitgeven kan na het kennismoment."]
    if at < of_round.known_at + SETTLING:
        settled = timezone.localtime(of_round.known_at + SETTLING)
        return [f"Uitgeven kan vanaf {settled:%H.%M} uur: dan is alles verwerkt wat op tijd werd vastgelegd."]
    return []


def bureau_of(user: User, *, on: date) -> Organisation | None:
    """The programme bureau, if the user coordinates the monitor there on that day; otherwise None."""
    membership = (
        user.memberships.running_on(on)
        .filter(role=Role.MONITOR_COORDINATOR, organisation__kind=OrganisationKind.PROGRAMME)
        .select_related("organisation")
        .first()
    )
    return membership.organisation if membership else None


def managing_blockers(*, by: User, at: datetime) -> list[str]:
    """Why this user can't manage rounds. Empty means they can."""
    return [] if bureau_of(by, on=timezone.localdate(at)) else ["Alleen het programmabureau beheert de rondes."]


def party_of_municipality(municipality: Municipality, user: User, *, at: datetime) -> Organisation | None:
    """The organisation that is the municipality's own, if the user works there; otherwise None."""
    own = Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY, municipality=municipality)
    running = user.memberships.running_on(timezone.localdate(at))
    return own.filter(pk__in=running.values("organisation")).first()


def signing_blockers(of_round: Round, by: User, party: Organisation) -> list[str]:
    """Why this user can't sign for this party: nobody signs for two parties in one round."""
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
    """Open a round, with a tally for each municipality and a settlement with each of its partners."""
    refuse(managing_blockers(by=by, at=at))
    refuse(opening_blockers(on=on, known_at=known_at, definition_set=definition_set, at=at))
    opened = Round.objects.create(on=on, known_at=known_at, definition_set=definition_set, opened_at=at, opened_by=by)
    municipalities = Municipality.objects.order_by("name")
    Tally.objects.bulk_create(Tally(round=opened, municipality=municipality) for municipality in municipalities)
    Settlement.objects.bulk_create(
        Settlement(round=opened, municipality=municipality, partner=partner)
        for municipality in municipalities
        for partner in Partner
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
    """Change the moment up to which facts count. A municipality whose figures change by it states them again."""
    of_round = _lock(of_round, version)
    refuse(changing_blockers(of_round, by=by, at=at) + _cut_off_blockers(of_round.on, known_at, at))
    before, of_round.known_at = of_round.known_at, known_at
    of_round.save(update_fields=["known_at", "version"])
    audit.record("round.moved", of_round, by=by, at=at, before=before.isoformat(), known_at=known_at.isoformat())
    return of_round


@transaction.atomic
def cancel(of_round: Round, *, reason: str, by: User, at: datetime, version: int | None = None) -> Round:
    """Cancel the round. The statements in it stay on record."""
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
