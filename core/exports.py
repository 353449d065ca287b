"""Writes a table as CSV, XLSX, ODS or JSON, line by line. Each format holds the same cells.

Text stays text: a spreadsheet never takes a cell for a formula, whatever a user typed. An empty cell means unknown or
hidden, never zero.
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
# A CSV cell that begins with one of these is a formula to a spreadsheet, because CSV has no types.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
CHUNK = 64 * 1024
CSVW = "csv-metadata.json"
# Characters that no XML can hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Column:
    """A column. `name` is the heading in every format; `title` explains it in the CSVW metadata.

    `datatype` is one of CSVW's: string, integer, decimal, date or dateTime.
    """

    name: str
    title: str
    datatype: str = "string"


@dataclass(frozen=True)
class Sheet:
    """A table with its headings. `name` is the name of the file, without its extension."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


def as_csv(sheet: Sheet) -> Iterator[bytes]:
    """The cells are separated by semicolons, as Dutch spreadsheets expect. An apostrophe stops a formula."""
    yield "\ufeff".encode()
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";")
    writer.writerow(sheet.names)
    for row in sheet.rows:
        writer.writerow([_defused(cell) for cell in row])
        if line.tell() > CHUNK:
            yield _drain(line)
    yield _drain(line)


def _drain(buffer: io.StringIO) -> bytes:
    """The bytes in the buffer, which is empty afterwards."""
    content = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return content


def _defused(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_json(sheet: Sheet) -> Iterator[bytes]:
    """A list of objects; the keys are the names of the columns."""
    before = "["
    for row in sheet.rows:
        yield f"{before}\n{json.dumps(dict(zip(sheet.names, row, strict=True)), ensure_ascii=False)}".encode()
        before = ","
    yield b"[]\n" if before == "[" else b"\n]\n"


def as_xlsx(sheet: Sheet) -> Iterator[bytes]:
    """One sheet. The library keeps one line in memory."""
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
    """One sheet in OpenDocument 1.3, for LibreOffice and others."""
    with tempfile.TemporaryFile() as file:
        with ZipFile(file, "w", ZIP_DEFLATED) as packed:
            # The type comes first and uncompressed: a program recognises the file by its first bytes.
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


# By extension: the media type, and the function that writes the format.
FORMATS: Mapping[str, tuple[str, Callable[[Sheet], Iterator[bytes]]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": (_XLSX, as_xlsx),
    "ods": (_ODS, as_ods),
    "json": ("application/json", as_json),
}


def metadata(sheet: Sheet) -> bytes:
    """A description of the CSV's columns for programs, as JSON (CSV on the Web, W3C Recommendation)."""
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
    """A download of the table in one of `FORMATS`, or of its metadata (`CSVW`). Raises Http404 for another form.

    The response is streamed after the request's transaction has ended, so `rows` must not query the database.
    """
    written = {**FORMATS, CSVW: ("application/csvm+json", lambda of: iter([metadata(of)]))}
    if form not in written:
        raise Http404
    media_type, write = written[form]
    headers = {"Content-Disposition": f'attachment; filename="{sheet.name}.{form}"'}
    return StreamingHttpResponse(write(sheet), content_type=media_type, headers=headers)
