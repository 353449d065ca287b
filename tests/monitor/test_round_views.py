"""The pages of a round: what each user sees, and what a submitted form does."""

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from accounts.permissions import Role
from cases import stays
from cases.models import Case
from monitor.models import Round, Statement, Tally
from monitor.rounds.statements import Stage
from tests.conftest import CaseOf, Hire
from tests.monitor.rounds import accepted, opened, stage, stated, tally_of
from tests.reading import words


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    return sheltered(worker, "Vingerhoed")


@pytest.fixture
def of_round(monitor_coordinator: User, case: Case, today: date, now: datetime) -> Round:
    return opened(monitor_coordinator, today, now)


@pytest.fixture
def tally(of_round: Round, chair: User) -> Tally:
    return tally_of(of_round, "Amsterdam", chair)


def _get(client: Client, user: User, name: str, *args: object) -> str:
    client.force_login(user)
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200, response.content.decode()[:500]
    return words(response)


def _send(client: Client, user: User, name: str, *args: object, **typed: str) -> object:
    """Open the form, fill in `typed`, and submit it."""
    client.force_login(user)
    address = reverse(name, args=args)
    form = client.get(address).context["form"]
    hidden = {key: str(form[key].value() or "") for key, field in form.fields.items() if field.widget.is_hidden}
    return client.post(address, {**hidden, **typed, "submission": str(uuid.uuid4())})


def test_the_bureau_opens_a_round_and_every_municipality_sees_its_tally(
    client: Client, monitor_coordinator: User, chair: User, worker: User, today: date
) -> None:
    closes = f"{today + timedelta(days=3)}T17:00"
    sent = _send(
        client,
        monitor_coordinator,
        "monitor:round_open",
        on=today.isoformat(),
        known_at=closes,
        definition_set="2022-01",
    )
    assert sent.status_code == 302  # type: ignore[attr-defined]
    assert _get(client, monitor_coordinator, "monitor:round_list").count("Nog niet verklaard") == 5
    for user in (chair, worker):
        html = _get(client, user, "monitor:round_list")
        assert (html.count("Nog niet verklaard"), "Utrecht" in html) == (1, False)


def test_a_partner_of_the_lso_sees_the_round_and_no_tally(
    client: Client, of_round: Round, tally: Tally, ind_member: User
) -> None:
    shown = _get(client, ind_member, "monitor:round_detail", of_round.pk)
    assert "Opgaven van gemeenten" not in shown
    assert "Amsterdam met IND" in shown
    assert "Amsterdam met DT&amp;V" not in shown
    assert client.get(reverse("monitor:tally_detail", args=[tally.pk])).status_code == 404


def test_who_has_no_part_in_rounds_gets_no_tab(client: Client, of_round: Round, counsellor: User) -> None:
    assert "Rondes" not in _get(client, counsellor, "monitor:measurement")
    assert "Geen opgaven om te tonen" in _get(client, counsellor, "monitor:round_detail", of_round.pk)


def test_the_story_of_a_statement(
    client: Client, case: Case, tally: Tally, chair: User, monitor_coordinator: User, today: date, now: datetime
) -> None:
    assert "Cijfers verklaren: Amsterdam" in _get(client, chair, "home")
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now)
    refused = _send(client, chair, "monitor:tally_state", tally.pk)
    assert "Licht toe waarom van 1 personen" in refused.content.decode()  # type: ignore[attr-defined]
    sent = _send(client, chair, "monitor:tally_state", tally.pk, explanation="Zonder bericht weg.", remarks="Geen.")
    assert sent.status_code == 302  # type: ignore[attr-defined]
    assert "Cijfers verklaren: Amsterdam" not in _get(client, chair, "home")
    assert "Over cijfers akkoord gaan: Amsterdam" in _get(client, monitor_coordinator, "home")
    html = _get(client, monitor_coordinator, "monitor:tally_accept", tally.pk)
    assert "Zonder bericht weg." in html
    assert "Vingerhoed" not in html
    _send(client, monitor_coordinator, "monitor:tally_accept", tally.pk)
    assert stage(tally, chair, now + timedelta(minutes=1)) is Stage.ACCEPTED
    html = _get(client, chair, "monitor:tally_detail", tally.pk)
    assert monitor_coordinator.full_name in html


def test_a_touched_statement_says_what_changed(
    client: Client, case: Case, tally: Tally, chair: User, monitor_coordinator: User, today: date, now: datetime
) -> None:
    stated(tally, chair, now)
    accepted(tally, monitor_coordinator, now)
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now + timedelta(milliseconds=1))
    for user in (chair, monitor_coordinator):
        html = _get(client, user, "monitor:tally_detail", tally.pk)
        assert "De verklaring geldt niet meer" in html
        assert "Aanwezig: 1 bij de verklaring, nu 0" in html
        assert "Niet verklaard: 0 bij de verklaring, nu 1" in html


def test_figures_that_changed_under_the_form_are_shown_before_they_are_signed(
    client: Client, case: Case, tally: Tally, chair: User, today: date, now: datetime
) -> None:
    client.force_login(chair)
    address = reverse("monitor:tally_state", args=[tally.pk])
    seen = client.get(address).context["form"]["seen"].value()
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=now)
    sent = {"seen": seen, "explanation": "Nagelopen.", "remarks": "Mijn tekst", "submission": str(uuid.uuid4())}
    response = client.post(address, sent)
    html = response.content.decode()
    assert response.status_code == 409
    assert "gewijzigd nadat u dit formulier opende" in html
    assert "Mijn tekst" in html
    again = {**sent, "seen": response.context["form"]["seen"].value(), "submission": str(uuid.uuid4())}
    assert client.post(address, again).status_code == 302


@pytest.mark.parametrize(
    ("name", "who", "typed", "left"),
    [
        ("monitor:tally_send_back", "bureau", {"reason": "Kijk nog eens."}, "sent_back"),
        ("monitor:tally_take_back", "chair", {"reason": "Fout gezien."}, "taken_back"),
    ],
)
def test_a_statement_ends_with_words(
    client: Client,
    tally: Tally,
    chair: User,
    monitor_coordinator: User,
    now: datetime,
    name: str,
    who: str,
    typed: dict[str, str],
    left: str,
) -> None:
    statement = stated(tally, chair, now)
    user = chair if who == "chair" else monitor_coordinator
    assert _send(client, user, name, tally.pk, **typed).status_code == 302  # type: ignore[attr-defined]
    with acting_as(chair):
        assert Statement.objects.get(pk=statement.pk).withdrawal == left
    assert typed["reason"] in _get(client, chair, "monitor:tally_detail", tally.pk)


def test_the_cut_off_moves_and_a_round_lapses(
    client: Client, of_round: Round, monitor_coordinator: User, today: date
) -> None:
    later = f"{today + timedelta(days=20)}T12:00"
    _send(client, monitor_coordinator, "monitor:round_move", of_round.pk, known_at=later)
    assert "12.00 uur" in _get(client, monitor_coordinator, "monitor:round_detail", of_round.pk)
    _send(client, monitor_coordinator, "monitor:round_cancel", of_round.pk, reason="Verkeerde peildatum.")
    assert "Verkeerde peildatum." in _get(client, monitor_coordinator, "monitor:round_detail", of_round.pk)


def test_a_signal_shows_cases_to_the_municipality_and_only_a_number_to_the_bureau(
    client: Client, case: Case, tally: Tally, chair: User, monitor_coordinator: User
) -> None:
    html = _get(client, chair, "monitor:tally_signal", tally.pk, "unknown_procedures")
    assert "Vingerhoed" in html
    assert Disclosure.objects.get(page="monitor:tally_signal").persons == [case.person_id]
    assert "Eerdere vertrekprocedures onbekend" in _get(client, monitor_coordinator, "monitor:tally_detail", tally.pk)
    address = reverse("monitor:tally_signal", args=[tally.pk, "unknown_procedures"])
    assert client.get(address).status_code == 403


def test_an_unknown_signal_does_not_exist(client: Client, tally: Tally, chair: User) -> None:
    client.force_login(chair)
    assert client.get(reverse("monitor:tally_signal", args=[tally.pk, "verzonnen"])).status_code == 404


def test_every_number_of_a_tally_leads_to_its_cases(client: Client, case: Case, tally: Tally, chair: User) -> None:
    html = _get(client, chair, "monitor:tally_detail", tally.pk)
    link = next(part for part in html.split('href="') if part.startswith("/monitor/cijfers/present/zaken/"))
    response = client.get(link.split('"')[0].replace("&amp;", "&"))
    assert "Vingerhoed" in response.content.decode()


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("name", ["monitor:round_list", "monitor:round_detail"])
def test_pages_ask_a_fixed_number_of_queries(
    client: Client,
    of_round: Round,
    monitor_coordinator: User,
    hire: Hire,
    now: datetime,
    number: int,
    name: str,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for city in ["Amsterdam", "Utrecht", "Rotterdam"][:number]:
        user = hire(Role.CHAIR, f"Gemeente {city}", f"v@{city.lower()}.example")
        stated(tally_of(of_round, city, user), user, now)
    client.force_login(monitor_coordinator)
    args = [] if name == "monitor:round_list" else [of_round.pk]
    with django_assert_max_num_queries(45):  # type: ignore[attr-defined]
        client.get(reverse(name, args=args))


def test_a_definition_set_is_compared_with_the_one_before_it(
    client: Client, case: Case, chair: User, today: date
) -> None:
    client.force_login(chair)
    address = reverse("monitor:definition_detail", args=["2022-01"])
    lines = client.get(address, {"figure": "semi_durable", "scope": "Amsterdam"}).context["preview"]["lines"]
    assert lines[0].on == date(2019, 4, 1)
    assert {line.before for line in lines} == {None}
    assert {line.on.month for line in lines} == {1, 4, 7, 10}
    assert len({line.on for line in lines}) == len(lines)
    assert lines[-1].on <= today
    assert client.get(address, {"figure": "verzonnen"}).status_code == 400
    assert client.get(reverse("monitor:definition_detail", args=["1999-01"])).status_code == 404
    assert client.get(reverse("monitor:definition_detail", args=["2019-04"])).status_code == 200
