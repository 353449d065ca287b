"""Registration by the pages: search first, then somebody new, or somebody who comes back."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.messages import get_messages

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from cases import exits, intake
from cases.models import Case, IdentityStatement, Profile
from tests.cases.conftest import Send, shown
from tests.conftest import CaseOf

PERSON = {
    "family_name": "Nieuw",
    "sex": "female",
    "nationality": "NG",
    "source": "own_statement",
    "certainty": "claimed",
}


def said(response: Any) -> str:
    """What the visitor is told on the next page."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_a_search_finds_a_double_by_part_of_a_name_without_accents_or_by_v_number(
    send: Send, worker: User, case_of: CaseOf, now: datetime, today: date
) -> None:
    case = case_of(worker, "Çelik-Verzonnen", given_names="José")
    with acting_as(worker):
        intake.restate_identity(
            case, identity=intake.Identity("Anders"), v_number="2712345678", by=worker, on=today, at=now
        )
    for typed in (
        {"zoek-name": "jose celik"},
        {"zoek-name": "anders"},
        {"zoek-v_number": "271.234.5678"},
    ):
        response = send(worker, "cases:person_search", **typed)
        assert [match.person.pk for match in response.context["matches"]] == [case.person_id], typed
        assert case.number in shown(response)
        assert Disclosure.objects.order_by("-pk")[0].persons == [case.person_id]


def test_a_search_without_result_fills_in_the_form_of_a_new_person(send: Send, worker: User) -> None:
    response = send(worker, "cases:person_search", **{"zoek-name": "Nog Onbekend", "zoek-birth_year": "1990"})
    form = response.context["form"]
    assert response.context["matches"] == []
    assert (form["given_names"].value(), form["family_name"].value(), form["birth_year"].value()) == (
        "Nog",
        "Onbekend",
        1990,
    )
    assert not Disclosure.objects.exists()


def test_a_search_does_not_reach_into_another_city(send: Send, outsider: User, worker: User, case_of: CaseOf) -> None:
    case_of(worker, "Verborgen")
    assert send(outsider, "cases:person_search", **{"zoek-name": "Verborgen"}).context["matches"] == []


def test_a_person_is_registered_with_part_of_a_birth_date(send: Send, worker: User, today: date) -> None:
    response = send(
        worker,
        "cases:person_register",
        **PERSON,
        birth_year=1990,
        birth_month=2,
        municipality=_city(worker),
        on=today,
    )
    assert response.status_code == 302
    with acting_as(worker):
        statement = IdentityStatement.objects.get(family_name="Nieuw")
        assert (statement.birth_date, statement.is_leading) == ("02-1990", True)
        assert Case.objects.get(person=statement.person).worker == worker


def test_a_v_number_of_nine_digits_is_saved_with_a_warning(send: Send, worker: User, today: date) -> None:
    response = send(
        worker,
        "cases:person_register",
        **PERSON,
        v_number="271 234 567",
        municipality=_city(worker),
        on=today,
    )
    assert "Een V-nummer heeft tien cijfers" in said(response)
    with acting_as(worker):
        assert IdentityStatement.objects.get(family_name="Nieuw").person.v_number == "271234567"


def test_a_registration_sent_twice_opens_one_case(send: Send, worker: User, today: date) -> None:
    token = uuid.uuid4()
    sent = [
        send(
            worker,
            "cases:person_register",
            **PERSON,
            municipality=_city(worker),
            on=today,
            submission=token,
        )
        for _ in range(2)
    ]
    assert sent[0]["Location"] == sent[1]["Location"]
    assert "niets dubbel" in said(sent[1])
    with acting_as(worker):
        assert Case.objects.count() == 1


def test_nobody_is_registered_in_another_city(send: Send, worker: User, outsider: User, today: date) -> None:
    response = send(worker, "cases:person_register", **PERSON, municipality=_city(outsider), on=today)
    assert response.status_code == 400
    assert "municipality" in response.context["form"].errors


def test_registration_begins_with_a_search(look: Send, worker: User) -> None:
    assert look(worker, "cases:person_register")["Location"] == "/zaken/aanmelden/"


def _city(user: User) -> int:
    """The municipality of a user."""
    return user.memberships.get().organisation.municipality_id or 0


def test_somebody_who_comes_back_gets_a_new_case_of_the_same_person(
    send: Send, look: Send, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        exits.record_exit(case, category="other", by=worker, on=today - timedelta(days=2), at=now)
    response = send(worker, "cases:person_search", **{"zoek-name": "Testpersoon1"})
    assert f"/zaken/{case.pk}/terugkeer/" in shown(response)
    response = send(worker, "cases:person_return", case, on=today, departure_procedures=2)
    assert response.status_code == 302
    with acting_as(worker):
        back = Case.objects.get(person=case.person_id, closed_on=None)
        assert response["Location"] == f"/zaken/{back.pk}/"
        assert Profile.objects.get(case=back).departure_procedures == 2


def test_somebody_who_is_still_here_can_not_come_back(
    look: Send, send: Send, worker: User, case_of: CaseOf, today: date
) -> None:
    case = case_of(worker)
    assert look(worker, "cases:person_return", case).context["reasons"] == ["Deze zaak loopt nog."]
    assert send(worker, "cases:person_return", case, on=today).status_code == 400


def test_nobody_comes_back_before_the_earlier_case_was_closed(
    send: Send, worker: User, case_of: CaseOf, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        exits.close_without_stay(case, by=worker, on=today, at=now)
    response = send(worker, "cases:person_return", case, on=today - timedelta(days=1))
    assert response.status_code == 400
    assert f"Zaak {case.number} sloot pas op" in shown(response)


def test_a_new_statement_leads_and_the_earlier_one_stays(
    send: Send, worker: User, case_of: CaseOf, today: date
) -> None:
    case = case_of(worker, "Eerst", nationality="MA")
    response = send(
        worker,
        "cases:identity_restate",
        case,
        **PERSON | {"family_name": "Later", "certainty": "established", "source": "ind_decision"},
        v_number="2712345678",
        departure_procedures=3,
        on=today,
    )
    assert response.status_code == 302
    with acting_as(worker):
        statements = IdentityStatement.objects.filter(person=case.person_id).order_by("is_leading")
        assert [str(statement) for statement in statements] == ["Eerst", "Later"]
        profile = Profile.objects.standing().get(case=case)
        assert (profile.nationality, profile.departure_procedures) == ("NG", 3)
        assert Case.objects.get(pk=case.pk).person.v_number == "2712345678"  # type: ignore[union-attr]
