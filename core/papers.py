"""Makes papers: PDF set with Typst and tagged as PDF/UA-1, so that screen readers can read it.

The words of users go to Typst as data, never as source, so they can't act as markup. Typst refuses to make PDF/UA with
a character that no typeface holds. A text with such a character shows its code instead, as in [U+E000].
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
# Noto, for names in other scripts. Its faces for Syriac, Thaana, Coptic, Mongolian and Tifinagh come with the assets,
# because no Python package holds them.
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
# Invisible characters that turn the reading direction round, also of the text that follows.
TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def typeset(template: str, data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF of a template in `templates/papers/`. The same template, data and moment give the same bytes.

    `data` holds texts, numbers, lists, days and moments; days and moments are written out in Dutch.
    """
    plain = json.loads(json.dumps(data, default=_as_text))
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


def _as_text(value: object) -> str:
    """The text of a value that JSON doesn't know."""
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j F Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return str(value)


def _tidy(data: Any) -> Any:
    return _each_text(data, lambda text: text.replace("\r\n", "\n").translate(TURNS))


def _legible(data: Any) -> Any:
    """The data, with codes for characters in each text that Typst refuses."""
    return _each_text(data, lambda text: text if _can_show(text) else _with_codes(text))


def _each_text(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, str):
        return change(data)
    if isinstance(data, list):
        return [_each_text(part, change) for part in data]
    if isinstance(data, dict):
        return {name: _each_text(part, change) for name, part in data.items()}
    return data


def _with_codes(text: str) -> str:
    """The text with a code for each character that no face holds.

    Typst may refuse it still: a face holds the character, but not where it stands, as with a mark of another script.
    Then each character that Source Sans does not hold gets its code.
    """
    coded = _coded(text, ALL_FACES)
    return coded if _can_show(coded) else _coded(text, OUR_FACE)


def _coded(text: str, faces: str) -> str:
    missing = _missing(sorted(set(text) - {"\n", "\t", " "}), faces)
    return "".join(f"[U+{ord(character):04X}]" if character in missing else character for character in text)


def _missing(characters: list[str], faces: str) -> set[str]:
    """The characters that these faces do not hold. It searches by halves, because few are missing in most texts."""
    if not characters or _can_show(" ".join(characters), faces):
        return set()
    half = len(characters) // 2
    return _missing(characters[:half], faces) | _missing(characters[half:], faces) if half else set(characters)


def _can_show(text: str, faces: str = ALL_FACES) -> bool:
    """Whether Typst makes PDF/UA of this text in these faces."""
    if text.isascii() and text.isprintable():
        return True
    proof = PROOF.replace("FACES", faces).encode()
    try:
        typst.compile(proof, font_paths=FONTS, sys_inputs={"text": text.translate(TURNS)}, pdf_standards="ua-1")
    except typst.TypstError:
        return False
    return True
