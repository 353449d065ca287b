#!/usr/bin/env python3
"""Checks a release of the LVV monitor. It needs Python 3.9 or newer and nothing else.

    python3 verifieer.py uitgave.json sleutels.json

A release is one line of canonical JSON (RFC 8785). Its `header` is signed (Ed25519, RFC 8032) and holds the root of a
SHA-256 tree over the cells (as in RFC 6962) and the hash of all other content. `sleutels.json` lists the public keys.

The checks are: the file is in canonical form, the key was valid when it signed, the signature is on this header, and
the root and the hash in the header are those of the cells and the other content. A single cell with its proof
(`bewijs.json`) has no other content; there the path from the cell must lead to the root in the header.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import sys
from typing import Any

FORMAT = "lvv-release/1"
# The public edition of a release, without small counts. It is checked in the same way.
EDITION = "lvv-edition/1"

# The curve of RFC 8032, section 5.1.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
Point = tuple[int, int, int, int]  # in extended coordinates


def check(document: bytes, keys: list[dict[str, Any]]) -> list[str]:
    """What is wrong with a release, or with one cell and its proof, in Dutch; an empty list means that all is well."""
    try:
        content = json.loads(document.decode("utf-8"))
        if canonical(content) != document:
            return ["Het bestand is niet in de vaste vorm geschreven, of is gewijzigd."]
        reasons = _check_header(content, keys)
        return reasons + (_check_cell(content) if "cell" in content else _check_content(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ["Dit is geen uitgave van de monitor."]


def canonical(value: Any) -> bytes:
    """The bytes of RFC 8785, for what a release may hold: objects, lists, text, whole numbers, true, false and null."""
    if isinstance(value, float):
        raise ValueError("een uitgave kent alleen hele getallen")
    if isinstance(value, list):
        return b"[" + b",".join(map(canonical, value)) + b"]"
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return b"{" + b",".join(canonical(key) + b":" + canonical(item) for key, item in pairs) + b"}"
    return json.dumps(value, ensure_ascii=False).encode("utf-8")


def leaf(cell: dict[str, Any]) -> bytes:
    """The hash of a cell. The first byte tells leaves from nodes, so that neither can pass for the other."""
    return hashlib.sha256(b"\x00" + canonical(cell)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: list[bytes]) -> bytes:
    """The root of the tree over these leaves; without leaves, the hash of no bytes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return node(root(leaves[:half]), root(leaves[half:]))


def split(count: int) -> int:
    """How many of the leaves are in the left half: the largest power of two that is smaller than their number."""
    return 1 << (count - 1).bit_length() - 1


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 over everything but the header, the signature and the cells."""
    rest = {name: content[name] for name in content if name not in ("header", "signature", "cells")}
    return hashlib.sha256(canonical(rest)).hexdigest()


def _check_header(content: dict[str, Any], keys: list[dict[str, Any]]) -> list[str]:
    header = content["header"]
    if header["format"] not in (FORMAT, EDITION):
        return ["Deze vorm van uitgave kent dit programma niet."]
    key = next((candidate for candidate in keys if candidate["id"] == header["key"]), None)
    if key is None:
        return ["De sleutel waarmee is ondertekend, staat niet in de lijst."]
    reasons = []
    if key["revokedAt"] is not None and header["signedAt"] >= key["revokedAt"]:
        reasons.append("De sleutel was al ingetrokken toen de uitgave werd ondertekend.")
    if header["signedAt"] < key["since"]:
        reasons.append("De sleutel gold nog niet toen de uitgave werd ondertekend.")
    public = base64.b64decode(key["publicKey"], validate=True)
    try:
        signature = base64.b64decode(content["signature"], validate=True)
        is_plain = base64.b64encode(signature).decode() == content["signature"]
    except binascii.Error:
        signature, is_plain = b"", False
    if not is_plain or not is_signed(public, canonical(header), signature):
        reasons.append("De handtekening klopt niet.")
    return reasons


def _check_content(content: dict[str, Any]) -> list[str]:
    header, cells = content["header"], content["cells"]
    reasons = []
    if header["cells"]["count"] != len(cells) or header["cells"]["root"] != root(list(map(leaf, cells))).hex():
        reasons.append("De cijfers zijn niet die van de ondertekende uitgave.")
    if header["content"] != content_hash(content):
        reasons.append("De toelichting is niet die van de ondertekende uitgave.")
    return reasons


def _check_cell(content: dict[str, Any]) -> list[str]:
    if set(content) != {"header", "signature", "cell", "path"}:
        return ["Dit bewijs heeft een andere vorm."]
    digest = leaf(content["cell"])
    for step in content["path"]:
        beside = bytes.fromhex(step["hash"])
        digest = node(beside, digest) if step["side"] == "left" else node(digest, beside)
    return [] if digest.hex() == content["header"]["cells"]["root"] else ["Dit cijfer staat niet in de uitgave."]


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is an Ed25519 signature (RFC 8032, section 5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = _point(public), _point(signature[:32])
    response = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or response >= _L:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    base = _point(_BASE_Y.to_bytes(32, "little"))
    assert base is not None
    return _same(_multiply(response, base), _add(commitment, _multiply(challenge, key)))


def _point(octets: bytes) -> Point | None:
    """The point of the curve that these 32 octets encode (RFC 8032, section 5.1.3); None if they encode none."""
    y = int.from_bytes(octets, "little") & ((1 << 255) - 1)
    sign = octets[31] >> 7
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(first: Point, second: Point) -> Point:
    (x1, y1, z1, t1), (x2, y2, z2, t2) = first, second
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * _D * t1 * t2 % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _multiply(number: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _same(first: Point, second: Point) -> bool:
    (x1, y1, z1, _), (x2, y2, z2, _) = first, second
    return (x1 * z2 - x2 * z1) % _P == 0 and (y1 * z2 - y2 * z1) % _P == 0


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        sys.stderr.write(__doc__ or "")
        return 2
    try:
        with open(arguments[0], "rb") as document, open(arguments[1], encoding="utf-8") as keys:
            reasons = check(document.read(), json.load(keys))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Het bestand is niet te lezen: {error}\n")
        return 2
    sys.stdout.write("\n".join(reasons) + "\n" if reasons else "De uitgave is echt en ongewijzigd.\n")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
