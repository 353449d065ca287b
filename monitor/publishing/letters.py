"""The figures of a letter to Parliament: paragraphs and tables, filled from the public edition of a release.

Every figure carries a mark, as in 105[3]. The list at the end says which cell of the edition the mark stands for, and
`proofreading` uses the marks to check the finished letter. The letter is filled from the edition and not from the
release, so no letter gives away a small count.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import docx
from django.utils import timezone
from django.utils.formats import date_format

from core import papers
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import NATIONAL
from monitor.models import ReleaseKind
from monitor.publishing import documents
from monitor.publishing.documents import Json

# What stands in the place of a hidden count, in a sentence and in a table.
HIDDEN, HIDDEN_IN_TABLE = "een beschermd aantal", "beschermd"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_DESTINATIONS = 3
Cell = tuple[str, str, str]  # indicator, scope, value

# The sentences of each part, in order. {code} is the national figure; {code@} lists the figure of every municipality;
# {!day} is the reference date. A sentence is left out when the definition set lacks one of its figures, or when a list
# of municipalities would have only hidden counts.
PARTS: Mapping[str, Sequence[str]] = {
    "Plaatsen en opvang": (
        "De convenanten voorzien op {!day} in {capacity} plaatsen: {capacity@}.",
        "Sinds de start is aan {sheltered} personen onderdak geboden in een LVV.",
        "Op de peildatum verbleven {present} personen in een LVV en stonden {waiting} personen op de wachtlijst.",
    ),
    "Begeleidingsscenario’s": (
        "Voor {scenario} personen die er verbleven, heeft een LSO een begeleidingsscenario vastgesteld.",
        "Dat is voor {scenario_departure} personen gericht op vertrek en voor {scenario_stay} personen op verblijf.",
        "Voor {no_scenario} personen is er nog geen scenario.",
        "Gericht op vertrek zijn, per gemeente: {scenario_departure@}.",
    ),
    "Oplossingen": (
        "Sinds de start zijn {durable} bestendige oplossingen gerealiseerd.",
        "Voor {durable_grant} personen is verblijf ingewilligd; {durable_departure} personen zijn vertrokken.",
        "Van hen keerden {departure_return} personen terug naar het land van herkomst en migreerden "
        "{departure_onward} personen door.",
        "Vertrokken zijn, per gemeente: {durable_departure@}.",
        "Voor {semi_durable} personen kwam er een oplossing die nog geen bestendige is.",
        "Voor {no_solution} personen eindigde het verblijf zonder oplossing.",
    ),
    "Overige uitstroom": (
        "Naar een azc gingen {exit_azc_hasa} personen, voor een herhaalde asielaanvraag.",
        "Uitstel van vertrek om medische redenen kregen {exit_art64} personen.",
        "Met onbekende bestemming vertrokken {exit_unknown_destination} personen.",
        "Naar een bed-bad-broodvoorziening gingen {exit_back_to_bbb} personen terug.",
        "Voor {exit_terminated} personen is het verblijf beëindigd.",
        "Van {unexplained} personen is niet vastgelegd hoe zij de LVV verlieten.",
    ),
    "Opschaling": (
        "In een MRT zijn {mrt_discussed} zaken besproken.",
        "In {mrt_no_durable_solution} zaken was de conclusie dat er geen bestendige oplossing is.",
    ),
}
# The figures in the table of the letter, which has every municipality and the country.
TABLE = (
    "capacity", "sheltered", "present", "scenario_departure", "scenario_stay", "no_scenario", "durable_grant",
    "durable_departure", "exit_azc_hasa", "exit_art64", "exit_unknown_destination", "exit_back_to_bbb",
    "exit_terminated", "unexplained",
)  # fmt: skip
_SLOT = re.compile(r"\{(!?\w+@?)\}")


@dataclass(frozen=True)
class Figure:
    """A figure in the text, with its mark. `name` is its name in the list at the end."""

    mark: int
    shown: str
    name: str

    def __str__(self) -> str:
        return f"{self.shown}[{self.mark}]"


Part = str | Figure


@dataclass(frozen=True)
class Paragraph:
    parts: Sequence[Part]

    @property
    def text(self) -> str:
        return "".join(map(str, self.parts))


@dataclass(frozen=True)
class Table:
    title: str
    head: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Figure]]]


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Sequence[Paragraph | Table]


@dataclass(frozen=True)
class Letter:
    title: str
    release: str
    sections: Sequence[Section]

    @property
    def paragraphs(self) -> Iterator[str]:
        """All text, a paragraph or a table cell at a time, in the order of the file."""
        yield self.title
        for section in self.sections:
            yield section.title
            for block in section.blocks:
                yield from [block.text] if isinstance(block, Paragraph) else _texts(block)

    @property
    def figures(self) -> dict[int, Figure]:
        """The figures by mark."""
        by_mark: dict[int, Figure] = {}
        for section in self.sections:
            for block in section.blocks:
                parts = (
                    block.parts if isinstance(block, Paragraph) else [figure for _, row in block.rows for figure in row]
                )
                by_mark |= {part.mark: part for part in parts if isinstance(part, Figure)}
        return by_mark


def _texts(table: Table) -> Iterator[str]:
    yield table.title
    yield from table.head
    for title, row in table.rows:
        yield title
        yield from map(str, row)


def compose(edition: bytes) -> Letter:
    """The letter for an edition. The same edition always gives the same letter."""
    return _Writer(documents.read(edition)).letter()


@dataclass
class _Writer:
    """Composes a letter and numbers the marks on the way: a cell keeps the mark that it got first."""

    content: Json
    marks: dict[Cell, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.header = self.content["header"]
        self.definitions = DEFINITION_SETS[self.header["definitionSet"]]
        self.counts = {(c["indicator"], c["scope"], c["value"]): c["count"] for c in self.content["cells"]}
        self.on: date = documents.day(self.header["referenceDate"])
        self.cities = [scope for scope in self.header["scopes"] if scope != NATIONAL]

    def letter(self) -> Letter:
        parts = [Section(title, self._paragraphs(sentences)) for title, sentences in PARTS.items()]
        parts = [*(part for part in parts if part.blocks), *self._destinations(), *self._overview()]
        return Letter(
            title=f"Resultaten van de LVV’s op {date_format(self.on, 'j F Y')}",
            release=self.header["id"],
            sections=[*parts, *self._notes(), self._account(), self._list()],
        )

    def _paragraphs(self, sentences: Sequence[str]) -> list[Paragraph]:
        """One paragraph with all sentences that can be filled; no paragraph if there are none."""
        filled = [self._sentence(sentence) for sentence in sentences if self._can_fill(sentence)]
        parts = [part for sentence_parts in filled for part in (*sentence_parts, " ")][:-1]
        return [Paragraph(parts)] if filled else []

    def _can_fill(self, sentence: str) -> bool:
        slots = [slot for slot in _SLOT.findall(sentence) if not slot.startswith("!")]
        if not all(self.definitions.indicator(slot.rstrip("@")) for slot in slots):
            return False
        rows = [[self.counts[slot[:-1], city, ""] for city in self.cities] for slot in slots if slot.endswith("@")]
        return all(any(count is not None for count in row) for row in rows)

    def _sentence(self, sentence: str) -> list[Part]:
        parts: list[Part] = []
        for number, piece in enumerate(_SLOT.split(sentence)):
            parts += self._slot(piece) if number % 2 else [_agreeing(piece, parts)]
        return _capitalised(parts)

    def _slot(self, slot: str) -> list[Part]:
        if slot == "!day":
            return [date_format(self.on, "j F Y")]
        if not slot.endswith("@"):
            return [self._figure((slot, NATIONAL, ""))]
        parts: list[Part] = []
        for city in self.cities:
            parts += [f"{city} ", self._figure((slot[:-1], city, "")), ", "]
        return _with_last_and(parts[:-1])

    def _figure(self, cell: Cell, *, in_table: bool = False) -> Figure:
        mark = self.marks.setdefault(cell, len(self.marks) + 1)
        count = self.counts[cell]
        hidden = HIDDEN_IN_TABLE if in_table else HIDDEN
        return Figure(mark, hidden if count is None else str(count), self._name(cell))

    def _name(self, cell: Cell) -> str:
        code, scope, value = cell
        item = self.definitions[code]
        title = f"{item.title}: {tables.label(item, value)}" if value else item.title
        return f"{title}, {'landelijk' if scope == NATIONAL else scope}"

    def _destinations(self) -> list[Section]:
        """The countries to which most persons departed. The sum of the rare countries is not one of them."""
        code = "departure_destination"
        counted = [
            (count, cell)
            for cell, count in self.counts.items()
            if cell[0] == code and cell[1] == NATIONAL and count and cell[2] != "other"
        ]
        most = sorted(counted, key=lambda pair: (-pair[0], pair[1]))[:MOST_DESTINATIONS]
        if not most:
            return []
        parts: list[Part] = []
        for _, cell in most:
            parts += [f"{tables.label(self.definitions[code], cell[2])} ", self._figure(cell), ", "]
        countries = _with_last_and(parts[:-1])
        return [Section("Bestemmingen", [Paragraph(["De meesten vertrokken naar ", *countries, "."])])]

    def _overview(self) -> list[Section]:
        items = [item for code in TABLE if (item := self.definitions.indicator(code))]
        scopes = [*self.cities, NATIONAL]
        rows = [
            (item.title, [self._figure((item.code, scope, ""), in_table=True) for scope in scopes]) for item in items
        ]
        head = ["Cijfer", *self.cities, "Landelijk"]
        return [Section("Overzicht", [Table("De cijfers per gemeente", head, rows)])]

    def _notes(self) -> list[Section]:
        """The notes that municipalities wrote with their figures."""
        paragraphs = [
            Paragraph([f"{note['scope']}: {_without_marks(text)}"])
            for note in self.content["notes"]
            for text in (note["explanation"], note["remarks"])
            if text
        ]
        return [Section("Toelichting van gemeenten", paragraphs)] if paragraphs else []

    def _account(self) -> Section:
        """Where the figures come from, and how they are protected."""
        rule, header = self.header["protection"], self.header
        sentences = [
            f"Deze cijfers gaan over {date_format(self.on, 'j F Y')}, zoals bekend op "
            f"{_moment(documents.instant(header['knownAt']))}, volgens de definities {header['definitionSet']}.",
            f"De uitgave is {ReleaseKind(header['kind']).label.lower()} en ondertekend op "
            f"{_moment(documents.instant(header['signedAt']))}.",
            f"Aantallen onder de {rule['threshold']} staan er niet in. Andere zijn afgerond op een veelvoud van "
            f"{rule['base']}, behalve de plaatsen uit de convenanten. Daardoor tellen ze niet altijd precies op.",
            *(self._exception(exception) for exception in self.content["exceptions"]),
            f"Kenmerk van de uitgave: {header['id']}.",
        ]
        return Section("Verantwoording", [Paragraph([sentence]) for sentence in sentences])

    def _exception(self, exception: Json) -> str:
        name = self._name((exception["indicator"], exception["scope"], exception["value"]))
        on = date_format(documents.day(exception["decidedOn"]), "j F Y")
        decided_by, reason = _without_marks(exception["decidedBy"]), _without_marks(exception["reason"])
        return f"Precies vermeld is {name}, volgens een besluit van {decided_by} op {on}: {reason}"

    def _list(self) -> Section:
        """The list at the end: which cell of the edition each mark stands for."""
        lines = []
        for cell in list(self.marks):
            figure = self._figure(cell, in_table=True)
            lines.append(Paragraph([f"{figure.name}: ", figure]))
        return Section("Cijfers in deze brief", lines)


def _without_marks(text: str) -> str:
    """Text that users wrote, without square brackets, so that nothing in it looks like a mark."""
    return text.replace("[", "(").replace("]", ")")


def _agreeing(piece: str, before: Sequence[Part]) -> str:
    """A piece of text with a singular noun if the figure before it is 1."""
    if before and isinstance(before[-1], Figure) and before[-1].shown == "1":
        return re.sub(r"^ (person|zak)en\b", lambda match: " persoon" if match[1] == "person" else " zaak", piece)
    return piece


def _capitalised(parts: list[Part]) -> list[Part]:
    first = parts[0] if parts and parts[0] else ""
    return [first[0].upper() + first[1:], *parts[1:]] if isinstance(first, str) and first else parts


def _with_last_and(parts: list[Part]) -> list[Part]:
    """An enumeration with "en" in the place of its last comma."""
    commas = [place for place, part in enumerate(parts) if part == ", "]
    if commas:
        parts[commas[-1]] = " en "
    return parts


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y, H:i") + " uur"


def as_docx(letter: Letter) -> bytes:
    """The letter for a word processor, where somebody finishes it."""
    document = docx.Document()
    document.core_properties.title = letter.title
    document.core_properties.language = "nl-NL"
    document.core_properties.author = "LVV-monitor"
    document.add_heading(letter.title, 0)
    for section in letter.sections:
        document.add_heading(section.title, 1)
        for block in section.blocks:
            if isinstance(block, Paragraph):
                _write_parts(document.add_paragraph(), block.parts)
            else:
                _write_table(document, block)
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def _write_parts(paragraph: Any, parts: Sequence[Part]) -> None:
    for part in parts:
        if isinstance(part, Figure):
            paragraph.add_run(part.shown)
            paragraph.add_run(f"[{part.mark}]").font.superscript = True
        else:
            paragraph.add_run(_xml_safe(part))


def _write_table(document: Any, table: Table) -> None:
    document.add_heading(table.title, 2)
    grid = document.add_table(rows=1, cols=len(table.head), style="Light Grid")
    for cell, name in zip(grid.rows[0].cells, table.head, strict=True):
        cell.text = name
    for title, row in table.rows:
        cells = grid.add_row().cells
        cells[0].text = title
        for cell, figure in zip(cells[1:], row, strict=True):
            _write_parts(cell.paragraphs[0], [figure])


def _xml_safe(text: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def as_pdf(letter: Letter, *, at: datetime) -> bytes:
    """The letter on paper; `at` is the moment of printing."""
    data = {
        "title": letter.title,
        "release": letter.release,
        "printed_at": at,
        "sections": [
            {"title": section.title, "blocks": [_block(block) for block in section.blocks]}
            for section in letter.sections
        ],
    }
    return papers.typeset("letter.typ", data, at=at)


def _block(block: Paragraph | Table) -> Json:
    if isinstance(block, Table):
        rows = [[title, *(_part(figure) for figure in row)] for title, row in block.rows]
        return {"kind": "table", "title": block.title, "head": list(block.head), "rows": rows}
    return {"kind": "text", "parts": [_part(part) for part in block.parts]}


def _part(part: Part) -> Any:
    return {"shown": part.shown, "mark": str(part.mark)} if isinstance(part, Figure) else part
