"""A table as a file, in the formats that people and programs read: the same cells in each, written a line at a time.

Text stays text: no cell is a formula, whoever wrote it. An empty cell is unknown or hidden, never zero.
"""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import xlsxwriter
from django.http import Http404, StreamingHttpResponse

Cell = str | int | float | None
# What spreadsheets take for the beginning of a formula (CSV has no types).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 64 * 1024
CSVW = "csv-metadata.json"
# Characters that no XML can hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Column:
    """`name` is its heading in every format; `datatype` is one of CSVW: string, integer, decimal, date or dateTime."""

    name: str
    title: str
    datatype: str = "string"


@dataclass(frozen=True)
class Sheet:
    """`name` is that of the file, without what follows the dot."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def as_csv(sheet: Sheet) -> Iterator[bytes]:
    """Separated by semicolons, as Dutch spreadsheets expect; what would be a formula gets an apostrophe before it."""
    yield "\ufeff".encode()
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";")
    writer.writerow(sheet.names)
    for row in sheet.rows:
        writer.writerow([_defused(cell) for cell in row])
        if line.tell() > CHUNK:
            yield _taken(line)
    yield _taken(line)


def _taken(line: io.StringIO) -> bytes:
    found = line.getvalue().encode()
    line.seek(0)
    line.truncate()
    return found


def _defused(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_json(sheet: Sheet) -> Iterator[bytes]:
    """A list of objects by the names of the columns."""
    before = "["
    for row in sheet.rows:
        yield f"{before}\n{json.dumps(dict(zip(sheet.names, row, strict=True)), ensure_ascii=False)}".encode()
        before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def as_xlsx(sheet: Sheet) -> Iterator[bytes]:
    """One sheet; every line is written and forgotten."""
    with tempfile.TemporaryFile() as file:
        workbook = xlsxwriter.Workbook(file, {"constant_memory": True})
        page = workbook.add_worksheet("Gegevens")
        bold = workbook.add_format({"bold": True})
        page.freeze_panes(1, 0)
        for place, name in enumerate(sheet.names):
            page.write_string(0, place, name, bold)
        for number, row in enumerate(sheet.rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, int | float):
                    page.write_number(number, place, cell)
                elif cell is not None:
                    page.write_string(number, place, cell)
        workbook.close()
        yield from _chunks(file)


def as_ods(sheet: Sheet) -> Iterator[bytes]:
    """One sheet, for LibreOffice and others that keep to the open standard (OpenDocument 1.3)."""
    with tempfile.TemporaryFile() as file:
        with ZipFile(file, "w", ZIP_DEFLATED) as packed:
            # The type comes first and is not packed, so that a program knows the file by its first bytes.
            packed.writestr(ZipInfo("mimetype"), _ODS, ZIP_STORED)
            packed.writestr("META-INF/manifest.xml", _MANIFEST)
            with packed.open("content.xml", "w") as content:
                content.write(_ODS_BEGIN)
                content.write(_ods_row(sheet.names))
                for row in sheet.rows:
                    content.write(_ods_row(row))
                content.write(_ODS_END)
        yield from _chunks(file)


_MANIFEST = f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{_ODS}"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""
_ODS_BEGIN = b"""<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3">
<office:body><office:spreadsheet><table:table table:name="Gegevens">"""
_ODS_END = b"</table:table></office:spreadsheet></office:body></office:document-content>"


def _ods_row(row: Sequence[Cell]) -> bytes:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>".encode()


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
    text = escape(_NOT_XML.sub("", cell))
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


# How each format is called, and written.
FORMATS: Mapping[str, tuple[str, Callable[[Sheet], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": (_XLSX, as_xlsx),
    "ods": (_ODS, as_ods),
    "json": ("application/json", as_json),
}


def metadata(sheet: Sheet) -> bytes:
    """What the columns of the CSV mean, for programs (CSV on the Web, W3C Recommendation)."""
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "nl"}],
        "url": f"{sheet.name}.csv",
        "dc:title": sheet.title,
        "dialect": {"delimiter": ";", "encoding": "utf-8", "header": True},
        "tableSchema": {
            "columns": [
                {"name": column.name, "titles": column.name, "dc:description": column.title,
                 "datatype": column.datatype, "null": ""}
                for column in sheet.columns
            ]
        },
    }  # fmt: skip
    return json.dumps(described, ensure_ascii=False, indent=1).encode()


def as_file(sheet: Sheet, form: str) -> StreamingHttpResponse:
    """A table to keep, in one of `FORMATS`, or what its columns mean (`CSVW`); another form is a 404.

    It goes out while it is written, when the request's transaction is over: the rows ask nothing of the database.
    """
    written = {**FORMATS, CSVW: ("application/csvm+json", lambda of: iter([metadata(of)]))}
    if form not in written:
        raise Http404
    media_type, write = written[form]
    headers = {"Content-Disposition": f'attachment; filename="{sheet.name}.{form}"'}
    return StreamingHttpResponse(write(sheet), content_type=media_type, headers=headers)
