"""The pages of users, the log of disclosures, the demo accounts, and the end of a session."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Disclosure, Membership, Organisation, User
from accounts.permissions import Permission, Role
from lvv.demo.progress import tell, told
from tests.conftest import CaseOf, Hire, as_owner
from tests.reading import words

TOO_LONG = "a" * 10_000


@pytest.fixture
def manager(hire: Hire) -> User:
    return hire(Role.APPLICATION_MANAGER, "Programmabureau LVV")


@pytest.fixture
def officer(hire: Hire) -> User:
    return hire(Role.PRIVACY_OFFICER, "Gemeente Amsterdam")


def post(client: Client, user: User, name: str, *keys: int, **typed: object) -> Any:
    client.force_login(user)
    filled = {field: str(value) for field, value in typed.items()}
    return client.post(reverse(name, args=keys), {"submission": str(uuid.uuid4()), **filled})


def get(client: Client, visitor: User, name: str, *keys: int, **query: str) -> Any:
    client.force_login(visitor)
    return client.get(reverse(name, args=keys), query)


def new_user(**changed: object) -> dict[str, object]:
    return {
        "full_name": "Nieuwe Collega",
        "email": "nieuw@lvv.example",
        "password": "vier losse woorden",
        "role": Role.CASE_WORKER,
        **changed,
    }


def test_a_user_is_added_and_can_log_in(client: Client, manager: User) -> None:
    city = Organisation.objects.get(name="Gemeente Amsterdam")
    assert post(client, manager, "accounts:user_add", **new_user(organisation=city.pk)).status_code == 302
    client.logout()
    response = client.post(reverse("account_login"), {"login": "nieuw@lvv.example", "password": "vier losse woorden"})
    assert response.status_code == 302
    assert client.get(reverse("cases:case_list")).status_code == 200


@pytest.mark.parametrize(
    ("changed", "wrong_field", "words"),
    [
        ({"email": "geen adres"}, "email", "Dit is geen e-mailadres"),
        ({"email": TOO_LONG + "@x.nl"}, "email", ""),
        ({"email": "a\x00@x.nl"}, "email", ""),
        ({"password": "kort"}, "password", "ten minste 12 tekens"),
        ({"password": "wachtwoord\x00wachtwoord"}, "password", "teken dat niet kan"),
        ({"full_name": ""}, "full_name", "Vul “Naam” in."),
        ({"full_name": TOO_LONG}, "full_name", ""),
        ({"full_name": "a\x00b"}, "full_name", "teken dat niet kan"),
        ({"role": "keizer"}, "role", "Kies een van de mogelijkheden uit de lijst."),
        ({"organisation": "999999"}, "organisation", "Kies een van de mogelijkheden uit de lijst."),
    ],
)
def test_bad_input_adds_nobody(
    client: Client, manager: User, changed: dict[str, str], wrong_field: str, words: str
) -> None:
    city = Organisation.objects.get(name="Gemeente Amsterdam")
    before = User.objects.count()
    response = post(client, manager, "accounts:user_add", **{**new_user(organisation=city.pk), **changed})
    assert response.status_code == 400
    assert words in " ".join(response.context["form"].errors[wrong_field])
    assert User.objects.count() == before


def test_a_password_is_never_sent_back(client: Client, manager: User) -> None:
    response = post(client, manager, "accounts:user_add", **new_user(organisation="", password="geheim-geheim-geheim"))
    assert response.status_code == 400
    assert "geheim-geheim-geheim" not in response.content.decode()


def test_roles_are_given_and_ended_on_the_pages(client: Client, manager: User, counsellor: User) -> None:
    city = Organisation.objects.get(name="Gemeente Amsterdam")
    typed = {"organisation": city.pk, "role": Role.CHAIR}
    assert post(client, manager, "accounts:membership_add", counsellor.pk, **typed).status_code == 302
    given = Membership.objects.get(user=counsellor, role=Role.CHAIR)
    assert "Voorzitter LSO, Gemeente Amsterdam" in get(client, manager, "accounts:user_list").content.decode()
    assert post(client, manager, "accounts:membership_end", given.pk).status_code == 302
    assert "Voorzitter LSO, Gemeente Amsterdam" not in get(client, manager, "accounts:user_list").content.decode()


def test_the_manager_can_not_raise_themselves(client: Client, manager: User) -> None:
    city = Organisation.objects.get(name="Gemeente Amsterdam")
    typed = {"organisation": city.pk, "role": Role.CASE_WORKER}
    assert post(client, manager, "accounts:membership_add", manager.pk, **typed).status_code == 400
    assert manager.memberships.count() == 1
    own = manager.memberships.get()
    assert "uw eigen rol niet" in get(client, manager, "accounts:membership_end", own.pk).content.decode()


def test_a_user_or_role_that_is_not_there_is_not_found(client: Client, manager: User) -> None:
    for name in ("accounts:membership_add", "accounts:membership_end"):
        assert get(client, manager, name, 999_999).status_code == 404
        assert client.get(reverse(name, args=[10**30])).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_users_asks_a_fixed_number_of_queries(
    client: Client,
    manager: User,
    hire: Hire,
    rows: int,
    django_assert_num_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    for number in range(rows):
        hire(Role.CASE_WORKER, "Gemeente Amsterdam", f"u{number}@lvv.example")
    client.force_login(manager)
    with django_assert_num_queries(12):
        client.get(reverse("accounts:user_list"))


# The log


def _line(user: User, at: datetime, *persons: uuid.UUID) -> None:
    """A log of users who saw persons of their own city. It is in the past, so the web can't have written it."""
    with as_owner():
        Disclosure.objects.create(
            at=at,
            user_id=user.pk,
            page="case",
            permission=Permission.SEE_CASES,
            persons=list(persons),
            municipalities=[user.memberships.get().organisation.municipality_id],
        )


def test_the_log_shows_who_saw_whom_without_names_of_persons(
    client: Client, worker: User, officer: User, case_of: CaseOf
) -> None:
    case = case_of(worker, "Geheim")
    get(client, worker, "cases:case_list")
    page = get(client, officer, "accounts:disclosure_list").content.decode()
    assert str(worker) in page
    assert str(case.person_id) in page
    assert "Geheim" not in page


def test_the_log_of_another_city_is_the_bureaus_alone(
    client: Client, worker: User, outsider: User, officer: User, hire: Hire, now: datetime
) -> None:
    ours, theirs = uuid.uuid4(), uuid.uuid4()
    _line(worker, now, ours)
    _line(outsider, now, theirs)
    bureau = hire(Role.PRIVACY_OFFICER, "Programmabureau LVV")
    queries: tuple[dict[str, str], ...] = ({}, {"user": str(outsider.pk)}, {"person": str(theirs)})

    def shown(user: User) -> list[set[uuid.UUID]]:
        pages = [get(client, user, "accounts:disclosure_list", **query).context["rows"] for query in queries]
        return [{person for line, *_ in rows for person in line.persons} for rows in pages]

    assert shown(officer) == [{ours}, set(), set()]
    assert shown(bureau) == [{ours, theirs}, {theirs}, {theirs}]


def test_the_log_names_a_page_by_its_address(client: Client, worker: User, officer: User, case_of: CaseOf) -> None:
    case = case_of(worker)
    client.force_login(worker)
    client.get(reverse("cases:stay_place", args=[case.pk]))
    page = get(client, officer, "accounts:disclosure_list").content.decode()
    assert "/zaken/…/verblijf/" in page
    assert "cases:" not in page


def test_the_log_is_filtered_by_period_user_and_person(
    client: Client, worker: User, chair: User, officer: User, now: datetime
) -> None:
    one, two = uuid.uuid4(), uuid.uuid4()
    _line(worker, now - timedelta(days=40), one)
    _line(worker, now - timedelta(days=2), one, two)
    _line(chair, now - timedelta(days=1), two)

    def found(**query: str) -> int:
        return len(get(client, officer, "accounts:disclosure_list", **query).context["rows"])

    day = timezone.localdate(now - timedelta(days=2)).isoformat()
    assert found() == 2
    assert found(since="") == 3
    assert found(since=day, until=day) == 1
    assert found(since="", user=str(worker.pk)) == 2
    assert found(since="", person=str(two)) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"since": "gisteren"},
        {"since": "0000-01-01"},
        {"since": "2020-11-02", "until": "2020-11-01"},
        {"user": "x"},
        {"person": "x\x00"},
        {"user": TOO_LONG},
    ],
)
def test_a_strange_filter_of_the_log_is_answered_with_words(
    client: Client, officer: User, query: dict[str, str]
) -> None:
    response = get(client, officer, "accounts:disclosure_list", **query)
    assert response.status_code == 400
    assert "Dit klopt nog niet:" in response.content.decode()


# Logging in and out


def demo(hire: Hire) -> User:
    return hire(Role.CASE_WORKER, "Gemeente Amsterdam", "proef@demo.lvv.example")


def test_in_the_trial_run_one_click_logs_in_to_a_demo_account(client: Client, hire: Hire, settings: Any) -> None:
    settings.IS_TRIAL = True
    user = demo(hire)
    page = client.get(reverse("account_login"))
    assert [account.email for account in page.context["demo_accounts"]] == [user.email]
    response = client.post(reverse("accounts:demo_login"), {"account": user.email})
    assert response["Location"] == "/"
    assert client.get("/").status_code == 200


def test_as_long_as_the_demo_world_is_built_the_page_says_how_far_it_is(
    client: Client, hire: Hire, settings: Any, tmp_path: Path
) -> None:
    settings.IS_TRIAL, settings.DEMO_PROGRESS = True, str(tmp_path / "progress")
    demo(hire)
    with told():
        tell(43, "mensen")
        page = client.get(reverse("account_login"))
        assert 'data-progress="building"' in page.content.decode()
        assert "De voorbeeldgegevens zijn voor 43% klaar" in words(page)
        assert "<form" not in page.content.decode()
    assert 'data-progress="ready"' in client.get(reverse("account_login")).content.decode()


def test_outside_the_trial_run_there_are_no_demo_accounts(client: Client, hire: Hire, settings: Any) -> None:
    settings.IS_TRIAL = False
    user = demo(hire)
    assert client.post(reverse("accounts:demo_login"), {"account": user.email}).status_code == 404
    assert not client.get(reverse("account_login")).context["demo_accounts"]


def test_only_demo_accounts_of_people_log_in_with_one_click(
    client: Client, hire: Hire, worker: User, settings: Any
) -> None:
    settings.IS_TRIAL = True
    machine = hire(Role.MACHINE_CLIENT, "Programmabureau LVV", "machine@demo.lvv.example")
    for email in (worker.email, machine.email, "", "\x00", TOO_LONG):
        assert client.post(reverse("accounts:demo_login"), {"account": email}).status_code == 404
    assert client.get(reverse("accounts:demo_login")).status_code == 405


def test_a_visitor_is_sent_to_log_in_and_back(client: Client, db: None) -> None:
    response = client.get(reverse("cases:case_list"))
    assert response["Location"] == "/inloggen/?next=/zaken/"


def test_the_pages_of_ones_own_account_open(client: Client, worker: User) -> None:
    client.post(reverse("account_login"), {"login": worker.email, "password": "een-lang-wachtwoord"})
    for name in ("account_change_password", "mfa_index", "account_reauthenticate", "account_logout"):
        assert client.get(reverse(name)).status_code == 200, name
    client.post(reverse("account_logout"))
    assert client.get("/").status_code == 302


def test_a_wrong_password_is_answered_the_same_as_an_unknown_address(client: Client, worker: User) -> None:
    answers = [
        client.post(reverse("account_login"), {"login": email, "password": "onjuist"}).context["form"].errors
        for email in (worker.email, "niemand@lvv.example")
    ]
    assert answers[0] == answers[1] != {}


@pytest.mark.parametrize(
    ("key", "setting"), [("seen_at", "SESSION_IDLE_LIMIT"), ("started_at", "SESSION_ABSOLUTE_LIMIT")]
)
def test_a_session_ends_when_idle_and_when_old(
    client: Client, worker: User, settings: Any, now: datetime, key: str, setting: str
) -> None:
    client.force_login(worker)
    assert client.get("/").status_code == 200
    session = client.session
    session[key] = (now - getattr(settings, setting) - timedelta(seconds=1)).isoformat()
    session.save()
    assert client.get("/")["Location"] == "/inloggen/?next=/"


def test_a_user_without_the_compulsory_second_factor_can_only_set_it_up(
    client: Client, worker: User, settings: Any
) -> None:
    settings.MFA_IS_REQUIRED = True
    client.post(reverse("account_login"), {"login": worker.email, "password": "een-lang-wachtwoord"})
    assert client.get("/")["Location"] == reverse("mfa_activate_totp")
    again = client.get(reverse("mfa_activate_totp"))["Location"]
    assert again.startswith(reverse("account_reauthenticate"))
    assert client.post(again, {"password": "een-lang-wachtwoord"})["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


def test_no_page_stays_behind_in_the_browser(client: Client, worker: User) -> None:
    response = get(client, worker, "home")
    assert "no-store" in response["Cache-Control"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
