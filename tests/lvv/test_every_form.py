"""Every form of every page, read from the running system, refuses impossible input in Dutch and changes nothing."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.permissions import GRANTS, Role
from tests.lvv.access_table import PAGES
from tests.lvv.addresses import GUARDED, Address, expected, path_of
from tests.lvv.cities import City, all_rows

# Pages that only show, or whose form stands in the address. Every other page has a form that is sent.
ONLY_SHOWN = {
    "accounts:disclosure_list",
    "accounts:machine_list",
    "accounts:user_list",
    "case",
    "cases:case_list",
    "home",
    "imports:import_detail",
    "imports:import_example_file",
    "imports:import_findings_file",
    "imports:import_list",
    "monitor:definition_detail",
    "monitor:definition_list",
    "monitor:figure",
    "monitor:figure_cases",
    "monitor:measurement",
    "monitor:measurement_file",
    "monitor:prior_advices",
    "monitor:review_analysis",
    "monitor:review_analysis_file",
    "monitor:reported",
    "monitor:release_detail",
    "monitor:release_file_json",
    "monitor:release_letter_file",
    "monitor:release_list",
    "monitor:release_proof_json",
    "monitor:round_detail",
    "monitor:round_list",
    "monitor:settlement_detail",
    "monitor:settlement_example_file",
    "monitor:tally_detail",
    "monitor:tally_signal",
    "monitor:then_and_now",
    "monitor:trends",
    "mrt:escalation_detail",
    "mrt:escalation_list",
    "mrt:request_sheet",
    "room:item",
    "room:projector",
    "room:start",
    "room:topics",
    "scenarios:action_list",
    "scenarios:agenda_pdf",
    "scenarios:deadlocks",
    "scenarios:excerpt_pdf",
    "scenarios:meeting_detail",
    "scenarios:meeting_ics",
    "scenarios:meeting_list",
    "scenarios:minutes",
    "scenarios:position_file",
    "scenarios:preparation",
    "scenarios:question_list",
    "scenarios:waiting_list",
    "scenarios:minutes_pdf",
}
# Forms that stand on another page: which page, what goes behind its address, and the form among what it shows.
ELSEWHERE: dict[str, tuple[str, Callable[[Any], forms.BaseForm]]] = {
    "room:write": ("room:item", lambda shown: shown["writing"]),
    "room:leave": ("room:item", lambda shown: shown["away"]),
    "room:topic_write": ("room:topics", lambda shown: shown["topics"][0][1]),
}
# What goes behind an address, where the form depends on it.
ASKED = {"room:decide": "?besluit=postponed"}
SENT = [address for address in GUARDED if address.name not in ONLY_SHOWN]
# A search that is sent as a form holds the form under this name; so do the pages whose filter stands in the address.
FORM_NAMES = ("form", "search", "filter")

NULL, TOO_LONG = "tekst\x00tekst", "a" * 10_000
DAYS = ["31-02-2026", NULL, "2026-13-01", "0001-01-01", "9999-12-31", "12026-01-01", "vandaag", TOO_LONG]
NUMBERS = ["-1", "1.5", "tien", "9" * 5_000, NULL]
CHOICES = ["QQ", NULL, "999999999999999999999", str(uuid.UUID(int=0)), TOO_LONG]
IDS = ["geen-kenmerk", NULL, TOO_LONG, ""]
# What Django says by itself, in either language, and what a browser or a database would say.
UNCLEAR = ("This field", "Enter a", "Select a", "Ensure this", "Zorg ervoor dat", "Selecteer een geldige")


@dataclass
class Opened:
    """A form on a page, and the input of somebody who fills it in without thinking."""

    client: Client
    path: str
    form: forms.BaseForm

    @property
    def typed(self) -> dict[str, str]:
        filled = {self.form.add_prefix(name): _plausible(self.form, name) for name in self.form.fields}
        return {**filled, "submission": str(uuid.uuid4())}

    def send(self, **changed: str) -> Any:
        names = {self.form.add_prefix(name): value for name, value in changed.items()}
        return self.client.post(self.path, {**self.typed, **names})


def _plausible(form: forms.BaseForm, name: str) -> str:
    field, value = form.fields[name], form[name].value()
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        offered = [str(key) for key in _keys(field) if key]
        return offered[0] if offered else ""
    if value not in (None, "", []):
        return str(value)
    if isinstance(field, forms.DateField):
        return date.today().isoformat()  # noqa: DTZ011
    return str(field.min_value or 1) if isinstance(field, forms.IntegerField) else "Wat nu?"


def _keys(field: Any) -> Iterator[object]:
    for key, words in field.choices:
        if isinstance(words, list | tuple):
            yield from (inner for inner, _ in words)
        else:
            yield key


def attacks(field: forms.Field) -> list[str]:
    """The values that a field of this kind must refuse."""
    if isinstance(field, forms.BooleanField | forms.FileField):  # a file is not read from text
        return []
    for kind, values in (
        (forms.DateField, DAYS),
        (forms.IntegerField, NUMBERS),
        (forms.ChoiceField | forms.ModelChoiceField, CHOICES),
        (forms.UUIDField, IDS),
    ):
        if isinstance(field, kind):
            return values
    return [NULL, TOO_LONG]


def _who(address: Address) -> Role:
    """The first role that may open the page."""
    return next(role for role in Role if PAGES[address.name] in GRANTS[role] and expected(address, role) == "in")


def _open(address: Address, cast: dict[Role, User], city: City) -> Opened:
    client = Client()
    client.force_login(cast[_who(address)])
    path = path_of(address, city) + ASKED.get(address.name, "")
    if address.name in ELSEWHERE:
        name, form_in = ELSEWHERE[address.name]
        page = next(other for other in GUARDED if other.name == name)
        return Opened(client, path, form_in(client.get(path_of(page, city)).context))
    if address.name == "cases:person_register":  # its way in is the search, which holds the form
        shown = client.post(reverse("cases:person_search"), {"zoek-name": "Niemand"})
    else:
        shown = client.get(path)
    assert shown.status_code == 200, address.name
    found = [shown.context[name] for name in FORM_NAMES if name in shown.context]
    assert found, f"{address.name} toont geen formulier: zet de pagina bij ONLY_SHOWN als zij niets wegschrijft."
    return Opened(client, path, found[0])


# How many impossible values of each field go in alone; the others go in together with those of the other fields.
ALONE = [pytest.param(1, id="one_alone"), pytest.param(None, id="each_alone", marks=pytest.mark.long)]


@pytest.mark.parametrize("alone", ALONE)
@pytest.mark.parametrize("room", sorted({address.name.partition(":")[0] for address in SENT}))
def test_impossible_input_is_refused_in_dutch_and_changes_nothing(
    room: str, alone: int | None, cast: dict[Role, User], city: City, subtests: pytest.Subtests
) -> None:
    """All forms of a room, one after the other: what one of them changed would be seen at the end."""
    before = all_rows()
    for address in (one for one in SENT if one.name.partition(":")[0] == room):
        with subtests.test(address=address.name):
            _assert_all_is_refused(address, cast, city, alone)
    assert all_rows() == before


def _assert_all_is_refused(address: Address, cast: dict[Role, User], city: City, alone: int | None) -> None:
    opened = _open(address, cast, city)
    wrong = {name: attacks(field) for name, field in opened.form.fields.items()}
    for name, values in wrong.items():
        # Alone, since beside another mistake nobody would notice that it went through.
        for value in values[:alone]:
            _assert_refused(opened.send(**{name: value}), name, value)
    for turn in range(max(map(len, wrong.values()), default=0)):
        assert opened.send(**{name: v[turn] for name, v in wrong.items() if turn < len(v)}).status_code in {400, 409}


def _assert_refused(response: Any, name: str, value: str) -> None:
    about = f"{name}={value[:30]!r}"
    # Another version is a conflict, where nothing else is wrong.
    assert response.status_code in ({400, 409} if name == "version" else {400}), about
    page = response.content.decode()
    assert not [words for words in UNCLEAR if words in page], about
    assert TOO_LONG not in page or len(value) == len(TOO_LONG), about
    if response.context is None or response.context.get("form") is None:
        return
    errors = response.context["form"].errors
    if name in errors:
        assert escape(errors[name][0]) in page or errors[name][0] in page, about
