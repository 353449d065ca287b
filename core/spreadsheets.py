"""Reads a table that somebody made by hand (XLSX, ODS or CSV) as lines of texts and dates.

The file is not trusted. There is a limit to its size, its number of lines, and the size it unpacks to.
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
    """A line: its cells by the names of the columns. `number` is the row number that a spreadsheet shows."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column: str) -> str:
        """The text in a column, without spaces around it; a date reads as 17-11-2020."""
        cell = self.cells.get(column, "")
        return f"{cell:%d-%m-%Y}" if isinstance(cell, date) else cell

    def day(self, column: str) -> date | None:
        """The day in a column; None when the cell is empty. Raises ValidationError when it holds no day."""
        day: date | None = DateField(input_formats=DAY_FORMATS, required=False).clean(self.cells.get(column, ""))
        return day


def read(content: bytes, columns: Sequence[str]) -> list[Line]:
    """The lines below the header, without empty ones. The header names at least these columns, in any order.

    Raises ValidationError that says what is wrong and how to repair it.
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
    cell = row[at] if at < len(row) else ""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _workbook(content: bytes) -> Iterator[Sequence[object]]:
    """The rows of the first sheet. Its size is known from the directory of the ZIP file before anything unpacks."""
    try:
        with ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise ValidationError("Dit bestand is uitgepakt te groot. Bewaar alleen het blad dat u wilt inlezen.")
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except (BadZipFile, CalamineError, zipfile.LargeZipFile) as error:
        raise ValidationError(UNREADABLE) from error
    # Empty lines at the top stay, so that each line keeps the number that the spreadsheet shows.
    return iter(sheet.to_python(skip_empty_area=False))


def _csv(content: bytes) -> Iterator[Sequence[object]]:
    """The rows of a CSV file. The separator is the semicolon, comma or tab that the first line has most of."""
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
