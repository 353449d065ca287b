"""Tables that somebody made by hand: which are read, and which are refused with a reason."""

import io
import re
import resource
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.exceptions import ValidationError

from core import reader, spreadsheets
from core.spreadsheets import read

COLUMNS = ("Nummer", "Datum")
Rows = Sequence[Sequence[object]]
HEADER: Rows = [["Nummer", "Datum", "Overig"]]


def csv_of(rows: Rows, separator: str = ";", encoding: str = "utf-8-sig") -> bytes:
    lines = [separator.join(f"{c:%d-%m-%Y}" if isinstance(c, date) else str(c) for c in row) for row in rows]
    return "\r\n".join(lines).encode(encoding)


def _packed(parts: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(name, text)
    return file.getvalue()


def xlsx_of(rows: Rows) -> bytes:
    """The smallest valid XLSX. A date is a number in the style of a date, as spreadsheets write it."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def cell(value: object) -> str:
        if isinstance(value, date):
            return f'<c s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    body = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    return _packed(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1"'
            f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="Blad1" sheetId="1" r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="rId1"'
            f' Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
        }
    )


def ods_of(rows: Rows) -> bytes:
    """The smallest valid ODS."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )

    def cell(value: object) -> str:
        if isinstance(value, date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    return _packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content {names}><office:body><office:spreadsheet>"
            f'<table:table table:name="Blad1">{body}</table:table></office:spreadsheet></office:body>'
            "</office:document-content>",
        }
    )


def _read(content: bytes) -> list[tuple[int, str, date | None]]:
    return [(line.number, line.text("Nummer"), line.day("Datum")) for line in read(content, COLUMNS)]


KINDS: list[Callable[[Rows], bytes]] = [csv_of, xlsx_of, ods_of]


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_table_reads_alike_from_every_kind_of_file(kind: Callable[[Rows], bytes]) -> None:
    day = date(2020, 11, 17)
    rows = [*HEADER, ["0123456789", day, "x"], ["", "", ""], [9900000037, "17-11-2020", "é"]]
    assert _read(kind(rows)) == [(2, "0123456789", day), (4, "9900000037", day)]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_is_read_as_offices_write_it(separator: str, encoding: str) -> None:
    content = csv_of([["Nummer", "Datum"], ["Zoë", "17-11-2020"]], separator, encoding)
    assert _read(content) == [(2, "Zoë", date(2020, 11, 17))]


def test_columns_may_stand_in_any_order_and_case() -> None:
    assert _read(csv_of([["datum", "NUMMER "], ["17-11-2020", "1"]])) == [(2, "1", date(2020, 11, 17))]


@pytest.mark.parametrize("written", ["17-11-2020", "2020-11-17", "17/11/2020", "17.11.2020"])
def test_a_day_may_be_written_in_four_ways(written: str) -> None:
    assert _read(csv_of([*HEADER, ["1", written]]))[0][2] == date(2020, 11, 17)


def test_a_short_line_lacks_its_last_cells() -> None:
    assert _read(csv_of([*HEADER, ["1"]])) == [(2, "1", None)]


@pytest.mark.parametrize("written", ["31-02-2020", "gisteren", "11-17-2020"])
def test_a_cell_that_is_no_day_is_refused(written: str) -> None:
    (line,) = read(csv_of([*HEADER, ["1", written]]), COLUMNS)
    with pytest.raises(ValidationError):
        line.day("Datum")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "In de eerste regel ontbreekt: Nummer, Datum"),
        (csv_of([["Nummer", "Dag"]]), "In de eerste regel ontbreekt: Datum"),
        (b"\x00\x01\x02", "geen spreadsheet"),
        (b"PK\x03\x04 maar geen zip", "geen spreadsheet"),
        (_packed({"iets.txt": "geen werkmap"}), "geen spreadsheet"),
        (b'Nummer;Datum\n"' + b"x" * 200_000, "geen spreadsheet"),
        (b"x" * 5_000_001, "groter dan 5 MB"),
        (csv_of([*HEADER, *[[str(n), ""] for n in range(10_001)]]), "meer dan 10.000 regels"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused_in_words(content: bytes, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        read(content, COLUMNS)


def far_away() -> bytes:
    """An XLSX of some 1 500 bytes with a cell in the last corner that a sheet can have."""
    return _with_sheet('<row><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def _with_sheet(body: str) -> bytes:
    parts = _unpacked(xlsx_of(HEADER))
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = re.sub("<sheetData>.*</sheetData>", f"<sheetData>{body}</sheetData>", parts[sheet])
    return _packed(parts)


def _unpacked(content: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def repeated() -> bytes:
    """An ODS of some 600 bytes whose one cell is repeated a hundred million times."""
    parts = _unpacked(ods_of([["1"]]))
    parts["content.xml"] = (
        parts["content.xml"]
        .replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1000000">')
        .replace("<table:table-cell ", '<table:table-cell table:number-columns-repeated="100" ')
    )
    return _packed(parts)


def test_a_file_that_unpacks_to_very_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = xlsx_of([*HEADER, ["1" * 30_000_000, ""]])
    assert len(bomb) < 100_000
    monkeypatch.setattr(reader, "UNPACKED", 20_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(reader.Refused, match=reader.TOO_LARGE_UNPACKED):
            reader.table_of(bomb, longest=10)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "xlsx with a far corner": (far_away, "te veel cellen"),
    "ods with repeated cells": (repeated, "te veel cellen"),
    "xlsx with long texts": (lambda: xlsx_of([*HEADER, *[["1" * 3_000_000, ""]] * 8]), "te veel cellen"),
    "csv of one long line": (lambda: b"Nummer;Datum\n" + b"1;" * 2_400_000, "te veel cellen"),
    "csv of short lines": (lambda: b"Nummer;Datum\n" + b"1\n" * 2_400_000, "meer dan 10.000 regels"),
    "csv with one quote": (lambda: b'Nummer;Datum\n"' + b"x" * 4_900_000, "geen spreadsheet"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_words_and_takes_nobody_along(name: str) -> None:
    """This process, which is that of the web, stays as small as it was; the reader stays within its limit."""
    make, says = BOMBS[name]
    content = make()
    assert len(content) < spreadsheets.LARGEST
    tracemalloc.start()
    try:
        with pytest.raises(ValidationError, match=says):
            read(content, COLUMNS)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    assert largest <= reader.MEMORY


def test_the_reader_knows_no_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is empty, and it may write no file."""
    monkeypatch.setenv("SECRET_KEY", "geheim")
    monkeypatch.setattr(reader, "__file__", str(Path(__file__).parent / "nosy.py"))
    assert [line.cells["Nummer"] for line in read(csv_of(HEADER), COLUMNS)] == ["0 variabelen", "schrijven: nee"]
