"""From deadlock to answer: each rule of the MRT, and who sees the case in the meantime."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases import intake
from cases.locking import Stale
from cases.models import Case
from mrt import advising, answering, progress
from mrt import escalation as mrt
from mrt import team as seats
from mrt.advising import Conclusion
from mrt.models import Answer, Discussion, Draft, Escalation, Stage
from scenarios.guidance import scenarios
from scenarios.meetings import decisions
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem
from tests.conftest import CaseOf
from tests.mrt.review import BEFORE, QUESTION, advised, composed, deadlocked, discussed, drafted, escalated
from tests.scenarios.lso import on_agenda, tabled

SOON = timedelta(days=90)


def sees(user: User, case: Case) -> bool:
    with acting_as(user):
        return Case.objects.visible_to(user).filter(pk=case.pk).exists() and Case.objects.filter(pk=case.pk).exists()


def stage_of(escalation: Escalation, user: User) -> str:
    with acting_as(user):
        return progress.standing_of(escalation).stage


def answer(escalation: Escalation, item: AgendaItem, chair: User, **values: Any) -> Answer:
    with acting_as(chair):
        return answering.answer(escalation, item, **{"is_adopted": True, **values}, by=chair, at=timezone.now())


# --- the request


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ground": "boredom"}, "Kies de grond"),
        ({"ground": "disagreement", "disagreements": []}, "Kies waarover geen overeenstemming"),
        ({"ground": "complexity"}, "horen geen punten van verschil"),
        ({"question": "Wat nu"}, "precies één centrale vraag"),
        ({"question": "Wat nu? En dan?"}, "precies één centrale vraag"),
    ],
)
def test_an_incomplete_request_is_refused(
    stuck: Case, chair: User, today: date, changes: dict[str, Any], reason: str
) -> None:
    decision = deadlocked(chair, stuck, today)
    asked = {"ground": "disagreement", "disagreements": ["facts"], "question": QUESTION, **changes}
    with pytest.raises(ValidationError, match=reason), acting_as(chair):
        mrt.escalate(decision, **asked, by=chair, on=today, at=timezone.now())
    with acting_as(chair):
        assert not Escalation.objects.exists()


def test_only_a_decision_to_escalate_leads_to_the_mrt(stuck: Case, chair: User, today: date) -> None:
    item = tabled(chair, stuck, today)
    with acting_as(chair):
        decision = decisions.decide(item, Resolution(outcome="postponed", text="Later"), by=chair, at=timezone.now())
        assert mrt.request_blockers(decision, on=today) == ["Alleen een besluit om op te schalen leidt naar het MRT."]


def test_a_case_is_before_the_mrt_once_at_a_time(requested: Escalation, stuck: Case, chair: User, today: date) -> None:
    again = deadlocked(chair, stuck, today)
    with acting_as(chair):
        assert mrt.request_blockers(again, on=today) == ["Voor deze zaak loopt al een MRT."]
        assert mrt.request_blockers(requested.decision, on=today) == ["Dit besluit is al uitgewerkt."]


def test_a_request_before_the_decision_is_refused(stuck: Case, chair: User, today: date) -> None:
    decision = deadlocked(chair, stuck, today)
    with acting_as(chair):
        reasons = mrt.request_blockers(decision, on=today - timedelta(days=1))
    assert reasons == [f"De aanvraag kan niet vóór het besluit van {today:%d-%m-%Y} liggen."]


def test_a_closed_case_is_not_put_before_the_mrt(
    stuck: Case, chair: User, worker: User, today: date, now: datetime
) -> None:
    decision = deadlocked(chair, stuck, today)
    with acting_as(worker):
        intake.close(stuck, by=worker, on=today, at=now)
    with pytest.raises(ValidationError, match="zaak is gesloten"), acting_as(chair):
        mrt.escalate(decision, ground="complexity", disagreements=[], question=QUESTION, by=chair, on=today, at=now)


def test_the_coordinating_team_sees_the_case_from_the_request_until_the_answer(
    stuck: Case, chair: User, coordinator: User, concluded: Escalation, sheltered: CaseOf, worker: User, today: date
) -> None:
    assert not sees(coordinator, sheltered(worker))
    assert sees(coordinator, stuck)
    answer(concluded, tabled(chair, stuck, today), chair)
    assert not sees(coordinator, stuck)


# --- discussion and advice


@pytest.mark.parametrize("missing", range(5))
def test_the_mrt_discusses_only_with_a_complete_team(
    requested: Escalation, coordinator: User, team: list[tuple[str, User]], today: date, missing: int
) -> None:
    for role, user in team[:missing] + team[missing + 1 :]:
        with acting_as(coordinator):
            organisation = user.memberships.get().organisation
            seats.seat(
                requested,
                role=role,
                user=user,
                organisation=organisation,
                declared_uninvolved=True,
                by=coordinator,
                at=timezone.now(),
            )
    with pytest.raises(ValidationError, match="niet compleet"), acting_as(coordinator):
        advising.discuss(requested, by=coordinator, on=today, at=timezone.now())
    assert stage_of(requested, coordinator) == Stage.REQUESTED


def test_a_discussion_lies_after_the_request_and_is_recorded_once(
    complete: Escalation, coordinator: User, today: date
) -> None:
    with pytest.raises(ValidationError, match="niet vóór de aanvraag"), acting_as(coordinator):
        advising.discuss(complete, by=coordinator, on=today - BEFORE - timedelta(days=1), at=timezone.now())
    with acting_as(coordinator):
        advising.discuss(complete, by=coordinator, on=today, at=timezone.now())
    with pytest.raises(ValidationError, match="al vastgelegd"), acting_as(coordinator):
        advising.discuss(complete, by=coordinator, on=today, at=timezone.now())
    with acting_as(coordinator):
        assert Discussion.objects.filter(escalation=complete).count() == 1


def test_there_is_no_advice_without_a_discussion(complete: Escalation, coordinator: User, today: date) -> None:
    with pytest.raises(ValidationError, match="eerst de bespreking"):
        drafted(coordinator, complete)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "Kies een richting"),
        ({"direction": "sideways"}, "Kies een richting"),
        ({"direction": "stay", "no_durable_solution": True, "obstacles": ["law"]}, "Kies een richting"),
        ({"no_durable_solution": True}, "Kies welke belemmeringen"),
        ({"direction": "stay", "text": ""}, "Schrijf het advies op"),
    ],
)
def test_an_incomplete_advice_is_refused(
    talked_over: Escalation, coordinator: User, today: date, values: dict[str, Any], reason: str
) -> None:
    conclusion = Conclusion(**{"text": "Ga door.", **values})
    with pytest.raises(ValidationError, match=reason), acting_as(coordinator):
        advising.draft(talked_over, conclusion, by=coordinator, at=timezone.now())
    with acting_as(coordinator):
        assert not Draft.objects.exists()


def test_an_advice_before_the_discussion_is_refused(talked_over: Escalation, coordinator: User, today: date) -> None:
    with pytest.raises(ValidationError, match="niet vóór de bespreking"):
        advised(coordinator, talked_over, today - BEFORE - timedelta(days=1))


def test_there_is_one_advice_and_nothing_is_discussed_after_it(
    concluded: Escalation, coordinator: User, today: date
) -> None:
    with pytest.raises(ValidationError, match="al een advies"):
        drafted(coordinator, concluded, "stay")
    with pytest.raises(ValidationError, match="al een advies"), acting_as(coordinator):
        advising.discuss(concluded, by=coordinator, on=today, at=timezone.now())


def test_with_the_advice_the_members_lose_sight_of_the_case(
    talked_over: Escalation, stuck: Case, coordinator: User, ind_specialist: User, worker: User, today: date
) -> None:
    assert sees(ind_specialist, stuck)
    advised(coordinator, talked_over, today)
    assert not sees(ind_specialist, stuck)
    assert sees(worker, stuck)
    with acting_as(coordinator):
        assert not talked_over.seats.filter(until=None).exists()


# --- the answer


def test_an_adopted_advice_brings_its_scenario_along(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    answer(concluded, tabled(chair, stuck, today), chair, kind="return", review_on=today + SOON)
    with acting_as(chair):
        scenario = scenarios.current(stuck)
        assert scenario is not None
        assert (scenario.kind, scenario.decision.outcome) == ("return", "advice_adopted")
    assert stage_of(concluded, chair) == Stage.ANSWERED


def test_an_adopted_advice_is_not_followed_by_a_scenario_the_other_way(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    item = tabled(chair, stuck, today)
    with pytest.raises(ValidationError, match="Het advies is vertrek"):
        answer(concluded, item, chair, kind="hasa", review_on=today + SOON)
    answer(concluded, item, chair, is_adopted=False, reason="Nieuwe feiten.", kind="hasa", review_on=today + SOON)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"is_adopted": False}, "reden om af te wijken"),
        ({"kind": "return"}, "Kies wanneer"),
        ({"in_days": 90}, "Kies ook het scenario"),
        ({"kind": "holiday", "in_days": 90}, "Kies een scenario"),
    ],
)
def test_an_incomplete_answer_is_refused(
    concluded: Escalation, stuck: Case, chair: User, today: date, values: dict[str, Any], reason: str
) -> None:
    item = tabled(chair, stuck, today)
    if "in_days" in values:
        days = timedelta(days=values["in_days"])
        values = {**{k: v for k, v in values.items() if k != "in_days"}, "review_on": today + days}
    with pytest.raises(ValidationError, match=reason):
        answer(concluded, item, chair, **values)
    assert stage_of(concluded, chair) == Stage.ADVISED


def test_an_answer_before_the_advice_is_refused(talked_over: Escalation, stuck: Case, chair: User, today: date) -> None:
    with pytest.raises(ValidationError, match="nog geen advies"):
        answer(talked_over, tabled(chair, stuck, today), chair)


def test_an_advice_is_answered_once(concluded: Escalation, stuck: Case, chair: User, today: date) -> None:
    answer(concluded, tabled(chair, stuck, today), chair)
    with pytest.raises(ValidationError, match="al beantwoord"):
        answer(concluded, tabled(chair, stuck, today - timedelta(days=1)), chair)


def test_the_answer_is_given_at_an_undecided_point_of_a_meeting_held_since_the_advice(
    concluded: Escalation, stuck: Case, chair: User, sheltered: CaseOf, worker: User, today: date
) -> None:
    before = tabled(chair, stuck, today - BEFORE - timedelta(days=1))
    not_held = on_agenda(chair, stuck, today - timedelta(days=1))
    foreign = tabled(chair, sheltered(worker), today - timedelta(days=2))
    decided = tabled(chair, stuck, today - timedelta(days=3))
    right = tabled(chair, stuck, today)
    with acting_as(chair):
        decisions.decide(decided, Resolution(outcome="postponed", text="Later"), by=chair, at=timezone.now())
        assert list(answering.items_to_answer_at(concluded)) == [right]
    for item, reason in (
        (before, "vóór het advies"),
        (not_held, "gehouden overleg"),
        (foreign, "andere zaak"),
        (decided, "al besloten"),
    ):
        with pytest.raises(ValidationError, match=reason):
            answer(concluded, item, chair)


def test_the_database_refuses_to_deviate_without_a_reason(
    concluded: Escalation, stuck: Case, chair: User, today: date
) -> None:
    item = tabled(chair, stuck, today)
    with pytest.raises(IntegrityError, match="deviation_has_a_reason"), acting_as(chair):
        decision = decisions.write_decision(item, outcome="advice_deviated", text="", by=chair, at=timezone.now())
        Answer.objects.create(escalation=concluded, case=stuck, decision=decision, is_adopted=False, answered_on=today)


# --- over all of it


def test_a_stale_form_does_not_change_an_escalation(complete: Escalation, coordinator: User, today: date) -> None:
    with acting_as(coordinator):
        version = Escalation.objects.get(pk=complete.pk).version
    with pytest.raises(Stale) as refusal, acting_as(coordinator):
        advising.discuss(complete, by=coordinator, on=today, at=timezone.now(), version=version - 1)
    assert refusal.value.current_version == version


def test_the_stage_follows_what_was_done(
    requested: Escalation, team: list[tuple[str, User]], coordinator: User, chair: User, today: date
) -> None:
    found = [stage_of(requested, chair)]
    composed(coordinator, requested, team)
    found.append(stage_of(requested, chair))
    discussed(coordinator, requested, today - BEFORE)
    found.append(stage_of(requested, chair))
    advised(coordinator, requested, today - BEFORE)
    found.append(stage_of(requested, chair))
    assert found == [Stage.REQUESTED, Stage.COMPOSED, Stage.DISCUSSED, Stage.ADVISED]


def test_a_case_that_was_closed_meanwhile_ends_the_work_of_the_mrt(
    complete: Escalation, stuck: Case, coordinator: User, ind_specialist: User, chair: User, today: date, now: datetime
) -> None:
    with acting_as(chair):
        intake.close(stuck, by=chair, on=today, at=now)
        assert advising.discussion_blockers(Escalation.objects.select_related("case").get()) == [
            "Deze zaak is gesloten."
        ]
    assert stage_of(complete, chair) == Stage.CLOSED
    assert not sees(coordinator, stuck)
    assert not sees(ind_specialist, stuck)


def test_after_an_answer_a_case_may_go_to_the_mrt_again(
    concluded: Escalation, stuck: Case, chair: User, coordinator: User, today: date
) -> None:
    answer(concluded, tabled(chair, stuck, today - timedelta(days=5)), chair)
    assert escalated(chair, stuck, today).pk != concluded.pk
    assert sees(coordinator, stuck)
