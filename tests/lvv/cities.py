"""Amsterdam with a user for each role, and Utrecht: each with a case that came so far that every page has a subject.

Making them takes seconds, so a process makes them once, in a database of its own (`conftest.py`).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.idp.oidc.models import Client as OAuthClient
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, Disclosure, Import, Membership, Municipality, Submission, User
from accounts.permissions import Role
from cases import parties, procedures
from cases.models import Case, CaseParty, Procedure, Stay
from core import walls
from monitor.models import EarlyReader, Exemption, Item, Release, Round, Settlement, Tally
from monitor.publishing import releases
from monitor.rounds import comparing
from mrt import escalation as mrt
from mrt.models import Escalation, Preparation, Rung, Waiver
from scenarios.guidance import actions, questions
from scenarios.meetings import backlog, closing, decisions, passages, planning, positions
from scenarios.meetings.decisions import Resolution
from scenarios.models import (
    Action,
    AgendaItem,
    Decision,
    Meeting,
    Nomination,
    Passage,
    PositionFile,
    PositionRequest,
    Question,
    Topic,
)
from tests.cases.listed import BARE, checked_list
from tests.conftest import CaseOf, as_owner, founded, hired, registering, sheltering
from tests.monitor.machine import pem
from tests.monitor.rounds import closed, exempted, opened, released
from tests.mrt.review import excepted, raised, seated

# The id of the machine client in the world.
CLIENT = "c" * 32
SEATS = {
    Role.CASE_WORKER: "Gemeente Amsterdam",
    Role.CHAIR: "Gemeente Amsterdam",
    Role.IND_MEMBER: "IND, LSO Amsterdam",
    Role.DTV_MEMBER: "DT&V, LSO Amsterdam",
    Role.AVIM_MEMBER: "AVIM Amsterdam",
    Role.MRT_MEMBER: "IND, specialisten MRT",
    Role.MRT_COORDINATOR: "Multidisciplinair Team",
    Role.MONITOR_COORDINATOR: "Programmabureau LVV",
    Role.MACHINE_CLIENT: "Programmabureau LVV",
    Role.PRIVACY_OFFICER: "Gemeente Amsterdam",
    Role.APPLICATION_MANAGER: "Programmabureau LVV",
}


@dataclass
class City:
    """A case with a meeting, a decision and an escalation, in one municipality."""

    case: Case
    meeting: Meeting
    item: AgendaItem
    topic: Topic
    request: PositionRequest
    file: PositionFile
    question: Question
    nomination: Nomination
    passage: Passage
    action: Action
    decision: Decision
    escalation: Escalation
    preparation: Preparation
    waiver: Waiver
    rung: Rung  # of another case: this one is not that far
    tally: Tally
    settlement: Settlement
    missing: Item  # whom the IND has and the municipality has not
    release: Release  # public
    exemption: Exemption
    reader: EarlyReader  # of a release under embargo
    brought: Import  # a list that may be taken over
    stay: Stay
    party: CaseParty
    procedure: Procedure
    colleague: User

    def subject(self, model: type[models.Model]) -> models.Model:
        by_model: dict[type[models.Model], models.Model] = {
            Case: self.case,
            Meeting: self.meeting,
            AgendaItem: self.item,
            Topic: self.topic,
            PositionRequest: self.request,
            PositionFile: self.file,
            Question: self.question,
            Nomination: self.nomination,
            Passage: self.passage,
            Action: self.action,
            Decision: self.decision,
            Escalation: self.escalation,
            Preparation: self.preparation,
            Waiver: self.waiver,
            Rung: self.rung,
            Round: self.tally.round,
            Tally: self.tally,
            Settlement: self.settlement,
            Item: self.missing,
            Release: self.release,
            Exemption: self.exemption,
            EarlyReader: self.reader,
            Import: self.brought,
        }
        return by_model[model]


@dataclass
class Cities:
    """Both cities, and in Amsterdam and nationally one user for each role."""

    cast: dict[Role, User]
    amsterdam: City
    utrecht: City


def build() -> Cities:
    """Make all of it, in the database that this process is connected with."""
    now = timezone.now()
    today = timezone.localdate(now)
    sheltered = sheltering(registering(today, now), today, now)
    ngo = founded(Municipality.objects.get(name="Amsterdam"))
    cast = {role: hired(role, SEATS.get(role, ngo.name)) for role in Role}
    with as_owner():
        key = pem(ed25519.Ed25519PrivateKey.generate())
        OAuthClient.objects.create(
            pk=CLIENT, name="Machine", owner=cast[Role.MACHINE_CLIENT], data={"key": key}, scopes="figures"
        )
    chair, coordinator = cast[Role.CHAIR], cast[Role.MRT_COORDINATOR]
    amsterdam = _city(cast[Role.CASE_WORKER], chair, coordinator, cast[Role.MRT_MEMBER], sheltered, today, now)
    worker = hired(Role.CASE_WORKER, "Gemeente Utrecht", "w@utrecht.example")
    chair = hired(Role.CHAIR, "Gemeente Utrecht", "c@utrecht.example")
    coordinator = hired(Role.MRT_COORDINATOR, "Multidisciplinair Team", "m@utrecht.example")
    return Cities(cast, amsterdam, _city(worker, chair, coordinator, None, sheltered, today, now))


def _city(
    worker: User,
    chair: User,
    coordinator: User,
    specialist: User | None,
    sheltered: CaseOf,
    today: date,
    now: datetime,
) -> City:
    """Without a specialist, another city: the national team does not see its cases."""
    case, stuck = sheltered(worker), sheltered(worker)
    with acting_as(chair):
        _before(case, chair, today - timedelta(days=7), now)
        meeting = planning.plan(case.municipality, held_on=today, place="Stadhuis", by=chair, at=now)
        item = planning.put_on_agenda(meeting, case, purpose="scenario", by=chair, at=now)
        other = planning.put_on_agenda(meeting, stuck, purpose="scenario", by=chair, at=now)
        topic = Topic.objects.create(meeting=meeting, title="Mededelingen", order=1)
        meeting = planning.hold(meeting, present=[], by=chair, at=now)
        escalation, at_a_body = (_escalated(escalated_item, chair, now) for escalated_item in (item, other))
        procedure = procedures.file(case, kind="appeal", by=chair, on=today, at=now)
        stay = Stay.objects.get(case=case)
        party = case.parties.filter(basis="partner").first()
        assert party is not None
    waiver = excepted(coordinator, escalation, worker, now)
    if specialist is not None:
        for review in (escalation, at_a_body):
            seated(coordinator, review, "ind", specialist)
    rung = raised(chair, at_a_body, now)
    with acting_as(chair):
        for their_case in [case, stuck] if specialist is None else []:
            for party in their_case.parties.filter(basis="mrt"):
                parties.let_go(party, by=chair, at=now)
        preparation = Preparation.objects.get(escalation=escalation, organisation=chair.memberships.get().organisation)
        request, file = _draft(case, chair, today + timedelta(days=30), now)
        passage = passages.write(
            request.round.item,
            organisation=request.organisation,
            text="Toelichting",
            readers=[],
            by=chair,
            at=now,
        )
        question = _question(case, chair, today, now)
        municipality = chair.memberships.get().organisation
        action = actions.agree(
            case, organisation=municipality, text="Bellen", due_on=today, by=chair, on=today - timedelta(days=1), at=now
        )
        nomination = backlog.nominate(
            case, organisation=municipality, purpose="review", question="Nog eens?", by=chair, at=now
        )
    tally = _tally(case, today, now)
    settlement, missing = _settled(tally, now)
    release, reader = _releases(today)
    return City(
        case,
        meeting,
        item,
        topic,
        request,
        file,
        question,
        nomination,
        passage,
        action,
        escalation.decision,
        escalation,
        preparation,
        waiver,
        rung,
        tally,
        settlement,
        missing,
        release,
        _exemption(tally.round, now),
        reader,
        checked_list(case.municipality, worker, now, today, {**BARE}),
        stay,
        party,
        procedure,
        colleague=worker,
    )


def _tally(case: Case, today: date, now: datetime) -> Tally:
    """The round part that the municipality has to state. All municipalities share one round."""
    bureau = Membership.objects.filter(role=Role.MONITOR_COORDINATOR).first()
    assert bureau is not None
    with acting_as(bureau.user):
        of_round = Round.objects.first() or opened(bureau.user, today, now)
        return Tally.objects.select_related("municipality", "round").get(round=of_round, municipality=case.municipality)


def _settled(tally: Tally, now: datetime) -> tuple[Settlement, Item]:
    """The settlement of the municipality and the IND, with a person whom the IND misses."""
    name = f"IND, LSO {tally.municipality}"
    member = Membership.objects.filter(organisation__name=name, role=Role.IND_MEMBER).first()
    user = member.user if member else hired(Role.IND_MEMBER, name)
    with acting_as(user):
        settlement = Settlement.objects.select_related("round", "municipality").get(
            round=tally.round, municipality=tally.municipality, partner="ind"
        )
        record = comparing.Record(on=tally.round.on, category="grant", v_number="0123456789")
        return settlement, comparing.report_missing(settlement, record=record, text="", by=user, at=now)


def _exemption(of_round: Round, now: datetime) -> Exemption:
    """What the bureau shows to everybody; all municipalities share it."""
    bureau = Membership.objects.get(role=Role.MONITOR_COORDINATOR).user
    with acting_as(bureau):
        return Exemption.objects.first() or exempted(of_round, bureau, "NL", now)


def _releases(today: date) -> tuple[Release, EarlyReader]:
    """A public release, and a reader of one that is not public yet. All municipalities share them."""
    bureau = Membership.objects.get(role=Role.MONITOR_COORDINATOR).user
    now = timezone.now()
    with acting_as(bureau):
        reader = EarlyReader.objects.select_related("release").first()
        public = Release.objects.exclude(pk=reader.release_id).first() if reader else None
        if reader is None or public is None:
            public = released(closed(bureau, today - timedelta(days=1), now), bureau, now)
            later = now + timedelta(days=1)
            secret = released(closed(bureau, today - timedelta(days=2), now), bureau, now, publish_at=later)
            reader = releases.let_read(secret, user=bureau, reason="Proef", by=bureau, at=now)
    return public, reader


def _escalated(item: AgendaItem, chair: User, now: datetime) -> Escalation:
    decision = decisions.decide(item, Resolution(outcome="escalated", text="Geen overeenstemming"), by=chair, at=now)
    on = decision.decided_on
    return mrt.escalate(decision, ground="complexity", disagreements=[], question="Wat nu?", by=chair, on=on, at=now)


def _draft(case: Case, chair: User, on: date, now: datetime) -> tuple[PositionRequest, PositionFile]:
    """A draft of a position of the municipality, with a file."""
    meeting = planning.plan(case.municipality, held_on=on, place="Stadhuis", by=chair, at=now)
    item = planning.put_on_agenda(meeting, case, purpose="review", by=chair, at=now)
    position_round = positions.ask(item, due_at=now + timedelta(days=9), by=chair, at=now)
    request = position_round.requests.get(organisation=chair.memberships.get().organisation)
    positions.save_draft(request, stance="agree", text="Concept", version=0, by=chair, at=now)
    return request, positions.attach(request, name="brief.png", content=b"\x89PNG\r\n\x1a\n", by=chair, at=now)


def _question(case: Case, chair: User, today: date, now: datetime) -> Question:
    ind = case.parties.get(organisation__kind="ind", organisation__municipality=case.municipality)
    return questions.ask(
        case,
        asker=chair.memberships.get().organisation,
        organisation=ind.organisation,
        kind="file",
        text="Dossier",
        due_on=today,
        by=chair,
        on=today,
        at=now,
    )


def _before(case: Case, chair: User, on: date, now: datetime) -> None:
    """An earlier meeting whose minutes wait for adoption, with a correction."""
    meeting = planning.plan(case.municipality, held_on=on, place="Stadhuis", by=chair, at=now)
    meeting = closing.close(planning.hold(meeting, present=[], by=chair, at=now), by=chair, at=now)
    municipality = chair.memberships.get().organisation
    closing.propose_correction(meeting, item=None, organisation=municipality, text="Anders", by=chair, at=now)


def all_rows() -> dict[str, object]:
    """A hash of every table of ours, except the logs and the last log-in of users."""
    left_out = {AuditEntry, Disclosure, Submission, User}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local role none")
        hashes = {}
        for model in walls.declared():
            if model not in left_out:
                table = model._meta.db_table
                cursor.execute(f"alter table {table} no force row level security")
                cursor.execute(f"select md5(string_agg(t::text, '' order by t::text)) from {table} t")
                hashes[table] = cursor.fetchone()[0]
        transaction.set_rollback(True)
    return hashes
