"""The pages of figures: the figures, their definitions, the cases behind them, and the file."""

import csv
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from cases import stays
from monitor.figures.definitions import DEFINITION_SETS, in_force
from monitor.figures.indicators import DefinitionSet
from monitor.views import base
from tests.conftest import CaseOf
from tests.reading import words


def test_the_page_shows_every_indicator_and_the_balance(
    client: Client, worker: User, sheltered: CaseOf, today: date
) -> None:
    sheltered(worker)
    client.force_login(worker)
    html = client.get(reverse("monitor:measurement")).content.decode()
    for item in in_force(today).indicators:
        assert item.title in html, item.code
    assert "De balans sluit" in html


def test_an_unexplained_person_is_shown_as_unexplained(
    client: Client, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today, at=now)
    client.force_login(worker)
    html = client.get(reverse("monitor:measurement")).content.decode()
    assert "Van 1 personen is het verblijf geëindigd zonder dat is vastgelegd" in html


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"on": "31-02-2020"}, "Vul de peildatum in"),
        ({"on": "1850-01-01"}, "vanaf 1 januari 2019"),
        ({"on": "9999-12-31"}, "Kies een peildatum tot en met vandaag"),
        ({"on": "2020-11-01", "known_at": "2999-01-01T00:00"}, "Wat later bekend wordt"),
        ({"on": "\x00"}, "Vul de peildatum in"),
        ({"definition_set": "1999-01"}, "Kies een definitieset uit de lijst"),
        ({"known_at": "x" * 10_000}, "Vul het moment in"),
    ],
)
@pytest.mark.parametrize(("name", "args"), [("monitor:measurement", []), ("monitor:measurement_file", ["csv"])])
def test_a_wrong_pair_is_refused_with_a_clear_message(
    client: Client, worker: User, name: str, args: list[str], query: dict[str, str], message: str
) -> None:
    client.force_login(worker)
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 400
    assert message in response.content.decode()


def test_the_file_holds_the_figures_of_the_page(client: Client, worker: User, sheltered: CaseOf, today: date) -> None:
    sheltered(worker)
    client.force_login(worker)
    response = client.get(reverse("monitor:measurement_file", args=["csv"]), {"on": today.isoformat()})
    rows = list(csv.DictReader(response.getvalue().decode("utf-8-sig").splitlines(), delimiter=";"))
    assert {row["indicator"] for row in rows if not row["waarde"]} == {
        i.code for i in in_force(today).indicators if not i.by
    }
    present = next(row for row in rows if row["indicator"] == "present")
    assert (present["Amsterdam"], present["Utrecht"], present["landelijk"]) == ("1", "0", "1")


@pytest.mark.parametrize("definition_set", DEFINITION_SETS.values(), ids=lambda definition_set: definition_set.code)
def test_each_figure_of_each_set_opens_its_definition(
    client: Client, worker: User, definition_set: DefinitionSet
) -> None:
    client.force_login(worker)
    for item in definition_set.indicators:
        html = client.get(
            reverse("monitor:figure", args=[item.code]), {"definition_set": definition_set.code}
        ).content.decode()
        assert item.definition in html
        assert f"{definition_set.code}: {definition_set.title}" in html


def test_a_reference_date_is_counted_by_the_set_of_its_time(client: Client, worker: User) -> None:
    client.force_login(worker)
    shown = {
        on: client.get(reverse("monitor:measurement"), {"on": on}).context["measured"].definition_set.code
        for on in ("2020-10-31", "2020-11-01", "2021-12-31", "2022-01-01")
    }
    assert list(shown.values()) == ["2019-04", "2020-11", "2020-11", "2022-01"]


def test_another_set_may_be_chosen(client: Client, worker: User) -> None:
    client.force_login(worker)
    chosen = client.get(reverse("monitor:measurement"), {"on": "2020-11-01", "definition_set": "2022-01"})
    assert "Semi-bestendige oplossingen" in chosen.content.decode()


def test_a_figure_that_a_set_does_not_have_is_refused_with_words(client: Client, worker: User) -> None:
    client.force_login(worker)
    response = client.get(reverse("monitor:figure", args=["semi_durable"]), {"definition_set": "2020-11"})
    assert response.status_code == 400
    assert "In set 2020-11 bestaat dit cijfer niet." in response.content.decode()


def test_an_unknown_figure_does_not_exist(client: Client, worker: User) -> None:
    client.force_login(worker)
    assert client.get(reverse("monitor:figure", args=["verzonnen"])).status_code == 404


def test_behind_a_figure_stand_only_cases_that_the_reader_sees(
    client: Client, worker: User, outsider: User, sheltered: CaseOf
) -> None:
    own, other = sheltered(worker, "Vingerhoed"), sheltered(outsider, "Zonnedauw")
    client.force_login(worker)
    response = client.get(reverse("monitor:figure_cases", args=["present"]))
    html = words(response)
    assert "Vingerhoed" in html
    assert "Zonnedauw" not in html
    assert other.number not in html
    assert "1 zaak telt mee, maar is voor u niet zichtbaar." in html
    assert Disclosure.objects.get(user_id=worker.pk).persons == [own.person_id]


def test_many_cases_behind_a_figure_come_a_page_at_a_time(
    client: Client, worker: User, outsider: User, sheltered: CaseOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "PAGE_SIZE", 1)
    first, second = sheltered(worker, "Vingerhoed"), sheltered(worker, "Zonnedauw")
    sheltered(outsider)
    client.force_login(worker)
    address = reverse("monitor:figure_cases", args=["present"])
    page_1, page_2 = (words(client.get(address, {"scope": "NL", "page": n})) for n in (1, 2))
    assert first.number in page_1
    assert second.number not in page_1
    assert "?scope=NL&amp;page=2" in page_1
    assert second.number in page_2
    assert "1 zaak telt mee, maar is voor u niet zichtbaar." in page_2


def test_the_cases_behind_one_cell_are_those_of_that_cell(
    client: Client, worker: User, sheltered: CaseOf, today: date
) -> None:
    sheltered(worker, "Vingerhoed", sex="female")
    sheltered(worker, "Zonnedauw", sex="male")
    client.force_login(worker)
    address = reverse("monitor:figure_cases", args=["present_by_sex"])
    html = client.get(f"{address}?{urlencode({'scope': 'Amsterdam', 'value': 'female'})}").content.decode()
    assert "Vingerhoed" in html
    assert "Zonnedauw" not in html


def test_the_bureau_sees_figures_and_no_cases(client: Client, monitor_coordinator: User) -> None:
    client.force_login(monitor_coordinator)
    assert client.get(reverse("monitor:measurement")).status_code == 200
    assert client.get(reverse("monitor:figure_cases", args=["present"])).status_code == 403


@pytest.mark.parametrize("persons", [1, 3])
def test_the_page_asks_a_fixed_number_of_queries(
    client: Client, worker: User, sheltered: CaseOf, today: date, persons: int, django_assert_max_num_queries: object
) -> None:
    for _ in range(persons):
        sheltered(worker)
    client.force_login(worker)
    client.get(reverse("monitor:measurement"))
    with django_assert_max_num_queries(26):  # type: ignore[operator]
        client.get(reverse("monitor:measurement"), {"on": (today - timedelta(days=1)).isoformat()})
