"""Releases in the API: public editions for everybody, exact figures with a token; whole files, and lists by page."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, User
from accounts.permissions import Role
from cases import stays
from cases.models import Case
from monitor.api.base import LARGEST_PAGE
from monitor.figures.measurement import NATIONAL
from monitor.models import Edition, Release
from monitor.publishing import documents, releases, verifier
from tests.conftest import CaseOf, Hire, as_owner
from tests.monitor.conftest import Get, conforms
from tests.monitor.machine import Machine, ask_token, make_machine
from tests.monitor.rounds import closed, known_later, opened, released

HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - 2 * HOUR


@pytest.fixture
def bureau(monitor_coordinator: User) -> User:
    return monitor_coordinator


@pytest.fixture
def public(bureau: User, sheltered: CaseOf, worker: User, today: date) -> Release:
    """A published release that counts one person."""
    with as_owner():
        sheltered(worker)
    return released(closed(bureau, today, timezone.now()), bureau, timezone.now())


@pytest.fixture
def secret(bureau: User, today: date) -> Release:
    """A release under embargo."""
    later = timezone.now() + HOUR
    return released(closed(bureau, today, timezone.now()), bureau, timezone.now(), publish_at=later)


@pytest.fixture
def ask(client: Client) -> Get:
    """GET without a token."""
    return client.get


Walk = Callable[[str], list[Any]]


@pytest.fixture
def walk(get: Get) -> Walk:
    """All rows of a list, read page by page."""

    def walked(address: str) -> list[Any]:
        rows: list[Any] = []
        following: str | None = address
        while following:
            path, _, query = following.partition("?")
            answer = get(path, query).json()
            rows += answer["results"]
            following = answer["next"]
        return rows

    return walked


def test_everybody_reads_what_is_published_and_it_conforms(ask: Get, public: Release) -> None:
    (listed,) = conforms("/editions", ask("/v1/editions"))["results"]
    assert listed["id"] == str(public.pk)
    whole = ask(f"/v1/editions/{public.pk}")
    conforms("/editions/{release}", whole)
    assert whole.content == bytes(Edition.objects.get(release=public.pk).document)
    (keys,) = [conforms("/signing-keys", ask("/v1/signing-keys"))["results"]]
    assert verifier.check(whole.content, keys) == []
    figures = conforms("/editions/{release}/figures", ask(f"/v1/editions/{public.pk}/figures"))["results"]
    assert [figure["place"] for figure in figures] == list(range(len(figures)))
    hidden = [figure for figure in figures if figure["isHidden"]]
    assert hidden
    assert all(figure["count"] is None for figure in hidden)
    proof = ask(figures[3]["proof"])
    conforms("/editions/{release}/proofs/{place}", proof)
    assert verifier.check(proof.content, keys) == []
    assert proof.json()["cell"] == whole.json()["cells"][3]


def test_every_site_may_read_what_is_published(ask: Get, public: Release) -> None:
    for path in ("/v1/editions", f"/v1/editions/{public.pk}", "/v1/signing-keys"):
        response = ask(path, headers={"origin": "https://elders.example"})
        assert response["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response
    assert "Access-Control-Allow-Origin" not in ask("/v1/releases")


@pytest.mark.parametrize("tail", ["", "/figures", "/proofs/0"])
def test_nobody_reads_an_edition_before_its_minute(ask: Get, get: Get, secret: Release, tail: str) -> None:
    for reader in (ask, get):
        assert reader("/v1/editions").json() == {"results": [], "next": None}
        assert reader(f"/v1/editions/{secret.pk}{tail}").status_code == 404
    assert get("/v1/releases").json()["results"] == []
    assert get(f"/v1/releases/{secret.pk}{tail}").status_code == 404


def test_exact_figures_need_a_token(ask: Get, get: Get, public: Release) -> None:
    for tail in ("", "/figures", "/proofs/0"):
        assert ask(f"/v1/releases/{public.pk}{tail}").status_code == 401
    (listed,) = conforms("/releases", get("/v1/releases"))["results"]
    assert (listed["id"], listed["state"]) == (str(public.pk), "published")
    whole = get(f"/v1/releases/{public.pk}")
    conforms("/releases/{release}", whole)
    assert whole.content == bytes(public.document)
    figures = conforms("/releases/{release}/figures", get(f"/v1/releases/{public.pk}/figures"))["results"]
    assert not any(figure["isHidden"] for figure in figures)
    proof = get(figures[0]["proof"])
    conforms("/releases/{release}/proofs/{place}", proof)
    assert verifier.check(proof.content, releases.keys()) == []


def test_a_release_conforms_with_its_revision(
    client: Client, bureau: User, public: Release, worker: User, today: date
) -> None:
    of_round = public.round
    with acting_as(worker):
        stays.end(Case.objects.get(), by=worker, on=today, at=timezone.now())
    corrected = released(of_round, bureau, known_later(of_round, bureau))
    client.force_login(bureau)
    answer = conforms("/releases/{release}", client.get(f"/v1/releases/{corrected.pk}"))
    assert answer["revision"]["changes"]
    # By the clock of the test it is public a quarter of an hour from now.
    rows = conforms("/releases", client.get("/v1/releases"))["results"]
    assert [(row["state"], row["replaces"]) for row in rows] == [("embargoed", str(public.pk)), ("published", None)]


def test_the_coordinator_reads_under_embargo_and_it_is_written_down(
    client: Client, bureau: User, secret: Release
) -> None:
    client.force_login(bureau)
    (listed,) = client.get("/v1/releases").json()["results"]
    assert listed["state"] == "embargoed"
    assert not AuditEntry.objects.filter(verb="release.read_early").exists()
    for tail in ("", "/figures", "/proofs/0"):
        assert client.get(f"/v1/releases/{secret.pk}{tail}").status_code == 200
    assert AuditEntry.objects.filter(verb="release.read_early", user_id=bureau.pk).count() == 3


def test_another_municipalitys_machine_reads_the_same_and_no_more(
    client: Client, hire: Hire, today: date, now: datetime, public: Release, secret_too: Release
) -> None:
    manager = hire(Role.APPLICATION_MANAGER, "Gemeente Utrecht")
    machine = make_machine(by=manager, on=today, at=now, organisation="Gemeente Utrecht")
    bearer = {"authorization": f"Bearer {ask_token(client, machine).json()['access_token']}"}
    listed = client.get("/v1/releases", headers=bearer).json()["results"]
    assert [row["id"] for row in listed] == [str(public.pk)]
    assert client.get(f"/v1/releases/{secret_too.pk}", headers=bearer).status_code == 404


@pytest.fixture
def secret_too(bureau: User, public: Release) -> Release:
    """The next release of the same round, under embargo."""
    at = known_later(public.round, bureau)
    return released(public.round, bureau, at, publish_at=at + HOUR)


# Caching


@pytest.mark.parametrize("of", ["editions", "releases"])
def test_an_unchanged_file_is_not_sent_again(get: Get, public: Release, of: str) -> None:
    path = f"/v1/{of}/{public.pk}"
    first = get(path)
    assert first["ETag"] == f'"{hashlib.sha256(first.content).hexdigest()}"'
    for sent in (first["ETag"], f'"x", {first["ETag"]}', "*", f"W/{first['ETag']}"):
        again = get(path, headers={"if-none-match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
        assert again["API-Version"] == first["API-Version"]
    for sent in ('"x"', "", first["ETag"].strip('"'), "\x00"):
        assert get(path, headers={"if-none-match": sent}).content == first.content


# Paging


def test_a_list_is_walked_whole_whatever_the_size_of_its_pages(get: Get, public: Release, walk: Walk) -> None:
    cells = documents.read(bytes(public.document))["cells"]
    for size in (13, 50, LARGEST_PAGE):
        rows = walk(f"/v1/releases/{public.pk}/figures?pageSize={size}")
        assert [row["place"] for row in rows] == list(range(len(cells)))
        assert [row["count"] for row in rows] == [cell["count"] for cell in cells]
    assert get(f"/v1/releases/{public.pk}/figures", "pageSize=3").json()["next"] is not None


def test_a_filter_holds_on_every_page(public: Release, walk: Walk) -> None:
    rows = walk(f"/v1/releases/{public.pk}/figures?scope=Amsterdam&pageSize=5")
    assert {row["scope"] for row in rows} == {"Amsterdam"}
    (row,) = walk(f"/v1/editions/{public.pk}/figures?indicator=present&scope=Amsterdam")
    assert row["unit"] == "personen"
    assert walk(f"/v1/editions/{public.pk}/figures?indicator=bestaat-niet") == []


@pytest.fixture
def three(bureau: User, today: date) -> list[Release]:
    """Published releases of three reference dates."""
    days = [today, today - timedelta(days=40), today - timedelta(days=80)]
    return [released(closed(bureau, on, timezone.now()), bureau, timezone.now()) for on in days]


@pytest.mark.parametrize("of", ["editions", "releases"])
def test_releases_are_walked_one_by_one(walk: Walk, three: list[Release], of: str) -> None:
    rows = walk(f"/v1/{of}?pageSize=1")
    ordered = three if of == "editions" else sorted(three, key=lambda release: release.made_at, reverse=True)
    assert [row["id"] for row in rows] == [str(release.pk) for release in ordered]
    assert walk(f"/v1/{of}?kind=provisional&pageSize=2") == rows
    assert walk(f"/v1/{of}?kind=final") == []


@pytest.mark.parametrize("of", ["editions", "releases"])
def test_a_row_added_between_two_pages_is_shown_once_and_hides_none(
    get: Get, walk: Walk, bureau: User, three: list[Release], today: date, of: str
) -> None:
    first = get(f"/v1/{of}", "pageSize=1").json()
    fresh = released(closed(bureau, today - timedelta(days=20), timezone.now()), bureau, timezone.now())
    seen = [row["id"] for row in first["results"] + walk(first["next"])]
    assert len(seen) == len(set(seen))
    assert set(seen) - {str(fresh.pk)} == {str(release.pk) for release in three}


@pytest.mark.parametrize("size", ["0", "101", "-1", "x", "1.5", "", "9" * 5000, "\x00", "1e2", "true"])
def test_a_wrong_page_size_is_refused(ask: Get, db: None, size: str) -> None:
    response = ask("/v1/editions", {"pageSize": size})
    assert response.status_code == 400
    (error,) = conforms("/editions", response)["errors"]
    assert error["location"] == {"name": "pageSize"}
    assert "van 1 tot en met 100" in error["detail"]


def tampered(cursor: str) -> Iterator[str]:
    yield from ("x", "", "\x00", "x:y:z", "é", "9" * 5000, cursor[:-1], cursor[1:], cursor + "A", cursor.swapcase())


def test_a_cursor_can_not_be_made_or_changed(get: Get, three: list[Release]) -> None:
    following = get("/v1/editions", "pageSize=1").json()["next"]
    cursor = following.partition("cursor=")[2]
    for wrong in tampered(cursor):
        response = get("/v1/editions", {"pageSize": "1", "cursor": wrong})
        assert response.status_code == 400, wrong
        assert conforms("/editions", response)["errors"][0]["location"] == {"name": "cursor"}


def test_a_cursor_is_for_its_own_question(get: Get, three: list[Release]) -> None:
    following = get("/v1/editions", "pageSize=1").json()["next"]
    cursor = following.partition("cursor=")[2].replace("%3A", ":")
    assert get("/v1/editions", {"pageSize": "2", "cursor": cursor}).status_code == 200
    for path, query in (
        ("/v1/editions", {"kind": "provisional"}),
        ("/v1/releases", {}),
        (f"/v1/editions/{three[0].pk}/figures", {}),
    ):
        assert get(path, {**query, "cursor": cursor}).status_code == 400


@pytest.mark.parametrize("place", ["100000", "9" * 30, "9" * 5000, "-1", "x", "%00"])
def test_a_place_without_a_figure_is_not_found(ask: Get, public: Release, place: str) -> None:
    response = ask(f"/v1/editions/{public.pk}/proofs/{place}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_of_releases_asks_as_many_queries_whatever_its_length(
    get: Get, bureau: User, today: date, rows: int, django_assert_num_queries: Any
) -> None:
    for number in range(rows):
        on = today - timedelta(days=30 * number)
        released(closed(bureau, on, timezone.now()), bureau, timezone.now())
    with django_assert_num_queries(EDITION_QUERIES):
        assert len(get("/v1/editions").json()["results"]) == rows
    with django_assert_num_queries(RELEASE_QUERIES):
        assert len(get("/v1/releases").json()["results"]) == rows


EDITION_QUERIES = 9
RELEASE_QUERIES = 12


# Series and reference lists


def test_a_series_tells_each_quarter_and_where_it_breaks(get: Get, public: Release) -> None:
    answer = conforms("/series", get("/v1/series", {"indicator": "present"}))
    points = answer["points"]
    assert points[0]["referenceDate"] == "2019-04-01"
    assert [point["referenceDate"] for point in points] == sorted(point["referenceDate"] for point in points)
    assert {point["definitionSet"] for point in points} == {"2019-04", "2020-11", "2022-01"}
    missing = conforms("/series", get("/v1/series", {"indicator": "semi_durable"}))["points"]
    assert missing[0]["count"] is None


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ({}, "indicator", "required"),
        ({"indicator": "x"}, "indicator", "invalid_choice"),
        ({"indicator": "present_by_sex"}, "indicator", "invalid_choice"),
        ({"indicator": "\x00"}, "indicator", "invalid_choice"),
        ({"indicator": "present", "scope": "Atlantis"}, "scope", "invalid_choice"),
        ({"indicator": "present", "scope": ""}, "scope", "blank"),
        ({"indicator": "present", "scope": "\x00"}, "scope", "null_characters_not_allowed"),
        ({"indicator": "present", "knownAt": "gisteren"}, "knownAt", "date-time.format"),
    ],
)
def test_a_wrong_question_for_a_series_is_refused(get: Get, query: dict[str, str], name: str, code: str) -> None:
    response = get("/v1/series", query)
    assert response.status_code == 400
    (error,) = conforms("/series", response)["errors"]
    assert (error["location"], error["code"]) == ({"name": name}, code)


def test_every_reference_list_is_there_and_every_code_of_the_figures_in_one(get: Get, public: Release) -> None:
    lists = conforms("/reference-lists", get("/v1/reference-lists"))["results"]
    entries = {}
    for reference in lists:
        reference_list = conforms("/reference-lists/{name}", get(f"/v1/reference-lists/{reference['id']}"))
        assert reference_list["title"] == reference["title"]
        assert reference_list["entries"]
        entries[reference["id"]] = {entry["code"]: entry["title"] for entry in reference_list["entries"]}
    figures = get(f"/v1/releases/{public.pk}/figures", "pageSize=100").json()["results"]
    assert {figure["unit"] for figure in figures}.issubset(entries["units"])
    assert {figure["population"] for figure in figures}.issubset(entries["populations"])
    assert {figure["kind"] for figure in figures}.issubset(entries["release-kinds"])
    assert {figure["scope"] for figure in figures} == {*entries["municipalities"].values(), NATIONAL}


@pytest.mark.parametrize("name", ["x", "%00", "Countries", "x" * 5000])
def test_an_unknown_reference_list_is_not_found(get: Get, name: str) -> None:
    assert get(f"/v1/reference-lists/{name}").status_code == 404


def test_a_figure_of_an_edition_is_that_of_the_page(ask: Get, public: Release) -> None:
    """A machine gets the same bytes as a person who downloads the file."""
    whole = ask(f"/v1/editions/{public.pk}").content
    assert ask(f"/openbaar/{public.pk}/uitgave.json").content == whole


def test_machines_are_no_early_readers(machine: Machine, secret: Release) -> None:
    assert machine.user not in releases.candidates(secret)


def test_a_round_that_is_open_is_in_no_list(ask: Get, bureau: User, today: date, now: datetime) -> None:
    opened(bureau, today, now)
    assert ask("/v1/editions").json()["results"] == []
