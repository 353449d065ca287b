"""Figures that were filled in by hand are imported by figure and day, and corrected by a later list."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from accounts import imports
from accounts.acting import acting_as
from accounts.models import Import, ImportState, Municipality, User
from core.cells import Finding
from core.lists import Plan
from monitor.figures.definitions import DEFINITION_SETS, in_force
from monitor.figures.measurement import measure
from monitor.forms.figures import ReportedForm
from monitor.models import Reported
from monitor.rounds import reported
from monitor.rounds.reported import KIND
from tests.cases.listed import unhindered

NOVEMBER = "01-11-2020"
Take = Callable[..., Import]


def as_csv(*lines: tuple[str, str, str]) -> bytes:
    return "\n".join(";".join(line) for line in [(reported.ON, reported.FIGURE, reported.NUMBER), *lines]).encode()


@pytest.fixture
def take(amsterdam: Municipality, chair: User, now: datetime, today: date) -> Take:
    def taken(
        *lines: tuple[str, str, str], by: User = chair, of: Municipality = amsterdam, at: datetime = now
    ) -> Import:
        with acting_as(by):
            checked = imports.check(KIND, as_csv(*lines), "m.csv", of, by=by, on=today, at=at)
            if not imports.start_blockers(checked):
                imports.start(checked, by=by, at=at)
                running = Import.objects.get(pk=checked.pk)
                imports.carry_out(KIND, running, by=by, on=today, at=at, tick=unhindered)
            return Import.objects.get(pk=checked.pk)

    return taken


def stands(by: User) -> list[tuple[str, date, str, int]]:
    with acting_as(by):
        rows = Reported.objects.visible_to(by).standing()
        return [(str(row.municipality), row.on, row.code, row.number) for row in rows.select_related("municipality")]


def test_each_figure_of_each_set_is_known_by_its_title(take: Take, chair: User) -> None:
    """This reads the definition sets, so it fails for any figure that could not be imported."""
    days = {
        definition_set.code: max(definition_set.since, date(2019, 4, 1)) for definition_set in DEFINITION_SETS.values()
    }
    lines = [
        (f"{day:%d-%m-%Y}", item.title, str(number))
        for day in days.values()
        for number, item in enumerate(reported.reportable(day), start=1)
    ]
    imported = take(*lines)
    assert (imported.state, imported.findings, imported.new) == (ImportState.DONE, [], len(lines))
    numbers = {(on, code): number for _, on, code, number in stands(chair)}
    assert numbers == {
        (day, item.code): number
        for day in days.values()
        for number, item in enumerate(reported.reportable(day), start=1)
    }


def test_a_list_that_comes_again_changes_nothing_and_a_better_one_replaces(
    take: Take, chair: User, now: datetime
) -> None:
    lines = [(NOVEMBER, "Aanwezig", "12"), (NOVEMBER, "Op de wachtlijst", "")]
    assert take(*lines).new == 1
    again = take(*lines)
    assert (again.state, again.new, again.same, again.total) == (ImportState.CHECKED, 0, 1, 2)
    better = take((NOVEMBER, "present", "13"), at=now + timedelta(seconds=1))
    assert better.findings == [[2, "aantal", "Dit vervangt 12, dat eerder is ingelezen.", False]]
    assert [number for *_, number in stands(chair)] == [13]
    with acting_as(chair):
        kept = Reported.objects.order_by("recorded_at").values_list("number", "line", "source", "recorded_by")
        assert [row[:2] for row in kept] == [(12, 2), (13, 2)]
        assert {row[3] for row in kept} == {chair.pk}
        assert kept[1][2] == better.pk


WRONG = [
    (("", "Aanwezig", "1"), "peildatum", "Vul dit in"),
    (("31-11-2020", "Aanwezig", "1"), "peildatum", "geen datum"),
    (("31-03-2019", "Aanwezig", "1"), "peildatum", "De monitor begint op 01-04-2019"),
    (("01-11-2999", "Aanwezig", "1"), "peildatum", "in de toekomst"),
    ((NOVEMBER, "", "1"), "cijfer", "Vul dit in"),
    ((NOVEMBER, "Aanwezigen", "1"), "cijfer", "staat niet in definitieset 2020-11"),
    ((NOVEMBER, "present_by_sex", "1"), "cijfer", "staat niet in definitieset"),
    ((NOVEMBER, "Aanwezig", "-1"), "aantal", "een heel getal"),
    ((NOVEMBER, "Aanwezig", "1,5"), "aantal", "een heel getal"),
    ((NOVEMBER, "Aanwezig", "1000001"), "aantal", "van 0 tot en met 1.000.000"),
    ((NOVEMBER, "Op de wachtlijst", "4"), "cijfer", "ook op regel 2"),
]


@pytest.mark.parametrize(("line", "column", "words"), WRONG)
def test_a_fault_is_reported_with_its_line_and_column(
    line: tuple[str, str, str], column: str, words: str, take: Take, chair: User
) -> None:
    imported = take((NOVEMBER, "waiting", "4"), line)
    findings = [Finding(*finding) for finding in imported.findings]
    assert [(f.line, f.column) for f in findings if f.is_error] == [(3, column)]
    assert words in findings[0].text
    assert stands(chair) == []


def test_a_figure_is_named_as_it_was_on_its_day(chair: User, amsterdam: Municipality, today: date) -> None:
    """A title must be in the definition set of its reference date; later sets have figures that earlier ones lack."""
    later = max(definition_set.since for definition_set in DEFINITION_SETS.values())
    only_later = next(i for i in reported.reportable(later) if in_force(date(2020, 11, 1)).indicator(i.code) is None)

    def judged(on: date) -> Plan:
        with acting_as(chair):
            content = as_csv((f"{on:%d-%m-%Y}", only_later.title, "3"))
            return imports.plan_of(KIND, content, amsterdam, chair, today)

    assert judged(later).errors == []
    assert [finding.column for finding in judged(date(2020, 11, 1)).errors] == ["cijfer"]


def test_a_municipality_sees_its_own_and_the_bureau_all(
    take: Take, chair: User, outsider: User, utrecht: Municipality, monitor_coordinator: User, ind_member: User
) -> None:
    take((NOVEMBER, "Aanwezig", "12"))
    take((NOVEMBER, "Aanwezig", "5"), by=outsider, of=utrecht)
    day = date(2020, 11, 1)
    of_amsterdam, of_utrecht = ("Amsterdam", day, "present", 12), ("Utrecht", day, "present", 5)
    assert stands(chair) == [of_amsterdam]
    assert stands(outsider) == [of_utrecht]
    assert sorted(stands(monitor_coordinator)) == [of_amsterdam, of_utrecht]
    assert stands(ind_member) == []


def test_what_was_filled_in_does_not_move_a_figure(take: Take, amsterdam: Municipality, chair: User) -> None:
    before = measure(date(2020, 11, 1), datetime.now().astimezone())
    take((NOVEMBER, "Aanwezig", "12"))
    after = measure(date(2020, 11, 1), datetime.now().astimezone())
    assert before.cells == after.cells
    with acting_as(chair):
        assert [(figure.counted, figure.difference) for figure in reported.compare(after, amsterdam, chair)] == [
            (0, -12)
        ]


def test_the_page_opens_on_the_last_day_of_the_chosen_municipality(
    amsterdam: Municipality, utrecht: Municipality
) -> None:
    early, late = date(2020, 11, 1), date(2021, 2, 1)
    filled_in = [(amsterdam, early), (utrecht, early), (utrecht, late)]
    for name, shown in {"": (amsterdam, early), "Amsterdam": (amsterdam, early), "Utrecht": (utrecht, late)}.items():
        form = ReportedForm({"municipality": name}, filled_in=filled_in)
        assert form.is_valid()
        assert form.chosen() == shown
