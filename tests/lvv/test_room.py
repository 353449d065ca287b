"""The page on which the chair records what the LSO decided."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.walls import acting_as
from cases.models import Case
from scenarios import guidance
from scenarios.models import Decision
from tests.conftest import CaseOf
from tests.scenarios.browse import LONG, NUL, errors_of, opened, recorded, status_of
from tests.scenarios.lso import adopted, tabled

SOON = timedelta(days=90)


def test_a_chair_records_a_decision_with_its_scenario(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    answer = opened(chair, "scenarios:decision_record", item.pk).send(
        outcome="adopted", kind="hasa", review_on=(today + SOON).isoformat()
    )
    assert answer["Location"] == reverse("scenarios:meeting_detail", args=[item.meeting_id])
    with acting_as(chair):
        scenario = guidance.current(item.case)
    assert scenario is not None
    assert (scenario.kind, scenario.review_on) == ("hasa", today + SOON)


def test_the_scenario_so_far_stands_beside_the_new_one(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker)
    fresh = opened(chair, "scenarios:decision_record", tabled(chair, case, today).pk).text
    assert "Er is nog geen scenario" in fresh
    assert "Scenario herzien" not in fresh
    adopted(chair, case, today - timedelta(days=2), kind="no_fault")
    item = tabled(chair, case, today - timedelta(days=1))
    later = opened(chair, "scenarios:decision_record", item.pk)
    assert later.page.context["scenario"].kind == "no_fault"
    assert "Scenario herzien" in later.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "Maak een keuze bij “Wat heeft het overleg besloten?”"),
        ({"outcome": "adopted"}, "Kies een scenario"),
        ({"outcome": "adopted", "kind": "return"}, "Kies wanneer"),
        ({"outcome": "adopted", "kind": "return", "review_on": "gisteren"}, "bestaat niet"),
        ({"outcome": "adopted", "kind": "return", "review_on": "2019-01-01"}, "moet na het overleg liggen"),
        ({"outcome": "adopted", "kind": "return", "review_on": "2999-01-01"}, "Controleer het jaar"),
        ({"outcome": "adopted", "kind": "holiday"}, "Kies een van de mogelijkheden"),
        ({"outcome": "revised", "kind": "return"}, "nog geen scenario om te herzien"),
        ({"outcome": "advice_adopted"}, "Kies een van de mogelijkheden"),
        ({"outcome": "postponed"}, "Licht dit besluit toe"),
        ({"outcome": "postponed", "text": "   "}, "Licht dit besluit toe"),
        ({"outcome": "postponed", "text": LONG}, "2000"),
        ({"outcome": "postponed", "text": NUL}, "teken dat niet kan"),
        ({"outcome": NUL}, "Kies een van de mogelijkheden"),
    ],
)
def test_a_decision_with_a_mistake_changes_nothing(
    chair: User, worker: User, sheltered: CaseOf, today: date, typed: dict[str, str], words: str
) -> None:
    item = tabled(chair, sheltered(worker), today)
    before = recorded(chair)
    answer = opened(chair, "scenarios:decision_record", item.pk).send(**typed)
    assert answer.status_code == 400
    assert words in errors_of(answer)
    assert recorded(chair) == before


def test_of_two_chairs_who_decide_at_once_the_second_is_told(
    chair: User, second_chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    first = opened(chair, "scenarios:decision_record", item.pk)
    second = opened(second_chair, "scenarios:decision_record", item.pk)
    review_on = (today + SOON).isoformat()
    assert first.send(outcome="adopted", kind="return", review_on=review_on).status_code == 302
    answer = second.send(outcome="postponed", text="Wij wachten liever nog")
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Wij wachten liever nog" in text
    assert "Scenario vastgesteld" in text  # what the first one recorded
    with acting_as(chair):
        version = Case.objects.get(pk=item.case_id).version
    again = second.send(outcome="postponed", text="Wij wachten liever nog", version=str(version))
    assert again.status_code == 400
    assert "al besloten" in errors_of(again)
    with acting_as(chair):
        assert Decision.objects.get(item=item).outcome == "adopted"


def test_a_decision_sent_twice_is_recorded_once(chair: User, worker: User, sheltered: CaseOf, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    form = opened(chair, "scenarios:decision_record", item.pk)
    first, second = (form.send(outcome="postponed", text="Later") for _ in range(2))
    assert first["Location"] == second["Location"]
    assert recorded(chair)["Decision"] == 1


def test_only_the_chair_decides(
    chair: User, worker: User, counsellor: User, ind_member: User, outsider: User, sheltered: CaseOf, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    for user in (worker, counsellor, ind_member):
        assert status_of(user, "scenarios:decision_record", item.pk) == 403
        assert "besluit/" not in opened(user, "scenarios:meeting_detail", item.meeting_id).text
    assert status_of(outsider, "scenarios:decision_record", item.pk) == 404
    assert "besluit/" in opened(chair, "scenarios:meeting_detail", item.meeting_id).text


def test_a_decided_item_gets_reasons_instead_of_a_form(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    decision = adopted(chair, sheltered(worker), today)
    page = opened(chair, "scenarios:decision_record", decision.item_id)
    assert "al besloten" in page.text
    assert 'name="outcome"' not in page.text
