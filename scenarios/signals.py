"""What suggests that a case has to come on the next agenda, without anybody having nominated it."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from accounts.models import Municipality, User
from cases import worklist
from cases.models import Admission, AdmissionOutcome, Case
from cases.worklist import in_days
from scenarios import table
from scenarios.models import AgendaItem, MeetingStatus, Nomination, Scenario


@dataclass(frozen=True)
class Signal:
    """A case and why; `on` is the day from which it should have been discussed."""

    case: Case
    reason: str
    on: date


def signals(municipality: Municipality, user: User, today: date) -> list[Signal]:
    """The most urgent first; cases that wait already, or stand on a coming agenda, are left out."""
    coming = AgendaItem.objects.filter(case=OuterRef("pk"), meeting__status=MeetingStatus.PLANNED)
    waiting = Nomination.objects.waiting().filter(case=OuterRef("pk"))
    cases = Case.objects.visible_to(user).open().filter(~Exists(coming), ~Exists(waiting), municipality=municipality)
    # Whose stay has ended waits for an exit, not for a meeting.
    gone = worklist.in_situation(worklist.with_course(cases, today), "no_exit")
    found = {case.pk: case for case in cases.exclude(pk__in=gone.values("pk")).with_person()}
    agreed = table.rules(municipality)
    due = [
        *_reviews(found, today + timedelta(days=agreed.review_days), today),
        *_without_scenario(found, agreed.scenario_days, today),
    ]
    return sorted(due, key=lambda signal: (signal.on, signal.case.number))


def _reviews(cases: dict[uuid.UUID, Case], until: date, today: date) -> list[Signal]:
    """Scenarios that must be discussed again."""
    running = Scenario.objects.standing().filter(case__in=cases, valid_until=None, review_on__lte=until)
    return [
        Signal(
            cases[scenario.case_id],
            f"Scenario opnieuw bespreken, {in_days(scenario.review_on, today)}",
            scenario.review_on,
        )
        for scenario in running
    ]


def _without_scenario(cases: dict[uuid.UUID, Case], days: int, today: date) -> list[Signal]:
    """Who is admitted so long ago that there should have been a scenario."""
    scenarios = Scenario.objects.standing().filter(case=OuterRef("case"), valid_until=None)
    admitted = (
        Admission.objects.standing().true_on(today).filter(case__in=cases).exclude(outcome=AdmissionOutcome.REFUSED)
    )
    late = admitted.filter(~Exists(scenarios), valid_from__lte=today - timedelta(days=days))
    return [
        Signal(
            cases[decision.case_id],
            f"Nog geen scenario, {(today - decision.valid_from).days} dagen na de toelating",
            decision.valid_from + timedelta(days=days),
        )
        for decision in late
    ]
