"""The list of cases: what it shows, in which order, in how many queries, and what is logged."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from cases import admission, exits, stays, worklist
from cases.models import Case
from cases.views import lists
from tests.cases.conftest import Send
from tests.conftest import CaseOf, met


def numbers(response: Any) -> list[str]:
    return [row.case.number for row in response.context["rows"]]


@pytest.fixture
def of_each(case_of: CaseOf, sheltered: CaseOf, worker: User, today: date, now: datetime) -> dict[str, Case]:
    """A case in each situation."""
    names = ("undecided", "waiting", "placeless", "refused")
    cases = {name: case_of(worker) for name in names} | {"present": sheltered(worker), "no_exit": sheltered(worker)}
    cases["closed"] = sheltered(worker)
    with acting_as(worker):
        for name, outcome in (("placeless", "admitted"), ("refused", "refused")):
            case = cases[name]
            admission.test(case, readings=met(case, today), by=worker, on=today, at=now)
            admission.decide(
                case,
                outcome=outcome,
                inside_covenant=outcome == "admitted",
                reason="x",
                by=worker,
                on=today,
                at=now,
            )
        stays.wait(cases["waiting"], by=worker, on=today, at=now)
        stays.end(cases["no_exit"], by=worker, on=today, at=now)
        exits.record_exit(
            cases["closed"], category="onward", destination="FR", evidence="x", by=worker, on=today, at=now
        )
    return cases


def test_each_case_says_where_it_stands(of_each: dict[str, Case], look: Send, worker: User) -> None:
    rows = look(worker, "cases:case_list", status="all").context["rows"]
    words = {row.case.pk: row.standing.words for row in rows}
    assert {name: words[case.pk] for name, case in of_each.items()} == {
        "undecided": "Aangemeld, nog niet getoetst",
        "waiting": "Op de wachtlijst",
        "placeless": "Toegelaten, nog geen plaats",
        "refused": "Afgewezen",
        "present": "Verblijft in de LVV",
        "no_exit": "Verblijf beëindigd, nog geen uitstroom",
        "closed": "Gesloten: Doormigratie",
    }


def test_each_situation_finds_its_cases(of_each: dict[str, Case], look: Send, worker: User) -> None:
    name_of = {case.number: name for name, case in of_each.items()}
    found = {
        situation: {name_of[number] for number in numbers(look(worker, "cases:case_list", situation=situation))}
        for situation in worklist.SITUATIONS
    }
    assert found == {
        "undecided": {"undecided", "waiting"},
        "waiting": {"waiting"},
        "placeless": {"placeless"},
        "present": {"present"},
        "no_scenario": {"present"},
        "no_exit": {"no_exit"},
        "refused": {"refused"},
    }


def test_the_list_holds_open_cases_until_asked_otherwise(of_each: dict[str, Case], look: Send, worker: User) -> None:
    closed = of_each["closed"].number
    assert closed not in numbers(look(worker, "cases:case_list"))
    assert numbers(look(worker, "cases:case_list", status="closed")) == [closed]
    assert len(numbers(look(worker, "cases:case_list", status="all"))) == len(of_each)


def test_the_list_is_in_the_order_asked(case_of: CaseOf, look: Send, worker: User) -> None:
    for name in ("Bos", "Akker", "Dal"):
        case_of(worker, name)
    listed = look(worker, "cases:case_list", sort="family_name").context["rows"]
    assert [row.case.person.identity.family_name for row in listed] == ["Akker", "Bos", "Dal"]


def test_my_cases_are_those_of_which_i_am_the_worker(case_of: CaseOf, look: Send, worker: User, chair: User) -> None:
    mine, theirs = case_of(worker), case_of(chair)
    assert numbers(look(worker, "cases:case_list", worker="me")) == [mine.number]
    assert set(numbers(look(worker, "cases:case_list"))) == {mine.number, theirs.number}


def test_another_citys_cases_are_neither_listed_nor_found(
    case_of: CaseOf, look: Send, send: Send, worker: User, outsider: User
) -> None:
    case = case_of(worker, "Verborgen")
    assert numbers(look(outsider, "cases:case_list", status="all")) == []
    for words in ("Verborgen", case.number):
        assert numbers(send(outsider, "cases:case_search", q=words)) == []


def test_a_case_is_found_by_name_v_number_and_case_number(
    case_of: CaseOf, send: Send, worker: User, today: date, now: datetime
) -> None:
    case = case_of(worker, "Vindbaar")
    case_of(worker, "Ander")
    with acting_as(worker):
        case.person.v_number = "2712345678"  # type: ignore[union-attr]
        case.person.save(update_fields=["v_number"])  # type: ignore[union-attr]
    for words in ("vindb", "2712345678", "271 234 5678", case.number.lower()):
        assert numbers(send(worker, "cases:case_search", q=words)) == [case.number], words


def test_the_end_of_the_term_is_said_in_words(sheltered: CaseOf, look: Send, worker: User, today: date) -> None:
    case = sheltered(worker)
    (row,) = look(worker, "cases:case_list").context["rows"]
    began = case.registered_on + timedelta(days=10)
    assert row.ends_on == began + timedelta(days=548)
    assert row.ends_in == f"nog {(row.ends_on - today).days} dagen"
    assert not row.is_late


@pytest.mark.parametrize(
    ("days", "words"),
    [(-2, "2 dagen te laat"), (-1, "1 dag te laat"), (0, "vandaag"), (1, "morgen"), (2, "nog 2 dagen")],
)
def test_a_deadline_in_words(days: int, words: str) -> None:
    today = date(2020, 11, 1)
    assert worklist.in_days(today + timedelta(days=days), today) == words


def test_fifty_cases_stand_on_a_page(
    case_of: CaseOf, look: Send, worker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    for _ in range(3):
        case_of(worker)
    first, second = (look(worker, "cases:case_list", page=page) for page in "12")
    assert len(numbers(first)) == 2
    assert len(numbers(second)) == 1
    assert not set(numbers(first)) & set(numbers(second))
    assert "3 zaken gevonden" in first.content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_a_fixed_number_of_queries(
    client: Client,
    sheltered: CaseOf,
    worker: User,
    rows: int,
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    for _ in range(rows):
        sheltered(worker)
    client.force_login(worker)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(numbers(client.get(reverse("cases:case_list")))) == rows


LIST_QUERIES = 15


def test_the_persons_shown_by_list_and_search_are_logged(case_of: CaseOf, look: Send, send: Send, worker: User) -> None:
    one, two = case_of(worker, "Een"), case_of(worker, "Twee")
    look(worker, "cases:case_list")
    send(worker, "cases:case_search", q="Een")
    send(worker, "cases:case_search", q="Niemand")
    lines = Disclosure.objects.order_by("pk")
    assert [(line.page, line.persons) for line in lines] == [
        ("cases:case_list", sorted([one.person_id, two.person_id], key=str)),
        ("cases:case_search", [one.person_id]),
    ]
