"""Reads a finished letter and compares every number in it with the letter that was filled from the edition.

The mark behind a number says which figure it must be. A number without a mark that was not in the filled letter is
reported too: whoever added it must know where it comes from. Numbers that are written as words are not noticed.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from zipfile import BadZipFile, ZipFile

import docx
from django.core.exceptions import ValidationError
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from monitor.publishing.letters import HIDDEN_IN_TABLE, Letter

LARGEST = 5_000_000  # bytes of the file
UNPACKED = 50_000_000  # bytes that it may unpack to
MOST_PAGES = 200
UNREADABLE = "Dit bestand kunnen wij niet lezen. Sla de brief op als docx of pdf en probeer opnieuw."

_NUMBER = "[0-9][0-9.]*"
_MARKED = re.compile(rf"(?P<sign>[-−–,.]?)(?P<shown>{_NUMBER}|beschermd(?: aantal)?) ?\[(?P<mark>[0-9]+)\]")
_MARK = re.compile(r"\[([0-9]+)\]")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOOSE = re.compile(r"[\d⁰¹²³⁴-⁹₀-₉¼-¾]+")
_PAGE_FOOT = re.compile(r"Pagina \d+ van \d+")
_AROUND = 30  # how many characters are shown on each side of a number


def read(content: bytes) -> str:
    """The text of a letter (DOCX or PDF), each paragraph on a line. Raises ValidationError if it can't be read."""
    if len(content) > LARGEST:
        raise ValidationError("Dit bestand is groter dan 5 MB. Haal afbeeldingen weg en probeer opnieuw.")
    lines = _of_pdf(content) if content.startswith(b"%PDF") else _of_docx(content)
    return "\n".join(" ".join(line.replace("\u200b", "").split()) for line in lines)


def proofread(letter: Letter, text: str) -> list[str]:
    """What is wrong with the numbers of a text, in Dutch; an empty list means that all is well."""
    composed = "\n".join(" ".join(line.split()) for line in letter.paragraphs)
    return [
        *_wrong_numbers(letter, text),
        *_repeated_marks(composed, text),
        *_added_numbers(letter.release, composed, text),
    ]


def _wrong_numbers(letter: Letter, text: str) -> Iterator[str]:
    """Marks that are unknown, that stand behind another number than their own, or behind no number."""
    figures = letter.figures
    for match in _MARK.finditer(text):
        mark = int(match[1])
        if mark not in figures:
            yield f"[{match[1]}] hoort niet bij deze uitgave: {_context(text, match)}"
    ends_of_marked = set()
    for match in _MARKED.finditer(text):
        ends_of_marked.add(match.end())
        figure = figures.get(int(match["mark"]))
        if figure is None:
            continue
        shown = match["sign"] + match["shown"].replace(".", "")
        is_hidden = HIDDEN_IN_TABLE in figure.shown
        if shown != figure.shown and not (is_hidden and shown.startswith(HIDDEN_IN_TABLE)):
            yield f"Bij [{figure.mark}] staat {shown}, maar de uitgave zegt {figure.shown} ({figure.name})."
    for match in _MARK.finditer(text):
        if match.end() not in ends_of_marked and int(match[1]) in figures:
            yield f"Vóór [{match[1]}] staat geen getal: {_context(text, match)}"


def _repeated_marks(composed: str, text: str) -> Iterator[str]:
    """Marks that occur more often than they were filled in: perhaps somebody put one behind another number."""
    more = Counter(_MARK.findall(text)) - Counter(_MARK.findall(composed))
    for mark in sorted(more, key=int):
        yield f"[{mark}] staat op meer plaatsen dan is ingevuld. Controleer bij welk cijfer het hoort."


def _added_numbers(release: str, composed: str, text: str) -> Iterator[str]:
    """Numbers without a mark that were not filled in. The id of the release may occur any number of times."""
    filled = Counter(number[0] for number in _numbers(composed))
    for number in _numbers(text):
        if number[0] == release:
            continue
        if filled[number[0]]:
            filled[number[0]] -= 1
        else:
            yield f"Het getal {number[0]} komt niet uit de uitgave: {_context(text, number)}"


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """The numbers without a mark; the id of a release counts as one number."""
    for pattern in (_MARKED, _MARK):
        # Blank out the marked numbers with as many spaces, so that positions in the text stay the same.
        text = pattern.sub(lambda match: " " * len(match[0]), text)
    yield from _ID.finditer(text)
    yield from _LOOSE.finditer(_ID.sub(lambda match: " " * len(match[0]), text))


def _context(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
    return f"“…{' '.join(text[start:end].split())}…”"


def _of_pdf(content: bytes) -> list[str]:
    try:
        reader = PdfReader(io.BytesIO(content))
        if len(reader.pages) > MOST_PAGES:
            raise ValidationError(f"Dit bestand heeft meer dan {MOST_PAGES} bladzijden. Knip de brief eruit.")
        pages = [page.extract_text() for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError):
        raise ValidationError(UNREADABLE) from None
    # A line break may separate a number from its mark, so the text becomes one line.
    whole = " ".join(" ".join(pages).split())
    return [_PAGE_FOOT.sub("", whole)]


def _of_docx(content: bytes) -> list[str]:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            if sum(member.file_size for member in packed.infolist()) > UNPACKED:
                raise ValidationError(UNREADABLE)
        document = docx.Document(io.BytesIO(content))
        parts = [document.element.body, *_notes_of(document)]
        return [line for part in parts for line in _paragraphs(part)]
    except (BadZipFile, PackageNotFoundError, ValueError, KeyError, SyntaxError, AttributeError, NotImplementedError):
        raise ValidationError(UNREADABLE) from None


def _notes_of(document: "docx.document.Document") -> Iterator[object]:
    """The footnotes and endnotes, which the library has no interface for."""
    for part in document.part.package.iter_parts():
        if str(part.partname).endswith(("/footnotes.xml", "/endnotes.xml")):
            yield parse_xml(part.blob)


def _paragraphs(part: "docx.oxml.xmlchemy.BaseOxmlElement") -> Iterator[str]:
    """The text of every paragraph, also in tables and text boxes, without tracked deletions.

    A text box is a paragraph inside a paragraph; each element counts only in the innermost one.
    """
    for paragraph in part.iter(qn("w:p")):
        yield "".join(
            _sign(element) for element in paragraph.iter(*_SIGNS) if next(element.iterancestors(qn("w:p"))) is paragraph
        )


_SIGNS = {qn("w:t"): "", qn("w:tab"): "\t", qn("w:br"): "\n"}


def _sign(element: "docx.oxml.xmlchemy.BaseOxmlElement") -> str:
    return element.text or "" if element.tag == qn("w:t") else _SIGNS[element.tag]
