"""The monitor as it was filled in by hand: taken over from a list, and laid beside what the recorded facts give."""

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
class Said:
    """A line of the list: what was counted, and `before`, what was reported of it earlier."""

    line: int
    on: date
    code: str
    number: int
    before: int | None = None


def plan(lines: Sequence[Line], municipality: Municipality, by: User, on: date) -> Plan:
    """What the list would add to what a municipality reported. Writes nothing."""
    found = Plan(len(lines))
    known = {
        (one.on, one.code): one.number
        for one in Reported.objects.visible_to(by).filter(municipality=municipality).standing()
    }
    seen: dict[tuple[date, str], int] = {}
    for line in lines:
        cells = Cells(line, on)
        said = _read(cells, known)
        if said and (first := seen.setdefault((said.on, said.code), said.line)) != said.line:
            cells.fault(FIGURE, f"Dit cijfer staat voor deze peildatum ook op regel {first}.")
        elif said and said.before == said.number:
            found.same += 1
        elif said:
            if said.before is not None:
                cells.fault(NUMBER, f"Dit vervangt {said.before}, dat eerder is ingelezen.", is_error=False)
            found.new.append(said)
        found.findings += cells.findings
    return found


def _read(cells: Cells, known: Mapping[tuple[date, str], int]) -> Said | None:
    """The line; None when it is wrong, or not filled in."""
    on, written = cells.day(ON, is_required=True), cells.text(FIGURE, longest=200, is_required=True)
    number = cells.count(NUMBER, most=MOST)
    if on and on < BEGINNING:
        cells.fault(ON, f"De monitor begint op {BEGINNING:%d-%m-%Y}. Kies een latere peildatum.")
    elif on and written:
        item = _figures(on).get(written.casefold())
        if item is None:
            cells.fault(FIGURE, f"Dit cijfer staat niet in definitieset {in_force(on).code}. Neem het voorbeeld over.")
        elif number is not None and not cells.findings:
            return Said(cells.line.number, on, item.code, number, known.get((on, item.code)))
    return None


def _figures(on: date) -> dict[str, Indicator]:
    """The figures that were asked on a day, by how they may be written."""
    return {word.casefold(): item for item in asked(on) for word in (item.title, item.code)}


def asked(on: date) -> list[Indicator]:
    """The figures without a breakdown that the definitions of a day know."""
    return [item for item in in_force(on).indicators if not item.by]


def carry_out(plan: Plan, source: Import, by: User, at: datetime, tick: Tick) -> None:
    """Keep what was reported."""
    for some in chunks(plan, tick):
        Reported.objects.bulk_create(
            Reported(
                municipality=source.municipality,
                on=said.on,
                code=said.code,
                number=said.number,
                source=source,
                line=said.line,
                recorded_at=at,
                recorded_by=by,
            )
            for said in some
        )


@dataclass(frozen=True)
class Beside:
    """A figure as it was filled in, and as the recorded facts give it."""

    item: Indicator
    reported: Reported
    counted: int

    @property
    def difference(self) -> int:
        """What the facts give more than was filled in; below zero: less."""
        return self.counted - self.reported.number


def filled_in(by: User) -> list[tuple[Municipality, date]]:
    """For which municipalities and days something was filled in, of what the user sees."""
    found = Reported.objects.visible_to(by).values_list("municipality", "on").distinct()
    named = Municipality.objects.order_by("name").in_bulk({municipality for municipality, _ in found})
    return sorted(((named[pk], on) for pk, on in found), key=lambda one: (one[0].name, one[1]))


def beside(measured: Measurement, municipality: Municipality, by: User) -> list[Beside]:
    """What a municipality filled in for the day of a measurement, in the order of the set."""
    found = Reported.objects.visible_to(by).filter(municipality=municipality, on=measured.on).standing()
    by_code = {one.code: one for one in found.select_related("source", "recorded_by")}
    return [
        Beside(item, by_code[item.code], measured.figure(item.code, municipality.name))
        for item in measured.definition_set.indicators
        if item.code in by_code
    ]


KIND = Kind(
    code="monitor",
    title="Ingevulde monitor",
    help="Een regel per peildatum en cijfer, zoals uw gemeente ze vroeger met de hand telde en doorgaf.",
    columns=COLUMNS,
    examples=[[f"{FIRST:%d-%m-%Y}", item.title, ""] for item in asked(FIRST)],
    plan=plan,
    carry_out=carry_out,
)
