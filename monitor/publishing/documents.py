"""Release documents: the signed file with the figures, and the proof of a single figure in it.

A release document is one line of canonical JSON (RFC 8785), so that the same content always gives the same bytes. It
has four parts:

* `cells`: the figures, each (indicator, scope, value) with its count;
* `indicators`, `notes` and `revision` (or `exceptions` in an edition): what explains them;
* `header`: what the release is and which facts it rests on, the hash of those explaining parts (`content`), and the
  root of a hash tree over the cells;
* `signature`: Ed25519 over the canonical bytes of the header alone. Since the header holds the hash and the root, the
  signature vouches for the whole file.

The tree is the Merkle tree of RFC 6962. A leaf is the hash of one cell, and a node is the hash of the two nodes below
it, up to the root. That makes it possible to prove one cell without the others: `proof` gives the cell, the signed
header, and the hash of the neighbour at each step from the leaf to the root. Whoever has these computes the root and
compares it with the header; the other cells stay secret.

The form is `lvv-release/1` for a release and `lvv-edition/1` for the public edition of it. A form never changes: a
different form gets a different name, so that old files can be checked for ever. `verifier.py` does the checking.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import rfc8785

from monitor.figures.measurement import Measurement
from monitor.publishing import verifier

Json = dict[str, Any]


@dataclass(frozen=True)
class FactSet:
    """The number of facts that the figures rest on, and SHA-256 over those facts."""

    count: int
    digest: str


@dataclass(frozen=True)
class Origin:
    """The parts of a header that do not follow from the measurement or the facts."""

    release: str
    kind: str
    replaces: str | None
    software: str
    signed_at: datetime
    key: str


def fact_set(facts: Iterable[Mapping[str, object]]) -> FactSet:
    """The hash over these facts, whatever their order. A fact holds text, whole numbers, dates and moments."""
    lines = sorted(rfc8785.dumps(_json_fact(fact)) for fact in facts)
    return FactSet(len(lines), hashlib.sha256(b"\n".join(lines)).hexdigest())


def compose(
    measured: Measurement,
    facts: FactSet,
    origin: Origin,
    *,
    notes: Sequence[Json],
    revision: Json | None,
    sign: Callable[[bytes], str],
) -> bytes:
    """The bytes of a release; `sign` gives the signature of its header. The same input gives the same bytes."""
    cells = _cells(measured)
    rest: Json = {"indicators": _indicators(measured), "notes": list(notes), "revision": revision}
    header: Json = {
        "format": verifier.FORMAT,
        "id": origin.release,
        "kind": origin.kind,
        "replaces": origin.replaces,
        "referenceDate": measured.on.isoformat(),
        "knownAt": moment(measured.known_at),
        "definitionSet": measured.definition_set.code,
        "scopes": list(measured.scopes),
        "facts": {"count": facts.count, "digest": facts.digest},
        "cells": {"count": len(cells), "root": verifier.root([verifier.leaf(cell) for cell in cells]).hex()},
        "content": verifier.content_hash(rest),
        "software": origin.software,
        "signedAt": moment(origin.signed_at),
        "key": origin.key,
    }
    return rfc8785.dumps({"header": header, "signature": sign(rfc8785.dumps(header)), "cells": cells, **rest})


def compose_edition(
    release: Json,
    cells: Sequence[Json],
    protection: Json,
    exceptions: Sequence[Json],
    *,
    sign: Callable[[bytes], str],
) -> bytes:
    """The bytes of the public edition of a release.

    `cells` are the protected ones, `protection` says by which rule, and `exceptions` which cells are exact by decision.
    Notes lose their number of unexplained persons: that number is a cell, and protected like the others.
    """
    release_header = release["header"]
    notes = [{name: note[name] for name in ("scope", "explanation", "remarks")} for note in release["notes"]]
    kept_of_indicator = ("code", "title", "definition", "unit", "population", "partOf", "isExit")
    rest: Json = {
        "indicators": [{name: item[name] for name in kept_of_indicator} for item in release["indicators"]],
        "notes": notes,
        "exceptions": list(exceptions),
    }
    kept_of_header = (
        "id",
        "kind",
        "replaces",
        "referenceDate",
        "knownAt",
        "definitionSet",
        "scopes",
        "software",
        "signedAt",
    )
    header: Json = {
        **{name: release_header[name] for name in (*kept_of_header, "key")},
        "format": verifier.EDITION,
        "protection": protection,
        "cells": {"count": len(cells), "root": verifier.root([verifier.leaf(cell) for cell in cells]).hex()},
        "content": verifier.content_hash(rest),
    }
    return rfc8785.dumps({"header": header, "signature": sign(rfc8785.dumps(header)), "cells": list(cells), **rest})


def proof(document: bytes, place: int) -> bytes:
    """One cell with the path from it to the signed root, for somebody who may not see the other cells.

    `place` is the index of the cell in the document.
    """
    content = read(document)
    leaves = [verifier.leaf(cell) for cell in content["cells"]]
    return rfc8785.dumps(
        {
            "header": content["header"],
            "signature": content["signature"],
            "cell": content["cells"][place],
            "path": [{"side": side, "hash": sibling.hex()} for side, sibling in _path(leaves, place)],
        }
    )


def read(document: bytes) -> Json:
    """The content of a document, not checked: `verifier.check` does that."""
    content: Json = json.loads(document)
    return content


def origin_of(content: Json) -> Origin:
    """The origin of a release, from its own header; with it the release can be composed again."""
    header = content["header"]
    return Origin(
        release=header["id"],
        kind=header["kind"],
        replaces=header["replaces"],
        software=header["software"],
        signed_at=datetime.fromisoformat(header["signedAt"]),
        key=header["key"],
    )


def moment(at: datetime) -> str:
    """A moment as releases write it: in UTC, with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def day(written: str) -> date:
    """Read a day that a release wrote."""
    return date.fromisoformat(written)


def instant(written: str) -> datetime:
    """Read a moment that a release wrote."""
    return datetime.fromisoformat(written)


def figures(document: bytes) -> dict[tuple[str, str, str], int]:
    """The cells of a release: (indicator, scope, value) -> number."""
    cells = read(document)["cells"]
    return {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in cells}


def _path(leaves: Sequence[bytes], place: int) -> list[tuple[str, bytes]]:
    """(side, hash) of the neighbour at each step from a leaf to the root, the lowest first.

    `side` says where the neighbour stands. The leaves are split as in `verifier.root`.
    """
    if len(leaves) == 1:
        return []
    half = verifier.split(len(leaves))
    if place < half:
        return [*_path(leaves[:half], place), ("right", verifier.root(list(leaves[half:])))]
    return [*_path(leaves[half:], place - half), ("left", verifier.root(list(leaves[:half])))]


def _cells(measured: Measurement) -> list[Json]:
    """All cells in the order of the set, then by value and scope. A breakdown has only the values that occur."""
    order = {item.code: number for number, item in enumerate(measured.definition_set.indicators)}
    scopes = {scope: number for number, scope in enumerate(measured.scopes)}
    in_order = sorted(measured.cells, key=lambda cell: (order[cell[0]], cell[2], scopes[cell[1]]))
    return [
        {"indicator": code, "scope": scope, "value": value, "count": measured.cells[code, scope, value]}
        for code, scope, value in in_order
    ]


def _indicators(measured: Measurement) -> list[Json]:
    return [
        {
            "code": item.code,
            "title": item.title,
            "definition": item.definition,
            "unit": item.unit.value,
            "population": item.population.value,
            "partOf": item.part_of,
            "isExit": item.code in measured.definition_set.exits,
            "overlap": None if item.by else measured.overlap(item.code),
        }
        for item in measured.definition_set.indicators
    ]


def _json_fact(fact: Mapping[str, object]) -> Json:
    return {name: _json_value(value) for name, value in fact.items()}


def _json_value(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    return [_json_value(element) for element in value] if isinstance(value, list) else str(value)
