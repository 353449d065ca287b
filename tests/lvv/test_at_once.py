"""Two users act at the same moment, each in a session of their own, on the database of the demo world."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from psycopg.sql import SQL, Composed, Identifier

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases import corrections, exits, intake, merging
from cases.locking import Stale
from cases.models import Case, Merge
from lvv.demo import accounts
from mrt import advising, team
from mrt.advising import Conclusion
from mrt.models import Advice, Escalation, Seat
from scenarios.meetings import closing, decisions, minutes, planning, positions
from scenarios.meetings.decisions import Resolution
from scenarios.meetings.minutes import Text
from scenarios.models import AgendaItem, Correction, Decision, ItemMinutes, Meeting, PositionRequest, PositionRound
from tests.conftest import DemoWorld

pytestmark = pytest.mark.usefixtures("in_demo_world")
PATIENCE = 20  # seconds
WAITING = """select count(distinct pid) from pg_locks join pg_stat_activity using (pid)
             where not granted and datname = %s"""
Act = Callable[[], Any]


def account(start: str) -> User:
    return User.objects.get(email=f"{start}@{accounts.DOMAIN}")


@pytest.fixture
def chair() -> User:
    return account("voorzitter.utrecht")


@pytest.fixture
def case(chair: User) -> Case:
    with acting_as(chair):
        return Case.objects.visible_to(chair).open().filter(decisions__outcome="adopted").order_by("number")[0]


@pytest.fixture
def item(chair: User, case: Case) -> AgendaItem:
    """An item of a meeting that was held. Nothing is decided yet."""
    with acting_as(chair):
        meeting = planned(case, chair, timezone.localdate() - timedelta(days=40))
        agenda_item = planning.put_on_agenda(meeting, case, purpose="review", by=chair, at=timezone.now())
        planning.hold(meeting, present=[], by=chair, at=timezone.now())
        return AgendaItem.objects.select_related("meeting", "case").get(pk=agenda_item.pk)


def planned(case: Case, chair: User, day: date) -> Meeting:
    """A meeting on the first day without one, from this day on."""
    taken = set(Meeting.objects.filter(municipality=case.municipality_id).values_list("held_on", flat=True))
    while day in taken:
        day += timedelta(days=1)
    return planning.plan(case.municipality, held_on=day, place="Stadhuis", by=chair, at=timezone.now())


class Sessions:
    """Acts that run at once, each in a thread with its own session; their values or errors, in the given order."""

    def __init__(self, world: DemoWorld) -> None:
        self.world = world

    def run(self, *acts: tuple[User, Act], behind: str, key: object, waiting: int) -> list[Any]:
        """Start the acts one by one while another session locks a row. `waiting` of them must then wait."""
        kept = SQL("select id from {} where id = %s for update").format(Identifier(behind))
        return self.run_behind(kept, key, *acts, waiting=waiting)

    def run_behind(self, lock: Composed, key: object, *acts: tuple[User, Act], waiting: int) -> list[Any]:
        """The same behind any lock that a statement takes."""
        outcomes: list[Any] = [None] * len(acts)
        threads: list[threading.Thread] = []
        with psycopg.connect(self.world.owner_url) as other:
            other.execute("set local role lvv_web")
            other.execute("select set_config('lvv.user', %s, true)", [str(acts[0][0].pk)])
            assert other.execute(lock, [key]).fetchone() is not None
            for number, (user, act) in enumerate(acts):
                threads.append(threading.Thread(target=self._does, args=(outcomes, number, user, act)))
                threads[-1].start()
                waits = self._all_wait_or_ended(threads)
            other.rollback()
        for thread in threads:
            thread.join(PATIENCE)
        assert waits == waiting
        return outcomes

    def _does(self, outcomes: list[Any], number: int, user: User, act: Act) -> None:
        connection.settings_dict |= {"NAME": self.world.name, "OPTIONS": {"options": "-c role=lvv_web"}}
        try:
            with acting_as(user):
                outcomes[number] = act()
        except Exception as error:  # the test says which one it expects
            outcomes[number] = error
        finally:
            connection.close()

    def _all_wait_or_ended(self, threads: list[threading.Thread]) -> int:
        """How many sessions wait, as soon as no session does anything else."""
        end = time.monotonic() + PATIENCE
        with psycopg.connect(self.world.owner_url, autocommit=True) as watch:
            while time.monotonic() < end:
                row = watch.execute(WAITING, [self.world.name]).fetchone()
                assert row is not None
                if row[0] == sum(thread.is_alive() for thread in threads):
                    return int(row[0])
                time.sleep(0.02)
        pytest.fail("een handeling wacht niet en komt niet klaar")


@pytest.fixture
def sessions(demo_world: DemoWorld) -> Sessions:
    return Sessions(demo_world)


def decide(item: AgendaItem, by: User, text: str) -> Decision:
    return decisions.decide(item, Resolution("postponed", text), by=by, at=timezone.now())


def close(meeting: Meeting, by: User) -> Meeting:
    return closing.close(meeting, by=by, at=timezone.now())


def errors_of(outcomes: list[Any]) -> list[str]:
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(one, ValidationError) for one in refused), refused
    return [message for outcome in refused if isinstance(outcome, ValidationError) for message in outcome.messages]


def test_two_who_decide_the_same_item_record_one_decision(sessions: Sessions, chair: User, item: AgendaItem) -> None:
    acts = [(chair, lambda text=text: decide(item, chair, text)) for text in ("Eerst", "Daarna")]
    found = sessions.run(*acts, behind="cases_case", key=item.case_id, waiting=2)
    assert errors_of(found) == ["Op deze zaak is in dit overleg al besloten."]
    with acting_as(chair):
        assert Decision.objects.get(item=item).text == "Eerst"


def test_a_meeting_does_not_close_over_a_decision_in_the_making(
    sessions: Sessions, chair: User, item: AgendaItem
) -> None:
    acts = ((chair, lambda: decide(item, chair, "Nog net")), (chair, lambda: close(item.meeting, chair)))
    found = sessions.run(*acts, behind="cases_case", key=item.case_id, waiting=1)
    assert len(errors_of(found[1:])) == 1
    with acting_as(chair):
        assert Decision.objects.get(item=item).text == "Nog net"
        assert Meeting.objects.get(pk=item.meeting_id).status == "held"
        assert close(item.meeting, chair).status == "closed"


def test_text_typed_while_the_meeting_closes_is_in_the_minutes(
    sessions: Sessions, chair: User, item: AgendaItem
) -> None:
    with acting_as(chair):
        decide(item, chair, "Besloten")
        standing = minutes.write(item, Text("Eerste zin."), version=0, by=chair, at=timezone.now())

    def write(text: str, version: int) -> ItemMinutes:
        return minutes.write(item, Text(text), version=version, by=chair, at=timezone.now())

    acts = ((chair, lambda: write("Laatste zin.", standing.version)), (chair, lambda: close(item.meeting, chair)))
    found = sessions.run(*acts, behind="scenarios_itemminutes", key=standing.pk, waiting=2)
    assert errors_of(found) == []
    with acting_as(chair), pytest.raises(ValidationError, match="afgesloten"):
        write("Te laat.", standing.version + 1)
    with acting_as(chair):
        assert ItemMinutes.objects.get(item=item).discussion == "Laatste zin."
        assert Meeting.objects.get(pk=item.meeting_id).status == "closed"


def test_the_last_two_who_give_their_position_open_the_round(sessions: Sessions, chair: User, case: Case) -> None:
    now = timezone.now()
    with acting_as(chair):
        meeting = planned(case, chair, timezone.localdate() + timedelta(days=1))
        item = planning.put_on_agenda(meeting, case, purpose="review", by=chair, at=now)
        due_at = min(meeting.started_at, now + timedelta(hours=1))
        made = positions.ask(item, due_at=due_at, by=chair, at=now)
        requests = list(made.requests.select_related("round", "organisation").order_by("pk"))
    members = [member_of(request.organisation, chair) for request in requests]
    for request, member in list(zip(requests, members, strict=True))[:-2]:
        with acting_as(member):
            give(request, member, now)
    acts = [
        (member, lambda request=request, member=member: give(request, member, now))
        for request, member in list(zip(requests, members, strict=True))[-2:]
    ]
    found = sessions.run(*acts, behind="scenarios_positionround", key=made.pk, waiting=2)
    assert errors_of(found) == []
    with acting_as(chair):
        assert PositionRound.objects.get(pk=made.pk).opened_at == now
        # The demo world keeps one coming meeting for each table.
        planning.cancel(meeting, by=chair, at=timezone.now())


def member_of(organisation: Organisation, chair: User) -> User:
    with acting_as(chair):
        there = User.objects.filter(memberships__organisation=organisation, memberships__until=None, is_active=True)
        return there.order_by("pk").first() or pytest.fail(f"niemand bij {organisation}")


def give(request: PositionRequest, by: User, at: datetime) -> object:
    return positions.give(request, stance="agree", text="Eens", version=0, by=by, at=at)


def test_minutes_are_not_adopted_over_a_correction_that_nobody_judged(
    sessions: Sessions, chair: User, item: AgendaItem, case: Case
) -> None:
    with acting_as(chair):
        decide(item, chair, "Besloten")
        close(item.meeting, chair)
        later = planned(case, chair, item.meeting.held_on + timedelta(days=1))
        planning.hold(later, present=[], by=chair, at=timezone.now())
        organisation = chair.memberships.get().organisation

    def propose() -> Correction:
        return closing.propose_correction(
            item.meeting, item=item, organisation=organisation, text="Anders", by=chair, at=timezone.now()
        )

    acts = ((chair, lambda: closing.adopt(item.meeting, later, by=chair, at=timezone.now())), (chair, propose))
    found = sessions.run(*acts, behind="scenarios_meeting", key=item.meeting_id, waiting=2)
    assert errors_of(found) == ["Dit verslag is al vastgesteld."]
    with acting_as(chair):
        assert Meeting.objects.get(pk=item.meeting_id).adopted_in == later
        assert not Correction.objects.filter(meeting=item.meeting).exists()


# --- who is whom


@pytest.fixture
def twice(chair: User) -> Iterator[tuple[Case, Case]]:
    """Two persons of Utrecht: one with an open case, and one with a closed case."""
    municipality = chair.memberships.get().organisation.municipality
    assert municipality is not None
    on = timezone.localdate() - timedelta(days=9)
    with acting_as(chair):
        running, closed = (
            intake.register(municipality, identity=intake.Identity(name), by=chair, on=on, at=timezone.now())
            for name in ("Verzonnen", "Verzonnen-Twee")
        )
        closed = exits.close_without_stay(closed, by=chair, on=on, at=timezone.now())
    yield running, closed
    with acting_as(chair):  # the demo world keeps its open cases and its figures
        for merge in Merge.objects.standing().filter(case=closed):
            corrections.withdraw(merge, reason="Proef", by=chair, at=timezone.now())
        exits.close_without_stay(running, by=chair, on=timezone.localdate(), at=timezone.now())


def merge_them(twice: tuple[Case, Case], by: User) -> Merge:
    return merging.merge(twice[1], twice[0], grounds="Zelfde foto.", by=by, at=timezone.now())


@pytest.mark.parametrize("lock", [1, 2])
def test_a_person_who_comes_back_during_a_merge_has_one_running_case(
    sessions: Sessions, chair: User, twice: tuple[Case, Case], lock: int
) -> None:
    """A registration and a placement in a municipality wait for a merge there."""
    running, closed = twice
    back = partial(intake.reopen, closed, by=chair, on=timezone.localdate(), at=timezone.now())
    acts = ((chair, lambda: merge_them(twice, chair)), (chair, back))
    taken = SQL("select pg_advisory_xact_lock({}, %s)").format(lock)
    found = sessions.run_behind(taken, running.municipality_id, *acts, waiting=2)
    assert errors_of(found) == [f"Deze persoon heeft al een lopende zaak in Utrecht: {running.number}."]


@pytest.mark.parametrize("kept", [0, 1])
def test_two_who_merge_the_same_persons_each_from_their_side_do_so_once(
    sessions: Sessions, chair: User, twice: tuple[Case, Case], kept: int
) -> None:
    acts = [(chair, lambda pair=pair: merge_them(pair, chair)) for pair in (twice, twice[::-1])]
    found = sessions.run(*acts, behind="cases_case", key=twice[kept].pk, waiting=2)
    assert [words.partition(" zijn ")[2] for words in errors_of(found)] == ["al van dezelfde persoon."]


# --- the MRT


@pytest.fixture
def in_draft() -> Escalation:
    """An advice that waits for its second signature."""
    with acting_as(account("mrt")):
        return Escalation.objects.select_related("case").get(draft__isnull=False, advices=None)


def sign(escalation: Escalation, by: User) -> Advice:
    return advising.sign(escalation, by=by, at=timezone.now(), version=escalation.version)


def test_an_advice_that_changes_while_somebody_signs_it_is_not_signed(sessions: Sessions, in_draft: Escalation) -> None:
    coordinator, member = account("mrt"), account("casusregisseur.amsterdam")
    conclusion = Conclusion(text="Toch anders.", direction="departure")
    acts: list[tuple[User, Act]] = [
        (coordinator, lambda: advising.draft(in_draft, conclusion, by=coordinator, at=timezone.now())),
        (member, lambda: sign(in_draft, member)),
    ]
    found = sessions.run(*acts, behind="mrt_escalation", key=in_draft.pk, waiting=2)
    assert isinstance(found[1], Stale)
    with acting_as(member):
        assert not Advice.objects.filter(escalation=in_draft).exists()


def test_two_who_sign_at_once_give_one_advice(sessions: Sessions, in_draft: Escalation) -> None:
    coordinator = account("mrt")
    members = [account("casusregisseur.amsterdam"), account("begeleider.amsterdam")]
    with acting_as(coordinator):
        seats = team.taken_seats(in_draft)
    signing = [(user, lambda user=user: advising.sign(in_draft, by=user, at=timezone.now())) for user in members]
    found = sessions.run(*signing, behind="mrt_escalation", key=in_draft.pk, waiting=2)
    assert errors_of(found) == ["Er is al een advies."]
    with acting_as(coordinator):
        assert Advice.objects.standing().get(escalation=in_draft).recorded_by == members[0]
        assert not Seat.objects.filter(escalation=in_draft, until=None).exists()
        # The demo world keeps a draft, and a team that can sign it.
        advising.revise(in_draft, reason="Proef", by=coordinator, at=timezone.now())
        for seat in seats:
            sit_again(seat, coordinator)


def sit_again(seat: Seat, coordinator: User) -> None:
    team.seat(
        seat.escalation,
        role=seat.role,
        user=seat.user,
        organisation=seat.organisation,
        declared_uninvolved=True,
        by=coordinator,
        at=timezone.now(),
    )


def test_a_long_export_shows_nothing_after_the_seat_ended(demo_world: DemoWorld) -> None:
    """An export is one transaction with many statements. Those after the end of the seat show nothing."""
    coordinator, member = account("mrt"), account("mrt-ind-1")
    with acting_as(member):
        seat = Seat.objects.filter(user=member, until=None, escalation__draft=None).select_related(
            "escalation__case", "user", "organisation"
        )[0]
    tables = ("cases_stay", "cases_profile", "scenarios_decision", "mrt_escalation", "mrt_seat", "mrt_preparation")
    with psycopg.connect(demo_world.owner_url) as export:
        export.execute("set local role lvv_web")
        export.execute("select set_config('lvv.user', %s, true)", [str(member.pk)])
        before = {table: _rows(export, table, seat.case_id) for table in tables}
        with acting_as(coordinator):
            team.release(seat, by=coordinator, at=timezone.now())
        after = {table: _rows(export, table, seat.case_id) for table in tables}
    assert min(before.values()) > 0
    assert set(after.values()) == {0}
    with acting_as(coordinator):
        sit_again(seat, coordinator)


def _rows(session: psycopg.Connection, table: str, case: object) -> int:
    query = SQL("select count(*) from {} where case_id = %s").format(Identifier(table))
    row = session.execute(query, [case]).fetchone()
    assert row is not None
    return int(row[0])
