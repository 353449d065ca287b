"""A hash chain over the lines of a log. It shows when somebody edits, removes or adds a line later (standards A-5).

The chain has one seal for each line. A seal holds the next number, the hash of the seal before it, and its own hash:
SHA-256 over that earlier hash and the content of the line. Whoever changes a line makes its hash wrong. Whoever then
repairs that hash breaks the next seal, which was built on the old one, and so on up to the end.

A job seals the new lines each minute, after their commit, so that no act waits for the chain. A line that is removed
before it was sealed leaves no trace; against that there are only the grants and triggers.

The chain alone can't show that its last seals were cut off, or that somebody rewrote all of it: what is left fits
together. Therefore the number and hash of the last seal of each batch, called the head, also go to a file outside the
database, the anchor. `Chain.verify` walks the chain from its start and compares it with the anchor.

A transaction may commit minutes after its line got its id, so lines do not become visible in the order of their ids.
Sealing takes what it finds, and the number of a seal, not the id of its line, is the order of the chain. That leaves
one gap: somebody could add a line with an old id later, and the job would seal it. `Chain._floor` closes it: an
unsealed line below an id that was sealed more than an hour ago came too late. It is never sealed, and `verify` reports
it.
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

START = "0" * 64  # the hash before the first seal
BATCH = 2000  # lines that are sealed at once
# How long the transaction of a line may take. A line that appears later was added afterwards.
LATEST = timedelta(hours=1)
# The sealing job runs every minute. When lines wait this long, something is wrong with it.
OVERDUE = timedelta(minutes=5)
Content = dict[str, Any]  # by column, the part of a line that is sealed


class Moment(Func):
    """A moment as text in UTC. The database writes it, the same in every time zone of a session."""

    template = """to_char(%(expressions)s at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TextField()


class Kind(Enum):
    """How a chain can be broken, in the words that the manager reads."""

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
    """The first place where the chain is broken: the number of the seal, and the id of the line if there is one."""

    kind: Kind
    number: int
    entry_id: int | None = None

    def __str__(self) -> str:
        line = f" (regel {self.entry_id})" if self.entry_id is not None else ""
        return f"De audittrail is verbroken bij nummer {self.number}{line}: {self.kind.value}."


class Sealed(NamedTuple):
    """A seal with the present content of its line. `content` is None when the line is gone."""

    number: int
    entry_id: int
    previous: str
    hash: str
    sealed_at: str
    content: Content | None


class Anchor(NamedTuple):
    """A head of the chain, as one line of the anchor file has it."""

    number: int
    hash: str
    entry_id: int


def canonical(content: Content, *, entry_id: int, number: int, sealed_at: str) -> bytes:
    """The bytes that are hashed: JSON with sorted keys and no spaces, in UTF-8."""
    whole = content | {"id": entry_id, "number": number, "sealed_at": sealed_at}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Chain:
    """A log and its seals.

    `entries` is the log: append-only, with growing ids. `seals` has the columns number (from 1, without gaps),
    entry_id, previous, hash and sealed_at. `columns` are the sealed columns of a line, and `moment` is the one of them
    that holds the time. `lock` is a number that no other advisory lock of the application uses. `anchor` returns the
    path of the anchor file.
    """

    entries: type[Model]
    seals: type[Model]
    columns: tuple[str, ...]
    moment: str
    lock: int
    anchor: Callable[[], Path]

    def seal(self, *, at: datetime) -> int:
        """Seal one batch of lines in the order of their ids, and return how many. Of two jobs at once, one waits."""
        with transaction.atomic():
            self._wait_for_turn()
            head = self._seals().order_by("-number").first()
            entries = self._unsealed().filter(pk__gt=self._floor(at)).order_by("pk")[:BATCH]
            seals = list(self._links(entries, head, at))
            self._seals().bulk_create(seals)
        if seals:
            self._write_anchor(seals[-1])
        return len(seals)

    def is_overdue(self, *, at: datetime) -> bool:
        """Whether the sealing job lags behind: a line has waited for long, and nothing was sealed lately."""
        late = {"pk__gt": self._floor(at), f"{self.moment}__lte": at - OVERDUE}
        return (
            self._unsealed().filter(**late).exists() and not self._seals().filter(sealed_at__gt=at - OVERDUE).exists()
        )

    def verify(self, *, at: datetime) -> tuple[int, Break | None]:
        """How many lines were checked, and the first place where the chain is broken. None: it is whole."""
        try:
            # Read before the chain, because the anchor is written after the seals. Otherwise a job that seals meanwhile
            # would look like a chain whose end was cut off.
            anchors = list(self._read_anchors())
        except ValueError as error:
            return 0, Break(Kind.ANCHOR_UNREADABLE, int(str(error)))
        with transaction.atomic():
            walk = _Walk(self, anchors)
            for sealed in self._sealed():
                if broken := walk.step(sealed):
                    return walk.number, broken
            return walk.number, walk.end() or self._added_later(at, walk.number)

    def has_entry(self, entry_id: int) -> bool:
        return self._entries().filter(pk=entry_id).exists()

    def builds_on(self, previous: str) -> bool:
        """Whether a seal builds on this hash."""
        return self._seals().filter(previous=previous).exists()

    def fits_elsewhere(self, sealed: Sealed) -> bool:
        """Whether the hash of the seal fits the content of another line: two lines changed places."""
        return any(
            sealed.hash in (digest(sealed, content, entry_id), digest(sealed, content, sealed.entry_id))
            for entry_id, content in self.lines(self._entries().exclude(pk=sealed.entry_id))
        )

    def lines(self, entries: QuerySet[Any]) -> Iterator[tuple[int, Content]]:
        """The id and the sealed content of each line."""
        for entry_id, *values in entries.values_list("pk", *self._expressions().values()).iterator():
            yield entry_id, dict(zip(self.columns, values, strict=True))

    def _expressions(self) -> dict[str, Any]:
        """For each sealed column, the expression that the database evaluates."""
        return {name: Moment(name) if name == self.moment else F(name) for name in self.columns}

    def _entries(self) -> QuerySet[Any]:
        return self.entries._default_manager.all()

    def _seals(self) -> QuerySet[Any]:
        return self.seals._default_manager.all()

    def _unsealed(self) -> QuerySet[Any]:
        return self._entries().filter(~Exists(self._seals().filter(entry_id=OuterRef("pk"))))

    def _links(self, entries: QuerySet[Any], head: Any, at: datetime) -> Iterator[Any]:
        """The seals of these lines, not yet saved. The first follows `head`; each one builds on the one before."""
        last, previous = (head.number, head.hash) if head else (0, START)
        for number, (entry_id, content) in enumerate(self.lines(entries), start=last + 1):
            hashed = digest(Sealed(number, entry_id, previous, "", utc(at), content), content, entry_id)
            yield self.seals(number=number, entry_id=entry_id, previous=previous, hash=hashed, sealed_at=at)
            previous = hashed

    def _floor(self, at: datetime) -> int:
        """The highest id among the last lines that were sealed more than an hour ago; 0 if there is none.

        Every line with a lower id had its time to commit and be sealed. One without a seal was added afterwards.
        """
        in_time = self._seals().filter(sealed_at__lte=at - LATEST).order_by("-number")[:BATCH]
        return self._seals().filter(pk__in=in_time.values("pk")).aggregate(id=Max("entry_id"))["id"] or 0

    def _added_later(self, at: datetime, number: int) -> Break | None:
        """A line that was added too late to be sealed."""
        entry = self._unsealed().filter(pk__lte=self._floor(at)).order_by("pk").first()
        return Break(Kind.INSERTED, number, entry.pk) if entry else None

    def _sealed(self) -> Iterator[Sealed]:
        """All seals with their lines, in the order of the chain. They are streamed from the database."""
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

    def _wait_for_turn(self) -> None:
        """Let one job at a time seal, until the transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s, 0)", [self.lock])

    def _write_anchor(self, head: Any) -> None:
        file_path = self.anchor()
        file_path.parent.mkdir(parents=True, exist_ok=True)
        line = f"{head.number} {head.hash} {utc(head.sealed_at)} {head.entry_id}\n"
        # One call writes the whole line, so that another process can't write into the middle of it.
        file = os.open(file_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, line.encode())
            os.fsync(file)
        finally:
            os.close(file)
        logger.info("Head of the audit chain: %s", line.strip())

    def _read_anchors(self) -> Iterator[Anchor]:
        """The heads in the anchor file. Raises ValueError with the number of a line that can't be read."""
        if not self.anchor().exists():
            return
        for number, line in enumerate(self.anchor().read_text().splitlines(), start=1):
            try:
                head, hashed, _, entry_id = line.split(" ")
                yield Anchor(int(head), hashed, int(entry_id))
            except ValueError:
                raise ValueError(str(number)) from None


class _Walk:
    """Follows the chain from its start, seal by seal. `number` is that of the last seal that was right.

    `step` and `end` return a `Break` as soon as something is wrong. Most mistakes look alike from one seal, so they
    look around to name the kind: an edited line or two swapped ones, a removed line or an added one.
    """

    def __init__(self, chain: Chain, anchors: Iterable[Anchor]) -> None:
        # The hash of the last seal, and of the one before it.
        self.number, self._previous, self._before = 0, START, ""
        # The last number at which the anchor file agreed with the chain.
        self._chain, self._anchored = chain, 0
        self._anchors: dict[int, set[str]] = defaultdict(set)
        self._head: Anchor | None = None
        for anchor in anchors:
            self._anchors[anchor.number].add(anchor.hash)
            self._head = max(self._head or anchor, anchor)

    def step(self, sealed: Sealed) -> Break | None:
        """Check the next seal: its number, its line, the seal it builds on, its hash, and the anchor file."""
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
        """Compare the end of the chain with the last head in the anchor file."""
        if self._head is None:
            return Break(Kind.ANCHOR_MISSING, self.number) if self.number else None
        if self._head.number <= self.number:
            return None
        is_still_there = self._chain.has_entry(self._head.entry_id)
        return Break(Kind.ROLLED_BACK if is_still_there else Kind.CUT, self.number + 1)

    def _broken_link(self, sealed: Sealed) -> Break:
        """The kind of break when the seal does not build on the one before it.

        If it builds on the one before that, the last seal was inserted. If another seal builds on the last one, the
        seals changed places. Otherwise the seal in between was removed.
        """
        if sealed.previous == self._before:
            return Break(Kind.INSERTED, self.number)
        is_elsewhere = self._chain.builds_on(self._previous)
        return Break(Kind.SWAPPED if is_elsewhere else Kind.DELETED, sealed.number, sealed.entry_id)


def digest(sealed: Sealed, content: Content, entry_id: int) -> str:
    """The hash of a seal: SHA-256, as hexadecimal text, over the hash before it and the line with its place."""
    placed = canonical(content, entry_id=entry_id, number=sealed.number, sealed_at=sealed.sealed_at)
    return hashlib.sha256(sealed.previous.encode() + placed).hexdigest()


def utc(at: datetime) -> str:
    """The moment as text, exactly as `Moment` writes it in the database."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
