"""The events of the LSO in the timeline of a case: in order, and only for users who may see them."""

from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases import recording
from cases.models import Case
from cases.timeline import in_order
from scenarios import timeline
from scenarios.guidance import scenarios
from scenarios.meetings import decisions
from scenarios.meetings.decisions import Resolution
from tests.conftest import CaseOf
from tests.scenarios.agreed import agreed
from tests.scenarios.agreements import ours
from tests.scenarios.browse import opened
from tests.scenarios.lso import adopted, on_agenda, tabled

SOON = timedelta(days=90)


def titles_for(user: User, case: Case) -> list[str]:
    with acting_as(user):
        return [event.title for event in in_order(timeline.events(case))]


def test_the_timeline_shows_what_the_lso_did_with_a_case(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    first = tabled(chair, case, today - timedelta(days=9))
    with acting_as(chair):
        decisions.decide(first, Resolution(outcome="postponed", text="Later"), by=chair, at=timezone.now())
    adopted(chair, case, today - timedelta(days=5))
    second = tabled(chair, case, today)
    with acting_as(chair):
        decisions.decide(
            second, Resolution(outcome="revised", kind="hasa", review_on=today + SOON), by=chair, at=timezone.now()
        )
    on_agenda(chair, case, today + SOON)
    assert titles_for(chair, case) == [
        "Op de agenda van het LSO Amsterdam",
        "Scenario herzien: verblijf na opvolgende asielaanvraag",
        "Scenario vastgesteld: terugkeer",
        "Besluit van het LSO: Geen besluit: aangehouden",
    ]


def test_the_timeline_shows_a_withdrawn_scenario_as_withdrawn(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    adopted(chair, case, today)
    with acting_as(chair):
        running = scenarios.current(case)
        assert running is not None
        recording.withdraw(running, by=chair, at=timezone.now(), reason="Verkeerde persoon")
        (event,) = timeline.events(case)
    assert event.is_withdrawn
    assert "Ingetrokken: Verkeerde persoon" in event.detail


def test_the_timeline_shows_a_kept_scenario_once_under_who_adopted_it(
    sheltered: CaseOf, worker: User, chair: User, today: date
) -> None:
    case = sheltered(worker)
    adopted(chair, case, today - timedelta(days=5))
    item = tabled(chair, case, today)
    with acting_as(chair):
        decisions.decide(item, Resolution(outcome="kept", review_on=today + SOON), by=chair, at=timezone.now())
        events = timeline.events(case)
    assert sorted(event.title for event in events) == [
        "Besluit van het LSO: Scenario blijft, met tussenstappen",
        "Scenario vastgesteld: terugkeer",
    ]
    assert all(event.by == str(chair) for event in events)


def test_the_file_holds_earlier_scenarios_excerpts_and_who_kept_the_case_waiting(
    chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker)
    adopted(chair, case, today - timedelta(days=9), kind="return")
    item = tabled(chair, case, today - timedelta(days=3))
    revised = Resolution("revised", "Nieuw bericht", kind="medical", review_on=today + timedelta(days=30))
    agreed(worker, case, ours(chair), today - timedelta(days=8), due_on=today - timedelta(days=5))
    with acting_as(chair):
        decisions.decide(item, revised, by=chair, at=timezone.now())
    text = " ".join(opened(chair, "case", case.pk).text.split())
    assert "Eerdere scenario’s (1)" in text
    assert reverse("scenarios:excerpt_pdf", args=[item.pk]) in text
    assert "<li>Gemeente Amsterdam <span>5 dagen</span></li>" in text
    assert (
        "<span>5 dagen</span>" not in opened(ind_member, "case", case.pk).text
    )  # the IND sees not all that the case waits for
