"""The pages that join the rooms: the start page, the page of a case, their frame, and the pages of refusals."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import Disclosure, Organisation, User
from accounts.permissions import Role
from cases import exits, intake, procedures, stays
from cases.models import Case
from lvv import errors
from mrt import escalation as mrt
from scenarios import table
from scenarios.meetings import decisions, planning
from scenarios.meetings.decisions import Resolution
from tests.conftest import CaseOf, Hire

Queries = Callable[[int], AbstractContextManager[None]]


def opened(client: Client, user: User, address: str) -> Any:
    client.force_login(user)
    return client.get(address)


def shown(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def decided(sheltered: CaseOf, worker: User, chair: User, today: date, now: datetime) -> Case:
    """A sheltered case that a meeting decided to escalate, and that is on the next agenda."""
    case = sheltered(worker, "Verzonnen")
    with acting_as(chair):
        held = planning.plan(case.municipality, held_on=today, place="Stadhuis", by=chair, at=now)
        item = planning.put_on_agenda(held, case, purpose="scenario", by=chair, at=now)
        planning.hold(held, present=table.seated(case.municipality), by=chair, at=now)
        decisions.decide(item, Resolution(outcome="escalated", text="Geen overeenstemming"), by=chair, at=now)
        coming = planning.plan(case.municipality, held_on=today + timedelta(days=7), place="Stadhuis", by=chair, at=now)
        planning.put_on_agenda(coming, case, purpose="review", by=chair, at=now)
    return case


def test_home_shows_my_numbers_my_deadlines_and_the_next_meeting(
    client: Client, worker: User, chair: User, decided: Case, case_of: CaseOf
) -> None:
    late = case_of(worker, "Wachtend")
    case_of(chair, "Van een ander")
    response = opened(client, worker, reverse("home"))
    page = shown(response)
    numbers = {words: number for _, words, number in response.context["numbers"]}
    assert (numbers["Lopende zaken"], numbers["Nog geen besluit over toelating"]) == (2, 1)
    assert numbers["Verblijft, nog zonder scenario"] == 1
    assert [(due.case.pk, due.deadline.title, due.is_late) for due in response.context["dues"]] == [
        (late.pk, "Besluit over toelating nemen", True)
    ]
    assert "16 dagen te laat" in page
    assert "Van een ander" not in page
    assert [meeting.item_count for meeting in response.context["meetings"]] == [1]


def test_home_shows_everybodys_cases_when_asked(client: Client, worker: User, chair: User, case_of: CaseOf) -> None:
    case_of(worker, "Eigen")
    case_of(chair, "Van een ander")
    assert "Van een ander" in shown(opened(client, worker, reverse("home") + "?van=alle"))


def test_a_user_without_own_cases_sees_those_they_take_part_in(client: Client, counsellor: User, decided: Case) -> None:
    response = opened(client, counsellor, reverse("home"))
    assert dict((words, number) for _, words, number in response.context["numbers"])["Lopende zaken"] == 1


def test_a_decision_to_escalate_waits_on_home_and_in_the_case_until_it_is_worked_out(
    client: Client, chair: User, decided: Case, today: date, now: datetime
) -> None:
    with acting_as(chair):
        decision = decided.decisions.get()
    request = reverse("mrt:escalation_request", args=[decision.pk])
    pages = (reverse("home") + "?van=alle", reverse("case", args=[decided.pk]))
    assert all(request in shown(opened(client, chair, address)) for address in pages)
    with acting_as(chair):
        escalation = mrt.escalate(
            decision, ground="complexity", disagreements=[], question="Wat nu?", by=chair, on=today, at=now
        )
    for address in pages:
        page = shown(opened(client, chair, address))
        assert request not in page
        assert reverse("mrt:escalation_detail", args=[escalation.pk]) in page


def test_the_persons_shown_on_home_are_logged(client: Client, worker: User, case_of: CaseOf) -> None:
    case = case_of(worker)
    opened(client, worker, reverse("home"))
    line = Disclosure.objects.get()
    assert (line.page, line.persons) == ("home", [case.person_id])


@pytest.mark.parametrize("rows", [1, 3])
def test_home_asks_a_fixed_number_of_queries(
    client: Client, worker: User, case_of: CaseOf, rows: int, django_assert_num_queries: Queries
) -> None:
    for _ in range(rows):
        case_of(worker)
    client.force_login(worker)
    with django_assert_num_queries(HOME_QUERIES):
        assert client.get(reverse("home")).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_file_asks_a_fixed_number_of_queries(
    client: Client,
    worker: User,
    sheltered: CaseOf,
    today: date,
    now: datetime,
    rows: int,
    django_assert_num_queries: Queries,
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        for number in range(rows):
            procedures.file(case, kind="hasa", by=worker, on=today - timedelta(days=number), at=now)
            intake.restate_identity(case, identity=intake.Identity(f"Naam{number}"), by=worker, on=today, at=now)
    client.force_login(worker)
    with django_assert_num_queries(FILE_QUERIES):
        assert client.get(reverse("case", args=[case.pk])).status_code == 200


HOME_QUERIES = 31
FILE_QUERIES = 60


def test_the_file_shows_the_case_in_one_look_and_logs_it(client: Client, worker: User, decided: Case) -> None:
    page = shown(opened(client, worker, reverse("case", args=[decided.pk])))
    for words in (
        "Verzonnen",
        decided.number,
        "Verblijft in de LVV",
        "Locatie Oost",
        "Binnen het convenant",
        "Gesteld",
    ):
        assert words in page, words
    line = Disclosure.objects.get()
    assert (line.page, line.persons) == ("case", [decided.person_id])


@pytest.mark.parametrize(
    ("state", "step"),
    [("registered", "admission_test"), ("sheltered", "item_add"), ("left", "exit_record"), ("closed", None)],
)
def test_the_file_names_the_step_that_comes_next(
    client: Client, worker: User, case_of: CaseOf, sheltered: CaseOf, today: date, now: datetime, state: str, step: str
) -> None:
    case = case_of(worker) if state == "registered" else sheltered(worker)
    with acting_as(worker):
        if state == "left":
            stays.end(case, by=worker, on=today, at=now)
        if state == "closed":
            exits.record_exit(case, category="other", by=worker, on=today, at=now)
    following = opened(client, worker, reverse("case", args=[case.pk])).context["actions"]["next"]
    assert (following and following.name) == step


def test_a_blocked_step_stands_beside_its_reason(client: Client, worker: User, case_of: CaseOf) -> None:
    page = shown(opened(client, worker, reverse("case", args=[case_of(worker).pk])))
    assert "Vul eerst de toelatingstoets in." in page
    assert "disabled" in page


def test_a_partner_gets_no_buttons_of_the_municipality_and_sees_no_other_parties(
    client: Client, counsellor: User, decided: Case
) -> None:
    page = shown(opened(client, counsellor, reverse("case", args=[decided.pk])))
    for name in ("exit_record", "stay_end", "admission_test", "party_add", "identity_restate"):
        assert reverse(f"cases:{name}", args=[decided.pk]) not in page, name
    assert reverse("cases:note_write", args=[decided.pk]) in page
    assert "Uw deelname" in page
    assert "AVIM Amsterdam" not in page


def test_a_persons_other_case_is_linked(
    client: Client, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        exits.record_exit(case, category="other", by=worker, on=today, at=now)
        case.refresh_from_db()
        back = intake.reopen(case, by=worker, on=today, at=now)
    assert reverse("case", args=[case.pk]) in shown(opened(client, worker, reverse("case", args=[back.pk])))


def test_a_case_whose_person_was_destroyed_still_opens(
    client: Client, worker: User, sheltered: CaseOf, owner: Callable[[], AbstractContextManager[None]]
) -> None:
    case = sheltered(worker, "Vergeten")
    with acting_as(worker):
        Case.objects.filter(pk=case.pk).update(person=None)
    response = opened(client, worker, reverse("case", args=[case.pk]))
    assert response.status_code == 200
    assert "vernietigd" in shown(response)
    assert "Vergeten" not in shown(response)
    assert opened(client, worker, reverse("cases:identity_restate", args=[case.pk])).status_code == 200
    assert "vernietigd" in shown(opened(client, worker, reverse("cases:case_list")))


# The frame

MENUS = {
    Role.CASE_WORKER: ["Start", "Zaken", "Overleggen", "MRT", "Monitor"],
    Role.CARE_PROFESSIONAL: ["Start", "Zaken"],
    Role.MONITOR_COORDINATOR: ["Start", "Monitor"],
    Role.PRIVACY_OFFICER: ["Start", "Inzagelogboek"],
    Role.APPLICATION_MANAGER: ["Start", "Gebruikers", "Machinekoppelingen"],
}


@pytest.mark.parametrize(("role", "titles"), MENUS.items())
def test_the_menu_leads_where_a_role_may_go_and_nowhere_else(
    client: Client, hire: Hire, ngo: Organisation, role: Role, titles: list[str]
) -> None:
    organisation = ngo.name if role is Role.CARE_PROFESSIONAL else "Gemeente Amsterdam"
    response = opened(client, hire(role, organisation), reverse("home"))
    assert [place.title for place in response.context["navigation"]] == titles
    assert [place.title for place in response.context["navigation"] if place.is_current] == ["Start"]
    for place in response.context["navigation"]:
        assert client.get(place.url).status_code == 200, place.title


@pytest.mark.parametrize(
    ("address", "title"),
    [("/zaken/", "Zaken"), ("/zaken/aanmelden/", "Zaken"), ("/overleggen/", "Overleggen"), ("/monitor/", "Monitor")],
)
def test_the_menu_marks_the_current_page(client: Client, worker: User, address: str, title: str) -> None:
    navigation = opened(client, worker, address).context["navigation"]
    assert [place.title for place in navigation if place.is_current] == [title]


# Refusals


def test_a_refusal_is_a_page_in_dutch_that_repeats_nothing(client: Client, worker: User, case_of: CaseOf) -> None:
    for address, status, words in (
        ("/bestaat-niet/abdi/", 404, "niet"),
        (reverse("accounts:user_list"), 403, "Dit hoort niet bij uw rol"),
    ):
        response = opened(client, worker, address)
        assert response.status_code == status
        assert words in shown(response)
        assert "abdi" not in shown(response)
    assert client.post(reverse("cases:procedure_file", args=[case_of(worker).pk]), {"kind": "x"}).status_code == 400


def test_a_form_from_elsewhere_is_refused_with_words(worker: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(worker)
    response = strict.post(reverse("cases:case_search"), {"q": "x"})
    assert response.status_code == 403
    assert "Deze pagina was te lang open" in shown(response)


def test_the_page_of_a_failure_needs_no_frame_and_no_database(rf: object) -> None:
    response = errors.server_error(rf.get("/"))  # type: ignore[attr-defined]
    assert response.status_code == 500
    assert "Er is iets misgegaan" in shown(response)
