"""Measurements, releases and editions as rows: pages and files are made of the same rows, so they can't differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cases.countries import NATIONALITIES
from cases.models import Sex
from core.exports import Cell, Column, Sheet
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator
from monitor.figures.measurement import NATIONAL, Measurement

_YES_NO = {"yes": "Ja", "no": "Nee", "unknown": "Onbekend"}
# What a value of a breakdown is called on the screen. In a public edition rare countries stand together as "other".
_COUNTRIES = {**NATIONALITIES, "other": "Overige"}
LABELS: dict[str, Mapping[str, str]] = {
    "departure_destination": _COUNTRIES,
    "present_by_nationality": _COUNTRIES,
    "present_by_sex": dict(Sex.choices),
    "present_by_age": {"60+": "60 of ouder", "unknown": "Onbekend"},
    "present_by_procedures": {"2-5": "2 tot en met 5", "6+": "Meer dan 5", "unknown": "Onbekend"},
    "present_by_safe_country": _YES_NO,
}

# Breakdowns whose values have an order of their own; the values of the others are sorted by number.
IN_ORDER = {"present_by_age", "present_by_procedures"}


@dataclass(frozen=True)
class Figure:
    """One number of a row; `scope` is the name of a municipality or `NATIONAL`."""

    scope: str
    number: int

    @property
    def is_national(self) -> bool:
        return self.scope == NATIONAL


@dataclass(frozen=True)
class Row:
    """An indicator, or one value of a breakdown, with its figure in each scope.

    `overlap` is the sum of the municipalities less the national figure. `depth` is the indentation: how many rows it
    is a part of.
    """

    item: Indicator
    title: str
    value: str
    figures: tuple[Figure, ...]
    overlap: int
    depth: int


@dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[Row, ...]


_GROUPS = {
    "Opvang": ("capacity", "sheltered", "present", "waiting"),
    "Scenario's": ("scenario", "scenario_departure", "scenario_stay", "no_scenario"),
    "Uitstroom": (
        "durable",
        "durable_grant",
        "durable_departure",
        "departure_return",
        "departure_onward",
        "semi_durable",
        "exit_azc_hasa",
        "exit_art64",
        "no_solution",
        "exit_unknown_destination",
        "exit_back_to_bbb",
        "exit_terminated",
        "exit_other",
        "unexplained",
    ),
    "MRT": ("mrt_discussed", "mrt_no_durable_solution"),
    "Verblijven en procedures": ("stays", "procedures_pending"),
    "Buiten het convenant": ("outside_sheltered", "outside_present"),
}


def groups(measured: Measurement, scope: str = "") -> list[Group]:
    """All figures of the set without a breakdown, for all scopes or for one.

    Indicators that `_GROUPS` does not name come last, under "Overig".
    """
    grouped = {code for codes in _GROUPS.values() for code in codes}
    definition_set = measured.definition_set
    rest = tuple(i.code for i in definition_set.indicators if not i.by and i.code not in grouped)
    rows_by_title = {
        title: tuple(row(measured, item, scope=scope) for code in codes if (item := definition_set.indicator(code)))
        for title, codes in {**_GROUPS, "Overig": rest}.items()
    }
    return [Group(title, rows) for title, rows in rows_by_title.items() if rows]


def breakdowns(measured: Measurement, scope: str = "") -> list[Group]:
    """A group for each breakdown of the set, with a row for each value."""
    broken_down = [item for item in measured.definition_set.indicators if item.by]
    return [Group(item.title, tuple(values(measured, item, scope))) for item in broken_down]


def values(measured: Measurement, item: Indicator, scope: str = "") -> Iterator[Row]:
    """A row for each value of a breakdown; with a scope, only the values that occur there."""
    occurring = [value for value in measured.values(item.code) if not scope or measured.figure(item.code, scope, value)]
    for value in sorted(occurring) if item.code in IN_ORDER else occurring:
        yield row(measured, item, value, scope=scope)


def row(measured: Measurement, item: Indicator, value: str = "", *, scope: str = "") -> Row:
    scopes = (scope,) if scope else measured.scopes
    figures = tuple(Figure(name, measured.figure(item.code, name, value)) for name in scopes)
    title = label(item, value) if value else item.title
    overlap = measured.overlap(item.code, value)
    return Row(item, title, value, figures, overlap, 0 if value else _depth(item, measured.definition_set))


def label(item: Indicator, value: str) -> str:
    return LABELS.get(item.code, {}).get(value, value)


@dataclass(frozen=True)
class ReleasedRow:
    """The cells of one indicator, or of one value of it, in a release or a public edition.

    `value` is the label of that value and `code_of_value` its code; both are empty without a breakdown.
    """

    code: str
    title: str
    value: str
    code_of_value: str
    unit: str
    counts: tuple[tuple[int, int | None], ...]  # for each scope: (index of the cell in the file, count); None is hidden


def released_rows(content: Mapping[str, Any]) -> list[ReleasedRow]:
    """The cells of a release or edition as rows, in the order of the file; a scope without a cell has (-1, 0)."""
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    described = {item["code"]: item for item in content["indicators"]}
    lines: dict[tuple[str, str], dict[str, tuple[int, int | None]]] = {}
    for place, cell in enumerate(content["cells"]):
        lines.setdefault((cell["indicator"], cell["value"]), {})[cell["scope"]] = place, cell["count"]
    return [
        ReleasedRow(
            code=code,
            code_of_value=value,
            title=described[code]["title"],
            value=label(definition_set[code], value) if value else "",
            unit=described[code]["unit"],
            counts=tuple(by_scope.get(scope, (-1, 0)) for scope in content["header"]["scopes"]),
        )
        for (code, value), by_scope in lines.items()
    ]


@dataclass(frozen=True)
class Balance:
    """Ever sheltered = present + exits + unexplained, for one scope."""

    scope: str
    sheltered: int
    present: int
    exits: int
    residual: int
    residual_without_art64: int

    @property
    def is_national(self) -> bool:
        return self.scope == NATIONAL


def balances(measured: Measurement) -> list[Balance]:
    return [_balance(measured, scope) for scope in measured.scopes]


_INDICATOR_COLUMNS = (
    Column("indicator", "De code van de indicator"),
    Column("titel", "De naam van de indicator"),
    Column("waarde", "De waarde binnen een uitsplitsing; leeg zonder uitsplitsing"),
    Column("omschrijving", "Die waarde in woorden"),
    Column("eenheid", "Wat er geteld wordt"),
    Column("populatie", "Onder wie er geteld wordt"),
)
_PAIR_COLUMNS = (
    Column("peildatum", "De dag waarop het zo was", "date"),
    Column("bekend_op", "Het moment tot waar feiten bekend waren", "dateTime"),
    Column("definitieset", "De set van definities"),
)


def _scope_columns(scopes: Iterable[str]) -> Iterator[Column]:
    for scope in scopes:
        name = "landelijk" if scope == NATIONAL else scope
        yield Column(name, "Het hele land" if scope == NATIONAL else f"De gemeente {scope}", "integer")


def measurement_sheet(measured: Measurement) -> Sheet:
    """The whole set as a sheet."""
    overlap = Column("overlap", "De gemeenten samen min het hele land", "integer")
    columns = (*_INDICATOR_COLUMNS, *_scope_columns(measured.scopes), overlap, *_PAIR_COLUMNS)
    title = f"Cijfers van de LVV-monitor op {measured.on:%d-%m-%Y}"
    return Sheet(f"lvv-monitor-{measured.on:%Y-%m-%d}", title, columns, _measured_rows(measured))


def _measured_rows(measured: Measurement) -> Iterator[list[Cell]]:
    for group in (*groups(measured), *breakdowns(measured)):
        for r in group.rows:
            yield [
                *_indicator_cells(r.item.code, r.item.title, r.item, r.value),
                *(figure.number for figure in r.figures),
                r.overlap,
                measured.on.isoformat(),
                measured.known_at.isoformat(),
                measured.definition_set.code,
            ]


def edition_sheet(content: Mapping[str, Any]) -> Sheet:
    """A public edition as a sheet; a hidden count is an empty cell."""
    header = content["header"]
    more = (
        Column("soort", "Voorlopig, definitief of gecorrigeerd"),
        Column("uitgave", "Het kenmerk van de uitgave"),
    )
    columns = (*_INDICATOR_COLUMNS, *_scope_columns(header["scopes"]), *_PAIR_COLUMNS, *more)
    name = f"lvv-cijfers-{header['referenceDate']}-{header['kind']}"
    return Sheet(
        name, f"Openbare cijfers van de LVV-monitor op {header['referenceDate']}", columns, _edition_rows(content)
    )


def _edition_rows(content: Mapping[str, Any]) -> Iterator[list[Cell]]:
    header = content["header"]
    definition_set = DEFINITION_SETS[header["definitionSet"]]
    described = {item["code"]: item for item in content["indicators"]}
    for r in released_rows(content):
        item = definition_set[r.code]
        yield [
            *_indicator_cells(r.code, described[r.code]["title"], item, r.code_of_value),
            *(count for _, count in r.counts),
            header["referenceDate"],
            header["knownAt"],
            header["definitionSet"],
            header["kind"],
            header["id"],
        ]


def _indicator_cells(code: str, title: str, item: Indicator, value: str) -> list[Cell]:
    return [code, title, value, label(item, value) if value else "", item.unit.value, item.population.value]


def _balance(measured: Measurement, scope: str) -> Balance:
    residual = measured.residual(scope)
    return Balance(
        scope=scope,
        sheltered=measured.figure("sheltered", scope),
        present=measured.figure("present", scope),
        exits=measured.exits(scope),
        residual=residual,
        residual_without_art64=residual + measured.figure("exit_art64", scope),
    )


def _depth(item: Indicator, definition_set: DefinitionSet) -> int:
    """How many indicators this one is a part of, not counting the outermost, such as "ever sheltered"."""
    depth = 0
    while item.part_of and definition_set[item.part_of].part_of:
        item, depth = definition_set[item.part_of], depth + 1
    return depth
