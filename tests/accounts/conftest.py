"""A world with a row in every table that the second wall guards, and the users who must see nothing of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Membership, User
from accounts.permissions import Role
from cases import exits, merging, notes, procedures, stays
from cases.models import Case
from mrt import advising, answering, team
from mrt import escalation as mrt
from mrt.advising import Conclusion
from mrt.models import Escalation
from scenarios.meetings import decisions, planning
from scenarios.meetings.decisions import Resolution
from tests.accounts import list_rows, review_rows, round_rows
from tests.accounts.meeting_rows import lay_the_table
from tests.accounts.sql import run
from tests.conftest import Hire, as_owner, hired, kept, registering, sheltering


@dataclass
class World:
    case: Case  # with a meeting, an exit, notes
    stuck: Case  # with an MRT


@kept
def world() -> World:
    """A row in every walled table, made by the acts of the users of the fixtures with these names."""
    now = timezone.now()
    today = timezone.localdate(now)
    sheltered = sheltering(registering(today, now), today, now)
    worker, chair = (hired(role, "Gemeente Amsterdam") for role in (Role.CASE_WORKER, Role.CHAIR))
    coordinator = hired(Role.MRT_COORDINATOR, "Multidisciplinair Team")
    ind_member = hired(Role.IND_MEMBER, "IND, LSO Amsterdam")
    case, stuck, settled = (sheltered(worker) for _ in range(3))
    soon = today + timedelta(days=90)
    with acting_as(chair):
        meeting = planning.plan(case.municipality, held_on=today - timedelta(days=1), place="S", by=chair, at=now)
        items = [planning.put_on_agenda(meeting, c, purpose="scenario", by=chair, at=now) for c in (case, stuck)]
        planning.hold(meeting, present=[], by=chair, at=now)
        adopted = decisions.decide(
            items[0], Resolution(outcome="adopted", kind="return", review_on=soon), by=chair, at=now
        )
        stopped = decisions.decide(items[1], Resolution(outcome="escalated", text="Vast"), by=chair, at=now)
        escalation = mrt.escalate(
            stopped, ground="complexity", disagreements=[], question="Wat nu?", by=chair, on=today, at=now
        )
        lay_the_table(adopted, chair, now)
    members = _members(chair)
    review_rows.ask_and_judge(escalation, members[2][1], coordinator, chair, now)
    _advise(escalation, members, coordinator, today, now)
    review_rows.climb(escalation, chair, now)
    with acting_as(chair):
        meeting = planning.plan(case.municipality, held_on=today, place="S", by=chair, at=now)
        item = planning.put_on_agenda(meeting, stuck, purpose="mrt_advice", by=chair, at=now)
        planning.hold(meeting, present=[], by=chair, at=now)
        answering.answer(escalation, item, is_adopted=True, by=chair, at=now)
        organisation = worker.memberships.get().organisation
        for compartment in ("shared", "own"):
            notes.write(case, organisation=organisation, compartment=compartment, text="Notitie", by=chair, at=now)
        procedures.file(case, kind="asylum", by=chair, on=today, at=now)
        stays.end(case, by=chair, on=today - timedelta(days=2), at=now)
        stays.wait(case, by=chair, on=today - timedelta(days=1), at=now)
        exits.record_exit(case, category="other", by=chair, on=today, at=now)
        exits.record_exit(settled, category="grant", evidence="Beschikking", by=chair, on=today, at=now)
    _measure(ind_member, chair, today, now)
    list_rows.take_over(case.municipality, chair, today, now)
    with acting_as(chair):
        double = Case.objects.get(imported__isnull=False)
        merging.merge(case, double, grounds="Zelfde vingerafdrukken", by=chair, at=now)
    return World(case, stuck)


def _measure(ind_member: User, chair: User, today: date, now: datetime) -> None:
    bureau = hired(Role.MONITOR_COORDINATOR, "Programmabureau LVV", "ronde@lvv.example")
    round_rows.sign(chair, bureau, today, now)
    round_rows.settle(ind_member, chair, now)
    round_rows.release(chair, bureau, today, now)


def _members(chair: User) -> list[tuple[str, User]]:
    ind, dtv = "IND, specialisten MRT", "DT&V, specialisten MRT"
    ngo = _ngo()
    return [
        ("municipality", chair),
        ("ngo", hired(Role.COUNSELLOR, ngo, "zetel-ngo@lvv.example")),
        ("ind", hired(Role.MRT_MEMBER, ind, "zetel-ind-1@lvv.example")),
        ("ind", hired(Role.MRT_MEMBER, ind, "zetel-ind-2@lvv.example")),
        ("dtv", hired(Role.MRT_MEMBER, dtv, "zetel-dtv@lvv.example")),
    ]


def _ngo() -> str:
    name = "Stichting Zetel"
    with as_owner():
        run(
            "insert into accounts_organisation (name, kind, municipality_id)"
            " select %s, 'ngo', id from accounts_municipality where name = 'Amsterdam'",
            name,
        )
    return name


def _advise(
    escalation: Escalation, members: list[tuple[str, User]], coordinator: User, today: date, now: datetime
) -> None:
    with acting_as(coordinator):
        for role, user in members:
            team.seat(
                escalation,
                role=role,
                user=user,
                organisation=user.memberships.get().organisation,
                declared_uninvolved=True,
                by=coordinator,
                at=now,
            )
        advising.discuss(escalation, by=coordinator, on=today, at=now)
        advising.draft(escalation, Conclusion(text="Advies", direction="stay"), by=coordinator, at=now)
    _, member = members[1]
    review_rows.think_otherwise(escalation, members[0][1], now)
    with acting_as(member):
        advising.sign(escalation, by=member, at=now, on=today)


@pytest.fixture
def strangers(world: World, outsider: User, hire: Hire, now: datetime) -> dict[str, User | None]:
    """The users who must see nothing of the world."""
    dismissed = hire(Role.CASE_WORKER, "Gemeente Amsterdam", "weg@lvv.example")
    locked_out = hire(Role.CASE_WORKER, "Gemeente Amsterdam", "dicht@lvv.example")
    with as_owner():
        Membership.objects.filter(user=dismissed).update(until=now.date() - timedelta(days=1))
        User.objects.filter(pk=locked_out.pk).update(is_active=False)
    return {
        "nobody": None,
        "another city": outsider,
        "membership ended": dismissed,
        "not active": locked_out,
        "seat ended": User.objects.get(email="zetel-ind-1@lvv.example"),
        "coordinator whose part ended": User.objects.get(memberships__role=Role.MRT_COORDINATOR),
        "programme bureau": hire(Role.MONITOR_COORDINATOR, "Programmabureau LVV"),
        "application manager": hire(Role.APPLICATION_MANAGER, "Programmabureau LVV"),
    }
