"""A release as a file: its header, cells and notes as canonical JSON, with a tree over the cells and a signature.

The form is `lvv-release/1`, and never changes: another form gets another name. What everybody may read of it has the
form `lvv-edition/1`. `verifier.py` says what is checked.
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
    """How many facts the figures rest on, and SHA-256 over them."""

    count: int
    digest: str


@dataclass(frozen=True)
class Origin:
    """What a release is, besides its figures."""

    release: str
    kind: str
    replaces: str | None
    software: str
    signed_at: datetime
    key: str


def fact_set(facts: Iterable[Mapping[str, object]]) -> FactSet:
    """Over the facts in any order, each as canonical JSON; a fact holds text, whole numbers, dates and moments."""
    lines = sorted(rfc8785.dumps(_plain(fact)) for fact in facts)
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
    """The whole file; `sign` gives the signature of its header. The same input gives the same bytes."""
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
    """The file that everybody may read of a release: other cells, `exceptions` to how they are protected, and notes.

    The number of persons whom a municipality can't explain stands in a cell, if it may.
    """
    told = release["header"]
    notes = [{name: note[name] for name in ("scope", "explanation", "remarks")} for note in release["notes"]]
    named = ("code", "title", "definition", "unit", "population", "partOf", "isExit")
    rest: Json = {
        "indicators": [{name: item[name] for name in named} for item in release["indicators"]],
        "notes": notes,
        "exceptions": list(exceptions),
    }
    kept = ("id", "kind", "replaces", "referenceDate", "knownAt", "definitionSet", "scopes", "software", "signedAt")
    header: Json = {
        **{name: told[name] for name in (*kept, "key")},
        "format": verifier.EDITION,
        "protection": protection,
        "cells": {"count": len(cells), "root": verifier.root([verifier.leaf(cell) for cell in cells]).hex()},
        "content": verifier.content_hash(rest),
    }
    return rfc8785.dumps({"header": header, "signature": sign(rfc8785.dumps(header)), "cells": list(cells), **rest})


def proof(document: bytes, place: int) -> bytes:
    """One cell with the path that leads from it to the signed root, for who may know no other."""
    content = read(document)
    leaves = [verifier.leaf(cell) for cell in content["cells"]]
    return rfc8785.dumps(
        {
            "header": content["header"],
            "signature": content["signature"],
            "cell": content["cells"][place],
            "path": [{"side": side, "hash": found.hex()} for side, found in _path(leaves, place)],
        }
    )


def read(document: bytes) -> Json:
    """What a release says."""
    content: Json = json.loads(document)
    return content


def origin_of(content: Json) -> Origin:
    """What a release says of itself."""
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
    """A moment as it stands in a release: UTC, in microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def day(written: str) -> date:
    """A day as it stands in a release."""
    return date.fromisoformat(written)


def instant(written: str) -> datetime:
    """A moment as it stands in a release."""
    return datetime.fromisoformat(written)


def figures(document: bytes) -> dict[tuple[str, str, str], int]:
    """The cells of a release: (indicator, scope, value) -> number."""
    cells = read(document)["cells"]
    return {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in cells}


def _path(leaves: Sequence[bytes], place: int) -> list[tuple[str, bytes]]:
    """What stands beside a leaf on the way up, the nearest first."""
    if len(leaves) == 1:
        return []
    half = verifier.split(len(leaves))
    if place < half:
        return [*_path(leaves[:half], place), ("right", verifier.root(list(leaves[half:])))]
    return [*_path(leaves[half:], place - half), ("left", verifier.root(list(leaves[:half])))]


def _cells(measured: Measurement) -> list[Json]:
    """In the order of the set, then by value and scope; a breakdown has the values that occur."""
    order = {item.code: number for number, item in enumerate(measured.definition_set.indicators)}
    scopes = {scope: number for number, scope in enumerate(measured.scopes)}
    found = sorted(measured.cells, key=lambda cell: (order[cell[0]], cell[2], scopes[cell[1]]))
    return [
        {"indicator": code, "scope": scope, "value": value, "count": measured.cells[code, scope, value]}
        for code, scope, value in found
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


def _plain(fact: Mapping[str, object]) -> Json:
    return {name: _written(value) for name, value in fact.items()}


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    return [_written(one) for one in value] if isinstance(value, list) else str(value)
