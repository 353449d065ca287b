"""The pages of imports: a list is uploaded and checked, its findings are shown, and it is imported or thrown away."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import imports, tasks
from accounts.acting import acting_as
from accounts.models import Import, ImportState, Membership, Municipality, Organisation, User
from accounts.permissions import Role
from cases.models import Case
from core.models import Effect
from core.spreadsheets import Line
from lvv.imports import kinds
from monitor.models import Reported
from tests.cases.listed import BARE, as_csv, checked_list, unhindered
from tests.conftest import as_owner

Bring = Callable[..., Any]
UPLOAD = "/inlezen/cases/"


@pytest.fixture
def visitor(client: Client, chair: User) -> Client:
    client.force_login(chair)
    return client


@pytest.fixture
def bring(visitor: Client, amsterdam: Municipality) -> Bring:
    """Upload a list: its lines, or bytes that are no list."""

    def sent(*lines: dict[str, str] | bytes, name: str = "lijst 2019.csv", **changed: object) -> Any:
        content = lines[0] if lines and isinstance(lines[0], bytes) else as_csv(*lines)  # type: ignore[arg-type]
        form = {"submission": str(uuid.uuid4()), "municipality": amsterdam.pk} | changed
        return visitor.post(UPLOAD, form | {"attachment": SimpleUploadedFile(name, content)})

    return sent


def take_over(upload: Import, by: User, at: datetime) -> None:
    """Carry out an import as the worker does, without the connection that reports its progress."""
    with acting_as(by):
        running = Import.objects.get(pk=upload.pk)
        imports.carry_out(kinds.KINDS[upload.kind], running, by=by, on=at.date(), at=at, tick=unhindered)


def the_list(by: User) -> Import:
    with acting_as(by):
        return Import.objects.get()


def test_a_list_is_checked_confirmed_and_becomes_cases(
    visitor: Client, bring: Bring, chair: User, now: datetime
) -> None:
    answer = bring({**BARE, "v-nummer": "12"})
    one = the_list(chair)
    assert answer["Location"] == reverse("imports:import_detail", args=[one.pk])
    page = visitor.get(answer["Location"]).content.decode()
    assert "Deze lijst kan worden ingelezen" in page and "Een V-nummer heeft tien cijfers" in page
    start = reverse("imports:import_start", args=[one.pk])
    assert "U neemt 1 regel over voor gemeente Amsterdam" in visitor.get(start).content.decode()
    sent = {"submission": str(uuid.uuid4())}
    for _ in range(2):
        assert visitor.post(start, sent)["Location"] == answer["Location"]
    assert Effect.objects.filter(kind=imports.IMPORT).count() == 1
    assert "0 van 1 regels ingelezen" in visitor.get(answer["Location"]).content.decode()
    take_over(one, chair, now)
    page = visitor.get(answer["Location"]).content.decode()
    assert "De lijst is ingelezen" in page
    with acting_as(chair):
        case = Case.objects.get()
        assert Import.objects.get().content is None
    file = visitor.get(reverse("case", args=[case.pk])).content.decode()
    assert "bron: lijst van de gemeente, regel 2" in file
    assert "Administratie van de gemeente" in file


def test_nothing_happens_to_the_cases_until_somebody_says_so(bring: Bring, chair: User) -> None:
    bring({**BARE})
    with acting_as(chair):
        assert not Case.objects.exists()
        assert bytes(Import.objects.get().content or b"") == as_csv({**BARE})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x89PNG\x00\x01", "geen spreadsheet die wij kunnen lezen"),
        (b"PK\x03\x04kapot", "geen spreadsheet die wij kunnen lezen"),
        (b"naam;leeftijd\nJan;3\n", "In de eerste regel ontbreekt: kenmerk, v-nummer"),
        (as_csv(), "Er staan geen regels onder de kolomnamen"),
        (b"x" * 5_000_001, "groter dan 5 MB"),
        (as_csv(*[{**BARE}] * 10_001), "meer dan 10.000 regels"),
    ],
)
def test_a_file_that_is_no_list_is_refused_in_words(bring: Bring, content: bytes, says: str, chair: User) -> None:
    answer = bring(content)
    assert answer.status_code == 400
    assert says in answer.content.decode()
    with acting_as(chair):
        assert not Import.objects.exists()


def test_a_list_without_a_file_or_for_another_municipality_is_refused(
    visitor: Client, bring: Bring, amsterdam: Municipality, utrecht: Municipality
) -> None:
    answer = visitor.post(UPLOAD, {"submission": str(uuid.uuid4()), "municipality": amsterdam.pk})
    assert (answer.status_code, "Kies een bestand." in answer.content.decode()) == (400, True)
    answer = bring({**BARE}, municipality=utrecht.pk)
    assert (answer.status_code, "Kies een van de mogelijkheden" in answer.content.decode()) == (400, True)


def test_a_list_with_errors_can_not_be_taken_over(visitor: Client, bring: Bring, chair: User) -> None:
    page = visitor.get(bring({**BARE, "geslacht": "q"}, {**BARE, "kenmerk": "K-2"})["Location"]).content.decode()
    assert "Deze lijst kan nog niet worden ingelezen" in page and "Kies uit: Man, Vrouw" in page
    start = reverse("imports:import_start", args=[the_list(chair).pk])
    assert "Er staan fouten in deze lijst" in visitor.get(start).content.decode()
    answer = visitor.post(start, {"submission": str(uuid.uuid4())})
    assert (answer.status_code, the_list(chair).state) == (400, ImportState.CHECKED)
    assert not Effect.objects.filter(kind=imports.IMPORT).exists()


def test_the_findings_can_be_downloaded(visitor: Client, bring: Bring, chair: User) -> None:
    bring({**BARE, "geslacht": "q"})
    address = reverse("imports:import_findings_file", args=[the_list(chair).pk, "csv"])
    content = visitor.get(address).getvalue().decode("utf-8-sig")
    assert content.splitlines() == [
        "regel;kolom;soort;melding",
        "2;geslacht;fout;Kies uit: Man, Vrouw, Anders, Onbekend.",
    ]
    assert visitor.get(address.replace(".csv", ".exe")).status_code == 404


@pytest.mark.parametrize("is_running", [False, True])
def test_a_list_can_be_thrown_away_and_stopped(
    visitor: Client, bring: Bring, chair: User, now: datetime, is_running: bool
) -> None:
    bring({**BARE})
    upload = the_list(chair)
    if is_running:
        with acting_as(chair):
            imports.start(upload, by=chair, at=now)
    stop = reverse("imports:import_stop", args=[upload.pk])
    assert ("Inlezen stoppen" if is_running else "Lijst weggooien") in visitor.get(stop).content.decode()
    answer = visitor.post(stop, {"submission": str(uuid.uuid4())}, follow=True)
    assert "Van deze lijst is niets overgenomen" in answer.content.decode()
    ended = the_list(chair)
    assert (ended.state, ended.content) == (ImportState.STOPPED, None)
    again = visitor.post(stop, {"submission": str(uuid.uuid4())})
    assert "Deze lijst is al klaar." in again.content.decode()
    for effect in Effect.objects.filter(kind=imports.IMPORT):
        kinds.carry_out(effect)  # the worker comes too late
    with acting_as(chair):
        assert not Case.objects.exists()


def test_a_list_that_waits_too_long_is_forgotten(amsterdam: Municipality, chair: User, today: date) -> None:
    """The file holds personal data, so it is not kept."""
    with as_owner():
        now = datetime.now().astimezone()
        old, new = now - imports.KEPT - timedelta(minutes=1), now - imports.KEPT + timedelta(hours=1)
        checked_list(amsterdam, chair, old, today, {**BARE})
        checked_list(amsterdam, chair, new, today, {**BARE})
    tasks.forget_lists()
    with acting_as(chair):
        found = Import.objects.order_by("uploaded_at")
        assert [(one.state, one.content is None) for one in found] == [("stopped", True), ("checked", False)]


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_ask_a_fixed_number_of_queries(
    visitor: Client, bring: Bring, chair: User, number: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    for _ in range(number):
        bring(*({**BARE, "kenmerk": f"K-{place}", "geslacht": "q"} for place in range(number)))
    with acting_as(chair):
        upload = Import.objects.all()[0]
    with django_assert_num_queries(8):
        assert visitor.get("/inlezen/").content.decode().count("lijst 2019.csv") == number
    with django_assert_num_queries(10):
        page = visitor.get(reverse("imports:import_detail", args=[upload.pk])).content.decode()
    assert page.count("Kies uit: Man") == number


@pytest.mark.parametrize("which", kinds.KINDS)
@pytest.mark.parametrize("form", ["xlsx", "ods", "csv"])
def test_the_template_holds_the_columns_that_are_read(visitor: Client, which: str, form: str) -> None:
    answer = visitor.get(reverse("imports:import_example_file", args=[which, form]))
    content = answer.getvalue()
    lines: list[Line] = imports.spreadsheets.read(content, kinds.KINDS[which].names)
    assert [list(line.cells.values()) for line in lines] == [list(one) for one in kinds.KINDS[which].examples]
    page = visitor.get(reverse("imports:import_upload", args=[which])).content.decode()
    assert all(f'<th scope="row">{name}</th>' in page for name in kinds.KINDS[which].names)


def test_there_is_no_other_kind_of_list(visitor: Client) -> None:
    assert visitor.get("/inlezen/personen/").status_code == 404
    assert visitor.get("/inlezen/personen/voorbeeld.csv").status_code == 404


def test_a_user_of_two_municipalities_chooses_one(
    visitor: Client, bring: Bring, chair: User, utrecht: Municipality
) -> None:
    with as_owner():
        organisation = Organisation.objects.get(kind="municipality", municipality=utrecht)
        Membership.objects.create(user=chair, organisation=organisation, role=Role.CHAIR, since=date(2019, 1, 1))
    assert "Kies een mogelijkheid" in visitor.get(UPLOAD).content.decode()
    bring({**BARE}, municipality=utrecht.pk)
    assert the_list(chair).municipality == utrecht


# The monitor as it was filled in by hand.


def test_figures_filled_in_by_hand_stand_beside_the_counted_ones(
    visitor: Client, bring: Bring, chair: User, amsterdam: Municipality, now: datetime
) -> None:
    empty = visitor.get("/monitor/ingevuld/").content.decode()
    assert "Er is nog geen ingevulde monitor ingelezen" in empty and "/inlezen/monitor/" in empty
    content = "peildatum;cijfer;aantal\n01-11-2020;Aanwezig;12\n01-11-2020;waiting;0\n01-01-2020;Aanwezig;7\n"
    form = {"submission": str(uuid.uuid4()), "municipality": amsterdam.pk}
    file = SimpleUploadedFile("m.csv", content.encode())
    answer = visitor.post("/inlezen/monitor/", form | {"attachment": file})
    one = the_list(chair)
    assert (one.new, one.findings) == (3, [])
    visitor.post(reverse("imports:import_start", args=[one.pk]), {"submission": str(uuid.uuid4())})
    take_over(one, chair, now)
    assert "Leg de ingevulde cijfers naast de berekende" in visitor.get(answer["Location"]).content.decode()
    page = visitor.get("/monitor/ingevuld/")
    assert [(x.item.code, x.reported.number, x.counted, x.difference) for x in page.context["lines"]] == [
        ("present", 12, 0, -12),
        ("waiting", 0, 0, 0),
    ]
    other = visitor.get("/monitor/ingevuld/?on=2020-01-01&municipality=Amsterdam")
    assert [x.reported.number for x in other.context["lines"]] == [7]
    assert visitor.get("/monitor/ingevuld/?on=2020-01-02").status_code == 400
    with acting_as(chair):
        assert Reported.objects.count() == 3
