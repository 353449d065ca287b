"""What the LSO decides, and the guidance scenario that follows from it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases import admission, intake, recording
from cases.locking import Stale
from cases.models import Case
from scenarios.guidance import scenarios
from scenarios.guidance.actions import Undertaking
from scenarios.meetings import decisions, planning
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem, Decision, Scenario, ScenarioKind
from tests.conftest import CaseOf, met
from tests.scenarios.lso import adopted, on_agenda, tabled

SOON = timedelta(days=90)


def decide(item: AgendaItem, chair: User, outcome: str, version: int | None = None, **values: Any) -> Decision:
    resolution = Resolution(outcome=outcome, **values)
    with acting_as(chair):
        return decisions.decide(item, resolution, by=chair, at=timezone.now(), version=version)


@pytest.mark.parametrize(
    ("kind", "direction"),
    [
        ("return", "departure"),
        ("onward", "departure"),
        ("hasa", "stay"),
        ("regular", "stay"),
        ("medical", "stay"),
        ("no_fault", "stay"),
    ],
)
def test_a_scenario_goes_in_the_direction_of_its_kind(
    sheltered: CaseOf, worker: User, chair: User, today: date, kind: str, direction: str
) -> None:
    case = sheltered(worker)
    adopted(chair, case, today, kind=kind)
    with acting_as(chair):
        scenario = scenarios.current(case)
    assert scenario is not None
    assert (scenario.kind, scenario.direction, scenario.valid_from) == (kind, direction, today)


def test_every_kind_of_scenario_has_a_direction() -> None:
    assert set(scenarios.DIRECTION_OF) == set(ScenarioKind)


def test_a_revised_scenario_ends_the_one_before(sheltered: CaseOf, worker: User, chair: User, today: date) -> None:
    case = sheltered(worker)
    on = today - timedelta(days=10)
    adopted(chair, case, on, kind="return")
    decide(tabled(chair, case, today), chair, "revised", kind="hasa", review_on=today + SOON)
    with acting_as(chair):
        standing = Scenario.objects.standing().filter(case=case).order_by("valid_from")
        assert [(s.kind, s.valid_from, s.valid_until) for s in standing] == [
            ("return", on, today),
            ("hasa", today, None),
        ]


def test_a_scenario_that_is_kept_gets_a_new_review_date(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    first = adopted(chair, case, today - timedelta(days=10), review_on=today)
    decide(tabled(chair, case, today), chair, "kept", review_on=today + SOON)
    with acting_as(chair):
        kept = Scenario.objects.standing().get(case=case)
    assert (kept.decision_id, kept.valid_from, kept.review_on) == (first.pk, first.decided_on, today + SOON)


def test_a_scenario_is_not_kept_past_its_review_date_without_a_new_one(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    adopted(chair, case, today - timedelta(days=10), review_on=today)
    with pytest.raises(ValidationError, match="Kies een nieuwe datum"):
        decide(tabled(chair, case, today), chair, "kept")


def test_a_scenario_is_kept_with_the_review_date_that_lies_ahead(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    adopted(chair, case, today - timedelta(days=10), review_on=today + SOON)
    decide(tabled(chair, case, today), chair, "kept")
    with acting_as(chair):
        assert Scenario.objects.get(case=case).review_on == today + SOON


@pytest.mark.parametrize(
    ("outcome", "values", "reason"),
    [
        ("adopted", {}, "Kies een scenario"),
        ("adopted", {"kind": "holiday"}, "Kies een scenario"),
        ("adopted", {"kind": "return"}, "Kies wanneer"),
        ("adopted", {"kind": "return", "in_days": 0}, "moet na het overleg liggen"),
        ("revised", {"kind": "return", "in_days": 90}, "nog geen scenario om te herzien"),
        ("kept", {}, "nog geen scenario om te houden"),
        ("postponed", {}, "Licht dit besluit toe"),
        ("escalated", {}, "Licht dit besluit toe"),
        ("postponed", {"text": "Later", "kind": "return"}, "hoort geen scenario"),
        ("postponed", {"text": "Later", "in_days": 90}, "hoort geen datum"),
        ("no_agreement", {"text": "Feiten"}, "Kies waarover geen overeenstemming is"),
        ("step_set", {}, "ten minste één stap"),
        ("ending", {"text": "Weg"}, "Kies de laatste dag"),
        ("ending", {"text": "Weg", "ends_on": date(2020, 1, 1)}, "ligt niet vóór het overleg"),
        ("admitted", {}, "geldt al een besluit over toelating"),
        ("advice_adopted", {}, "bij de MRT-zaak"),
        ("advice_deviated", {}, "bij de MRT-zaak"),
        ("shrugged", {}, "Kies wat het overleg heeft besloten"),
    ],
)
def test_an_incomplete_decision_is_refused(
    sheltered: CaseOf,
    worker: User,
    chair: User,
    today: date,
    outcome: str,
    values: dict[str, Any],
    reason: str,
) -> None:
    item = tabled(chair, sheltered(worker), today)
    if "in_days" in values:
        days = timedelta(days=values["in_days"])
        values = {**{k: v for k, v in values.items() if k != "in_days"}, "review_on": today + days}
    with pytest.raises(ValidationError, match=reason):
        decide(item, chair, outcome, **values)
    with acting_as(chair):
        assert not Decision.objects.filter(item=item).exists()


def test_an_invalid_step_is_refused_together_with_other_faults(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    step = Undertaking(chair.memberships.get().organisation, "", today + SOON)
    with pytest.raises(ValidationError) as refused:
        decide(item, chair, "postponed", steps=(step,))
    assert refused.value.messages == ["Licht dit besluit toe.", "Schrijf op wat er moet gebeuren."]


def test_a_second_scenario_is_a_revision(sheltered: CaseOf, worker: User, chair: User, today: date) -> None:
    case = sheltered(worker)
    adopted(chair, case, today - timedelta(days=10))
    with pytest.raises(ValidationError, match="kies voor herzien"):
        decide(tabled(chair, case, today), chair, "adopted", kind="hasa", review_on=today + SOON)


def test_a_scenario_is_not_revised_on_a_day_before_it_began(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    earlier = tabled(chair, case, today - timedelta(days=5))
    adopted(chair, case, today)
    for outcome, reason in (("revised", "een nieuw scenario is van later"), ("kept", "loopt pas vanaf")):
        kind = "hasa" if outcome == "revised" else ""
        with pytest.raises(ValidationError, match=reason):
            decide(earlier, chair, outcome, kind=kind, review_on=today + SOON)


def test_a_withdrawn_scenario_leaves_its_days_to_the_one_before(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    """No other scenario is adopted in the days of one that ended. The rule refuses it before the database does."""
    case = sheltered(worker)
    adopted(chair, case, today - timedelta(days=10))
    between = tabled(chair, case, today - timedelta(days=5))
    decide(tabled(chair, case, today), chair, "revised", kind="hasa", review_on=today + SOON)
    with acting_as(chair):
        running = scenarios.current(case)
        assert running is not None
        recording.withdraw(running, by=chair, at=timezone.now(), reason="Vergissing")
    with pytest.raises(ValidationError, match="gold al een ander scenario"):
        decide(between, chair, "adopted", kind="hasa", review_on=today + SOON)


def test_a_person_not_admitted_on_the_day_of_the_meeting_gets_no_scenario(
    case_of: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    item = tabled(chair, case, today - timedelta(days=5))
    with acting_as(worker):
        admission.test(case, readings=met(case, today), by=worker, on=today, at=now)
        admission.decide(case, outcome="admitted", by=worker, on=today, at=now)
    with pytest.raises(ValidationError, match="geen besluit tot toelating"):
        decide(item, chair, "adopted", kind="return", review_on=today + SOON)


def test_nothing_is_decided_on_a_closed_case(
    sheltered: CaseOf, worker: User, chair: User, today: date, now: datetime
) -> None:
    item = tabled(chair, sheltered(worker), today)
    with acting_as(worker):
        intake.close(item.case, by=worker, on=today, at=now)
    with pytest.raises(ValidationError, match="zaak is gesloten"):
        decide(item, chair, "postponed", text="Later")


def test_nothing_is_decided_before_the_meeting_was_held(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    with pytest.raises(ValidationError, match="eerst vast dat het overleg is gehouden"):
        decide(on_agenda(chair, sheltered(worker), today), chair, "postponed", text="Later")


def test_an_item_is_decided_once(sheltered: CaseOf, worker: User, chair: User, today: date) -> None:
    item = tabled(chair, sheltered(worker), today)
    decide(item, chair, "postponed", text="Later")
    with pytest.raises(ValidationError, match="al besloten"):
        decide(item, chair, "adopted", kind="return", review_on=today + SOON)
    with acting_as(chair):
        assert not Scenario.objects.filter(case=item.case).exists()


def test_a_decision_on_an_old_version_of_the_case_is_refused(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    with pytest.raises(Stale):
        decide(item, chair, "postponed", text="Later", version=item.case.version - 1)


def test_the_database_refuses_a_decision_at_a_cancelled_meeting_or_on_another_day(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    cancelled = on_agenda(chair, sheltered(worker), today)
    with acting_as(chair):
        planning.cancel(cancelled.meeting, by=chair, at=timezone.now())
    held = tabled(chair, sheltered(worker), today - timedelta(days=1))
    held.meeting.held_on = today
    for item in (cancelled, held):
        with pytest.raises(DatabaseError, match="gehouden overleg"), acting_as(chair):
            decisions.write_decision(item, outcome="postponed", text="Later", by=chair, at=timezone.now())


def test_the_database_refuses_a_scenario_on_a_decision_that_names_none(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    item = tabled(chair, sheltered(worker), today)
    decision = decide(item, chair, "postponed", text="Later")
    with pytest.raises(DatabaseError, match="besluit van het LSO"), acting_as(chair):
        scenarios.adopt(decision, kind="return", review_on=today + SOON, by=chair, at=timezone.now())
    with acting_as(chair):
        assert not Scenario.objects.filter(case=Case.objects.get(pk=item.case_id)).exists()
