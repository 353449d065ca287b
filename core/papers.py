"""Papers: PDF that is set with Typst, tagged as PDF/UA-1.

What users wrote goes to Typst as data, never as source, so that it can't be markup. The checker of PDF/UA refuses a
sign that no typeface holds; a text with such a sign names it by its code instead.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import font_source_sans_pro
import manimgx_fonts
import manimgx_fonts_cjk
import typst
from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

FOLDER = Path(settings.BASE_DIR) / "templates" / "papers"
# Noto, for names in other scripts. Those of Syriac, Thaana, Coptic, Mongolian and Tifinagh come with the assets: no
# Python package holds them.
NOTO = [str(Path(package.__file__).parent) for package in (manimgx_fonts, manimgx_fonts_cjk)]
RARE = str(Path(settings.BASE_DIR) / "node_modules" / "@expo-google-fonts")
FONTS = typst.Fonts(
    include_system_fonts=False,
    include_embedded_fonts=False,
    font_paths=[font_source_sans_pro.font_directory, *NOTO, RARE],
)
ALL_FACES = '("Source Sans Pro", "Noto Sans", "Noto Sans CJK SC")'
OUR_FACE = '"Source Sans Pro", fallback: false'
PROOF = """
#set document(title: "Proef")
#set text(lang: "nl", font: FACES)
#sys.inputs.text #strong(sys.inputs.text)
"""
# They turn the reading order round, in what follows too.
TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


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


def _spelled(text: str) -> str:
    """The text with a code for each sign that no face holds, or else for each that our own does not.

    The second is for a sign that a face holds and the checker still refuses in its place, as a mark of another script.
    """
    known = _with_codes(text, ALL_FACES)
    return known if _shows(known) else _with_codes(text, OUR_FACE)


def _with_codes(text: str, faces: str) -> str:
    missing = _missing(sorted(set(text) - {"\n", "\t", " "}), faces)
    return "".join(f"[U+{ord(sign):04X}]" if sign in missing else sign for sign in text)


def _missing(signs: list[str], faces: str) -> set[str]:
    """Which of these signs the faces do not hold; asked in halves, because a text seldom misses many."""
    if not signs or _shows(" ".join(signs), faces):
        return set()
    half = len(signs) // 2
    return _missing(signs[:half], faces) | _missing(signs[half:], faces) if half else set(signs)


def _shows(text: str, faces: str = ALL_FACES) -> bool:
    """Whether the checker lets this text through, set in these faces."""
    if text.isascii() and text.isprintable():
        return True
    proof = PROOF.replace("FACES", faces).encode()
    try:
        typst.compile(proof, font_paths=FONTS, sys_inputs={"text": text.translate(TURNS)}, pdf_standards="ua-1")
    except typst.TypstError:
        return False
    return True
