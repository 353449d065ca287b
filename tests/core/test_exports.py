"""A table as a file: each format holds the same cells, and no cell is a formula."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from accounts.models import User
from core.exports import FORMATS, Cell, Column, Sheet, metadata
from monitor.figures import analysis, tables
from monitor.figures.measurement import measure
from tests.conftest import CaseOf

COLUMNS = (Column("tekst", "Iets in woorden"), Column("aantal", "Hoeveel", "integer"), Column("dag", "Wanneer", "date"))
ROWS: list[list[Cell]] = [
    ["gewoon", 12, "2026-11-28"],
    ["met ; en \" en 'aanhaling'", 0, ""],
    ["twee\nregels & <teken>", None, "Zoë, 日本"],
    ["", -3, None],
]


def _sheet(rows: Iterable[Sequence[Cell]]) -> Sheet:
    return Sheet("proef", "Proef", COLUMNS, rows)


def written(sheet: Sheet, form: str) -> bytes:
    return b"".join(FORMATS[form][1](sheet))


def read_back(content: bytes, form: str) -> list[list[Any]]:
    """The cells below the header. None and an empty text count as equal, as they do in a spreadsheet."""
    if form == "csv":
        text = content.decode("utf-8-sig")
        rows: list[list[Any]] = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    elif form == "json":
        rows = [list(row.values()) for row in json.loads(content)]
    else:
        table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        rows = table.to_python(skip_empty_area=False)[1:]
    return [[_plain(cell) for cell in row] for row in rows]


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_the_same_cells(form: str) -> None:
    assert read_back(written(_sheet(ROWS), form), form) == [[_plain(cell) for cell in row] for row in ROWS]


@pytest.mark.parametrize("form", FORMATS)
def test_a_table_without_rows_is_a_file_too(form: str) -> None:
    content = written(_sheet([]), form)
    assert content == b"[]\n" if form == "json" else read_back(content, form) == []


FORMULAS = ["=1+1", "+31 20", "-bedrag", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("https://voorbeeld.example";"klik")']


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_in_csv(formula: str) -> None:
    assert read_back(written(_sheet([[formula, 1, None]]), "csv"), "csv")[0][0] == f"'{formula}"


def test_a_number_below_zero_is_no_formula() -> None:
    assert b"\nx;-3;" in written(_sheet([["x", -3, None]]), "csv")


@pytest.mark.parametrize("formula", FORMULAS)
def test_in_a_workbook_every_text_is_typed_as_text(formula: str) -> None:
    with ZipFile(io.BytesIO(written(_sheet([[formula, 1, None]]), "xlsx"))) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")
    with ZipFile(io.BytesIO(written(_sheet([[formula, 1, None]]), "ods"))) as packed:
        content = packed.read("content.xml")
    assert b"table:formula" not in content
    assert b'office:value-type="string"' in content


def test_characters_that_xml_can_not_hold_do_not_break_a_file() -> None:
    content = written(_sheet([["a\x00b\x0bc\ud800d", 1, None]]), "ods")
    with ZipFile(io.BytesIO(content)) as packed:
        assert packed.infolist()[0].filename == "mimetype"
        assert packed.infolist()[0].compress_type == 0
        ElementTree.fromstring(packed.read("content.xml"))
    assert read_back(content, "ods")[0][0] == "abcd"


def test_the_description_names_every_column_in_its_place() -> None:
    described = json.loads(metadata(_sheet(ROWS)))
    assert described["url"] == "proef.csv"
    assert described["dialect"]["delimiter"] == ";"
    columns = [(column["name"], column["datatype"]) for column in described["tableSchema"]["columns"]]
    assert columns == [("tekst", "string"), ("aantal", "integer"), ("dag", "date")]


def test_an_export_is_equal_in_every_format(sheltered: CaseOf, worker: User, today: date) -> None:
    sheltered(worker)
    at = timezone.now()
    makers = (
        lambda: tables.measurement_sheet(measure(today, at)),
        lambda: analysis.as_sheet(analysis.analyse(today)),
    )
    for make in makers:
        expected = [[_plain(cell) for cell in row] for row in make().rows]
        assert expected
        for form in FORMATS:
            assert read_back(written(make(), form), form) == expected, form


@pytest.mark.parametrize("form", [*FORMATS, "csv-metadata.json"])
def test_a_page_gives_each_format_under_its_name(client: Client, worker: User, today: date, form: str) -> None:
    client.force_login(worker)
    response = client.get(reverse("monitor:measurement_file", args=[form]))
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="lvv-monitor-{today}.{form}"'


def test_another_format_is_not_found(client: Client, worker: User) -> None:
    client.force_login(worker)
    assert client.get(reverse("monitor:measurement_file", args=["exe"])).status_code == 404


MILLION = """
import resource, sys
from core.exports import FORMATS, Column, Sheet
columns = [Column(f"kolom{n}", "Proef") for n in range(8)]
rows = ([f"cel {n}", n, n * 2, None, "tekst", n % 7, "2026-11-28", "é"] for n in range(1_000_000))
size = sum(map(len, FORMATS[sys.argv[1]][1](Sheet("proef", "Proef", columns, rows))))
print(size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
def test_a_million_lines_are_written_in_little_memory(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", MILLION, form], capture_output=True, text=True, check=True)
    size, megabytes = map(int, done.stdout.split())
    assert size > 10_000_000
    assert megabytes < 300
