"""Figures that municipalities once filled in by hand: imported from a list, and compared with the recorded facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.imports import Kind
from accounts.models import Import, Municipality, User
from core.cells import Cells, Column
from core.lists import Plan, Tick, chunks
from core.spreadsheets import Line
from monitor.figures.definitions import in_force
from monitor.figures.indicators import Indicator
from monitor.figures.measurement import Measurement
from monitor.figures.series import BEGINNING
from monitor.models import Reported

ON, FIGURE, NUMBER = "peildatum", "cijfer", "aantal"
MOST = 1_000_000
FIRST = date(2020, 11, 1)  # the reference date of the letter, in the template
COLUMNS = (
    Column(ON, "Vanaf het begin van de pilots op 1 april 2019 tot en met vandaag.", is_required=True),
    Column(FIGURE, "De naam van het cijfer, zoals de monitor op die dag het noemt.", is_required=True),
    Column(NUMBER, "Een heel getal. Een regel zonder aantal wordt overgeslagen."),
)


@dataclass(frozen=True)
class Entry:
    """A figure on one line of the list; `before` is the number that was reported for it earlier, if any."""

    line: int
    on: date
    code: str
    number: int
    before: int | None = None


def plan(lines: Sequence[Line], municipality: Municipality, by: User, on: date) -> Plan:
    """What an import of the list would add to the reported figures of a municipality. Writes nothing."""
    result = Plan(len(lines))
    known = {
        (row.on, row.code): row.number
        for row in Reported.objects.visible_to(by).filter(municipality=municipality).standing()
    }
    seen: dict[tuple[date, str], int] = {}
    for line in lines:
        cells = Cells(line, on)
        entry = _read(cells, known)
        if entry and (first := seen.setdefault((entry.on, entry.code), entry.line)) != entry.line:
            cells.fault(FIGURE, f"Dit cijfer staat voor deze peildatum ook op regel {first}.")
        elif entry and entry.before == entry.number:
            result.same += 1
        elif entry:
            if entry.before is not None:
                cells.fault(NUMBER, f"Dit vervangt {entry.before}, dat eerder is ingelezen.", is_error=False)
            result.new.append(entry)
        result.findings += cells.findings
    return result


def _read(cells: Cells, known: Mapping[tuple[date, str], int]) -> Entry | None:
    """The line as an entry; None when it is wrong (then `cells` holds the faults) or has no number."""
    on, written = cells.day(ON, is_required=True), cells.text(FIGURE, longest=200, is_required=True)
    number = cells.count(NUMBER, most=MOST)
    if on and on < BEGINNING:
        cells.fault(ON, f"De monitor begint op {BEGINNING:%d-%m-%Y}. Kies een latere peildatum.")
    elif on and written:
        item = _figures(on).get(written.casefold())
        if item is None:
            cells.fault(FIGURE, f"Dit cijfer staat niet in definitieset {in_force(on).code}. Neem het voorbeeld over.")
        elif number is not None and not cells.findings:
            return Entry(cells.line.number, on, item.code, number, known.get((on, item.code)))
    return None


def _figures(on: date) -> dict[str, Indicator]:
    """The figures that may be reported for a day, by title and by code, in small letters."""
    return {word.casefold(): item for item in reportable(on) for word in (item.title, item.code)}


def reportable(on: date) -> list[Indicator]:
    """The figures that may be reported for a day: those of the set in force then, without a breakdown."""
    return [item for item in in_force(on).indicators if not item.by]


def carry_out(plan: Plan, source: Import, by: User, at: datetime, tick: Tick) -> None:
    """Record the new entries of a plan."""
    for chunk in chunks(plan, tick):
        Reported.objects.bulk_create(
            Reported(
                municipality=source.municipality,
                on=entry.on,
                code=entry.code,
                number=entry.number,
                source=source,
                line=entry.line,
                recorded_at=at,
                recorded_by=by,
            )
            for entry in chunk
        )


@dataclass(frozen=True)
class ComparedFigure:
    """A figure as it was filled in by hand, and `counted`: as the recorded facts give it."""

    item: Indicator
    reported: Reported
    counted: int

    @property
    def difference(self) -> int:
        """The number from the facts less the number that was filled in."""
        return self.counted - self.reported.number


def filled_in(by: User) -> list[tuple[Municipality, date]]:
    """The municipalities and days for which the user sees reported figures, by municipality and then by day."""
    pairs = Reported.objects.visible_to(by).values_list("municipality", "on").distinct()
    municipalities = Municipality.objects.in_bulk({municipality for municipality, _ in pairs})
    return sorted(((municipalities[pk], on) for pk, on in pairs), key=lambda pair: (pair[0].name, pair[1]))


def compare(measured: Measurement, municipality: Municipality, by: User) -> list[ComparedFigure]:
    """The figures that a municipality filled in for the day of a measurement, in the order of the set."""
    rows = Reported.objects.visible_to(by).filter(municipality=municipality, on=measured.on).standing()
    by_code = {row.code: row for row in rows.select_related("source", "recorded_by")}
    return [
        ComparedFigure(item, by_code[item.code], measured.figure(item.code, municipality.name))
        for item in measured.definition_set.indicators
        if item.code in by_code
    ]


KIND = Kind(
    code="monitor",
    title="Ingevulde monitor",
    help="Een regel per peildatum en cijfer, zoals uw gemeente ze vroeger met de hand telde en doorgaf.",
    columns=COLUMNS,
    examples=[[f"{FIRST:%d-%m-%Y}", item.title, ""] for item in reportable(FIRST)],
    plan=plan,
    carry_out=carry_out,
)
