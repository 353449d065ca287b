"""Papers: PDF that is set with Typst, tagged as PDF/UA-1.

What users wrote goes to Typst as data, never as source, so that it can't be markup. The checker of PDF/UA refuses a
sign that no typeface holds; a text with such a sign names it by its code instead.
"""

import json
import re
import struct
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import font_source_sans_pro
import manimgx_fonts
import typst
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

FOLDER = Path(settings.BASE_DIR) / "templates" / "papers"
NOTO = str(Path(manimgx_fonts.__file__).parent)
FONTS = typst.Fonts(
    include_system_fonts=False, include_embedded_fonts=False, font_paths=[font_source_sans_pro.font_directory, NOTO]
)
PROOF = b"""
#set document(title: "Proef")
#set text(lang: "nl", font: ("Source Sans Pro", "Noto Sans"))
#sys.inputs.text #strong(sys.inputs.text)
"""
# They turn the reading order round, in what follows too.
TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
OUR_FACE = font_source_sans_pro.font_files_ttf["SourceSansPro"]


def typeset(template: str, data: dict[str, Any], *, at: datetime) -> bytes:
    """The paper of a template in `templates/papers/`; the same template, data and moment give the same bytes.

    In `data` stand texts, numbers, lists and days; a day and a moment are written out in Dutch.
    """
    plain = json.loads(json.dumps(data, default=_written))
    try:
        return _compiled(template, plain, at)
    except typst.TypstError:
        return _compiled(template, _legible(plain), at)


def _compiled(template: str, data: dict[str, Any], at: datetime) -> bytes:
    paper = typst.compile(
        FOLDER / template,
        root=FOLDER,
        font_paths=FONTS,
        sys_inputs={"data": json.dumps(_tidy(data))},
        pdf_standards="ua-1",
        timestamp=int(at.timestamp()),
    )
    assert isinstance(paper, bytes)
    return paper


def _written(value: object) -> str:
    """How a value that JSON doesn't know stands on paper."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j F Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return str(value)


def _tidy(data: Any) -> Any:
    return _each_text(data, lambda text: text.replace("\r\n", "\n").translate(TURNS))


def _legible(data: Any) -> Any:
    """The data in which every text that the typefaces can't show says which signs are missing."""
    return _each_text(data, lambda text: text if _shows(text) else _spelled(text))


def _each_text(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, list):
        return [_each_text(part, change) for part in data]
    if isinstance(data, dict):
        return {name: _each_text(part, change) for name, part in data.items()}
    return data


def _shows(text: str) -> bool:
    """Whether the checker lets this text through."""
    if all(ord(sign) in _signs() for sign in text):
        return True
    try:
        typst.compile(PROOF, font_paths=FONTS, sys_inputs={"text": text.translate(TURNS)}, pdf_standards="ua-1")
    except typst.TypstError:
        return False
    return True


def _spelled(text: str) -> str:
    return re.sub(
        r"[^\n\t ]", lambda found: found[0] if ord(found[0]) in _signs() else f"[U+{ord(found[0]):04X}]", text
    )


@cache
def _signs() -> frozenset[int]:
    """The signs of our typeface, from its own table (`cmap`, format 12)."""
    font = Path(OUR_FACE).read_bytes()
    tables = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in _places(font, 12, 4, 16)}
    start = tables[b"cmap"]
    parts = [start + struct.unpack_from(">I", font, at + 4)[0] for at in _places(font, start + 4, start + 2, 8)]
    wide = next(part for part in parts if struct.unpack_from(">H", font, part)[0] == 12)
    (count,) = struct.unpack_from(">I", font, wide + 12)
    groups = [struct.unpack_from(">II", font, wide + 16 + 12 * number) for number in range(count)]
    return frozenset(sign for first, last in groups for sign in range(first, last + 1))


def _places(font: bytes, first: int, count_at: int, size: int) -> list[int]:
    (count,) = struct.unpack_from(">H", font, count_at)
    return [first + size * number for number in range(count)]
