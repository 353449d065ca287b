"""The program that opens a spreadsheet, run as a process of its own because the file is not trusted.

A file of 1 451 bytes with one cell in the last corner of a sheet lets the reader of workbooks ask for 549 GB and abort.
Here it takes nobody along: this process may use so much memory and time and no more, has no settings, no database and
no secrets in its environment, and can write nothing but its answer. `core/spreadsheets.py` starts it.

It reads the bytes of the file from its input and answers with JSON: either `refused` with the name of a reason, or the
`header` and the `lines` below it that are not empty, each as its row number and its cells. A cell is a text, or a list
with the one text of a day, such as ["2020-11-17"].
"""

import csv
import io
import json
import resource
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from python_calamine import CalamineError, CalamineWorkbook

MEMORY = 1_000_000_000  # bytes; a system that does not know this limit (macOS) has the limit of time alone
SECONDS = 20  # of the processor
UNPACKED = 200_000_000  # bytes that a workbook may unpack to
TEXT = 20_000_000  # characters of all cells together
WIDEST = 1_000  # cells of a line, without the empty ones at its end
ZIP = b"PK\x03\x04"

UNREADABLE, TOO_LARGE_UNPACKED, TOO_MANY_CELLS = "unreadable", "unpacked", "cells"


class Refused(Exception):
    """The file is not read, for the reason with this name."""


def limit_oneself() -> None:
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def table_of(content: bytes, longest: int) -> dict[str, object]:
    """The header and at most `longest` + 1 lines, so that whoever asked sees that there are too many."""
    rows = iter(_workbook(content) if content.startswith(ZIP) else _csv(content))
    header = _cells(next(rows, []))
    lines: list[tuple[int, list[str | list[str]]]] = []
    length = 0
    for number, row in enumerate(rows, start=2):
        if cells := _cells(row):
            lines.append((number, cells))
            length += sum(map(len, cells))
        if length > TEXT:
            raise Refused(TOO_MANY_CELLS)
        if len(lines) > longest:
            break
    return {"header": header, "lines": lines}


def _cells(row: Sequence[object]) -> list[str | list[str]]:
    """The cells of a line up to the last that is not empty."""
    cells = [_cell(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > WIDEST:
        raise Refused(TOO_MANY_CELLS)
    return cells


def _cell(cell: object) -> str | list[str]:
    if isinstance(cell, datetime):
        return [cell.date().isoformat()]
    if isinstance(cell, date):
        return [cell.isoformat()]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _workbook(content: bytes) -> Iterable[Sequence[object]]:
    """The rows of the first sheet. Its size is known from the directory of the ZIP file before anything unpacks."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise Refused(TOO_LARGE_UNPACKED)
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, CalamineError) as error:
        raise Refused(UNREADABLE) from error
    # Empty lines at the top stay, so that each line keeps the number that the spreadsheet shows.
    rows: Iterable[Sequence[object]] = sheet.to_python(skip_empty_area=False)
    return rows


def _csv(content: bytes) -> Iterable[Sequence[object]]:
    """The rows of a CSV file. The separator is the semicolon, comma or tab that the first line has most of."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise Refused(UNREADABLE)
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text), delimiter=separator)
    except csv.Error as error:
        raise Refused(UNREADABLE) from error


def main() -> None:
    limit_oneself()
    content = sys.stdin.buffer.read()
    try:
        answer = table_of(content, longest=int(sys.argv[1]))
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": TOO_MANY_CELLS}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
