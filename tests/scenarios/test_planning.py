"""The agreement of a municipality, nominated cases, and suggested cases."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from scenarios import table
from scenarios.meetings import planning, suggestions
from scenarios.models import AgendaItem, Invitee, Nomination, TableRules
from scenarios.table import Agreement
from tests.conftest import CaseOf
from tests.scenarios.agreements import USUAL, agree, ours
from tests.scenarios.browse import errors_of, opened, queries_of, status_of
from tests.scenarios.lso import adopted, nominated, on_agenda, planned, postponed


def test_a_planned_meeting_is_as_was_agreed(chair: User, today: date) -> None:
    agree(chair, seats=[], may=[])
    form = opened(chair, "scenarios:meeting_plan").page.context["form"]
    assert form["place"].value() == "Wijkhuis"
    meeting = planned(chair, today + timedelta(days=9))
    assert (meeting.starts_at, meeting.minutes) == (time(13, 0), 90)
    with acting_as(chair):
        topics = list(meeting.topics.order_by("is_after_cases", "order").values_list("title", "is_after_cases"))
    assert topics == [("Opening", False), ("Mededelingen", False), ("Rondvraag", True)]


def test_the_next_day_keeps_the_cadence_and_is_free(chair: User, today: date) -> None:
    agree(chair, seats=[], may=[])
    municipality = ours(chair).municipality
    assert municipality is not None
    first = planned(chair, today)
    with acting_as(chair):
        day = table.next_day(municipality, today)
        assert day.isoweekday() == 4
        assert timedelta(weeks=3) <= day - first.held_on < timedelta(weeks=4)


def test_without_a_standing_seat_nobody_sees_a_case_by_its_agenda(
    chair: User, ind_member: User, counsellor: User, worker: User, case_of: CaseOf, today: date
) -> None:
    agree(chair, seats=[ours(ind_member)], may=[])
    case = case_of(worker)
    on_agenda(chair, case, today + timedelta(days=9))
    with acting_as(ind_member):
        assert Case.objects.visible_to(ind_member).filter(pk=case.pk).exists()
    with acting_as(counsellor):
        assert not Case.objects.visible_to(counsellor).filter(pk=case.pk).exists()


def test_who_may_nominate_follows_from_what_was_agreed(
    chair: User, counsellor: User, ind_member: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = on_agenda(chair, sheltered(worker), today + timedelta(days=9)).case
    with pytest.raises(ValidationError, match="geen zaken voordragen"):
        nominated(ind_member, case)
    agree(chair, seats=[ours(ind_member)], may=[ours(ind_member)])
    assert nominated(ind_member, case).organisation == ours(ind_member)


def test_a_nominated_case_waits_is_placed_and_waits_again_when_it_is_taken_off(
    chair: User, worker: User, case_of: CaseOf, today: date
) -> None:
    case = case_of(worker)
    nomination = nominated(worker, case, "Is er zicht op vertrek?")
    assert "Is er zicht op vertrek?" in opened(chair, "scenarios:waiting_list").text
    meeting = planned(chair, today + timedelta(days=9))
    form = opened(chair, "scenarios:nominations_place")
    assert form.send(meeting=meeting.pk, nominations=[nomination.pk]).status_code == 302
    with acting_as(chair):
        item = AgendaItem.objects.get(meeting=meeting)
        assert (item.question, item.nomination) == ("Is er zicht op vertrek?", nomination)
        assert not Nomination.objects.waiting().exists()
        planning.take_off(item, by=chair, at=timezone.now())
        assert Nomination.objects.waiting().get() == nomination


def test_a_case_is_nominated_once_at_a_time(worker: User, case_of: CaseOf) -> None:
    case = case_of(worker)
    nominated(worker, case)
    with pytest.raises(ValidationError, match="al voorgedragen"):
        nominated(worker, case)


def test_only_who_nominated_or_the_municipality_withdraws(
    chair: User, ind_member: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = on_agenda(chair, sheltered(worker), today + timedelta(days=9)).case
    nomination = nominated(worker, case)
    link = reverse("scenarios:nomination_withdraw", args=[nomination.pk])
    assert link in opened(chair, "scenarios:waiting_list").text
    assert link not in opened(ind_member, "scenarios:waiting_list").text
    assert status_of(ind_member, "scenarios:nomination_withdraw", nomination.pk) == 403
    with acting_as(ind_member):
        assert Nomination.objects.filter(pk=nomination.pk).exists()
        assert Nomination.objects.filter(pk=nomination.pk).update(state="withdrawn") == 0
    assert opened(chair, "scenarios:nomination_withdraw", nomination.pk).send().status_code == 302
    with acting_as(chair):
        assert not Nomination.objects.waiting().exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"cadence_weeks": "0"}, "Vul 1 of hoger in"),
        ({"minutes": "700"}, "Vul 600 of lager in"),
        ({"starts_at": "25:00"}, "Vul een tijd in"),
        ({"opening_topics": "x" * 121}, "hoogstens 120 tekens"),
    ],
)
def test_an_agreement_with_a_mistake_changes_nothing(chair: User, typed: dict[str, str], words: str) -> None:
    good = {name: getattr(USUAL, name) for name in Agreement.__dataclass_fields__}
    good |= {"starts_at": "13:00", "opening_topics": "Opening", "closing_topics": ""}
    answer = opened(chair, "scenarios:table_rules").send(**{**good, **typed})
    assert answer.status_code == 400
    assert words in errors_of(answer)
    with acting_as(chair):
        assert not TableRules.objects.exists()


def test_the_second_of_two_who_change_the_agreement_is_refused(chair: User, second_chair: User) -> None:
    good: dict[str, Any] = {name: getattr(USUAL, name) for name in Agreement.__dataclass_fields__}
    good |= {"starts_at": "13:00", "opening_topics": "Opening", "closing_topics": ""}
    first, second = (opened(user, "scenarios:table_rules") for user in (chair, second_chair))
    assert first.send(**good).status_code == 302
    assert second.send(**{**good, "place": "Elders"}).status_code == 409
    with acting_as(chair):
        assert TableRules.objects.get().place == "Wijkhuis"


def test_nobody_from_another_town_gets_a_seat(chair: User, outsider: User) -> None:
    with pytest.raises(ValidationError, match="hoort niet bij"):
        agree(chair, seats=[ours(outsider)], may=[])
    with acting_as(chair):
        assert not Invitee.objects.exists()


def test_a_case_with_a_scenario_to_review_or_without_one_is_suggested(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    agree(chair, seats=[], may=[], scenario_days=10, review_days=14)
    late, due, fine = sheltered(worker), sheltered(worker), sheltered(worker)
    adopted(chair, due, today - timedelta(days=2), review_on=today + timedelta(days=7))
    adopted(chair, fine, today - timedelta(days=1), review_on=today + timedelta(days=90))
    with acting_as(chair):
        found = suggestions.suggested_cases(late.municipality, chair, today)
    assert {(signal.case.pk, *(reason.split(",")[0] for reason in signal.reasons)) for signal in found} == {
        (late.pk, "Nog geen scenario"),
        (due.pk, "Scenario opnieuw bespreken"),
    }
    assert [signal.since for signal in found] == sorted(signal.since for signal in found)


def test_a_stuck_case_is_suggested_once_with_all_its_reasons(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    agree(chair, seats=[], may=[], scenario_days=10)
    case = sheltered(worker)
    for days in (3, 2, 1):
        postponed(chair, case, today - timedelta(days=days))
    with acting_as(chair):
        (found,) = suggestions.suggested_cases(case.municipality, chair, today)
    assert found.reasons == ["Nog geen scenario, 20 dagen na de toelating", "3 keer besproken, nog geen scenario"]
    assert found.since == today - timedelta(days=10)
    page = opened(chair, "scenarios:waiting_list").text
    assert "3 keer besproken, nog geen scenario" in page


def test_a_case_that_is_nominated_or_on_a_coming_agenda_is_not_suggested(
    chair: User, worker: User, sheltered: CaseOf, today: date
) -> None:
    agree(chair, seats=[], may=[], scenario_days=10)
    waits, stands = sheltered(worker), sheltered(worker)
    nominated(worker, waits)
    on_agenda(chair, stands, today + timedelta(days=9))
    with acting_as(chair):
        assert suggestions.suggested_cases(waits.municipality, chair, today) == []


def test_the_list_of_waiting_cases_asks_a_fixed_number_of_queries(
    chair: User, worker: User, case_of: CaseOf, sheltered: CaseOf
) -> None:
    nominated(worker, case_of(worker))
    sheltered(worker)
    one = queries_of(chair, "scenarios:waiting_list")
    for _ in range(2):
        nominated(worker, case_of(worker))
        sheltered(worker)
    assert queries_of(chair, "scenarios:waiting_list") == one
