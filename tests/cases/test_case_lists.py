"""An import of cases makes the same facts as entering them by hand, whole or not at all, and nothing a second time."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction
from django.db.models import Model

from accounts import imports
from accounts.acting import acting_as
from accounts.models import AuditEntry, Import, ImportState, Municipality, User
from cases import admission, exits, intake, merging, stays
from cases.admission import Reading
from cases.intake import Identity
from cases.models import (
    AdmissionAnswer,
    Case,
    CaseFact,
    CaseParty,
    Covenant,
    IdentityStatement,
    ImportedCase,
    Person,
    Stay,
)
from cases.takeover import KIND
from core import exports, lists
from core.cells import Finding
from core.exports import Sheet
from core.lists import Plan, Stopped
from monitor.figures.measurement import measure
from tests.cases.listed import BARE, NAMES, WHOLE, as_csv, imported, planned

Take = Callable[..., Import]
Judge = Callable[..., Plan]
FACTS = [model for model in apps.get_models() if issubclass(model, CaseFact)]
OF_THE_RECORDING = {"id", "case_id", "subject", "recorded_at", "test_id", "replaces_id"}
SHELTERED = {
    **BARE,
    "besluit": "toegelaten",
    "besluit op": "04-06-2019",
    "verblijf van": "05-06-2019",
    "locatie": "Noord",
}
LEFT = {**SHELTERED, "vertrokken op": "01-03-2020", "uitstroom": "anders"}


@pytest.fixture
def take(amsterdam: Municipality, worker: User, now: datetime, today: date) -> Take:
    return lambda *lines, **kwargs: imported(amsterdam, worker, now, today, *lines, **kwargs)


@pytest.fixture
def judge(amsterdam: Municipality, worker: User, today: date) -> Judge:
    return lambda *lines: planned(amsterdam, worker, today, *lines)


def facts_of(case: Case) -> dict[str, list[dict[str, Any]]]:
    """All standing facts of a case, without their person and moment of recording."""
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name not in OF_THE_RECORDING}
            for row in model._default_manager.filter(case=case, withdrawn_at=None).values()
        ]
        for model in FACTS
    }


def by_hand(amsterdam: Municipality, worker: User, now: datetime) -> Case:
    """The case of the line `WHOLE`, entered act by act."""
    days = date(2019, 6, 3), date(2019, 6, 12), date(2019, 6, 15), date(2020, 10, 1)
    registered, decided, came, left = days
    identity = Identity("Voorbeeld", "Test", 1984, 3, 17, "male", "MA", source="municipality")
    case = intake.register(amsterdam, identity=identity, departure_procedures=1, by=worker, on=registered, at=now)
    covenant = Covenant.objects.in_force(amsterdam, decided)
    assert covenant is not None
    readings = {
        criterion.code: Reading("yes", source="Lijst van de gemeente") for criterion in admission.criteria_of(covenant)
    }
    admission.test(case, readings=readings, by=worker, on=decided, at=now)
    admission.decide(case, outcome="admitted", by=worker, on=decided, at=now)
    stays.wait(case, by=worker, on=date(2019, 6, 13), at=now)
    stays.place(case, location="Locatie Noord", by=worker, on=came, at=now)
    exits.record_exit(case, category="onward", destination="FR", evidence="Vertrekmelding", by=worker, on=left, at=now)
    case.refresh_from_db()
    return case


def test_a_line_becomes_what_the_acts_would_have_made(
    amsterdam: Municipality, worker: User, now: datetime, take: Take
) -> None:
    one = take({**WHOLE, "kenmerk": "2019-001", "wacht sinds": "13-06-2019"})
    assert (one.state, one.new, one.done, one.same, one.content) == (ImportState.DONE, 1, 1, 0, None)
    with acting_as(worker):
        case, entered = Case.objects.with_person().get(imported__source=one), by_hand(amsterdam, worker, now)
        found, expected = facts_of(case), facts_of(entered)
        assert found == expected
        assert all(found[f"cases.{name}"] for name in ("Admission", "Exit", "Profile", "Stay", "WaitingListEntry"))
        assert case.closed_on == entered.closed_on == date(2020, 10, 1)
        assert (case.worker, case.registered_on, case.subject) == (worker, date(2019, 6, 3), case.person.subject)  # type: ignore[union-attr]
        named = ("given_names", "family_name", "birth_year", "birth_month", "birth_day", "sex", "status", "source")
        statements = IdentityStatement.objects.filter(person__in=[case.person, entered.person])
        assert len(set(statements.values_list(*named))) == 1
        for model, by in ((CaseParty, "case"), (AdmissionAnswer, "test__case")):
            columns = ("organisation", "basis", "until") if by == "case" else ("criterion", "answer", "source")
            rows = [sorted(model._default_manager.filter(**{by: c}).values_list(*columns)) for c in (case, entered)]
            assert rows[0] == rows[1] != []


def test_a_list_counts_in_the_monitor(amsterdam: Municipality, now: datetime, take: Take) -> None:
    take(SHELTERED, {**LEFT, "kenmerk": "K-2"}, {**BARE, "kenmerk": "K-3", "wacht sinds": "03-06-2019"})
    on = date(2020, 1, 1)
    found = measure(on, datetime.now(tz=now.tzinfo))
    assert [found.figure(code, "Amsterdam") for code in ("sheltered", "present", "waiting")] == [2, 2, 1]
    later = measure(date(2020, 6, 1), datetime.now(tz=now.tzinfo))
    assert [later.figure(code, "Amsterdam") for code in ("sheltered", "present")] == [2, 1]


def test_a_list_that_comes_again_changes_nothing(worker: User, take: Take) -> None:
    lines = [SHELTERED, {**LEFT, "kenmerk": "K-2"}]
    take(*lines)
    with acting_as(worker):
        before = _everything()
    again = take(*lines)
    assert (again.state, again.new, again.same, again.findings) == (ImportState.CHECKED, 0, 2, [])
    with acting_as(worker):
        assert _everything() == before
        assert imports.start_blockers(again) == ["Er staat niets nieuws in deze lijst."]
    longer = take(*lines, {**BARE, "kenmerk": "K-3"})
    assert (longer.state, longer.new, longer.same) == (ImportState.DONE, 1, 2)


def _everything() -> dict[str, list[object]]:
    models: list[type[Model]] = [*FACTS, Case, Person, IdentityStatement, CaseParty, ImportedCase]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def test_a_line_that_says_something_else_later_is_pointed_to_its_case(worker: User, take: Take, judge: Judge) -> None:
    take(SHELTERED)
    found = judge({**SHELTERED, "locatie": "Zuid"})
    with acting_as(worker):
        number = Case.objects.get().number
    assert [(one.line, one.column) for one in found.errors] == [(2, "")]
    assert f"als zaak {number}" in found.errors[0].text


# What is changed in a right line, the column that is named, and part of what is said of it.
WRONG: list[tuple[dict[str, str], str, str]] = [
    ({"kenmerk": ""}, "kenmerk", "Vul dit in"),
    ({"kenmerk": "k" * 61}, "kenmerk", "hoogstens 60 tekens"),
    ({"kenmerk": "VOORBEELD"}, "kenmerk", "regel uit het voorbeeld"),
    ({"v-nummer": "1" * 21}, "v-nummer", "hoogstens 20 tekens"),
    ({"achternaam": ""}, "achternaam", "Vul dit in"),
    ({"achternaam": "a\x07b"}, "achternaam", "een teken dat niet kan"),
    ({"geboren": "31-02-1980"}, "geboren", "bestaat niet"),
    ({"geboren": "17-03-1880"}, "geboren", "bestaat niet"),
    ({"geboren": "2999"}, "geboren", "bestaat niet"),
    ({"geboren": "maart 1980"}, "geboren", "bestaat niet"),
    ({"geslacht": ""}, "geslacht", "Vul dit in"),
    ({"geslacht": "q"}, "geslacht", "Kies uit: Man, Vrouw, Anders, Onbekend."),
    ({"nationaliteit": ""}, "nationaliteit", "Vul dit in"),
    ({"nationaliteit": "Atlantis"}, "nationaliteit", "Dit land kennen wij niet"),
    ({"vertrekprocedures": "-1"}, "vertrekprocedures", "van 0 tot en met 99"),
    ({"vertrekprocedures": "100"}, "vertrekprocedures", "van 0 tot en met 99"),
    ({"aangemeld op": ""}, "aangemeld op", "Vul dit in"),
    ({"aangemeld op": "31-06-2019"}, "aangemeld op", "geen datum"),
    ({"aangemeld op": "03-06-2999"}, "aangemeld op", "in de toekomst"),
    ({"aangemeld op": "03-06-1819"}, "aangemeld op", "vóór 1900"),
    ({"casusregisseur": "niemand@lvv.example"}, "casusregisseur", "geen casusregisseur van uw gemeente"),
    ({"besluit": "misschien"}, "besluit", "Kies uit: Toegelaten"),
    ({"besluit": "", "verblijf van": "", "locatie": ""}, "besluit op", "hoort bij een besluit"),
    ({"besluit op": ""}, "besluit op", "Vul de dag van het besluit in"),
    ({"besluit op": "02-06-2019"}, "besluit op", "vóór de aanmelding van 03-06-2019"),
    ({"besloten door": "iemand"}, "besloten door", "Kies uit: LSO, Stuurgroep."),
    ({"binnen convenant": "soms"}, "binnen convenant", "Kies ja of nee"),
    ({"grond": "humanitaire reden"}, "grond", "alleen bij toelating bij uitzondering"),
    ({"grond": "zomaar"}, "grond", "Kies uit: Humanitaire reden"),
    ({"besluit": "toegelaten bij uitzondering", "motivering": "Ziek"}, "grond", "Kies de grond"),
    ({"besluit": "toegelaten bij uitzondering", "grond": "humanitaire reden"}, "motivering", "Motiveer dit besluit"),
    ({"besluit": "afgewezen", "motivering": "Dublin"}, "verblijf van", "geen besluit tot toelating"),
    (
        {"besluit": "afgewezen", "motivering": "D", "binnen convenant": "ja", "verblijf van": "", "locatie": ""},
        "binnen convenant",
        "valt niet binnen het convenant",
    ),
    ({"wacht sinds": "02-06-2019"}, "wacht sinds", "vóór de aanmelding"),
    ({"wacht sinds": "05-06-2019"}, "wacht sinds", "begint niet vóór 05-06-2019"),
    ({"verblijf van": "02-06-2019"}, "verblijf van", "vóór de aanmelding"),
    ({"verblijf van": "03-06-2019"}, "verblijf van", "geen besluit tot toelating"),
    ({"verblijf van": ""}, "locatie", "hoort bij een verblijf"),
    ({"locatie": ""}, "locatie", "Vul de locatie"),
    ({"soort verblijf": "tent"}, "soort verblijf", "Kies LVV of voorlopig"),
    (
        {"besluit": "afgewezen", "motivering": "D", "soort verblijf": "voorlopig"},
        "verblijf van",
        "Deze persoon is afgewezen",
    ),
    (
        {"besluit": "afgewezen", "motivering": "D", "besluit op": "06-06-2019"},
        "besluit",
        "is toegelaten en opgevangen",
    ),
    ({"uitstroom": "anders"}, "uitstroom", "hoort bij een vertrek"),
    ({"bestemming": "Marokko"}, "bestemming", "hoort bij een vertrek"),
    ({"bewijsstuk": "Brief"}, "bewijsstuk", "hoort bij een vertrek"),
    ({"vertrokken op": "06-06-2019"}, "uitstroom", "Kies uit: Verblijf ingewilligd"),
    ({"vertrokken op": "06-06-2019", "uitstroom": "weg"}, "uitstroom", "Kies uit: Verblijf ingewilligd"),
    ({"vertrokken op": "05-06-2019", "uitstroom": "anders"}, "vertrokken op", "na de eerste dag van het verblijf"),
    ({"vertrokken op": "06-06-2019", "uitstroom": "doormigratie", "bewijsstuk": "B"}, "uitstroom", "bestemming"),
    ({"vertrokken op": "06-06-2019", "uitstroom": "anders", "bestemming": "Marokko"}, "uitstroom", "bestemming"),
    ({"vertrokken op": "06-06-2019", "uitstroom": "anders", "bestemming": "Atlantis"}, "bestemming", "kennen wij niet"),
    ({"vertrokken op": "06-06-2019", "uitstroom": "verblijf ingewilligd"}, "uitstroom", "vraagt een bewijsstuk"),
    (
        {"verblijf van": "", "locatie": "", "vertrokken op": "06-06-2019", "uitstroom": "anders"},
        "vertrokken op",
        "geen verblijf vastgelegd",
    ),
    ({"gesloten op": "06-06-2019"}, "gesloten op", "verbleef in de LVV"),
    ({"verblijf van": "", "locatie": "", "gesloten op": "02-06-2019"}, "gesloten op", "vóór de aanmelding"),
    (
        {"verblijf van": "", "locatie": "", "gesloten op": "03-06-2019"},
        "besluit op",
        "toen al gesloten, op 03-06-2019",
    ),
]


@pytest.mark.parametrize(("changed", "column", "words"), WRONG)
def test_each_finding_names_its_line_and_column(
    changed: dict[str, str], column: str, words: str, take: Take, worker: User
) -> None:
    one = take({**SHELTERED, "kenmerk": "K-9"}, {**SHELTERED, **changed})
    findings = [Finding(*finding) for finding in one.findings]
    said = [finding for finding in findings if finding.is_error]
    assert any(f.line == 3 and f.column == column and words in f.text for f in said), said
    assert {f.line for f in said} == {3}
    with acting_as(worker):
        assert imports.start_blockers(one) != []
        assert not Case.objects.exists()


def test_every_column_is_tried_with_something_wrong() -> None:
    """A new column without a row above fails this test. The columns named here accept any text, up to a length."""
    free = {"voornamen", "reden boven aantal"}
    assert {column for _, column, _ in WRONG} >= set(NAMES) - free


def test_a_day_without_a_covenant_is_named(judge: Judge) -> None:
    found = judge(
        {**SHELTERED, "aangemeld op": "03-06-2001", "besluit op": "04-06-2001", "verblijf van": "", "locatie": ""}
    )
    assert [(one.column, one.text) for one in found.errors] == [
        ("besluit op", "Op 04-06-2001 geldt in Amsterdam geen convenant.")
    ]


def test_a_list_may_hold_what_is_only_partly_known(worker: User, take: Take) -> None:
    line = {**BARE, "geslacht": "x", "nationaliteit": "ZZ", "geboren": "3-1984", "gesloten op": "04-06-2019"}
    assert take(line).state == ImportState.DONE
    with acting_as(worker):
        case = Case.objects.with_person().get()
        assert case.person is not None
        told = case.person.identity
        assert (told.birth_date, told.sex, told.nationality, told.status) == ("03-1984", "other", "ZZ", "claimed")
        assert case.closed_on == date(2019, 6, 4)


@pytest.mark.parametrize(
    ("changed", "answers", "inside"),
    [
        ({"besluit": "toegelaten"}, {"yes"}, True),
        ({"besluit": "toegelaten", "binnen convenant": "nee"}, {"yes"}, False),
        ({"besluit": "exception", "grond": "humanitaire reden", "motivering": "Ziek"}, {"unknown"}, True),
        ({"besluit": "afgewezen", "motivering": "D", "verblijf van": "", "locatie": ""}, {"unknown"}, False),
    ],
)
def test_a_decision_rests_on_what_the_list_can_tell(
    changed: dict[str, str], answers: set[str], inside: bool, worker: User, take: Take
) -> None:
    """Only when the municipality admitted a person does the list say that all criteria were met."""
    assert take({**SHELTERED, **changed}).state == ImportState.DONE
    with acting_as(worker):
        decision = admission.in_force(Case.objects.get(), date(2019, 6, 4))
        assert decision is not None
        assert decision.inside_covenant is inside
        given = list(AdmissionAnswer.objects.filter(test=decision.test_id))
        assert {one.answer for one in given} == answers
        assert {one.source for one in given} == {"Lijst van de gemeente"}


def test_a_person_who_came_back_has_a_case_for_each_time(worker: User, now: datetime, take: Take) -> None:
    """This also holds when the earlier case was entered here, or came from an earlier list."""
    numbered = {"v-nummer": "1234567890"}
    second = {**SHELTERED, **numbered, "kenmerk": "K-2", "aangemeld op": "01-04-2020", "besluit op": "01-04-2020",
              "verblijf van": "02-04-2020"}  # fmt: skip
    third = {**second, "kenmerk": "K-3", "aangemeld op": "01-09-2020", "besluit op": "01-09-2020",
             "verblijf van": "02-09-2020"}  # fmt: skip
    gone = {"vertrokken op": "01-08-2020", "uitstroom": "mob"}
    assert take(second | gone, {**LEFT, **numbered}).state == ImportState.DONE
    assert take(third).state == ImportState.DONE
    with acting_as(worker):
        assert Person.objects.count() == IdentityStatement.objects.count() == 1
        assert Case.objects.count() == 3
        assert Case.objects.values("subject").distinct().count() == 1
    found = measure(date(2020, 10, 1), datetime.now(tz=now.tzinfo))
    assert found.figure("sheltered", "Amsterdam") == 1


NUMBERED = {"v-nummer": "1234567890"}
AGAIN = {**BARE, **NUMBERED, "kenmerk": "K-2", "aangemeld op": "01-04-2020"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # The first still runs when the second begins.
        ([SHELTERED | NUMBERED, AGAIN], [(3, "aangemeld op")]),
        # It ended the day after.
        ([LEFT | NUMBERED, AGAIN | {"aangemeld op": "29-02-2020"}], [(3, "aangemeld op")]),
        # On the day itself it may.
        ([LEFT | NUMBERED, AGAIN | {"aangemeld op": "01-03-2020"}], []),
        # One number, two names; and two birth dates of which parts differ.
        ([LEFT | NUMBERED, AGAIN | {"achternaam": "Ander"}], [(3, "v-nummer")]),
        ([LEFT | NUMBERED | {"geboren": "03-1984"}, AGAIN | {"geboren": "17-04-1984"}], [(3, "v-nummer")]),
        ([LEFT | NUMBERED | {"geboren": "1984"}, AGAIN | {"geboren": "17-04-1984"}], []),
        ([SHELTERED, SHELTERED], [(3, "kenmerk")]),
    ],
)
def test_one_person_has_one_case_at_a_time(
    lines: list[dict[str, str]], expected: list[tuple[int, str]], judge: Judge
) -> None:
    assert [(one.line, one.column) for one in judge(*lines).errors] == expected


def test_a_case_that_runs_here_already_is_named(
    amsterdam: Municipality, worker: User, now: datetime, judge: Judge
) -> None:
    with acting_as(worker):
        who = Identity("Testpersoon")
        case = intake.register(amsterdam, identity=who, v_number="1234567890", by=worker, on=date(2019, 1, 1), at=now)
    found = judge(SHELTERED | NUMBERED)
    assert [(one.column, one.text) for one in found.errors] == [
        ("aangemeld op", f"Deze persoon heeft op deze dag al een zaak, zie zaak {case.number}.")
    ]
    other = judge({**SHELTERED, **NUMBERED, "achternaam": "Iemand"})
    assert (f"zie zaak {case.number}") in " ".join(one.text for one in other.errors if one.column == "v-nummer")


def test_a_case_that_runs_under_another_name_is_named_too(
    amsterdam: Municipality, worker: User, today: date, now: datetime, judge: Judge
) -> None:
    on = date(2019, 1, 1)
    with acting_as(worker):
        numbered, other = (
            intake.register(amsterdam, identity=Identity(name), v_number=number, by=worker, on=on, at=now)
            for name, number in (("Testpersoon", "1234567890"), ("Anders", ""))
        )
        exits.close_without_stay(numbered, by=worker, on=on, at=now)
        assert judge(SHELTERED | NUMBERED).errors == []
        merging.merge(other, numbered, grounds="Zelfde foto.", by=worker, at=now)
    assert [(one.column, one.text) for one in judge(SHELTERED | NUMBERED).errors] == [
        ("aangemeld op", f"Deze persoon heeft op deze dag al een zaak, zie zaak {other.number}.")
    ]


def test_a_likeness_is_a_remark_and_no_error(
    amsterdam: Municipality, worker: User, now: datetime, judge: Judge
) -> None:
    born = {"geboren": "17-03-1984"}
    with acting_as(worker):
        who = Identity("Testpersoon", birth_year=1985, birth_month=3, birth_day=17)
        case = intake.register(amsterdam, identity=who, by=worker, on=date(2019, 1, 1), at=now)
    found = judge(
        {**SHELTERED, **born},
        {**SHELTERED, **born, "kenmerk": "K-2"},
        {**SHELTERED, "geboren": "17-03-1985", "kenmerk": "K-3"},
        {**SHELTERED, "kenmerk": "K-4"},
        {**SHELTERED, "kenmerk": "K-5"},
    )
    assert [(one.line, one.column, one.is_error) for one in found.findings] == [
        (3, "v-nummer", False),
        (4, "v-nummer", False),
    ]
    assert "regel 2" in found.findings[0].text and case.number in found.findings[1].text
    assert judge({**SHELTERED, "v-nummer": "12"}).findings[0].text.startswith("Een V-nummer heeft tien cijfers")


def _full(number: int, day: str, until: str = "") -> dict[str, str]:
    left = {"vertrokken op": until, "uitstroom": "anders"} if until else {}
    return {**SHELTERED, "kenmerk": f"K-{number}", "verblijf van": day, **left}


def test_a_stay_over_the_agreed_number_needs_a_reason(amsterdam: Municipality, worker: User, judge: Judge) -> None:
    covenant = Covenant.objects.in_force(amsterdam, date(2019, 6, 10))
    assert covenant is not None
    places = covenant.agreed_places
    lines = [_full(number, "10-06-2019", "20-06-2019") for number in range(places)]
    assert judge(*lines).errors == []
    late = len(lines) + 2
    for day, is_over in (("19-06-2019", True), ("20-06-2019", False), ("09-06-2019", False)):
        plan = judge(*lines, _full(places, day, "21-06-2019"))
        said = [(finding.line, finding.column) for finding in plan.errors]
        # Who was there first has a place; the last of the others then has none.
        assert said == ([(late, "reden boven aantal")] if is_over else [(late - 1, "reden boven aantal")] * (day < "1"))
    reasoned = _full(places, "19-06-2019", "21-06-2019") | {"reden boven aantal": "Winternoodopvang"}
    assert judge(*lines, reasoned).errors == []


def test_a_person_who_is_sheltered_already_keeps_the_place(
    amsterdam: Municipality, worker: User, now: datetime, today: date, take: Take, judge: Judge
) -> None:
    """A stay in a list that begins earlier does not take the place of a person who was recorded before."""
    covenant = Covenant.objects.in_force(amsterdam, date(2019, 6, 10))
    assert covenant is not None
    assert take(*(_full(number, "10-06-2019") for number in range(covenant.agreed_places))).state == ImportState.DONE
    assert [one.column for one in judge(_full(9999, "08-06-2019")).errors] == ["reden boven aantal"]
    assert judge(_full(9999, "08-06-2019", "10-06-2019")).errors == []


def test_nothing_is_half_done(worker: User, take: Take) -> None:
    def stop(done: int) -> None:
        raise Stopped

    lines = [{**SHELTERED, "kenmerk": f"K-{number}"} for number in range(3)]
    one = take(*lines, tick=stop)
    with acting_as(worker):
        assert _everything() == {label: [] for label in _everything()}
        assert not AuditEntry.objects.filter(verb="case.imported").exists()
        assert one.state == ImportState.RUNNING  # whoever said stop ended it
    assert take(*lines).state == ImportState.DONE


def test_a_stop_at_the_last_moment_is_obeyed(worker: User, now: datetime, take: Take) -> None:
    """It comes after the last report of progress and before the end."""

    def stop(done: int) -> None:
        imports.stop(Import.objects.get(), by=worker, at=now)

    take({**SHELTERED}, tick=stop)
    with acting_as(worker):
        assert not Case.objects.exists()


def test_the_rules_are_asked_again_when_an_import_runs(
    amsterdam: Municipality, worker: User, now: datetime, today: date
) -> None:
    """Somebody registers the same person after the check. The import is refused whole, and says why."""
    lines = [{**SHELTERED, **NUMBERED}, {**BARE, "kenmerk": "K-2"}]
    with acting_as(worker):
        upload = imports.check(KIND, as_csv(*lines), "l.csv", amsterdam, by=worker, on=today, at=now)
        imports.start(upload, by=worker, at=now)
        who = Identity("Testpersoon")
        intake.register(amsterdam, identity=who, v_number="1234567890", by=worker, on=date(2019, 1, 1), at=now)
        upload = Import.objects.get(pk=upload.pk)
        imports.carry_out(KIND, upload, by=worker, on=today, at=now, tick=lambda done: None)
        ended = Import.objects.get(pk=upload.pk)
        assert (ended.state, ended.content, ended.finished_at) == (ImportState.REFUSED, None, now)
        assert [finding[1] for finding in ended.findings] == ["aangemeld op"]
        assert Case.objects.count() == 1


@pytest.mark.parametrize("form", ["csv", "xlsx", "ods"])
def test_the_template_is_read_back_in_every_format(form: str, judge: Judge, amsterdam: Municipality) -> None:
    columns = [exports.Column(column.name, column.help) for column in KIND.columns]
    line = [{**WHOLE, "kenmerk": "2019-001"}[name] for name in NAMES]
    content = b"".join(exports.FORMATS[form][1](Sheet("proef", "Proef", columns, [line])))
    read = imports.spreadsheets.read(content, NAMES)
    assert [one.cells for one in read] == [dict(zip(NAMES, line, strict=True))]


def test_the_made_up_line_of_the_template_is_not_taken_for_a_case(judge: Judge) -> None:
    found = judge({name: text for name, text in zip(NAMES, KIND.examples[0], strict=True)})
    assert [one.text for one in found.errors] == ["Dit is de regel uit het voorbeeld. Haal haar weg."]


def test_the_cases_of_a_list_are_of_whom_it_says(
    amsterdam: Municipality, worker: User, chair: User, take: Take
) -> None:
    one = take({**BARE, "casusregisseur": chair.email.upper()}, {**BARE, "kenmerk": "K-2"})
    assert one.state == ImportState.DONE
    with acting_as(worker):
        assert list(Case.objects.order_by("imported__line").values_list("worker", flat=True)) == [chair.pk, worker.pk]
        assert [case.number for case in Case.objects.order_by("imported__line")] == ["AMS-00001", "AMS-00002"]
        told = AuditEntry.objects.filter(verb="case.imported").order_by("pk")
        assert [entry.details["line"] for entry in told] == [2, 3]
        assert not Stay.objects.exists()


def test_a_source_belongs_to_its_own_case_and_person(
    amsterdam: Municipality, worker: User, now: datetime, take: Take
) -> None:
    take({**BARE}, {**BARE, "kenmerk": "K-2"})
    with acting_as(worker):
        first, second = ImportedCase.objects.order_by("line")
        entered = intake.register(amsterdam, identity=Identity("Ander"), by=worker, on=date(2019, 1, 1), at=now)
        row = {"municipality": amsterdam, "source_id": first.source_id, "line": 4, "digest": "x", "recorded_at": now}
        assert entered.person is not None
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            ImportedCase.objects.create(case=entered, person_id=second.person_id, reference="K-3", **row)
        ImportedCase.objects.create(case=entered, person=entered.person, reference="K-3", **row)


def test_the_findings_of_a_list_are_limited(judge: Judge, take: Take) -> None:
    lines = [{**BARE, "kenmerk": f"K-{number}", "geslacht": "q"} for number in range(lists.MOST_FINDINGS + 3)]
    one = take(*lines)
    assert len(one.findings) == lists.MOST_FINDINGS + 1
    assert one.findings[-1] == [0, "", "Nog 3 andere opmerkingen.", True]
