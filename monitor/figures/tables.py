"""A measurement as rows, for the page and the CSV alike, so that they can't differ."""

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
# What a value of a breakdown is called on the screen; rare countries stand together in what everybody may read.
_COUNTRIES = {**NATIONALITIES, "other": "Overige"}
LABELS: dict[str, Mapping[str, str]] = {
    "departure_destination": _COUNTRIES,
    "present_by_nationality": _COUNTRIES,
    "present_by_sex": dict(Sex.choices),
    "present_by_age": {"60+": "60 of ouder", "unknown": "Onbekend"},
    "present_by_procedures": {"2-5": "2 tot en met 5", "6+": "Meer dan 5", "unknown": "Onbekend"},
    "present_by_safe_country": _YES_NO,
}

# Breakdowns whose values have an order of their own; the others stand by size.
IN_ORDER = {"present_by_age", "present_by_procedures"}


@dataclass(frozen=True)
class Figure:
    """One number; `scope` is a municipality or national."""

    scope: str
    number: int

    @property
    def is_national(self) -> bool:
        return self.scope == NATIONAL


@dataclass(frozen=True)
class Row:
    """An indicator, or one value of a breakdown, over the municipalities and national.

    `overlap` says by how much the municipalities together exceed the national figure; `depth` how far it is part
    of other rows.
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
    """The whole set but its breakdowns, of all scopes or of one.

    An indicator that nobody put in a group comes last, never nowhere.
    """
    placed = {code for codes in _GROUPS.values() for code in codes}
    counted = measured.definition_set
    rest = tuple(i.code for i in counted.indicators if not i.by and i.code not in placed)
    rows = {
        title: tuple(row(measured, item, scope=scope) for code in codes if (item := counted.indicator(code)))
        for title, codes in {**_GROUPS, "Overig": rest}.items()
    }
    return [Group(title, found) for title, found in rows.items() if found]


def breakdowns(measured: Measurement, scope: str = "") -> list[Group]:
    """One group of rows for each breakdown: by size, or in their own order."""
    broken = [item for item in measured.definition_set.indicators if item.by]
    return [Group(item.title, tuple(values(measured, item, scope))) for item in broken]


def values(measured: Measurement, item: Indicator, scope: str = "") -> Iterator[Row]:
    found = [value for value in measured.values(item.code) if not scope or measured.figure(item.code, scope, value)]
    for value in sorted(found) if item.code in IN_ORDER else found:
        yield row(measured, item, value, scope=scope)


def row(measured: Measurement, item: Indicator, value: str = "", *, scope: str = "") -> Row:
    scopes = (scope,) if scope else measured.scopes
    figures = tuple(Figure(one, measured.figure(item.code, one, value)) for one in scopes)
    title = label(item, value) if value else item.title
    overlap = measured.overlap(item.code, value)
    return Row(item, title, value, figures, overlap, 0 if value else _depth(item, measured.definition_set))


def label(item: Indicator, value: str) -> str:
    return LABELS.get(item.code, {}).get(value, value)


@dataclass(frozen=True)
class ReleasedRow:
    """One line of a release; `places` says where each of its cells stands in the file."""

    code: str
    title: str
    value: str
    code_of_value: str
    unit: str
    counts: tuple[tuple[int, int | None], ...]  # (place, count) for each scope; hidden counts are None


def of_release(content: Mapping[str, Any]) -> list[ReleasedRow]:
    """The cells of a release as lines, one for each indicator and value, in the order of the file."""
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    told = {item["code"]: item for item in content["indicators"]}
    lines: dict[tuple[str, str], dict[str, tuple[int, int | None]]] = {}
    for place, cell in enumerate(content["cells"]):
        lines.setdefault((cell["indicator"], cell["value"]), {})[cell["scope"]] = place, cell["count"]
    return [
        ReleasedRow(
            code=code,
            code_of_value=value,
            title=told[code]["title"],
            value=label(definition_set[code], value) if value else "",
            unit=told[code]["unit"],
            counts=tuple(found.get(scope, (-1, 0)) for scope in content["header"]["scopes"]),
        )
        for (code, value), found in lines.items()
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


def of_measurement(measured: Measurement) -> Sheet:
    """The whole set, to be written as a file."""
    overlap = Column("overlap", "De gemeenten samen min het hele land", "integer")
    columns = (*_INDICATOR_COLUMNS, *_scope_columns(measured.scopes), overlap, *_PAIR_COLUMNS)
    title = f"Cijfers van de LVV-monitor op {measured.on:%d-%m-%Y}"
    return Sheet(f"lvv-monitor-{measured.on:%Y-%m-%d}", title, columns, _measured_rows(measured))


def _measured_rows(measured: Measurement) -> Iterator[list[Cell]]:
    for group in (*groups(measured), *breakdowns(measured)):
        for r in group.rows:
            yield [
                *_of_indicator(r.item.code, r.item.title, r.item, r.value),
                *(figure.number for figure in r.figures),
                r.overlap,
                measured.on.isoformat(),
                measured.known_at.isoformat(),
                measured.definition_set.code,
            ]


def of_edition(content: Mapping[str, Any]) -> Sheet:
    """What everybody may read of a release, to be written as a file; a hidden count is empty."""
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
    told = {item["code"]: item for item in content["indicators"]}
    for r in of_release(content):
        item = definition_set[r.code]
        yield [
            *_of_indicator(r.code, told[r.code]["title"], item, r.code_of_value),
            *(count for _, count in r.counts),
            header["referenceDate"],
            header["knownAt"],
            header["definitionSet"],
            header["kind"],
            header["id"],
        ]


def _of_indicator(code: str, title: str, item: Indicator, value: str) -> list[Cell]:
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
    """How far an indicator is part of others; the population itself is the top."""
    depth = 0
    while item.part_of and definition_set[item.part_of].part_of:
        item, depth = definition_set[item.part_of], depth + 1
    return depth
