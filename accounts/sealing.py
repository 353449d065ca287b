"""The hash chain over the audit trail: who edits, removes or adds a line afterwards is found (standards A-5).

Sealing runs after the commit, so that nobody waits for it. The head of the chain is also written to a file outside
the database: only that shows a cut tail or a chain that was rewritten whole. A line that is removed before it was
sealed (within a minute) leaves no trace; only the grants and triggers stand before that.
"""

import hashlib
import json
import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, Func, Max, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import JSONObject

from accounts import audit
from accounts.models import AuditEntry, AuditSeal

logger = logging.getLogger(__name__)

START = "0" * 64  # what the first seal builds on
BATCH = 2000
# A line gets its id before its transaction commits, so it may come late; later than this it was put in afterwards.
LATEST = timedelta(hours=1)
# The sealing job comes every minute; after this long something is wrong with it.
OVERDUE = timedelta(minutes=5)
VERIFIED = "audit.verified"


class Moment(Func):
    """A moment as text in UTC, written by the database: the same whatever the time zone of the session."""

    template = """to_char(%(expressions)s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TextField()


class Line(NamedTuple):
    """What of an audit line is sealed, besides its id."""

    at: str
    user_id: int
    verb: str
    subject_type: str
    subject_id: str
    details: dict[str, Any]


class Kind(Enum):
    """How a chain can be broken, as the manager reads it."""

    EDITED = "deze regel is gewijzigd nadat zij was verzegeld"
    DELETED = "hier is een regel verwijderd"
    INSERTED = "hier is achteraf een regel tussengevoegd"
    SWAPPED = "de inhoud van deze regel is verwisseld met die van een andere"
    GAP = "hier ontbreekt een zegel in de nummering"
    REWRITTEN = "vanaf hier verschilt de keten van het ankerbestand: zij is herschreven"
    CUT = "vanaf hier zijn de laatste regels verwijderd"
    ROLLED_BACK = "vanaf hier zijn de laatste zegels verwijderd; de regels zelf zijn er nog"
    ANCHOR_MISSING = "het ankerbestand buiten de database ontbreekt"
    ANCHOR_UNREADABLE = "het ankerbestand is beschadigd"


@dataclass(frozen=True)
class Break:
    """The first place where the chain is broken: the number in the chain, and the line if there is one."""

    kind: Kind
    number: int
    entry_id: int | None = None

    def __str__(self) -> str:
        line = f" (regel {self.entry_id})" if self.entry_id is not None else ""
        return f"De audittrail is verbroken bij nummer {self.number}{line}: {self.kind.value}."


class Sealed(NamedTuple):
    """A seal with its line; without one the line is gone."""

    number: int
    entry_id: int
    previous: str
    hash: str
    sealed_at: str
    line: Line | None


class Anchor(NamedTuple):
    """A head of the chain, as the file outside the database has it."""

    number: int
    hash: str
    entry_id: int


def canonical(line: Line, *, entry_id: int, number: int, sealed_at: str) -> bytes:
    """The bytes that are hashed: sorted keys, no spaces, UTF-8."""
    content = line._asdict() | {"id": entry_id, "number": number, "sealed_at": sealed_at}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def seal(*, at: datetime) -> int:
    """Seal one batch of lines in the order of their ids; answers how many. Two jobs at once wait for one another."""
    with transaction.atomic():
        _queue_for_the_chain()
        head = AuditSeal.objects.order_by("-number").first()
        entries = _unsealed().filter(pk__gt=_floor(at)).order_by("pk")[:BATCH]
        seals = list(_chain(_lines(entries), head, at))
        AuditSeal.objects.bulk_create(seals)
    if seals:
        _write_anchor(seals[-1])
    return len(seals)


def is_overdue(*, at: datetime) -> bool:
    """Whether the sealing job lags behind: a line waits for long, and so does the last seal."""
    waits = _unsealed().filter(pk__gt=_floor(at), at__lte=at - OVERDUE).exists()
    return waits and not AuditSeal.objects.filter(sealed_at__gt=at - OVERDUE).exists()


def verify(*, at: datetime) -> tuple[int, Break | None]:
    """How many lines were checked, and the first place where the chain is broken."""
    try:
        # Read before the chain: a seal is in the database before it is in the file.
        anchors = list(_read_anchors())
    except ValueError as error:
        return 0, Break(Kind.ANCHOR_UNREADABLE, int(str(error)))
    with transaction.atomic():
        walk = _Walk(anchors)
        for sealed in _sealed():
            if broken := walk.step(sealed):
                return walk.number, broken
        return walk.number, walk.end() or _stray(at, walk.number)


def note(checked: int, broken: Break | None, *, at: datetime) -> None:
    """Put the outcome of a verification in the trail itself."""
    outcome = {"checked": checked, "broken": broken.kind.name.lower() if broken else ""}
    audit.record_by_system(VERIFIED, "accounts.auditseal", str(checked), at=at, **outcome)
    if broken:
        logger.error("%s", broken)
    else:
        logger.info("The audit trail is whole: %s lines", checked)


def was_broken() -> bool:
    """What the last verification found; False as long as there was none."""
    noted = AuditEntry.objects.filter(subject_type="accounts.auditseal", verb=VERIFIED).order_by("-pk").first()
    return noted is not None and noted.details["broken"] != ""


class _Walk:
    """Goes along the chain from its start, seal by seal, and stops at the first that does not fit."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.number, self._previous, self._before = 0, START, ""
        self._anchored = 0
        self._anchors: dict[int, set[str]] = defaultdict(set)
        self._head: Anchor | None = None
        for anchor in anchors:
            self._anchors[anchor.number].add(anchor.hash)
            self._head = max(self._head or anchor, anchor)

    def step(self, sealed: Sealed) -> Break | None:
        place = self.number + 1
        if sealed.number != place:
            return Break(Kind.GAP, place)
        if sealed.line is None:
            return Break(Kind.DELETED, place, sealed.entry_id)
        if sealed.previous != self._previous:
            return self._broken_link(sealed)
        if sealed.hash != _digest(sealed, sealed.line, sealed.entry_id):
            kind = Kind.SWAPPED if _fits_elsewhere(sealed) else Kind.EDITED
            return Break(kind, place, sealed.entry_id)
        if self._anchors.get(place, {sealed.hash}) != {sealed.hash}:
            return Break(Kind.REWRITTEN, self._anchored + 1)
        self.number, self._before, self._previous = place, self._previous, sealed.hash
        self._anchored = place if place in self._anchors else self._anchored
        return None

    def end(self) -> Break | None:
        """What the file outside the database knows of lines that should follow."""
        if self._head is None:
            return Break(Kind.ANCHOR_MISSING, self.number) if self.number else None
        if self._head.number <= self.number:
            return None
        is_still_there = AuditEntry.objects.filter(pk=self._head.entry_id).exists()
        return Break(Kind.ROLLED_BACK if is_still_there else Kind.CUT, self.number + 1)

    def _broken_link(self, sealed: Sealed) -> Break:
        """The seal does not build on the one before it."""
        if sealed.previous == self._before:
            return Break(Kind.INSERTED, self.number)
        is_elsewhere = AuditSeal.objects.filter(previous=self._previous).exists()
        return Break(Kind.SWAPPED if is_elsewhere else Kind.DELETED, sealed.number, sealed.entry_id)


def _chain(lines: Iterable[tuple[int, Line]], head: AuditSeal | None, at: datetime) -> Iterator[AuditSeal]:
    last, previous = (head.number, head.hash) if head else (0, START)
    for number, (entry_id, line) in enumerate(lines, start=last + 1):
        digest = _digest(Sealed(number, entry_id, previous, "", _utc(at), line), line, entry_id)
        yield AuditSeal(number=number, entry_id=entry_id, previous=previous, hash=digest, sealed_at=at)
        previous = digest


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[tuple[int, Line]]:
    """The ids of lines with what is sealed of them."""
    columns = (Moment("at") if name == "at" else F(name) for name in Line._fields)
    for entry_id, *content in entries.values_list("pk", *columns).iterator():
        yield entry_id, Line(*content)


def _digest(sealed: Sealed, line: Line, entry_id: int) -> str:
    content = canonical(line, entry_id=entry_id, number=sealed.number, sealed_at=sealed.sealed_at)
    return hashlib.sha256(sealed.previous.encode() + content).hexdigest()


def _utc(at: datetime) -> str:
    """The same text as `Moment` makes."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _unsealed() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.filter(~Exists(AuditSeal.objects.filter(entry_id=OuterRef("pk"))))


def _floor(at: datetime) -> int:
    """The id up to which every line was sealed in time; an unsealed line below it was put in afterwards."""
    in_time = AuditSeal.objects.filter(sealed_at__lte=at - LATEST).order_by("-number")[:BATCH]
    return AuditSeal.objects.filter(pk__in=in_time.values("pk")).aggregate(id=Max("entry_id"))["id"] or 0


def _stray(at: datetime, number: int) -> Break | None:
    entry = _unsealed().filter(pk__lte=_floor(at)).order_by("pk").first()
    return Break(Kind.INSERTED, number, entry.pk) if entry else None


def _sealed() -> Iterator[Sealed]:
    """All seals with their lines, streamed."""
    lines = AuditEntry.objects.filter(pk=OuterRef("entry_id"))
    content = JSONObject(**{name: Moment("at") if name == "at" else F(name) for name in Line._fields})
    seals = AuditSeal.objects.order_by("number").values_list(
        "number", "entry_id", "previous", "hash", Moment("sealed_at"), Subquery(lines.values(content=content))
    )
    for number, entry_id, previous, found, sealed_at, line in seals.iterator(chunk_size=BATCH):
        yield Sealed(number, entry_id, previous, found, sealed_at, Line(**line) if line else None)


def _fits_elsewhere(sealed: Sealed) -> bool:
    """Whether the seal belongs to the content of another line."""
    return any(
        sealed.hash in (_digest(sealed, line, entry_id), _digest(sealed, line, sealed.entry_id))
        for entry_id, line in _lines(AuditEntry.objects.exclude(pk=sealed.entry_id))
    )


def _queue_for_the_chain() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(3, 0)")


def _write_anchor(head: AuditSeal) -> None:
    settings.AUDIT_ANCHOR_FILE.parent.mkdir(parents=True, exist_ok=True)
    line = f"{head.number} {head.hash} {_utc(head.sealed_at)} {head.entry_id}\n"
    # One write of one line: a second process that appends can't come in between.
    file = os.open(settings.AUDIT_ANCHOR_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
        os.fsync(file)
    finally:
        os.close(file)
    logger.info("Head of the audit chain: %s", line.strip())


def _read_anchors() -> Iterator[Anchor]:
    """The heads in the file; a line that can't be read raises its number."""
    if not settings.AUDIT_ANCHOR_FILE.exists():
        return
    for number, line in enumerate(settings.AUDIT_ANCHOR_FILE.read_text().splitlines(), start=1):
        try:
            head, digest, _, entry_id = line.split(" ")
            yield Anchor(int(head), digest, int(entry_id))
        except ValueError:
            raise ValueError(str(number)) from None
