"""The registrar writes a world into the database, without the acts.

A world may hold facts that the acts would never record in this order. Only the constraints and walls of the database
must accept it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from accounts.acting import acting_as
from accounts.models import Membership, Municipality, Organisation, OrganisationKind, User
from accounts.permissions import Role
from cases.models import (
    Admission,
    AdmissionTest,
    Case,
    CaseFact,
    CaseParty,
    Covenant,
    Exit,
    Merge,
    PartyBasis,
    Procedure,
    Profile,
    Stay,
    WaitingListEntry,
)
from mrt.models import Advice, Discussion, Escalation
from scenarios.models import AgendaItem, Decision, Meeting, Scenario
from tests.conftest import as_owner
from tests.monitor.worlds import EARLY, World, WorldCase, WorldCovenants, WorldFact

BEGINNING = date(2019, 4, 1)
# A case is on an agenda once for its scenarios and once for each of its escalations.
MEETING_DAYS = (BEGINNING, date(2019, 4, 2), date(2019, 4, 3))
# Stays before exits: the database refuses an exit without an earlier stay.
CASE_FACTS: tuple[type[CaseFact], ...] = (
    Profile,
    Admission,
    Stay,
    WaitingListEntry,
    Procedure,
    Exit,
    Scenario,
    Discussion,
    Advice,
    Merge,
)


@dataclass
class Papers:
    """The rows that the facts of one case refer to."""

    case: Case
    test: AdmissionTest
    decisions: list[Decision]
    escalations: list[Escalation]


class Registrar:
    """A case worker of all municipalities at once, with past meetings in each of them."""

    def __init__(self) -> None:
        with as_owner():
            self.user = User.objects.create(email="registrar@lvv.example", full_name="Registrar")
            self.municipalities = {municipality.name: municipality for municipality in Municipality.objects.all()}
            self.covenants = {covenant.municipality_id: covenant for covenant in Covenant.objects.all()}
            halls = Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY)
            self.halls = {hall.municipality_id: hall for hall in halls}
            Membership.objects.bulk_create(
                Membership(user=self.user, organisation=hall, role=Role.CASE_WORKER, since=BEGINNING)
                for hall in self.halls.values()
            )
            with acting_as(self.user):
                self.meetings = Meeting.objects.bulk_create(
                    Meeting(municipality=municipality, held_on=day, place="Raadhuis", status="held")
                    for municipality in self.municipalities.values()
                    for day in MEETING_DAYS
                )

    def write(self, world: World) -> None:
        with as_owner(), acting_as(self.user):
            for agreements in world.covenants:
                self._write_covenants(agreements)
            self._write_facts(self._open_cases(world.cases), world.cases)
            # The keys between fact and case are deferred. Check them now, since a world may never be committed.
            connection.check_constraints()

    def _write_covenants(self, agreements: WorldCovenants) -> None:
        municipality = self.municipalities[agreements.municipality]
        withdrawal = self._withdrawal(agreements.reference_withdrawn_at)
        Covenant.objects.filter(pk=self.covenants[municipality.pk].pk).update(**withdrawal)
        agreed = {"municipality": municipality, "safe_country_rule": "admit", "requires_willingness": False}
        Covenant.objects.bulk_create(Covenant(**{**agreed, **self._row(fact)}) for fact in agreements.facts)

    def _open_cases(self, world_cases: list[WorldCase]) -> list[Papers]:
        newest = {(world_case.municipality, world_case.subject): world_case.id for world_case in world_cases}
        dossiers = [self._papers(world_case, number) for number, world_case in enumerate(world_cases)]
        for papers in dossiers:
            if papers.case.pk not in newest.values():
                papers.case.closed_on = BEGINNING
        Case.objects.bulk_create(papers.case for papers in dossiers)
        CaseParty.objects.bulk_create(self._party(papers.case) for papers in dossiers)
        AdmissionTest.objects.bulk_create(papers.test for papers in dossiers)
        decisions = [decision for papers in dossiers for decision in papers.decisions]
        AgendaItem.objects.bulk_create(decision.item for decision in decisions)
        Decision.objects.bulk_create(decisions)
        Escalation.objects.bulk_create(escalation for papers in dossiers for escalation in papers.escalations)
        return dossiers

    def _papers(self, world_case: WorldCase, number: int) -> Papers:
        case = Case(
            id=world_case.id,
            number=f"WERELD-{number}",
            municipality=self.municipalities[world_case.municipality],
            subject=world_case.subject,
            registered_on=BEGINNING,
            worker=self.user,
        )
        test = AdmissionTest(
            case=case,
            covenant=self.covenants[case.municipality_id],
            tested_on=BEGINNING,
            recorded_at=EARLY,
            recorded_by=self.user,
        )
        needed = max(
            (fact.escalation + 1 for fact in world_case.facts if fact.model in (Scenario, Discussion, Advice)),
            default=0,
        )
        decisions = [self._decision(case, meeting, number) for meeting in self._meetings_of(case)[:needed]]
        return Papers(case, test, decisions, [self._escalation(decision) for decision in decisions[1:]])

    def _meetings_of(self, case: Case) -> list[Meeting]:
        return [meeting for meeting in self.meetings if meeting.municipality_id == case.municipality_id]

    def _party(self, case: Case) -> CaseParty:
        hall = self.halls[case.municipality_id]
        return CaseParty(
            case=case,
            municipality=case.municipality,
            organisation=hall,
            granted_by=hall,
            basis=PartyBasis.DIRECTS,
            since=EARLY,
        )

    def _decision(self, case: Case, meeting: Meeting, order: int) -> Decision:
        return Decision(
            item=AgendaItem(meeting=meeting, case=case, purpose="scenario", order=order, added_at=EARLY),
            case=case,
            outcome="adopted" if meeting.held_on == BEGINNING else "escalated",
            decided_on=meeting.held_on,
            recorded_by=self.user,
            recorded_at=EARLY,
        )

    def _escalation(self, decision: Decision) -> Escalation:
        return Escalation(
            case=decision.case,
            decision=decision,
            ground="complexity",
            central_question="Wat nu?",
            requested_on=decision.decided_on,
            requested_by=self.user,
        )

    def _write_facts(self, dossiers: list[Papers], world_cases: list[WorldCase]) -> None:
        pairs = [
            (fact, papers)
            for papers, world_case in zip(dossiers, world_cases, strict=True)
            for fact in world_case.facts
        ]
        for model in CASE_FACTS:
            rows = [self._case_fact(fact, papers) for fact, papers in pairs if fact.model is model]
            model._default_manager.bulk_create(rows)
        for fact, _ in pairs:
            if fact.withdrawn_last and fact.withdrawn_at:
                fact.model._default_manager.filter(pk=fact.id).update(**self._withdrawal(fact.withdrawn_at))

    def _case_fact(self, fact: WorldFact, papers: Papers) -> CaseFact:
        assert issubclass(fact.model, CaseFact)
        case = papers.case
        row = fact.model(case=case, municipality=case.municipality, subject=case.subject, **self._row(fact))
        match row:
            case Admission():
                row.test = papers.test
            case Scenario():
                row.decision = papers.decisions[0]
            case Discussion():
                row.escalation = papers.escalations[fact.escalation - 1]
            case Advice():
                row.escalation, row.drafted_by = papers.escalations[fact.escalation - 1], self.user
        return row

    def _row(self, fact: WorldFact) -> dict[str, Any]:
        row = {
            "id": fact.id,
            "valid_from": fact.valid_from,
            "valid_until": fact.valid_until,
            "recorded_at": fact.recorded_at,
            "recorded_by": self.user,
            **fact.values,
        }
        if fact.withdrawn_at is None or fact.withdrawn_last:
            return row
        return {**row, **self._withdrawal(fact.withdrawn_at)}

    def _withdrawal(self, at: datetime) -> dict[str, Any]:
        return {"withdrawn_at": at, "withdrawn_by": self.user, "withdrawal_reason": "vergissing"}
