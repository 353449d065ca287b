"""Reads a finished letter back and compares every number in it with the edition that it was filled from.

A figure is known by its mark. What has no mark and did not stand in the letter as it was filled in, is told as well:
whoever wrote it must know where it comes from. Numbers in words are not seen.
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
_AROUND = 30  # letters shown around a number


def read(content: bytes) -> str:
    """The text of a letter as DOCX or PDF, a paragraph a line. Raises ValidationError if it can't be read."""
    if len(content) > LARGEST:
        raise ValidationError("Dit bestand is groter dan 5 MB. Haal afbeeldingen weg en probeer opnieuw.")
    lines = _of_pdf(content) if content.startswith(b"%PDF") else _of_docx(content)
    return "\n".join(" ".join(line.replace("\u200b", "").split()) for line in lines)


def proofread(letter: Letter, text: str) -> list[str]:
    """What is wrong with the numbers of a text, in Dutch; an empty list means that nothing is."""
    composed = "\n".join(" ".join(line.split()) for line in letter.paragraphs)
    return [*_wrong(letter, text), *_repeated(composed, text), *_loose(letter.release, composed, text)]


def _wrong(letter: Letter, text: str) -> Iterator[str]:
    """Each mark beside another number than its own."""
    figures = letter.figures
    for found in _MARK.finditer(text):
        mark = int(found[1])
        if mark not in figures:
            yield f"[{found[1]}] hoort niet bij deze uitgave: {_context(text, found)}"
    seen = set()
    for found in _MARKED.finditer(text):
        seen.add(found.end())
        figure = figures.get(int(found["mark"]))
        if figure is None:
            continue
        shown = found["sign"] + found["shown"].replace(".", "")
        is_hidden = HIDDEN_IN_TABLE in figure.shown
        if shown != figure.shown and not (is_hidden and shown.startswith(HIDDEN_IN_TABLE)):
            yield f"Bij [{figure.mark}] staat {shown}, maar de uitgave zegt {figure.shown} ({figure.told})."
    for found in _MARK.finditer(text):
        if found.end() not in seen and int(found[1]) in figures:
            yield f"Vóór [{found[1]}] staat geen getal: {_context(text, found)}"


def _repeated(composed: str, text: str) -> Iterator[str]:
    """A mark that stands in more places than it was filled in: it was moved to another number."""
    more = Counter(_MARK.findall(text)) - Counter(_MARK.findall(composed))
    for mark in sorted(more, key=int):
        yield f"[{mark}] staat op meer plaatsen dan is ingevuld. Controleer bij welk cijfer het hoort."


def _loose(release: str, composed: str, text: str) -> Iterator[str]:
    """Numbers without a mark that were not filled in; the edition may be named as often as one likes."""
    filled = Counter(found[0] for found in _numbers(composed))
    for found in _numbers(text):
        if found[0] == release:
            continue
        if filled[found[0]]:
            filled[found[0]] -= 1
        else:
            yield f"Het getal {found[0]} komt niet uit de uitgave: {_context(text, found)}"


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """Those without a mark; an identifier counts as one."""
    for pattern in (_MARKED, _MARK):
        # As long as what is taken out, so that places stay what they are.
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    yield from _ID.finditer(text)
    yield from _LOOSE.finditer(_ID.sub(lambda found: " " * len(found[0]), text))


def _context(text: str, found: re.Match[str]) -> str:
    start, end = max(0, found.start() - _AROUND), min(len(text), found.end() + _AROUND)
    return f"“…{' '.join(text[start:end].split())}…”"


def _of_pdf(content: bytes) -> list[str]:
    try:
        reader = PdfReader(io.BytesIO(content))
        if len(reader.pages) > MOST_PAGES:
            raise ValidationError(f"Dit bestand heeft meer dan {MOST_PAGES} bladzijden. Knip de brief eruit.")
        pages = [page.extract_text() for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError):
        raise ValidationError(UNREADABLE) from None
    # A line may end in the middle of a figure.
    whole = " ".join(" ".join(pages).split())
    return [_PAGE_FOOT.sub("", whole)]


def _of_docx(content: bytes) -> list[str]:
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > UNPACKED:
                raise ValidationError(UNREADABLE)
        document = docx.Document(io.BytesIO(content))
        parts = [document.element.body, *_notes_of(document)]
        return [line for part in parts for line in _paragraphs(part)]
    except (BadZipFile, PackageNotFoundError, ValueError, KeyError, SyntaxError, AttributeError, NotImplementedError):
        raise ValidationError(UNREADABLE) from None


def _notes_of(document: "docx.document.Document") -> Iterator[object]:
    """Foot and end notes; the library keeps them closed."""
    for part in document.part.package.iter_parts():
        if str(part.partname).endswith(("/footnotes.xml", "/endnotes.xml")):
            yield parse_xml(part.blob)


def _paragraphs(part: "docx.oxml.xmlchemy.BaseOxmlElement") -> Iterator[str]:
    """Every paragraph once, also in tables and text boxes; what was struck out is not text."""
    for paragraph in part.iter(qn("w:p")):
        yield "".join(_sign(one) for one in paragraph.iter(*_SIGNS) if next(one.iterancestors(qn("w:p"))) is paragraph)


_SIGNS = {qn("w:t"): "", qn("w:tab"): "\t", qn("w:br"): "\n"}


def _sign(element: "docx.oxml.xmlchemy.BaseOxmlElement") -> str:
    return element.text or "" if element.tag == qn("w:t") else _SIGNS[element.tag]
