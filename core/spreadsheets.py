"""Reads a table that somebody made by hand (XLSX, ODS or CSV) as lines of texts and dates.

The file is not trusted, so a process of its own opens it (`core/reader.py`), with limits to its memory and time. There
is a limit to the size of the file, its number of lines, and the size it unpacks to.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import DateField

from core import reader

LONGEST = 10_000  # lines below the header
LARGEST = 5_000_000  # bytes of the file
PATIENCE = 60  # seconds of waiting for the reader, on a machine that is busy
DAY_FORMATS = ("%d-%m-%Y", "%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")

Cell = str | date
REASONS = {
    reader.UNREADABLE: "Dit bestand is geen spreadsheet die wij kunnen lezen."
    " Sla het op als xlsx, ods of csv en probeer opnieuw.",
    reader.TOO_LARGE_UNPACKED: "Dit bestand is uitgepakt te groot. Bewaar alleen het blad dat u wilt inlezen.",
    reader.TOO_MANY_CELLS: "Dit blad beslaat te veel cellen. Vaak staat er iets ver onder of rechts van de lijst."
    " Kopieer alleen de lijst naar een nieuw bestand en probeer opnieuw.",
}


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
    table = _table(content)
    names = [str(cell).casefold() for cell in table["header"]]
    lacking = [column for column in columns if column.casefold() not in names]
    if lacking:
        raise ValidationError(
            f"In de eerste regel ontbreekt: {', '.join(lacking)}. Gebruik de kolomnamen van het voorbeeld."
        )
    if len(table["lines"]) > LONGEST:
        raise ValidationError("Dit bestand heeft meer dan 10.000 regels. Verdeel het over meer bestanden.")
    place = {column: names.index(column.casefold()) for column in columns}
    lines = [Line(number, {name: _cell(row, at) for name, at in place.items()}) for number, row in table["lines"]]
    return [line for line in lines if any(line.cells.values())]


def _table(content: bytes) -> dict[str, Any]:
    """The answer of the reader about a file. A reader that dies ran into a limit: the file asked for too much."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", reader.__file__, str(LONGEST)],
            input=content,
            capture_output=True,
            env={},
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise ValidationError(REASONS[reader.TOO_MANY_CELLS]) from None
    answer: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"refused": reader.TOO_MANY_CELLS}
    if "refused" in answer:
        raise ValidationError(REASONS[answer["refused"]])
    return answer


def _cell(row: Sequence[str | list[str]], at: int) -> Cell:
    cell = row[at] if at < len(row) else ""
    return cell if isinstance(cell, str) else date.fromisoformat(cell[0])
