"""Bad input on every form of cases gives a clear Dutch message, changes nothing, and is never a server error."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import AuditEntry, Submission, User
from cases import exits, procedures, stays
from cases.admission import CRITERIA
from cases.models import Case, Procedure, Stay
from core.forms import DayField, TextField
from tests.conftest import CaseOf

TOO_LONG = "a" * 10_000
NULL = "tekst\x00tekst"
ENGLISH = ("This field", "Enter a", "Select a valid", "Ensure this", "required")


@dataclass
class Page:
    """A page of an act, and the state of a case in which its form can be sent."""

    name: str
    typed: dict[str, Any]
    state: str = "registered"
    query: str = ""
    path: dict[str, Any] = field(default_factory=dict)


TODAY, FIRST = "vandaag", "de eerste"
PERSON = {
    "family_name": "Nieuw",
    "given_names": "Test",
    "birth_day": 17,
    "birth_month": 3,
    "birth_year": 1984,
    "sex": "male",
    "nationality": "MA",
    "source": "own_statement",
    "certainty": "claimed",
    "v_number": "2712345678",
    "departure_procedures": 1,
    "on": TODAY,
}
PAGES = [
    Page("person_register", {**PERSON, "municipality": FIRST}, state="nobody"),
    Page("identity_restate", PERSON),
    Page("person_merge", {"grounds": "x"}, state="double", query="?number=AMS-00002"),
    Page("person_return", {"on": TODAY, "departure_procedures": 1}, state="closed"),
    Page(
        "admission_test",
        {c.code: "yes" for c in CRITERIA} | {f"{c.code}_evidence": "x" for c in CRITERIA} | {"on": TODAY},
    ),
    Page(
        "admission_decide",
        {"outcome": "admitted", "inside_covenant": "ja", "body": "lso", "reason": "x", "on": TODAY},
        state="sheltered",
    ),
    Page(
        "stay_place",
        {"kind": "provisional", "location": "Oost", "over_capacity_reason": "x", "on": TODAY},
    ),
    Page("stay_end", {"on": TODAY}, state="sheltered"),
    Page("waiting_start", {"on": TODAY, "reason": "x"}),
    Page("waiting_stop", {"on": TODAY}, state="waiting"),
    Page(
        "exit_record",
        {"category": "return", "destination": "MA", "evidence": "x", "confirmed_by": "dtv", "on": TODAY},
        state="sheltered",
    ),
    Page("case_close", {"on": TODAY}),
    Page("procedure_file", {"kind": "hasa", "on": TODAY}),
    Page("procedure_decide", {"outcome": "granted", "on": TODAY}, state="procedure"),
    Page("fact_withdraw", {"reason": "x"}, state="stay"),
    Page("note_write", {"organisation": FIRST, "compartment": "shared", "text": "x"}),
    Page("party_add", {"organisation": FIRST}),
]


@dataclass
class Opened:
    """A form that the worker opened, and valid input for it."""

    client: Client
    address: str
    form: forms.Form
    typed: dict[str, str]

    def send(self, **changed: str) -> Any:
        return self.client.post(self.address, {**self.typed, **changed, "submission": str(uuid.uuid4())})


Open = Callable[[Page], Opened]


@dataclass
class World:
    """Brings cases into the states that the pages need."""

    worker: User
    case_of: CaseOf
    sheltered: CaseOf
    today: date
    now: datetime

    def path(self, state: str) -> dict[str, Any]:
        """Bring a case into the state, and return the arguments of the page's address."""
        if state == "nobody":
            return {}
        case = (self.sheltered if state in {"sheltered", "stay"} else self.case_of)(self.worker)
        with acting_as(self.worker):
            return {"pk": case.pk, **self._bring(case, state)}

    def _bring(self, case: Case, state: str) -> dict[str, Any]:
        by, on, at = self.worker, self.today, self.now
        if state == "waiting":
            stays.wait(case, by=by, on=on, at=at)
        elif state == "closed":
            exits.close_without_stay(case, by=by, on=on - timedelta(days=1), at=at)
        elif state == "double":
            exits.close_without_stay(self.case_of(by), by=by, on=on, at=at)
        elif state == "procedure":
            return {"procedure": procedures.file(case, kind="hasa", by=by, on=on, at=at).pk}
        elif state == "stay":
            return {"kind": "stay", "fact": Stay.objects.get(case=case).pk}
        return {}


@pytest.fixture
def open_page(client: Client, worker: User, case_of: CaseOf, sheltered: CaseOf, today: date, now: datetime) -> Open:
    """Bring a case into the state of a page, and open the page."""
    world = World(worker, case_of, sheltered, today, now)

    def opened(page: Page) -> Opened:
        client.force_login(worker)
        address = reverse(f"cases:{page.name}", kwargs=world.path(page.state)) + page.query
        if page.name == "person_register":
            form = client.post(reverse("cases:person_search"), {"zoek-name": "Niemand"}).context["form"]
        else:
            form = client.get(address).context["form"]
        typed = {name: _typed(value, form, name, today) for name, value in page.typed.items()}
        if "version" in form.fields:
            typed["version"] = str(form["version"].value())
        return Opened(client, address, form, typed)

    return opened


def _typed(value: object, form: forms.Form, name: str, today: date) -> str:
    """The input for a value that is known only when the page is open: a day, or the first choice of the form."""
    if value == TODAY:
        return today.isoformat()
    if value == FIRST:
        return str(form.fields[name].queryset.first().pk)  # type: ignore[attr-defined]
    return str(value)


def attacks(kind: forms.Field, today: date) -> list[str]:
    """The values that a field must refuse."""
    tomorrow = (today + timedelta(days=1)).isoformat()
    wrong: dict[type[forms.Field] | tuple[type[forms.Field], ...], list[str]] = {
        DayField: ["31-02-2026", "2020-13-01", "gisteren", "1899-12-31", "12026-01-01", tomorrow, NULL],
        TextField: [TOO_LONG, NULL],
        forms.IntegerField: ["-1", "tien", "1" * 5_000, "1.5", NULL],
        (forms.ChoiceField, forms.ModelChoiceField): ["QQ", "999999", TOO_LONG, NULL],
    }
    values = [value for kinds, values in wrong.items() if isinstance(kind, kinds) for value in values]
    return [*values, "", "   "] if kind.required else values


@pytest.mark.parametrize("target", PAGES, ids=lambda target: target.name)
def test_the_form_as_meant_goes_through(target: Page, open_page: Open) -> None:
    """Without this, the refusals below would prove nothing."""
    assert open_page(target).send().status_code == 302


@pytest.mark.parametrize("target", PAGES, ids=lambda target: target.name)
def test_each_wrong_value_is_refused_in_dutch_and_changes_nothing(target: Page, open_page: Open, today: date) -> None:
    opened = open_page(target)
    before = AuditEntry.objects.count()
    shown = {name: kind for name, kind in opened.form.fields.items() if name not in {"submission", "version"}}
    wrong = {name: attacks(kind, today) for name, kind in shown.items()}
    for turn in range(max(map(len, wrong.values()))):
        # All fields at once: each must be named in the answer.
        sent = {name: values[turn] for name, values in wrong.items() if turn < len(values)}
        response = opened.send(**sent)
        assert response.status_code == 400, sent.keys()
        errors = response.context["form"].errors
        for name, value in sent.items():
            assert len(errors.get(name, [])) == 1, (name, value[:30], errors)
            assert not any(words in errors[name][0] for words in ENGLISH), errors
            assert errors[name][0] in response.content.decode(), errors
    assert AuditEntry.objects.count() == before
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("field_name", "value", "message"),
    [
        ("on", "", "Vul “Datum van vertrek” in."),
        ("on", "31-02-2026", "Deze datum bestaat niet. Vul dag, maand en jaar in, zoals 17-11-2020."),
        ("on", "1899-12-31", "Deze datum ligt vóór 1900. Controleer het jaar."),
        ("on", "9999-12-31", "Deze datum ligt in de toekomst. Vul een datum in tot en met vandaag."),
        ("category", "", "Maak een keuze bij “Wijze van uitstroom”."),
        ("destination", "QQ", "Kies een van de mogelijkheden uit de lijst."),
        ("evidence", NULL, "Deze tekst bevat een teken dat niet kan. Typ de tekst opnieuw."),
    ],
)
def test_the_message_says_how_to_repair(open_page: Open, field_name: str, value: str, message: str) -> None:
    page = next(page for page in PAGES if page.name == "exit_record")
    response = open_page(page).send(**{field_name: value})
    assert response.context["form"].errors[field_name] == [message]


@pytest.mark.parametrize(
    ("changed", "wrong_field"),
    [
        ({"birth_month": ""}, "birth_month"),
        ({"birth_year": ""}, "birth_year"),
        ({"birth_month": "2", "birth_day": "30"}, "birth_year"),
        ({"birth_year": "2099"}, "birth_year"),
        ({"birth_month": "13"}, "birth_month"),
    ],
)
def test_a_birth_date_that_can_not_be_is_refused(open_page: Open, changed: dict[str, str], wrong_field: str) -> None:
    response = open_page(PAGES[0]).send(**changed)
    assert response.status_code == 400
    assert wrong_field in response.context["form"].errors


def test_an_end_before_the_start_is_refused(open_page: Open, today: date) -> None:
    for name in ("stay_end", "exit_record"):
        page = next(page for page in PAGES if page.name == name)
        response = open_page(page).send(on=(today - timedelta(days=20)).isoformat())
        assert response.status_code == 400
        assert "moet na de eerste dag van het verblijf" in response.content.decode()


def test_a_search_with_nothing_or_nonsense_is_answered_with_words(client: Client, worker: User) -> None:
    client.force_login(worker)
    for typed, words in (
        ({}, "Vul een naam of een V-nummer in."),
        ({"zoek-birth_year": "1980"}, "Vul een naam of een V-nummer in."),
        ({"zoek-name": NULL}, "Deze tekst bevat een teken dat niet kan."),
        ({"zoek-name": TOO_LONG}, "tekens"),
        ({"zoek-name": "x", "zoek-birth_year": "84"}, "vier cijfers"),
    ):
        response = client.post(reverse("cases:person_search"), {"x": "1", **typed})
        assert response.status_code == 400, typed
        assert words in response.content.decode(), typed
    response = client.post(reverse("cases:case_search"), {"q": NULL})
    assert response.status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"status": "QQ"},
        {"situation": NULL},
        {"worker": "7"},
        {"sort": "password"},
        {"sort": TOO_LONG},
        {"municipality": "x"},
        {"page": "-1"},
        {"page": NULL},
        {"page": "9" * 5_000},
    ],
)
def test_a_strange_address_of_the_list_is_no_error(
    client: Client, worker: User, case_of: CaseOf, query: dict[str, str]
) -> None:
    case_of(worker)
    client.force_login(worker)
    assert client.get(reverse("cases:case_list"), query).status_code in {200, 400}


def test_a_refusal_by_the_database_is_shown_as_a_refusal(
    open_page: Open, worker: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When two people act at the same moment, the slower one meets the constraint, which is no server error."""
    page = next(page for page in PAGES if page.name == "stay_place")
    opened = open_page(page)
    monkeypatch.setattr(stays, "placement_blockers", lambda *args, **kwargs: [])
    assert opened.send().status_code == 302
    with acting_as(worker):
        version = Case.objects.get().version
    response = opened.send(version=str(version))
    assert response.status_code == 400
    assert "Dit past niet bij wat al is vastgelegd." in response.content.decode()
    with acting_as(worker):
        assert Stay.objects.count() == 1
        assert not Procedure.objects.exists()
