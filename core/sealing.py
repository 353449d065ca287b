"""A hash chain over the lines of a log: who edits, removes or adds a line afterwards is found (standards A-5).

Sealing runs after the commit, so that nobody waits for it. The head of the chain is also written to a file outside
the database: only that shows a cut tail or a chain that was rewritten whole. A line that is removed before it was
sealed (within a minute) leaves no trace; only the grants and triggers stand before that.
"""

import hashlib
import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, F, Func, Max, Model, OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import JSONObject

logger = logging.getLogger(__name__)

START = "0" * 64  # what the first seal builds on
BATCH = 2000
# A line gets its id before its transaction commits, so it may come late; later than this it was put in afterwards.
LATEST = timedelta(hours=1)
# The sealing job comes every minute; after this long something is wrong with it.
OVERDUE = timedelta(minutes=5)
Content = dict[str, Any]  # what of a line is sealed, besides its id


class Moment(Func):
    """A moment as text in UTC, written by the database: the same whatever the time zone of the session."""

    template = """to_char(%(expressions)s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TextField()


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
    """A seal with what its line says now; None where the line is gone."""

    number: int
    entry_id: int
    previous: str
    hash: str
    sealed_at: str
    content: Content | None


class Anchor(NamedTuple):
    """A head of the chain, as the file outside the database has it."""

    number: int
    hash: str
    entry_id: int


def canonical(content: Content, *, entry_id: int, number: int, sealed_at: str) -> bytes:
    """The bytes that are hashed: sorted keys, no spaces, UTF-8."""
    whole = content | {"id": entry_id, "number": number, "sealed_at": sealed_at}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Chain:
    """A log and its seals.

    `entries` is the log, append-only, with growing ids. `seals` has the columns number (without gaps from 1), entry_id,
    previous, hash and sealed_at. `columns` are those of a line that are sealed; `moment` is the one among them that
    says when. `lock` is a number that no other lock of the application uses. `anchor` answers the file outside the
    database.
    """

    entries: type[Model]
    seals: type[Model]
    columns: tuple[str, ...]
    moment: str
    lock: int
    anchor: Callable[[], Path]

    def seal(self, *, at: datetime) -> int:
        """Seal one batch of lines in the order of their ids; answers how many. Of two jobs at once one waits."""
        with transaction.atomic():
            self._queue()
            head = self._seals().order_by("-number").first()
            entries = self._unsealed().filter(pk__gt=self._floor(at)).order_by("pk")[:BATCH]
            seals = list(self._links(entries, head, at))
            self._seals().bulk_create(seals)
        if seals:
            self._write_anchor(seals[-1])
        return len(seals)

    def is_overdue(self, *, at: datetime) -> bool:
        """Whether the sealing job lags behind: a line waits for long, and so does the last seal."""
        late = {"pk__gt": self._floor(at), f"{self.moment}__lte": at - OVERDUE}
        return (
            self._unsealed().filter(**late).exists() and not self._seals().filter(sealed_at__gt=at - OVERDUE).exists()
        )

    def verify(self, *, at: datetime) -> tuple[int, Break | None]:
        """How many lines were checked, and the first place where the chain is broken."""
        try:
            # Read before the chain: a seal is in the database before it is in the file.
            anchors = list(self._read_anchors())
        except ValueError as error:
            return 0, Break(Kind.ANCHOR_UNREADABLE, int(str(error)))
        with transaction.atomic():
            walk = _Walk(self, anchors)
            for sealed in self._sealed():
                if broken := walk.step(sealed):
                    return walk.number, broken
            return walk.number, walk.end() or self._stray(at, walk.number)

    def has_entry(self, entry_id: int) -> bool:
        return self._entries().filter(pk=entry_id).exists()

    def builds_on(self, previous: str) -> bool:
        """Whether a seal builds on this hash."""
        return self._seals().filter(previous=previous).exists()

    def fits_elsewhere(self, sealed: Sealed) -> bool:
        """Whether the seal belongs to the content of another line."""
        return any(
            sealed.hash in (digest(sealed, content, entry_id), digest(sealed, content, sealed.entry_id))
            for entry_id, content in self.lines(self._entries().exclude(pk=sealed.entry_id))
        )

    def lines(self, entries: QuerySet[Any]) -> Iterator[tuple[int, Content]]:
        """The ids of lines with what is sealed of them."""
        for entry_id, *values in entries.values_list("pk", *self._expressions().values()).iterator():
            yield entry_id, dict(zip(self.columns, values, strict=True))

    def _expressions(self) -> dict[str, Any]:
        """By column how the database reads it."""
        return {name: Moment(name) if name == self.moment else F(name) for name in self.columns}

    def _entries(self) -> QuerySet[Any]:
        return self.entries._default_manager.all()

    def _seals(self) -> QuerySet[Any]:
        return self.seals._default_manager.all()

    def _unsealed(self) -> QuerySet[Any]:
        return self._entries().filter(~Exists(self._seals().filter(entry_id=OuterRef("pk"))))

    def _links(self, entries: QuerySet[Any], head: Any, at: datetime) -> Iterator[Any]:
        """The seals of these lines, each built on the one before it."""
        last, previous = (head.number, head.hash) if head else (0, START)
        for number, (entry_id, content) in enumerate(self.lines(entries), start=last + 1):
            hashed = digest(Sealed(number, entry_id, previous, "", utc(at), content), content, entry_id)
            yield self.seals(number=number, entry_id=entry_id, previous=previous, hash=hashed, sealed_at=at)
            previous = hashed

    def _floor(self, at: datetime) -> int:
        """The id up to which every line was sealed in time; an unsealed line below it was put in afterwards."""
        in_time = self._seals().filter(sealed_at__lte=at - LATEST).order_by("-number")[:BATCH]
        return self._seals().filter(pk__in=in_time.values("pk")).aggregate(id=Max("entry_id"))["id"] or 0

    def _stray(self, at: datetime, number: int) -> Break | None:
        entry = self._unsealed().filter(pk__lte=self._floor(at)).order_by("pk").first()
        return Break(Kind.INSERTED, number, entry.pk) if entry else None

    def _sealed(self) -> Iterator[Sealed]:
        """All seals with their lines, streamed."""
        lines = self._entries().filter(pk=OuterRef("entry_id"))
        content = JSONObject(**self._expressions())
        seals = (
            self._seals()
            .order_by("number")
            .values_list(
                "number", "entry_id", "previous", "hash", Moment("sealed_at"), Subquery(lines.values(content=content))
            )
        )
        for number, entry_id, previous, hashed, sealed_at, line in seals.iterator(chunk_size=BATCH):
            yield Sealed(number, entry_id, previous, hashed, sealed_at, line)

    def _queue(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, 0)", [self.lock])

    def _write_anchor(self, head: Any) -> None:
        file_path = self.anchor()
        file_path.parent.mkdir(parents=True, exist_ok=True)
        line = f"{head.number} {head.hash} {utc(head.sealed_at)} {head.entry_id}\n"
        # One write of one line: a second process that appends can't come in between.
        file = os.open(file_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)
        logger.info("Head of the audit chain: %s", line.strip())

    def _read_anchors(self) -> Iterator[Anchor]:
        """The heads in the file; a line that can't be read raises its number."""
        if not self.anchor().exists():
            return
        for number, line in enumerate(self.anchor().read_text().splitlines(), start=1):
            try:
                head, hashed, _, entry_id = line.split(" ")
                yield Anchor(int(head), hashed, int(entry_id))
            except ValueError:
                raise ValueError(str(number)) from None


class _Walk:
    """Goes along the chain from its start, seal by seal, and stops at the first that does not fit."""

    def __init__(self, chain: Chain, anchors: Iterable[Anchor]) -> None:
        self.number, self._previous, self._before = 0, START, ""
        self._chain, self._anchored = chain, 0
        self._anchors: dict[int, set[str]] = defaultdict(set)
        self._head: Anchor | None = None
        for anchor in anchors:
            self._anchors[anchor.number].add(anchor.hash)
            self._head = max(self._head or anchor, anchor)

    def step(self, sealed: Sealed) -> Break | None:
        place = self.number + 1
        if sealed.number != place:
            return Break(Kind.GAP, place)
        if sealed.content is None:
            return Break(Kind.DELETED, place, sealed.entry_id)
        if sealed.previous != self._previous:
            return self._broken_link(sealed)
        if sealed.hash != digest(sealed, sealed.content, sealed.entry_id):
            kind = Kind.SWAPPED if self._chain.fits_elsewhere(sealed) else Kind.EDITED
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
        is_still_there = self._chain.has_entry(self._head.entry_id)
        return Break(Kind.ROLLED_BACK if is_still_there else Kind.CUT, self.number + 1)

    def _broken_link(self, sealed: Sealed) -> Break:
        """The seal does not build on the one before it."""
        if sealed.previous == self._before:
            return Break(Kind.INSERTED, self.number)
        is_elsewhere = self._chain.builds_on(self._previous)
        return Break(Kind.SWAPPED if is_elsewhere else Kind.DELETED, sealed.number, sealed.entry_id)


def digest(sealed: Sealed, content: Content, entry_id: int) -> str:
    """SHA-256, as hexadecimal text, of the seal before and of the line as this seal places it."""
    placed = canonical(content, entry_id=entry_id, number=sealed.number, sealed_at=sealed.sealed_at)
    return hashlib.sha256(sealed.previous.encode() + placed).hexdigest()


def utc(at: datetime) -> str:
    """The same text as `Moment` makes."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
