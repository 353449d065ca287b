"""Releases: figures that are frozen, signed and published; corrected by another release, never changed or removed."""

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
from monitor.figures import identities
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
    """Where a release stands; without `with_publication` it is looked up, once."""
    if not hasattr(release, "public_at"):
        found: Any = Release.objects.with_publication().defer("document").get(pk=release.pk)
        release.public_at, release.replaced_at = found.public_at, found.replaced_at  # type: ignore[attr-defined]
    public_at: datetime = release.public_at  # type: ignore[attr-defined]
    replaced_at: datetime | None = release.replaced_at  # type: ignore[attr-defined]
    if public_at > at:
        return State.EMBARGOED
    return State.SUPERSEDED if replaced_at is not None and replaced_at <= at else State.PUBLISHED


def latest(of_round: Round) -> Release | None:
    """The release of a round that none replaces."""
    return Release.objects.filter(round=of_round, replaced_by=None).first()


def kinds(of_round: Round) -> list[ReleaseKind]:
    """What kinds of release may follow the last one of a round."""
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
        # By two sets together small counts could be worked out: one counts among others than the other.
        reasons.append("Voor deze peildatum is er al een uitgave volgens andere definities. Er kan er maar één zijn.")
    if kind != ReleaseKind.PROVISIONAL:
        reasons += _unaccepted(of_round, at) + settlements.unsettled(of_round, at=at)
    return reasons + identities.violations(_measured(of_round))


def _unaccepted(of_round: Round, at: datetime) -> list[str]:
    tallies = Tally.objects.filter(round=of_round).select_related("municipality", "round")
    found = statements.standings(of_round, tallies, at=at)
    names = sorted(str(tally.municipality) for tally, standing in found.items() if standing.stage is not Stage.ACCEPTED)
    return [f"Nog niet verklaard en akkoord: {', '.join(names)}."] if names else []


def _has_key() -> bool:
    try:
        signing.private_key()
    except signing.NoKey:
        return False
    return True


@transaction.atomic
def make(of_round: Round, *, kind: str, publish_at: datetime | None, reason: str, by: User, at: datetime) -> Release:
    """Freeze the figures of the round as known at its cut-off, sign them, and set when they are published.

    `reason` says why figures differ from the release that this one replaces; without a difference it may be empty.
    `publish_at` empty: at once.
    """
    of_round = Round.objects.select_for_update().get(pk=of_round.pk)
    refuse(making_blockers(of_round, kind, by=by, at=at))
    refuse(_publication_blockers(publish_at, at))
    measured, last = _measured(of_round), latest(of_round)
    revision = _revision(last, measured, kind, reason) if last else None
    if revision and revision["changes"] and not reason:
        refuse([f"{len(revision['changes'])} cijfers verschillen van de vorige uitgave. Zeg waardoor."])
    key = _register(at)
    made = Release(
        round=of_round, kind=kind, known_at=of_round.known_at, key=key, made_at=at, made_by=by, replaces=last
    )
    private = signing.private_key()
    made.document = documents.compose(
        measured,
        _fact_set(of_round.known_at),
        Origin(str(made.pk), kind, str(last.pk) if last else None, settings.VERSION, at, key.pk),
        notes=_notes(of_round, measured),
        revision=revision,
        sign=_signer(private),
    )
    made.save(force_insert=True)
    Edition.objects.create(release=made, document=editions.compose(made, sign=_signer(private), earlier=_earlier(made)))
    _set_publication(made, publish_at or at, "", by=by, at=at)
    audit.record(
        "release.made", made, by=by, at=at, kind=kind, root=documents.read(made.document)["header"]["cells"]["root"]
    )
    return made


def _signer(private: Ed25519PrivateKey) -> Callable[[bytes], str]:
    return lambda header: signing.sign(private, header)


def _earlier(made: Release) -> Iterator[tuple[Json, Json]]:
    """The releases of the same round before this one, each with what everybody may read of it."""
    before = Edition.objects.filter(release__round=made.round).exclude(release=made).select_related("release")
    for one in before:
        yield documents.read(bytes(one.release.document)), documents.read(bytes(one.document))


def _measured(of_round: Round) -> Measurement:
    return measure(of_round.on, of_round.known_at, DEFINITION_SETS[of_round.definition_set])


def _fact_set(known_at: datetime) -> FactSet:
    return documents.fact_set(facts_known_at(known_at))


def _notes(of_round: Round, measured: Measurement) -> list[Json]:
    """What the municipalities wrote: on whom they can't explain, and on their figures."""
    standing = {
        one.tally.municipality.name: one
        for one in statements.Statement.objects.standing().filter(round=of_round).select_related("tally__municipality")
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
    """Every cell that differs from the release before, with what moved it."""
    before = measure(now.on, last.known_at, now.definition_set)
    places: dict[str, Municipality | None] = {one.name: one for one in Municipality.objects.all()}
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
                "causes": vars(why),
            }
            for scope in now.scopes
            for change, why in _explained(before, now, scope, places[scope])
        ],
    }


def _explained(
    before: Measurement, now: Measurement, scope: str, municipality: Municipality | None
) -> Iterator[tuple[Change, Causes]]:
    """Every cell of a scope that differs, with what moved it."""
    changes = changed(before, now, scope)
    return zip(changes, causes(changes, before, now, municipality), strict=True)


def _register(at: datetime) -> SigningKey:
    """The public half of the key of this site, kept from its first use on."""
    public = signing.public_key(signing.private_key())
    key, _ = SigningKey.objects.get_or_create(pk=signing.key_id(public), defaults={"public_key": public, "since": at})
    refuse(["De sleutel van deze website is ingetrokken. Vraag om een nieuwe."] if key.revoked_at else [])
    return key


def keys() -> list[Json]:
    """All public keys, as the verifier reads them."""
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
    """What is wrong with a release: its signature and tree, and whether the facts still give the same bytes."""
    document = bytes(release.document)
    found = list(verifier.check(document, keys()))
    if recomputed(release) != document:
        found.append("De feiten van toen geven nu andere cijfers dan deze uitgave.")
    return found


def recomputed(release: Release) -> bytes:
    """The file again, from the facts that were known then; byte for byte the same, whatever was recorded since."""
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
    """Why nothing can be changed about who reads the release when."""
    if reasons := rounds.managing_blockers(by=by, at=at):
        return reasons
    found = Release.objects.with_publication().get(pk=release.pk)
    if state(found, at=at) is not State.EMBARGOED:
        return ["Deze uitgave is al openbaar."]
    return []


@transaction.atomic
def move_publication(
    release: Release, *, publish_at: datetime | None, reason: str, by: User, at: datetime
) -> Publication:
    """Publish at another moment, or at once; refused when the release is public already."""
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
    """Who can be put on the list of early readers."""
    found = staff.holders(Permission.SEE_MONITOR, timezone.localdate())
    already = EarlyReader.objects.running().filter(release=release).values_list("user", flat=True)
    return [user for user in found if user.pk not in set(already)]


@transaction.atomic
def let_read(release: Release, *, user: User, reason: str, by: User, at: datetime) -> EarlyReader:
    """Put somebody on the list of who reads the release before it is public."""
    refuse(embargo_blockers(release, by=by, at=at) + ([] if reason else ["Zeg waarom deze persoon eerder leest."]))
    reader = EarlyReader.objects.create(release=release, user=user, reason=reason, given_at=at, given_by=by)
    audit.record("release.reader_added", release, by=by, at=at, user=user.pk)
    return reader


@transaction.atomic
def stop_reading(reader: EarlyReader, *, by: User, at: datetime) -> None:
    """Take somebody off the list, from the next request on."""
    refuse(rounds.managing_blockers(by=by, at=at))
    refuse(["Deze persoon staat niet meer op de lijst."] if reader.ended_at else [])
    reader.ended_at = at
    reader.save(update_fields=["ended_at"])
    audit.record("release.reader_removed", reader.release, by=by, at=at, user=reader.user_id)


def record_if_early(release: Release, *, by: User, at: datetime) -> None:
    """Whoever opens a release under embargo stands in the trail; whoever made it, too."""
    if state(release, at=at) is State.EMBARGOED:
        audit.record("release.read_early", release, by=by, at=at)
