"""Cases that should come on the next agenda although nobody nominated them."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from accounts.models import Municipality, User
from cases import worklist
from cases.models import Admission, AdmissionOutcome, Case
from cases.worklist import in_days
from scenarios import table
from scenarios.guidance import radar
from scenarios.guidance.radar import Finding, FlaggedCase
from scenarios.models import AgendaItem, MeetingStatus, Nomination, Scenario


def suggested_cases(municipality: Municipality, user: User, today: date) -> list[FlaggedCase]:
    """The suggested cases that the user sees, longest waiting first, with the stuck ones among them.

    Cases that were nominated already, or stand on a planned agenda, are left out.
    """
    coming = AgendaItem.objects.filter(case=OuterRef("pk"), meeting__status=MeetingStatus.PLANNED)
    waiting = Nomination.objects.waiting().filter(case=OuterRef("pk"))
    free = Case.objects.visible_to(user).open().filter(~Exists(coming), ~Exists(waiting), municipality=municipality)
    # A case whose stay has ended waits for an exit, not for a meeting.
    no_exit = worklist.in_situation(worklist.with_course(free, today), "no_exit")
    cases = {case.pk: case for case in free.exclude(pk__in=no_exit.values("pk")).with_person()}
    keys, agreed = list(cases), table.rules(municipality)
    findings = (
        *_reviews(keys, today + timedelta(days=agreed.review_days), today),
        *_without_scenario(keys, agreed.scenario_days, today),
        *radar.check_rules(keys, agreed.question_days, today),
    )
    return radar.flagged_cases(cases, findings)


def _reviews(cases: list[uuid.UUID], until: date, today: date) -> Iterator[Finding]:
    """Cases whose scenario has to be reviewed before `until`."""
    for scenario in Scenario.objects.running().filter(case__in=cases, review_on__lte=until):
        reason = f"Scenario opnieuw bespreken, {in_days(scenario.review_on, today)}"
        yield scenario.case_id, reason, scenario.review_on


def _without_scenario(cases: list[uuid.UUID], days: int, today: date) -> Iterator[Finding]:
    """Cases that were admitted more than `days` ago and have no scenario."""
    scenarios = Scenario.objects.running().filter(case=OuterRef("case"))
    admitted = (
        Admission.objects.standing().true_on(today).filter(case__in=cases).exclude(outcome=AdmissionOutcome.REFUSED)
    )
    late = admitted.filter(~Exists(scenarios), valid_from__lte=today - timedelta(days=days))
    for decision in late:
        reason = f"Nog geen scenario, {(today - decision.valid_from).days} dagen na de toelating"
        yield decision.case_id, reason, decision.valid_from + timedelta(days=days)
