"""The figures for machine clients: the answers, and the parameters that are accepted."""

from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from allauth.idp.oidc.models import Token
from django.test import Client

from accounts.acting import acting_as
from accounts.models import AuditEntry, User
from cases import stays
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS, SET_2020_11
from monitor.figures.measurement import NATIONAL, measure
from tests.conftest import CaseOf
from tests.monitor.conftest import OPERATIONS, Get, conforms


def test_the_figures_are_those_of_the_measurement_cell_by_cell(
    get: Get, worker: User, outsider: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    ended = sheltered(worker)
    sheltered(worker)
    sheltered(outsider)
    with acting_as(worker):
        stays.end(ended, by=worker, on=today, at=now)
    answer = conforms("/figures", get("/v1/figures", {"referenceDate": today.isoformat()}))
    measured = measure(today, datetime.fromisoformat(answer["knownAt"]))
    cells = {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in answer["cells"]}
    assert len(cells) == len(answer["cells"])
    assert {key: count for key, count in cells.items() if count} == {k: n for k, n in measured.cells.items() if n}
    assert {key for key in cells if not key[2]} == {
        (i.code, scope, "") for i in measured.definition_set.indicators if not i.by for scope in answer["scopes"]
    }
    assert cells["sheltered", NATIONAL, ""] == 3
    assert cells["present", "Amsterdam", ""] == 1


def test_the_balance_shows_what_is_unexplained_and_the_overlap_between_municipalities(
    get: Get, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today, at=now)
    answer = get("/v1/figures", {"referenceDate": today.isoformat()}).json()
    balances = {balance.pop("scope"): balance for balance in answer["balances"]}
    assert balances["Amsterdam"] == {"sheltered": 1, "present": 0, "exits": 0, "residual": 1}
    assert balances["Utrecht"] == {"sheltered": 0, "present": 0, "exits": 0, "residual": 0}
    measured = measure(today, datetime.fromisoformat(answer["knownAt"]))
    overlaps = {(o["indicator"], o["value"]): o["count"] for o in answer["overlaps"]}
    for group in (*tables.groups(measured), *tables.breakdowns(measured)):
        for row in group.rows:
            assert overlaps[row.item.code, row.value] == row.overlap


def test_an_earlier_moment_of_knowledge_gives_the_earlier_answer(
    get: Get, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    sheltered(worker)
    query = {"referenceDate": today.isoformat()}
    before = get("/v1/figures", {**query, "knownAt": (now - timedelta(hours=1)).isoformat()}).json()
    after = get("/v1/figures", query).json()
    assert [b["sheltered"] for b in before["balances"] if b["scope"] == NATIONAL] == [0]
    assert [b["sheltered"] for b in after["balances"] if b["scope"] == NATIONAL] == [1]
    again = get("/v1/figures", {**query, "knownAt": after["knownAt"]}).json()
    assert again == after


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2021-03-01T12:00:00Z", "2021-03-01T12:00:00Z"),
        ("2021-03-01T12:00:00+01:00", "2021-03-01T11:00:00Z"),
        ("2021-03-01T00:30:00.5-23:30", "2021-03-02T00:00:00.500000Z"),
    ],
)
def test_a_moment_comes_in_with_any_offset_and_goes_out_in_utc(get: Get, sent: str, expected: str) -> None:
    answer = get("/v1/figures", {"referenceDate": "2020-11-01", "knownAt": sent}).json()
    assert answer["knownAt"] == expected


def test_without_known_at_the_answer_is_about_now_and_says_so(get: Get, now: datetime) -> None:
    answer = get("/v1/figures", {"referenceDate": "2020-11-01"}).json()
    assert answer["referenceDate"] == "2020-11-01"
    assert answer["knownAt"].endswith("Z")
    assert timedelta(0) <= datetime.fromisoformat(answer["knownAt"]) - now < timedelta(minutes=1)


def test_the_definitions_say_what_each_indicator_counts(get: Get) -> None:
    sets = conforms("/definition-sets", get("/v1/definition-sets"))
    assert [s["id"] for s in sets["results"]] == sorted(DEFINITION_SETS)
    (defined,) = [conforms("/definition-sets/{name}", get("/v1/definition-sets/2020-11"))]
    assert [(i["code"], i["title"], i["definition"]) for i in defined["indicators"]] == [
        (i.code, i.title, i.definition) for i in SET_2020_11
    ]
    by_code = {i["code"]: i for i in defined["indicators"]}
    assert by_code["mrt_discussed"]["unit"] == "zaken"
    assert by_code["outside_present"]["population"] == "personen buiten het convenant"
    assert by_code["present_by_sex"]["breakdown"] is True
    assert by_code["present"] == {**by_code["present"], "breakdown": False, "partOf": "sheltered"}


@pytest.mark.parametrize("name", ["2020-12", "%00", "x" * 10_000, "..%2F", "%F0%9F%90%98"])
def test_an_unknown_definition_set_is_not_found(get: Get, name: str) -> None:
    response = get(f"/v1/definition-sets/{name}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_reading_writes_nothing_but_the_throttle(get: Get, worker: User, sheltered: CaseOf) -> None:
    sheltered(worker)
    before = AuditEntry.objects.count(), Token.objects.count()
    for path, query in OPERATIONS.items():
        assert get(path, query).status_code == 200
    assert (AuditEntry.objects.count(), Token.objects.count()) == before


@pytest.mark.parametrize("path", OPERATIONS)
def test_head_answers_like_get_without_a_body(client: Client, get: Get, token: str, path: str) -> None:
    response = client.head(path, OPERATIONS[path], headers={"authorization": f"Bearer {token}"})
    assert (response.status_code, response.content) == (200, b"")


# Parameters

LONG = "9" * 10_000
WRONG = [
    ("referenceDate", "", "date.format"),
    ("referenceDate", "2020-02-30", "date.value"),
    ("referenceDate", "2020-1-1", "date.format"),
    ("referenceDate", "20201101", "date.format"),
    ("referenceDate", "2020-W45-1", "date.format"),
    ("referenceDate", "01-11-2020", "date.format"),
    ("referenceDate", "2020-11-01T00:00:00Z", "date.format"),
    ("referenceDate", "٢٠٢٠-١١-٠١", "date.format"),
    ("referenceDate", "0000-01-01", "date.value"),
    ("referenceDate", "2018-12-31", "date.minimum"),
    ("referenceDate", "9999-12-31", "future"),
    ("referenceDate", "\x00", "date.format"),
    ("referenceDate", LONG, "date.format"),
    ("knownAt", "", "date-time.format"),
    ("knownAt", "2020-11-01", "date-time.format"),
    ("knownAt", "2020-11-01T10:00:00", "date-time.format"),
    ("knownAt", "2020-11-01T10:00:00 01:00", "date-time.format"),
    ("knownAt", "2020-11-31T10:00:00Z", "date-time.value"),
    ("knownAt", "2020-11-01T10:00:60Z", "date-time.value"),
    ("knownAt", "2020-11-01T10:00:00+25:00", "date-time.value"),
    ("knownAt", "0001-01-01T00:00:00+14:00", "date-time.value"),
    ("knownAt", "9999-12-31T23:59:59-14:00", "date-time.value"),
    ("knownAt", "2999-01-01T00:00:00Z", "future"),
    ("knownAt", "\x00", "date-time.format"),
    ("knownAt", LONG, "date-time.format"),
    ("definitionSet", "", "invalid_choice"),
    ("definitionSet", "2020-12", "invalid_choice"),
    ("definitionSet", "\x00", "invalid_choice"),
    ("definitionSet", LONG, "invalid_choice"),
]


@pytest.mark.parametrize(("name", "value", "code"), WRONG)
def test_a_wrong_parameter_is_named_and_not_echoed(get: Get, name: str, value: str, code: str) -> None:
    response = get("/v1/figures", {"referenceDate": "2020-11-01", name: value})
    assert response.status_code == 400
    (error,) = conforms("/figures", response)["errors"]
    assert (error["in"], error["location"], error["code"]) == ("query", {"name": name}, code)
    assert len(error["detail"]) < 150


def test_all_errors_come_together(get: Get) -> None:
    response = get("/v1/figures", "knownAt=gisteren&definitionSet=x&knownAt=nu&Achternaam=Jansen&geheim=1")
    errors = conforms("/figures", response)["errors"]
    listed = sorted((e["code"], e["location"].get("name", e["location"].get("index"))) for e in errors)
    assert listed == [
        ("date-time.format", "knownAt"),
        ("duplicate", "knownAt"),
        ("invalid_choice", "definitionSet"),
        ("required", "referenceDate"),
        ("unknown", 2),
        ("unknown", 3),
    ]
    for secret in ("Achternaam", "Jansen", "geheim", "gisteren"):
        assert secret not in response.content.decode()


@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize(
    "key", ["x", "", "reference_date", "referencedate", "%00", "%zz", "%ff", "format", "x" * 10_000]
)
def test_an_unknown_parameter_is_refused_everywhere(get: Get, path: str, key: str) -> None:
    query = urlencode(OPERATIONS[path])
    response = get(path, f"{query}&{key}=1" if query else f"{key}=1")
    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == ["unknown"]


def test_a_parameter_given_twice_is_refused(get: Get) -> None:
    response = get("/v1/figures", "referenceDate=2020-11-01&referenceDate=2020-11-01")
    assert response.status_code == 400
    assert [error["code"] for error in response.json()["errors"]] == ["duplicate"]


def test_too_many_parameters_are_refused(get: Get) -> None:
    response = get("/v1/figures", "&".join(f"k{n}=1" for n in range(1_000)))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
