"""The pages of a settlement: who sees the persons, what the log records, and the way from a list to a signature."""

import uuid
from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from cases.deadlines import beside_cases
from monitor.models import Settlement, Tally
from monitor.rounds.settlements import Stage
from tests.conftest import as_owner
from tests.core.test_spreadsheets import ods_of, xlsx_of
from tests.monitor.rounds import items_of, replied, stated
from tests.monitor.test_settlements import V_NUMBER, Left, left, of_round, stage, tally, with_dtv, with_ind

__all__ = ["left", "of_round", "tally", "with_dtv", "with_ind"]

COLUMNS = ["V-nummer", "Naam", "Geboren", "Datum", "Uitkomst", "Gemeente"]


def _get(client: Client, user: User, name: str, *args: object, query: str = "") -> str:
    client.force_login(user)
    response = client.get(reverse(name, args=args) + query)
    assert response.status_code == 200
    return response.content.decode()


def _send(client: Client, user: User, name: str, *args: object, **typed: object) -> Any:
    """Open the form, fill in `typed`, and submit it."""
    client.force_login(user)
    address = reverse(name, args=args)
    form = client.get(address).context["form"]
    hidden = {key: str(form[key].value() or "") for key, field in form.fields.items() if field.widget.is_hidden}
    return client.post(address, {**hidden, **typed, "submission": str(uuid.uuid4())})


@pytest.mark.parametrize("kind", [xlsx_of, ods_of])
def test_from_a_list_to_a_signature(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, today: date,
    now: datetime, kind: Any,
) -> None:  # fmt: skip
    for number in (V_NUMBER, "0300000003"):
        left("grant", v_number=number)
    stated(tally, chair, now)
    assert "Cijfers afstemmen: Amsterdam" in _get(client, ind_member, "home")
    file = SimpleUploadedFile("lijst", kind([COLUMNS, [V_NUMBER, "", "", today, "ingewilligd", "Amsterdam"]]))
    sent = _send(client, ind_member, "monitor:settlement_compare", with_ind.pk, attachment=file)
    assert sent.status_code == 302
    shown = _get(client, ind_member, "monitor:settlement_detail", with_ind.pk)
    assert "Vergeleken: 1 komen overeen, 1 ontbreekt bij ons." in shown
    assert "Over 1 verschil met IND beslissen: Amsterdam" in _get(client, chair, "home")
    (item,) = [candidate for candidate in items_of(with_ind, chair, now) if candidate.v_number == "0300000003"]
    sent = _send(client, chair, "monitor:item_rule", item.pk, outcome="kept", reason="De beschikking ligt hier.")
    assert sent.status_code == 302
    listed = _get(client, ind_member, "monitor:settlement_detail", with_ind.pk, query="?toon=verschillen")
    assert "De beschikking ligt hier." in listed
    assert str(chair) in listed
    assert _send(client, ind_member, "monitor:settlement_sign", with_ind.pk).status_code == 302
    assert stage(with_ind, ind_member, now) is Stage.SIGNED
    for user in (chair, ind_member):
        assert V_NUMBER not in _get(client, user, "monitor:settlement_detail", with_ind.pk, query="?toon=gelijk")


def test_by_hand(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, today: date,
    now: datetime,
) -> None:  # fmt: skip
    for _ in range(2):
        left("grant")
    stated(tally, chair, now)
    first = items_of(with_ind, ind_member, now)[0]
    differs = {"answer": "differs", "difference": "date", "text": "Een dag later."}
    assert _send(client, ind_member, "monitor:item_reply", first.pk, **differs).status_code == 302
    assert _send(client, ind_member, "monitor:settlement_agree", with_ind.pk).status_code == 302
    missing = {"v_number": "0999999999", "on": today.isoformat(), "category": "grant"}
    assert _send(client, ind_member, "monitor:settlement_missing", with_ind.pk, **missing).status_code == 302
    again = _send(client, chair, "monitor:item_rule", first.pk, outcome="again")
    assert again.status_code == 302
    assert stage(with_ind, ind_member, now) is Stage.COMPARING


def test_a_list_with_faults_says_where_and_changes_nothing(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    left("grant")
    stated(tally, chair, now)
    file = SimpleUploadedFile("lijst.xlsx", xlsx_of([COLUMNS, [V_NUMBER, "", "", "31-02-2026", "", ""]]))
    sent = _send(client, ind_member, "monitor:settlement_compare", with_ind.pk, attachment=file)
    assert sent.status_code == 400
    assert "Regel 2: deze datum bestaat niet" in sent.content.decode()
    assert stage(with_ind, ind_member, now) is Stage.COMPARING


def test_the_bureau_sees_numbers_and_nobody(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, monitor_coordinator: User,
    now: datetime,
) -> None:  # fmt: skip
    left("grant")
    stated(tally, chair, now)
    shown = _get(client, monitor_coordinator, "monitor:settlement_detail", with_ind.pk)
    assert "De personen zijn hier niet te zien" in shown
    assert V_NUMBER not in shown
    assert not Disclosure.objects.exists()


def test_the_log_records_which_persons_a_partner_saw(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    case = left("grant")
    stated(tally, chair, now)
    (item,) = items_of(with_ind, ind_member, now)
    assert V_NUMBER in _get(client, ind_member, "monitor:settlement_detail", with_ind.pk)
    _get(client, ind_member, "monitor:item_reply", item.pk)
    with as_owner(), acting_as(ind_member):
        lines = list(Disclosure.objects.filter(user_id=ind_member.pk).values_list("page", "persons", "municipalities"))
    municipality = [tally.municipality_id]
    assert lines == [
        ("monitor:settlement_detail", [case.person_id], municipality),
        ("monitor:item_reply", [case.person_id], municipality),
    ]


def test_a_municipality_links_to_its_cases_and_a_partner_that_takes_no_part_does_not(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime
) -> None:
    case = left("grant")
    stated(tally, chair, now)
    assert case.number in _get(client, chair, "monitor:settlement_detail", with_ind.pk)
    assert case.number not in _get(client, ind_member, "monitor:settlement_detail", with_ind.pk)


@pytest.mark.parametrize("number", [1, 3])
def test_a_settlement_asks_a_fixed_number_of_queries(
    client: Client, tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime,
    number: int,
) -> None:  # fmt: skip
    for _ in range(number):
        left("grant")
    stated(tally, chair, now)
    for item in items_of(with_ind, ind_member, now):
        replied(item, ind_member, now, answer="unknown", text="Niet te vinden.")
    client.force_login(chair)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse("monitor:settlement_detail", args=[with_ind.pk]))
    assert len(queries) == 33


@pytest.mark.parametrize("number", [1, 3])
def test_what_waits_asks_a_fixed_number_of_queries(
    tally: Tally, with_ind: Settlement, left: Left, chair: User, ind_member: User, now: datetime, number: int
) -> None:
    for _ in range(number):
        left("grant")
    stated(tally, chair, now)
    with acting_as(ind_member), CaptureQueriesContext(connection) as queries:
        assert [due.title for due in beside_cases(ind_member, now)] == ["Cijfers afstemmen"]
    assert len(queries) == 16
