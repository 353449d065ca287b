"""Releases: figures that are frozen, signed and published. A release is corrected by another one, and never changed."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit, staff
from accounts.models import Municipality, User
from accounts.permissions import Permission
from cases.locking import refuse
from monitor.figures import balance
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.differences import Causes, Change, causes, changed
from monitor.figures.measurement import NATIONAL, Measurement, measure
from monitor.models import EarlyReader, Edition, Publication, Release, ReleaseKind, Round, SigningKey, Tally
from monitor.publishing import documents, editions, signing, verifier
from monitor.publishing.documents import FactSet, Json, Origin
from monitor.publishing.export import facts_known_at
from monitor.rounds import rounds, settlements, statements
from monitor.rounds.statements import Stage


class State(StrEnum):
    EMBARGOED = "embargoed"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


STATES = {
    State.EMBARGOED: "Onder embargo",
    State.PUBLISHED: "Openbaar",
    State.SUPERSEDED: "Vervangen",
}
NO_KEY = "Er is geen sleutel om mee te ondertekenen. Vraag de technisch beheerder om RELEASE_KEY in te stellen."


def state(release: Release, *, at: datetime) -> State:
    """The state of a release. If it was not read with `with_publication`, that takes one query the first time."""
    if not hasattr(release, "public_at"):
        with_dates: Any = Release.objects.with_publication().defer("document").get(pk=release.pk)
        release.public_at, release.replaced_at = with_dates.public_at, with_dates.replaced_at  # type: ignore[attr-defined]
    public_at: datetime = release.public_at  # type: ignore[attr-defined]
    replaced_at: datetime | None = release.replaced_at  # type: ignore[attr-defined]
    if public_at > at:
        return State.EMBARGOED
    return State.SUPERSEDED if replaced_at is not None and replaced_at <= at else State.PUBLISHED


def latest(of_round: Round) -> Release | None:
    """The release of a round that no other one replaces."""
    return Release.objects.filter(round=of_round, replaced_by=None).first()


def kinds(of_round: Round) -> list[ReleaseKind]:
    """The kinds of release that may follow the last one of a round."""
    last = latest(of_round)
    if last is None or last.kind == ReleaseKind.PROVISIONAL:
        return [ReleaseKind.PROVISIONAL, ReleaseKind.FINAL]
    return [ReleaseKind.CORRECTED]


def making_blockers(of_round: Round, kind: str, *, by: User, at: datetime) -> list[str]:
    """Why a release of this kind can't be made of the round now. Empty means it can."""
    if reasons := rounds.changing_blockers(of_round, by=by, at=at):
        return reasons
    if reasons := rounds.settling_blockers(of_round, at=at):
        return reasons
    if kind not in kinds(of_round):
        return ["Deze soort uitgave kan nu niet. Na een definitieve uitgave volgt alleen nog een gecorrigeerde."]
    last = latest(of_round)
    if last is not None and kind != ReleaseKind.FINAL and last.known_at == of_round.known_at:
        return ["Er is niets nieuws sinds de vorige uitgave. Verplaats eerst het kennismoment van de ronde."]
    reasons = [] if _has_key() else [NO_KEY]
    if Release.objects.filter(round__on=of_round.on).exclude(round=of_round).exists():
        # With releases by two sets, small counts could be worked out: the sets count among different people.
        reasons.append("Voor deze peildatum is er al een uitgave volgens andere definities. Er kan er maar één zijn.")
    if kind != ReleaseKind.PROVISIONAL:
        reasons += _unaccepted(of_round, at) + settlements.unsettled(of_round, at=at)
    return reasons + balance.violations(_measured(of_round))


def _unaccepted(of_round: Round, at: datetime) -> list[str]:
    """Why a release has to wait for statements: at most one Dutch sentence, which names the municipalities."""
    tallies = Tally.objects.filter(round=of_round).select_related("municipality", "round")
    standings = statements.standings(of_round, tallies, at=at)
    names = sorted(
        str(tally.municipality) for tally, standing in standings.items() if standing.stage is not Stage.ACCEPTED
    )
    return [f"Nog niet verklaard en akkoord: {', '.join(names)}."] if names else []


def _has_key() -> bool:
    try:
        signing.private_key()
    except signing.NoKey:
        return False
    return True


@transaction.atomic
def make(of_round: Round, *, kind: str, publish_at: datetime | None, reason: str, by: User, at: datetime) -> Release:
    """Freeze the figures of the round as known at its cut-off, sign them, and set the moment of publication.

    `reason` says why figures differ from those of the release that this one replaces; it may be empty if none differs.
    Without `publish_at` the release is published at once.
    """
    of_round = Round.objects.select_for_update().get(pk=of_round.pk)
    refuse(making_blockers(of_round, kind, by=by, at=at))
    refuse(_publication_blockers(publish_at, at))
    measured, last = _measured(of_round), latest(of_round)
    revision = _revision(last, measured, kind, reason) if last else None
    if revision and revision["changes"] and not reason:
        refuse([f"{len(revision['changes'])} cijfers verschillen van de vorige uitgave. Zeg waardoor."])
    key = _registered_key(at)
    release = Release(
        round=of_round, kind=kind, known_at=of_round.known_at, key=key, made_at=at, made_by=by, replaces=last
    )
    private = signing.private_key()
    release.document = documents.compose(
        measured,
        _fact_set(of_round.known_at),
        Origin(str(release.pk), kind, str(last.pk) if last else None, settings.VERSION, at, key.pk),
        notes=_notes(of_round, measured),
        revision=revision,
        sign=_signer(private),
    )
    release.save(force_insert=True)
    Edition.objects.create(
        release=release, document=editions.compose(release, sign=_signer(private), earlier=_earlier(release))
    )
    _set_publication(release, publish_at or at, "", by=by, at=at)
    audit.record(
        "release.made",
        release,
        by=by,
        at=at,
        kind=kind,
        root=documents.read(release.document)["header"]["cells"]["root"],
    )
    return release


def _signer(private: Ed25519PrivateKey) -> Callable[[bytes], str]:
    return lambda header: signing.sign(private, header)


def _earlier(release: Release) -> Iterator[tuple[Json, Json]]:
    """The other releases of the round, each with its edition."""
    before = Edition.objects.filter(release__round=release.round).exclude(release=release).select_related("release")
    for edition in before:
        yield documents.read(bytes(edition.release.document)), documents.read(bytes(edition.document))


def _measured(of_round: Round) -> Measurement:
    return measure(of_round.on, of_round.known_at, DEFINITION_SETS[of_round.definition_set])


def _fact_set(known_at: datetime) -> FactSet:
    return documents.fact_set(facts_known_at(known_at))


def _notes(of_round: Round, measured: Measurement) -> list[Json]:
    """For each municipality: how many persons it can't explain, why, and its remarks on the figures."""
    standing = {
        statement.tally.municipality.name: statement
        for statement in statements.Statement.objects.standing()
        .filter(round=of_round)
        .select_related("tally__municipality")
    }
    return [
        {
            "scope": name,
            "residual": measured.residual(name),
            "explanation": standing[name].explanation if name in standing else "",
            "remarks": standing[name].remarks if name in standing else "",
        }
        for name in measured.municipalities
    ]


def _revision(last: Release, now: Measurement, kind: str, reason: str) -> Json:
    """Every cell that differs from the release before, and the causes."""
    before = measure(now.on, last.known_at, now.definition_set)
    places: dict[str, Municipality | None] = {
        municipality.name: municipality for municipality in Municipality.objects.all()
    }
    places[NATIONAL] = None
    return {
        "kind": "correction" if kind == ReleaseKind.CORRECTED else "regular",
        "reason": reason,
        "changes": [
            {
                "indicator": change.item.code,
                "scope": scope,
                "value": change.value,
                "before": change.before,
                "after": change.now,
                "causes": vars(change_causes),
            }
            for scope in now.scopes
            for change, change_causes in _changes_with_causes(before, now, scope, places[scope])
        ],
    }


def _changes_with_causes(
    before: Measurement, now: Measurement, scope: str, municipality: Municipality | None
) -> Iterator[tuple[Change, Causes]]:
    changes = changed(before, now, scope)
    return zip(changes, causes(changes, before, now, municipality), strict=True)


def _registered_key(at: datetime) -> SigningKey:
    """The record of the public key of this site, made at its first use. Refuses a key that was revoked."""
    public = signing.public_key(signing.private_key())
    key, _ = SigningKey.objects.get_or_create(pk=signing.key_id(public), defaults={"public_key": public, "since": at})
    refuse(["De sleutel van deze website is ingetrokken. Vraag om een nieuwe."] if key.revoked_at else [])
    return key


def keys() -> list[Json]:
    """All public keys, in the form that the verifier reads."""
    return [
        {
            "id": key.pk,
            "publicKey": key.public_key,
            "since": documents.moment(key.since),
            "revokedAt": documents.moment(key.revoked_at) if key.revoked_at else None,
        }
        for key in SigningKey.objects.order_by("since", "pk")
    ]


def faults(release: Release) -> list[str]:
    """What is wrong with the file of a release: what the verifier finds, and whether the facts still give its bytes."""
    document = bytes(release.document)
    reasons = list(verifier.check(document, keys()))
    if recomputed(release) != document:
        reasons.append("De feiten van toen geven nu andere cijfers dan deze uitgave.")
    return reasons


def recomputed(release: Release) -> bytes:
    """The file, composed again from the facts that were known at its moment of knowledge.

    It must be the same byte for byte, whatever was recorded since. The signature is copied, not made again.
    """
    content = documents.read(bytes(release.document))
    header = content["header"]
    measured = measure(
        documents.day(header["referenceDate"]),
        documents.instant(header["knownAt"]),
        DEFINITION_SETS[header["definitionSet"]],
    )
    return documents.compose(
        measured,
        _fact_set(measured.known_at),
        documents.origin_of(content),
        notes=content["notes"],
        revision=content["revision"],
        sign=lambda _: str(content["signature"]),
    )


def _publication_blockers(publish_at: datetime | None, at: datetime) -> list[str]:
    if publish_at is not None and publish_at < at:
        return ["Het moment van publicatie is al voorbij. Laat het leeg om meteen te publiceren."]
    if publish_at is not None and (publish_at - at).days > rounds.LONGEST_AHEAD:
        return ["Het moment van publicatie ligt meer dan een jaar vooruit. Controleer het jaar."]
    return []


def embargo_blockers(release: Release, *, by: User, at: datetime) -> list[str]:
    """Why this user can't change the moment of publication or the list of early readers. Empty means they can."""
    if reasons := rounds.managing_blockers(by=by, at=at):
        return reasons
    with_dates = Release.objects.with_publication().get(pk=release.pk)
    if state(with_dates, at=at) is not State.EMBARGOED:
        return ["Deze uitgave is al openbaar."]
    return []


@transaction.atomic
def move_publication(
    release: Release, *, publish_at: datetime | None, reason: str, by: User, at: datetime
) -> Publication:
    """Move the publication to another moment, or publish at once; refused when the release is public already."""
    Round.objects.select_for_update().get(pk=release.round_id)
    refuse(embargo_blockers(release, by=by, at=at) + _publication_blockers(publish_at, at))
    refuse([] if reason else ["Zeg waarom het moment van publicatie verandert."])
    return _set_publication(release, publish_at or at, reason, by=by, at=at)


def _set_publication(release: Release, publish_at: datetime, reason: str, *, by: User, at: datetime) -> Publication:
    number = Publication.objects.filter(release=release).count() + 1
    audit.record("release.publication", release, by=by, at=at, publish_at=publish_at.isoformat())
    return Publication.objects.create(
        release=release, number=number, publish_at=publish_at, reason=reason, set_at=at, set_by=by
    )


def candidates(release: Release) -> Sequence[User]:
    """The users who can be put on the list of early readers."""
    holders = staff.holders(Permission.SEE_MONITOR, timezone.localdate())
    already = EarlyReader.objects.running().filter(release=release).values_list("user", flat=True)
    return [user for user in holders if user.pk not in set(already)]


@transaction.atomic
def let_read(release: Release, *, user: User, reason: str, by: User, at: datetime) -> EarlyReader:
    """Put a user on the list of early readers, who read the release before it is public."""
    refuse(embargo_blockers(release, by=by, at=at) + ([] if reason else ["Zeg waarom deze persoon eerder leest."]))
    reader = EarlyReader.objects.create(release=release, user=user, reason=reason, given_at=at, given_by=by)
    audit.record("release.reader_added", release, by=by, at=at, user=user.pk)
    return reader


@transaction.atomic
def stop_reading(reader: EarlyReader, *, by: User, at: datetime) -> None:
    """Take a user off the list of early readers. It has effect from the next request on."""
    refuse(rounds.managing_blockers(by=by, at=at))
    refuse(["Deze persoon staat niet meer op de lijst."] if reader.ended_at else [])
    reader.ended_at = at
    reader.save(update_fields=["ended_at"])
    audit.record("release.reader_removed", reader.release, by=by, at=at, user=reader.user_id)


def record_if_early(release: Release, *, by: User, at: datetime) -> None:
    """Record in the audit trail that a user opened a release under embargo, also if that user made it."""
    if state(release, at=at) is State.EMBARGOED:
        audit.record("release.read_early", release, by=by, at=at)
