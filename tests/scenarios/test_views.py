"""The pages of the LSO: who reaches them, what they show, and what a form with mistakes in it gets."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Disclosure, Membership, Organisation, User
from accounts.permissions import Role
from cases import intake, parties
from scenarios.meetings import planning
from scenarios.models import AgendaItem, Attendance, Meeting
from tests.conftest import CaseOf, as_owner
from tests.scenarios.browse import LONG, NUL, errors_of, opened, queries_of, recorded, status_of
from tests.scenarios.lso import adopted, on_agenda, planned

# --- meetings


def test_a_chair_plans_a_meeting(chair: User, today: date) -> None:
    form = opened(chair, "scenarios:meeting_plan")
    answer = form.send(held_on=(today + timedelta(days=7)).isoformat(), place="Stadhuis")
    with acting_as(chair):
        meeting = Meeting.objects.get()
    assert (meeting.held_on, meeting.place, str(meeting.municipality)) == (
        today + timedelta(days=7),
        "Stadhuis",
        "Amsterdam",
    )
    assert answer["Location"] == reverse("scenarios:meeting_detail", args=[meeting.pk])


def test_a_chair_of_two_municipalities_chooses_one(chair: User, today: date) -> None:
    utrecht = Organisation.objects.get(name="Gemeente Utrecht")
    with as_owner():
        Membership.objects.create(user=chair, organisation=utrecht, role=Role.CHAIR, since=today)
    form = opened(chair, "scenarios:meeting_plan")
    assert "Maak een keuze" in errors_of(form.send(held_on=today.isoformat(), place="Stadhuis"))
    form.send(held_on=today.isoformat(), place="Stadhuis", municipality=str(utrecht.municipality_id))
    with acting_as(chair):
        assert Meeting.objects.get().municipality_id == utrecht.municipality_id


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"held_on": ""}, "Vul “Datum” in"),
        ({"held_on": "2021-02-30"}, "bestaat niet"),
        ({"held_on": "1899-12-31"}, "vóór 1900"),
        ({"held_on": "2999-01-01"}, "Controleer het jaar"),
        ({"place": ""}, "Vul “Plaats” in"),
        ({"place": LONG}, "120"),
        ({"place": NUL}, "teken dat niet kan"),
    ],
)
def test_a_meeting_with_a_mistake_is_not_planned(chair: User, today: date, typed: dict[str, str], words: str) -> None:
    answer = opened(chair, "scenarios:meeting_plan").send(
        **{"held_on": today.isoformat(), "place": "Stadhuis", **typed}
    )
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(chair)["Meeting"] == 0


def test_a_form_sent_twice_plans_one_meeting(chair: User, today: date) -> None:
    form = opened(chair, "scenarios:meeting_plan")
    first, second = (form.send(held_on=today.isoformat(), place="Stadhuis") for _ in range(2))
    assert first["Location"] == second["Location"]
    assert recorded(chair)["Meeting"] == 1


def test_the_list_offers_planning_to_the_chair_only(chair: User, worker: User, counsellor: User) -> None:
    plan = reverse("scenarios:meeting_plan")
    assert plan in opened(chair, "scenarios:meeting_list").text
    for other in (worker, counsellor):
        assert plan not in opened(other, "scenarios:meeting_list").text
        assert status_of(other, "scenarios:meeting_plan") == 403


def test_the_list_counts_only_cases_in_sight(
    chair: User, worker: User, counsellor: User, ngo: Organisation, case_of: CaseOf, today: date, now: datetime
) -> None:
    first = on_agenda(chair, case_of(worker), today)
    on_agenda(chair, case_of(worker), today, first.meeting)
    with acting_as(chair):
        parties.let_go(first.case.parties.get(organisation=ngo), by=chair, at=now)
    for user, count in ((chair, 2), (counsellor, 1)):
        meeting = opened(user, "scenarios:meeting_list").page.context["coming"][0]
        assert (meeting.item_count, meeting.decided_count) == (count, 0), user


def test_the_list_asks_as_many_queries_for_three_rows_as_for_one(chair: User, today: date) -> None:
    found = []
    for days in (0, 1, 2):
        planned(chair, today + timedelta(days=days))
        past = planned(chair, today - timedelta(days=days + 1))
        with acting_as(chair):
            planning.cancel(past, by=chair, at=timezone.now())
        found.append(queries_of(chair, "scenarios:meeting_list"))
    assert found[0] == found[2] > 0


def test_a_meeting_asks_as_many_queries_for_three_cases_as_for_one(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    found, meeting = [], planned(chair, today)
    for days in (1, 2, 3):
        case = sheltered(worker)
        adopted(chair, case, today - timedelta(days=days))
        on_agenda(chair, case, today, meeting)
        found.append(queries_of(chair, "scenarios:meeting_detail", meeting.pk))
    assert found[0] == found[2] > 0


def test_a_partner_sees_of_the_agenda_only_the_cases_it_is_party_to(
    chair: User, worker: User, counsellor: User, ngo: Organisation, case_of: CaseOf, today: date, now: datetime
) -> None:
    hidden = on_agenda(chair, case_of(worker, "Verborgen"), today)
    on_agenda(chair, case_of(worker, "Zichtbaar"), today, hidden.meeting)
    with acting_as(chair):
        parties.let_go(hidden.case.parties.get(organisation=ngo), by=chair, at=now)
    text = opened(counsellor, "scenarios:meeting_detail", hidden.meeting.pk).text
    assert "Zichtbaar" in text
    assert "Verborgen" not in text
    assert hidden.case.number not in text


def test_the_agenda_logs_exactly_the_persons_it_shows(chair: User, worker: User, case_of: CaseOf, today: date) -> None:
    items = [on_agenda(chair, case_of(worker), today)]
    items.append(on_agenda(chair, case_of(worker), today, items[0].meeting))
    opened(chair, "scenarios:meeting_detail", items[0].meeting_id)
    logged = Disclosure.objects.get(user_id=chair.pk, page="scenarios:meeting_detail")
    assert set(logged.persons) == {item.case.person_id for item in items}


def test_a_meeting_of_another_municipality_does_not_exist(chair: User, outsider: User, today: date) -> None:
    meeting = planned(chair, today)
    assert status_of(outsider, "scenarios:meeting_detail", meeting.pk) == 404
    assert status_of(outsider, "scenarios:meeting_detail", uuid.uuid4()) == 404


def test_a_meeting_before_its_day_gives_the_reason_it_can_not_be_held(chair: User, today: date) -> None:
    meeting = planned(chair, today + timedelta(days=3))
    hold = reverse("scenarios:meeting_hold", args=[meeting.pk])
    detail = opened(chair, "scenarios:meeting_detail", meeting.pk).text
    assert "Dit overleg is pas op" in detail
    assert hold not in detail
    form = opened(chair, "scenarios:meeting_hold", meeting.pk)
    assert "<textarea" not in form.text
    assert "Dit overleg is pas op" in form.text


def test_a_chair_records_who_was_there(chair: User, ngo: Organisation, today: date) -> None:
    meeting = planned(chair, today)
    answer = opened(chair, "scenarios:meeting_hold", meeting.pk).send(present=[str(ngo.pk)])
    assert answer.status_code == 302
    with acting_as(chair):
        there = {a.organisation.name for a in Attendance.objects.filter(meeting=meeting, is_present=True)}
    assert there == {"Gemeente Amsterdam", ngo.name}


@pytest.mark.parametrize("present", ["niemand", "999999999999999999999", NUL, "-1"])
def test_an_organisation_that_is_not_in_the_list_was_not_there(chair: User, today: date, present: str) -> None:
    meeting = planned(chair, today)
    answer = opened(chair, "scenarios:meeting_hold", meeting.pk).send(present=[present])
    assert answer.status_code == 400
    assert "uit de lijst" in errors_of(answer)
    assert recorded(chair)["Attendance"] == 0


def test_a_meeting_cancelled_by_one_chair_is_not_held_by_another(chair: User, second_chair: User, today: date) -> None:
    meeting = planned(chair, today)
    hold = opened(chair, "scenarios:meeting_hold", meeting.pk)
    assert opened(second_chair, "scenarios:meeting_cancel", meeting.pk).send().status_code == 302
    answer = hold.send()
    assert answer.status_code == 409
    assert "Dit overleg is gewijzigd" in errors_of(answer)
    assert f'name="version" value="{meeting.version + 1}"' in answer.content.decode()
    again = hold.send(version=str(meeting.version + 1))
    assert again.status_code == 400
    assert "al vervallen" in errors_of(again)
    assert recorded(chair)["Attendance"] == 0


def test_a_form_without_its_hidden_fields_is_refused(chair: User, today: date) -> None:
    meeting = planned(chair, today)
    form = opened(chair, "scenarios:meeting_cancel", meeting.pk)
    assert form.send(submission=None).status_code == 400
    assert form.send(version="zeven").status_code == 400
    with acting_as(chair):
        assert Meeting.objects.get().status == "planned"


# --- the agenda


def test_a_case_worker_puts_a_case_on_the_agenda(
    worker: User, chair: User, case_of: CaseOf, ngo: Organisation, today: date
) -> None:
    case, meeting = case_of(worker), planned(chair, today)
    form = opened(worker, "scenarios:item_add", case.pk)
    assert ngo.name in form.text  # it will see the case
    answer = form.send(meeting=str(meeting.pk), purpose="admission", question="Kan dit?")
    assert answer["Location"] == reverse("scenarios:meeting_detail", args=[meeting.pk])
    with acting_as(worker):
        item = AgendaItem.objects.get(case=case)
    assert (item.purpose, item.question) == ("admission", "Kan dit?")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"meeting": None}, "Maak een keuze bij “Overleg”"),
        ({"meeting": "geen"}, "Kies een van de mogelijkheden"),
        ({"meeting": str(uuid.uuid4())}, "Kies een van de mogelijkheden"),
        ({"purpose": None}, "Maak een keuze bij “Waarvoor?”"),
        ({"purpose": NUL}, "Kies een van de mogelijkheden"),
        ({"question": LONG}, "500"),
        ({"question": NUL}, "teken dat niet kan"),
        ({"version": "x"}, "niet volledig"),
    ],
)
def test_a_nomination_with_a_mistake_changes_nothing(
    worker: User, chair: User, case_of: CaseOf, today: date, typed: dict[str, Any], words: str
) -> None:
    case, meeting = case_of(worker), planned(chair, today)
    form = opened(worker, "scenarios:item_add", case.pk)
    answer = form.send(**{"meeting": str(meeting.pk), "purpose": "scenario", **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(worker)["AgendaItem"] == 0


def test_without_a_planned_meeting_the_page_says_what_to_do(worker: User, chair: User, case_of: CaseOf) -> None:
    case = case_of(worker)
    assert "Vraag de voorzitter" in opened(worker, "scenarios:item_add", case.pk).text
    assert reverse("scenarios:meeting_plan") in opened(chair, "scenarios:item_add", case.pk).text


def test_a_closed_case_gets_reasons_instead_of_a_form(
    worker: User, case_of: CaseOf, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        intake.close(case, by=worker, on=today, at=now)
    page = opened(worker, "scenarios:item_add", case.pk)
    assert "Deze zaak is gesloten." in page.text
    assert 'name="purpose"' not in page.text


def test_a_case_that_changed_is_not_put_on_the_agenda_unseen(
    worker: User, chair: User, sheltered: CaseOf, today: date
) -> None:
    case, meeting = sheltered(worker), planned(chair, today)
    form = opened(worker, "scenarios:item_add", case.pk)
    adopted(chair, case, today - timedelta(days=1))
    answer = form.send(meeting=str(meeting.pk), purpose="scenario", question="Mijn vraag")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Mijn vraag" in text
    assert "legde een besluit van het LSO vast" in text


def test_a_partner_does_not_put_cases_on_the_agenda(
    counsellor: User, worker: User, chair: User, case_of: CaseOf, today: date
) -> None:
    item = on_agenda(chair, case_of(worker), today)
    assert status_of(counsellor, "scenarios:item_add", item.case_id) == 403
    assert status_of(counsellor, "scenarios:item_take_off", item.pk) == 403
    assert "weghalen" not in opened(counsellor, "scenarios:meeting_detail", item.meeting_id).text


def test_a_case_worker_takes_a_case_off_the_agenda(worker: User, chair: User, case_of: CaseOf, today: date) -> None:
    item = on_agenda(chair, case_of(worker), today)
    assert opened(worker, "scenarios:item_take_off", item.pk).send().status_code == 302
    assert recorded(worker)["AgendaItem"] == 0
