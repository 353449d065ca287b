"""Reading a table that somebody made by hand: XLSX, ODS or CSV, as lines of text and dates.

What comes in is not trusted: its size, its number of lines and what it would unpack to have a limit.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zipfile import BadZipFile, ZipFile

from django.core.exceptions import ValidationError
from django.forms import DateField
from python_calamine import CalamineError, CalamineWorkbook

LONGEST = 10_000  # lines below the header
LARGEST = 5_000_000  # bytes of the file
UNPACKED = 200_000_000  # bytes that an XLSX or ODS may unpack to
ZIP = b"PK\x03\x04"
DAY_FORMATS = ("%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")

Cell = str | date
UNREADABLE = "Dit bestand is geen spreadsheet die wij kunnen lezen. Sla het op als xlsx, ods of csv en probeer opnieuw."


@dataclass(frozen=True)
class Line:
    """One line by the names of its columns; `number` is the one that a spreadsheet shows beside it."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """What stands in a column, as text without spaces around it."""
        found = self.cells.get(column, "")
        return f"{found:%d-%m-%Y}" if isinstance(found, date) else found

    def day(self, column: str) -> date | None:
        """The day in a column; None when nothing stands there. ValidationError when it is no day."""
        found: date | None = DateField(input_formats=DAY_FORMATS, required=False).clean(self.cells.get(column, ""))
        return found


def read(content: bytes, columns: Sequence[str]) -> list[Line]:
    """The lines under a header that names at least these columns, in any order; empty lines are left out.

    Raises ValidationError with what is wrong and how to repair it.
    """
    if len(content) > LARGEST:
        raise ValidationError("Dit bestand is groter dan 5 MB. Verdeel het over meer bestanden.")
    table = _workbook(content) if content.startswith(ZIP) else _csv(content)
    header = next(table, [])
    names = [str(cell).strip().casefold() for cell in header]
    lacking = [column for column in columns if column.casefold() not in names]
    if lacking:
        raise ValidationError(
            f"In de eerste regel ontbreekt: {', '.join(lacking)}. Gebruik de kolomnamen van het voorbeeld."
        )
    place = {column: names.index(column.casefold()) for column in columns}
    lines: list[Line] = []
    for number, row in enumerate(table, start=2):
        cells = {column: _cell(row, at) for column, at in place.items()}
        if any(cells.values()):
            lines.append(Line(number, cells))
        if len(lines) > LONGEST:
            raise ValidationError("Dit bestand heeft meer dan 10.000 regels. Verdeel het over meer bestanden.")
    return lines


def _cell(row: Sequence[object], at: int) -> Cell:
    found = row[at] if at < len(row) else ""
    if isinstance(found, datetime):
        return found.date()
    if isinstance(found, date):
        return found
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return str(found).strip()


def _workbook(content: bytes) -> Iterator[Sequence[object]]:
    """The first sheet. What it unpacks to is asked before anything is unpacked."""
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise ValidationError("Dit bestand is uitgepakt te groot. Bewaar alleen het blad dat u wilt inlezen.")
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except (BadZipFile, CalamineError, zipfile.LargeZipFile) as error:
        raise ValidationError(UNREADABLE) from error
    # Leading empty lines stay, so that a line keeps the number that the reader sees beside it.
    return iter(sheet.to_python(skip_empty_area=False))


def _csv(content: bytes) -> Iterator[Sequence[object]]:
    """Separated by semicolons, commas or tabs: what the first line has most of."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise ValidationError(UNREADABLE)
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    try:
        return iter(list(csv.reader(io.StringIO(text), delimiter=separator)))
    except csv.Error as error:
        raise ValidationError(UNREADABLE) from error
