"""Deadlines of the MRT: who gets which, on the start page and in the morning mail."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.acting import acting_as
from accounts.models import User
from cases.deadlines import deadlines
from cases.models import Case
from mrt import escalation
from mrt.models import Escalation, Stage
from mrt.stages import JUDGING_TERM, PREPARATION_TERM, TERMS
from mrt.terms import last_day
from tests.lvv.test_deadlines import queries_for
from tests.mrt.review import BEFORE, drafted, escalated, excepted, raised, seated, signed

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CaseOf = Callable[..., Case]


def of_the_mrt(user: User, on: date) -> list[tuple[str, date]]:
    """The deadlines of the MRT for a user: title and day. Each links to the page of the escalation."""
    with acting_as(user):
        of_user = [deadline for deadline in deadlines(user, on) if "MRT" in deadline.title]
    assert all(deadline.address.startswith("/mrt/") for deadline in of_user)
    return [(deadline.title, deadline.on) for deadline in of_user]


def test_each_step_is_a_deadline_of_whoever_takes_it(
    talked_over: Escalation, coordinator: User, chair: User, ind_specialist: User, counsellor: User, today: date
) -> None:
    drafting = [("MRT: Advies opstellen", last_day(today - BEFORE, TERMS[Stage.DISCUSSED].days))]
    assert of_the_mrt(coordinator, today) == drafting
    assert of_the_mrt(chair, today) == of_the_mrt(ind_specialist, today) == []
    drafted(coordinator, talked_over)
    signing = [("MRT: Advies ondertekenen", last_day(today, TERMS[Stage.DRAFTED].days))]
    assert of_the_mrt(ind_specialist, today) == of_the_mrt(counsellor, today) == signing
    assert of_the_mrt(coordinator, today) == of_the_mrt(chair, today) == []
    signed(coordinator, talked_over)
    answering = [("MRT: Advies beantwoorden", last_day(today, TERMS[Stage.ADVISED].days))]
    assert of_the_mrt(chair, today) == answering
    assert of_the_mrt(ind_specialist, today) == of_the_mrt(coordinator, today) == []


def test_the_owner_of_a_rung_has_the_deadline_for_its_ruling(
    concluded: Escalation, chair: User, coordinator: User, today: date, now: datetime
) -> None:
    raised(chair, concluded, now)
    due_on = last_day(today, TERMS[Stage.STEERING].days)
    assert of_the_mrt(chair, today) == [("MRT: Uitkomst vastleggen", due_on)]
    assert of_the_mrt(coordinator, today) == []


def test_each_party_is_asked_to_prepare_and_the_team_to_come(
    requested: Escalation, coordinator: User, chair: User, ind_member: User, ind_specialist: User, today: date
) -> None:
    preparing = ("MRT voorbereiden", last_day(today - BEFORE, PREPARATION_TERM))
    assert preparing in of_the_mrt(ind_member, today)
    assert preparing in of_the_mrt(chair, today)
    seated(coordinator, requested, "ind", ind_specialist)
    meets_at = datetime.now(UTC) + timedelta(days=5)
    with acting_as(coordinator):
        escalation.convene(requested, meets_at=meets_at, place="Utrecht", by=coordinator, at=datetime.now(UTC))
    assert of_the_mrt(ind_specialist, today) == [("MRT: overleg", meets_at.astimezone(AMSTERDAM).date())]


def test_an_exception_waits_for_the_chair(
    requested: Escalation, coordinator: User, chair: User, worker: User, today: date, now: datetime
) -> None:
    excepted(coordinator, requested, worker, now)
    title, due_on = "Uitzondering voor een MRT-lid beoordelen", last_day(today, JUDGING_TERM)
    assert (title, due_on) in of_the_mrt(chair, today)
    assert title not in {found for found, _ in of_the_mrt(worker, today)}


def test_the_number_of_queries_does_not_grow_with_the_escalations(
    chair: User, worker: User, coordinator: User, sheltered: CaseOf, today: date
) -> None:
    counted = []
    for days in (1, 2, 3):
        escalated(chair, sheltered(worker), today - timedelta(days=days))
        counted.append(queries_for(chair, today))
    assert counted[0] == counted[2]
