"""Every address x method x identity x tenant, read from the running system, against one declared table."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from cryptography.hazmat.primitives.asymmetric import ed25519
from django.db import connection, models, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts.access import METHODS
from accounts.acting import acting_as
from accounts.middleware import API_NAMESPACE, OPEN_PAGES
from accounts.models import AuditEntry, Disclosure, Import, Membership, Organisation, Submission, User
from accounts.permissions import GRANTS, Role
from cases import parties, procedures
from cases.models import Case, CaseParty, Procedure, Stay
from core import walls
from monitor.models import EarlyReader, Exemption, Item, Release, Round, Settlement, Tally
from monitor.publishing import editions, releases
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
from tests.conftest import CaseOf, Hire, as_owner, undone
from tests.lvv.access_table import (
    ONE_PARTY,
    OPEN,
    OWN_ACCOUNT_PREFIXES,
    PAGES,
    READS_THE_DRAFT,
    SEES_THE_CASE,
    SEES_THE_ITEM,
    SEES_THE_LIST,
    SEES_THE_SETTLEMENT,
    SEES_THE_TALLY,
    SITS_AT_THE_TABLE,
)
from tests.monitor.machine import pem
from tests.monitor.rounds import closed, opened, released
from tests.mrt.review import excepted, raised, seated
from tests.paper import Paper


@dataclass(frozen=True)
class Address:
    name: str
    view: Any
    keys: frozenset[str]

    @property
    def on(self) -> type[models.Model] | None:
        return getattr(self.view, "on", None)


def addresses() -> list[Address]:
    """Every address of the site except those of the API, which guards itself."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == API_NAMESPACE:
                continue
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
        else:
            yield Address(f"{namespace}{pattern.name}", pattern.callback, frozenset(pattern.pattern.converters))


GUARDED = [a for a in addresses() if a.name not in OPEN and not a.name.startswith(OWN_ACCOUNT_PREFIXES)]


def test_every_address_asks_the_declared_permission() -> None:
    """A page without a guard, or a new page that is not declared, fails this test."""
    assert {a.name: getattr(a.view, "permission", None) for a in GUARDED} == PAGES


def test_pages_open_to_everybody_are_declared() -> None:
    named = {a.name for a in addresses()}
    assert {name for name in OPEN_PAGES if not name.startswith(f"{API_NAMESPACE}:")} == OPEN
    assert named >= OPEN


def test_every_permission_is_asked_somewhere_and_granted_to_somebody() -> None:
    granted = {permission for permissions in GRANTS.values() for permission in permissions}
    assert set(PAGES.values()) <= granted
    assert granted - set(PAGES.values()) == {p for p in granted if p == "read_figures"}


@dataclass
class World:
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


@pytest.fixture
def world(cast: dict[Role, User], sheltered: CaseOf, today: date, now: datetime) -> World:
    with as_owner():
        key = pem(ed25519.Ed25519PrivateKey.generate())
        OAuthClient.objects.create(
            pk=CLIENT, name="Machine", owner=cast[Role.MACHINE_CLIENT], data={"key": key}, scopes="figures"
        )
    chair, coordinator = cast[Role.CHAIR], cast[Role.MRT_COORDINATOR]
    return _world(cast[Role.CASE_WORKER], chair, coordinator, cast[Role.MRT_MEMBER], sheltered, today, now)


@pytest.fixture
def foreign(hire: Hire, sheltered: CaseOf, today: date, now: datetime) -> World:
    worker = hire(Role.CASE_WORKER, "Gemeente Utrecht", "w@utrecht.example")
    chair = hire(Role.CHAIR, "Gemeente Utrecht", "c@utrecht.example")
    coordinator = hire(Role.MRT_COORDINATOR, "Multidisciplinair Team", "m@utrecht.example")
    return _world(worker, chair, coordinator, None, sheltered, today, now)


def _world(
    worker: User,
    chair: User,
    coordinator: User,
    specialist: User | None,
    sheltered: CaseOf,
    today: date,
    now: datetime,
) -> World:
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
    return World(
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
        _exemption(tally.round, today, now),
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
    user = member.user if member else _hired(name)
    with acting_as(user):
        settlement = Settlement.objects.select_related("round", "municipality").get(
            round=tally.round, municipality=tally.municipality, partner="ind"
        )
        record = comparing.Record(on=tally.round.on, category="grant", v_number="0123456789")
        return settlement, comparing.report_missing(settlement, record=record, text="", by=user, at=now)


def _exemption(of_round: Round, today: date, now: datetime) -> Exemption:
    """What the bureau shows to everybody; all municipalities share it."""
    bureau = Membership.objects.get(role=Role.MONITOR_COORDINATOR).user
    with acting_as(bureau):
        return Exemption.objects.first() or editions.exempt(
            of_round,
            indicator="waiting",
            scope="NL",
            reason="Proef",
            decided_by="Proef",
            decided_on=today,
            by=bureau,
            at=now,
        )


def _hired(name: str) -> User:
    with as_owner():
        user = User.objects.create_user(f"{uuid.uuid4()}@lvv.example", full_name="Lid IND")
        organisation = Organisation.objects.get(name=name)
        Membership.objects.create(user=user, organisation=organisation, role=Role.IND_MEMBER, since=date(2019, 1, 1))
    return user


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


@pytest.fixture
def cast(hire: Hire, ngo: Organisation) -> dict[Role, User]:
    """One user for each role."""
    return {role: hire(role, SEATS.get(role, ngo.name)) for role in Role}


# Who sees the subject in the test world, by the declared table; a subject that is not here is the case, or of it.
_AT_THE_TABLE = SITS_AT_THE_TABLE | {Role.PRIVACY_OFFICER}
SEES: dict[type[models.Model], frozenset[Role]] = {
    PositionFile: READS_THE_DRAFT,
    Round: frozenset(Role),
    Release: frozenset(Role),
    Exemption: frozenset(Role),
    EarlyReader: frozenset({Role.MONITOR_COORDINATOR}),
    Tally: SEES_THE_TALLY,
    Settlement: SEES_THE_SETTLEMENT,
    Item: SEES_THE_ITEM,
    Import: SEES_THE_LIST,
    Meeting: _AT_THE_TABLE,
    AgendaItem: _AT_THE_TABLE,
    Topic: _AT_THE_TABLE,
}


def _sees(role: Role, on: type[models.Model]) -> bool:
    return role in SEES.get(on, SEES_THE_CASE | {Role.PRIVACY_OFFICER})


# What a file is asked as, where it is not a table.
FORMS = {"monitor:release_letter_file": "docx"}
# The id of the machine client in the world.
CLIENT = "c" * 32
# What a code in an address names, where it is not a figure.
CODES = {"monitor:definition_detail": "2020-11", "monitor:tally_signal": "unexplained"}


def _address(address: Address, world: World, *, nowhere: bool = False) -> str:
    known = {
        "code": CODES.get(address.name, "present"),
        "kind": "stay",
        "which": "cases",
        "client": CLIENT,
        "place": 0,
        "form": FORMS.get(address.name, "xlsx"),
        "fact": world.stay.pk,
        "party": world.party.pk,
        "procedure": world.procedure.pk,
        "user": world.colleague.pk,
        "membership": world.colleague.memberships.get().pk,
    }
    kwargs: dict[str, Any] = {key: known[key] for key in address.keys if key != "pk"}
    if "pk" in address.keys:
        assert address.on is not None, f"{address.name} has a pk but names no model"
        kwargs["pk"] = uuid.uuid4() if nowhere else world.subject(address.on).pk
    return reverse(address.name, kwargs=kwargs)


def _ask(client: Client, method: str, address: str) -> HttpResponse:
    with undone():
        sent = f"submission={uuid.uuid4()}"
        return client.generic(method, address, sent, "application/x-www-form-urlencoded")  # type: ignore[return-value]


# What is not of one city, for whom.
SEEN_IN_EVERY_CITY: dict[type[models.Model], frozenset[Role]] = {
    Round: frozenset(Role),
    Release: frozenset(Role),
    EarlyReader: frozenset({Role.MONITOR_COORDINATOR}),
    Exemption: frozenset(Role),
    Tally: frozenset({Role.MONITOR_COORDINATOR}),
    Settlement: frozenset({Role.MONITOR_COORDINATOR}),
}


def _is_of_one_city(address: Address, role: Role) -> bool:
    return address.on is not None and role not in SEEN_IN_EVERY_CITY.get(address.on, frozenset())


def _verdict(response: HttpResponse) -> str:
    if response.status_code == 302 and response["Location"].startswith("/inloggen/"):
        return "log in"
    return {404: "absent", 403: "refused", 405: "no method"}.get(response.status_code, "in")


def _expected(address: Address, role: Role) -> str:
    if address.on is not None and not _sees(role, address.on):
        return "absent"
    if PAGES[address.name] not in GRANTS[role] or role not in ONE_PARTY.get(address.name, set(Role)):
        return "refused"
    return "in"


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_what_the_table_says(cast: dict[Role, User], world: World, role: Role) -> None:
    client = Client()
    client.force_login(cast[role])
    found, expected = {}, {}
    for address in GUARDED:
        for method in METHODS:
            key = address.name, method
            found[key] = _verdict(_ask(client, method, _address(address, world)))
            expected[key] = _expected(address, role)
    assert found == expected


@pytest.mark.parametrize("role", Role)
def test_another_citys_case_and_no_case_at_all_look_the_same(
    cast: dict[Role, User], world: World, foreign: World, role: Role
) -> None:
    client = Client()
    client.force_login(cast[role])
    for address in (a for a in GUARDED if _is_of_one_city(a, role)):
        for method in ("GET", "POST"):
            theirs = _ask(client, method, _address(address, foreign))
            nobodys = _ask(client, method, _address(address, foreign, nowhere=True))
            assert theirs.status_code == nobodys.status_code == 404, (address.name, method)
            assert _bare(theirs) == _bare(nobodys), (address.name, method)


def _bare(response: HttpResponse) -> tuple[bytes, dict[str, str]]:
    content = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)
    return content, {k: v for k, v in response.headers.items() if k not in {"Date", "X-Request-Id"}}


def test_a_visitor_who_is_not_logged_in_reaches_nothing(world: World) -> None:
    client = Client()
    for address in GUARDED:
        for method in (*METHODS, "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            response = _ask(client, method, _address(address, world))
            assert _verdict(response) == "log in", (address.name, method)


def test_other_methods_are_refused(cast: dict[Role, User], world: World) -> None:
    client = Client()
    client.force_login(cast[Role.CHAIR])
    for address in GUARDED:
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            assert _verdict(_ask(client, method, _address(address, world))) == "no method", (address.name, method)


def test_a_right_that_was_withdrawn_is_gone_on_the_next_request(
    cast: dict[Role, User], world: World, today: date
) -> None:
    worker = cast[Role.CASE_WORKER]
    client = Client()
    client.force_login(worker)
    assert client.get(reverse("case", args=[world.case.pk])).status_code == 200
    with as_owner():
        worker.memberships.update(until=today)
    assert client.get(reverse("case", args=[world.case.pk])).status_code == 404
    assert client.get(reverse("cases:case_list")).status_code == 403


def test_a_party_that_was_let_go_no_longer_sees_the_case(cast: dict[Role, User], world: World, now: datetime) -> None:
    counsellor, chair = cast[Role.COUNSELLOR], cast[Role.CHAIR]
    client = Client()
    client.force_login(counsellor)
    assert client.get(reverse("case", args=[world.case.pk])).status_code == 200
    with acting_as(chair):
        organisation = counsellor.memberships.get().organisation
        parties.let_go(world.case.parties.get(organisation=organisation), by=chair, at=now)
    assert client.get(reverse("case", args=[world.case.pk])).status_code == 404


def test_refused_writes_change_nothing(cast: dict[Role, User], world: World, foreign: World) -> None:
    before = _everything()
    for role in Role:
        client = Client()
        client.force_login(cast[role])
        for address in GUARDED:
            is_theirs_too = not _is_of_one_city(address, role) and _expected(address, role) == "in"
            if address.on and not is_theirs_too:
                client.post(_address(address, foreign), {"submission": str(uuid.uuid4())})
    assert _everything() == before


def _everything() -> dict[str, object]:
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


def test_the_second_wall_holds_where_the_first_is_gone(
    cast: dict[Role, User], world: World, foreign: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When every `visible_to` returns all rows, no page shows another city's case."""
    for model in walls.declared():
        queryset = type(model._default_manager.get_queryset())
        if hasattr(queryset, "visible_to"):
            monkeypatch.setattr(queryset, "visible_to", lambda self, user: self.all())
    with acting_as(cast[Role.CHAIR]):
        assert not Case.objects.visible_to(cast[Role.CHAIR]).filter(pk=foreign.case.pk).exists()
    secrets = [foreign.case.number, str(foreign.case.pk), str(foreign.case.person_id)]
    for role in Role:
        client = Client()
        client.force_login(cast[role])
        for address in GUARDED:
            if _is_of_one_city(address, role) and address.on is not Meeting:
                response = _ask(client, "GET", _address(address, foreign))
                assert response.status_code == 404, (role, address.name)
            own = _ask(client, "GET", _address(address, world))
            for secret in secrets:
                assert secret not in _shown(own), (role, address.name)


def _shown(response: HttpResponse) -> str:
    """The text that a visitor can read in it. The text of a paper is compressed."""
    content = response.getvalue()
    if response.headers.get("Content-Type") == "application/pdf" and content:
        return Paper(content).text
    return content.decode(errors="replace")


def test_a_stray_page_without_a_permission_would_be_found() -> None:
    def stray(request: object) -> None: ...

    pages = {a.name: getattr(a.view, "permission", None) for a in [*GUARDED, Address("stray", stray, frozenset())]}
    assert pages != PAGES
