"""Which move leads from which stage to which: every pair of stages, in the data and by doing every move."""

import itertools
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from accounts.permissions import GRANTS, Role
from cases import intake
from cases.models import Case
from mrt import advising, answering, escalation, ladder, progress, stages, team
from mrt.advising import Conclusion
from mrt.models import Escalation, Rung, Seat
from mrt.stages import CLOSING, DONE, LADDER, MOVES, TERMS, Stage
from tests.conftest import Hire, undone
from tests.mrt.review import Seating, composed, discussed, drafted, escalated, raised, seated, signed
from tests.scenarios.lso import tabled

# The expected moves per pair of stages, written apart from the code (domain 1.3). In a pair of equal stages the moves
# change nothing about the stage.
S = Stage
LEADS: dict[tuple[Stage, Stage], set[str]] = {
    (S.REQUESTED, S.REQUESTED): {"elaborate", "convene", "seat", "release"},
    (S.REQUESTED, S.COMPOSED): {"seat"},
    (S.COMPOSED, S.REQUESTED): {"release"},
    (S.COMPOSED, S.COMPOSED): {"elaborate", "convene", "seat", "release"},
    (S.COMPOSED, S.DISCUSSED): {"discuss"},
    (S.DISCUSSED, S.DISCUSSED): {"discuss", "seat", "release"},
    (S.DISCUSSED, S.DRAFTED): {"draft"},
    (S.DRAFTED, S.DRAFTED): {"draft", "remark", "seat", "release"},
    (S.DRAFTED, S.ADVISED): {"sign"},
    (S.ADVISED, S.DRAFTED): {"revise"},
    (S.ADVISED, S.STEERING): {"climb"},
    (S.ADVISED, S.ANSWERED): {"answer"},
    (S.STEERING, S.PROGRAMME): {"rule"},
    (S.STEERING, S.RULED): {"rule"},
    (S.PROGRAMME, S.ADMINISTRATIVE): {"rule"},
    (S.PROGRAMME, S.RULED): {"rule"},
    (S.ADMINISTRATIVE, S.RULED): {"rule"},
    (S.RULED, S.PROGRAMME): {"climb"},
    (S.RULED, S.ADMINISTRATIVE): {"climb"},
    (S.RULED, S.ANSWERED): {"answer"},
    **{(stage, S.CLOSED): {"close"} for stage in Stage if stage not in (S.ANSWERED, S.CLOSED)},
}


@pytest.mark.parametrize(("start", "end"), list(itertools.product(Stage, Stage)))
def test_every_pair_of_stages_has_exactly_the_listed_moves(start: Stage, end: Stage) -> None:
    leading = {name for name, move in MOVES.items() if end in move.leads.get(start, ())}
    leading |= {"close"} if end in CLOSING.get(start, ()) else set()
    assert leading == LEADS.get((start, end), set())


def test_a_move_is_refused_with_a_reason_wherever_it_leads_nowhere() -> None:
    for (name, move), stage in itertools.product(MOVES.items(), Stage):
        reasons = move.refusal(stage)
        assert bool(reasons) == (stage not in move.leads), (name, stage)
        assert all(reason.endswith(".") for reason in reasons)


def test_every_stage_that_is_not_done_has_a_term_whose_move_leads_on() -> None:
    assert set(TERMS) == set(Stage) - DONE
    for stage, term in TERMS.items():
        assert term.days > 0
        assert MOVES[term.move].leads[stage] - {stage}, stage


def test_every_move_is_granted_to_somebody() -> None:
    granted = set().union(*GRANTS.values())
    assert {move.permission for move in MOVES.values()} <= granted


def test_the_architecture_page_shows_the_moves_as_they_are(tmp_path: Path) -> None:
    """If this fails, run `./run manage mrt_diagram`."""
    page = Path(__file__).parents[2] / "docs" / "architecture.md"
    assert stages.diagram() in page.read_text()
    stale = tmp_path / "architecture.md"
    stale.write_text(page.read_text().replace("requested --> composed", "requested --> answered"))
    call_command("mrt_diagram", file=stale, verbosity=0)
    assert stale.read_text() == page.read_text()


# --- the same, by doing every move


class StagedEscalation:
    """One escalation, which is brought to a stage, and a method for every move to try there."""

    def __init__(self, case: Case, chair: User, coordinator: User, members: list[Seating], today: date) -> None:
        self.case, self.chair, self.coordinator, self.members, self.today = case, chair, coordinator, members, today
        self.escalation = escalated(chair, case, today - timedelta(days=25))
        self.spare: User | None = None

    def bring_to(self, stage: Stage) -> None:
        if stage == S.CLOSED:
            self._as(self.chair, intake.close, self.case, on=self.today)
            return
        order = list(Stage)
        steps: dict[Stage, Callable[[], object]] = {
            S.COMPOSED: lambda: composed(self.coordinator, self.escalation, self.members),
            S.DISCUSSED: lambda: discussed(self.coordinator, self.escalation, self.today - timedelta(days=24)),
            S.DRAFTED: lambda: drafted(self.coordinator, self.escalation),
            S.ADVISED: lambda: signed(self.coordinator, self.escalation, self.today - timedelta(days=20)),
        }
        for reached, step in steps.items():
            if order.index(reached) <= order.index(stage):
                step()
        self._go_on_to(stage)

    def _go_on_to(self, stage: Stage) -> None:
        """Bring it to a stage after the advice."""
        if stage in LADDER:
            self._climb_to(stage)
        if stage == S.RULED:
            self._climb_to(S.STEERING)
            self._rule("confirmed")
        if stage == S.ANSWERED:
            self.try_out("answer")

    def _climb_to(self, stage: Stage) -> None:
        raised(self.chair, self.escalation, timezone.now())
        for _ in range(LADDER.index(stage)):
            self._rule("passed_on")

    def _rule(self, ruling: str = "confirmed") -> None:
        with acting_as(self.chair):
            rung = Rung.objects.filter(escalation=self.escalation).from_below().last()
            rung = rung or Rung(escalation=self.escalation, case=self.case, raised_on=self.today)
        by = self.chair if rung.level == "steering" else self.coordinator
        self._as(by, ladder.rule, rung, ruling=ruling, text="Gehoord.", on=self.today)

    @property
    def stage(self) -> Stage:
        """The stage as the coordinator sees it, who reads the draft; after the answer, as the chair sees it."""
        with acting_as(self.coordinator):
            if Escalation.objects.filter(pk=self.escalation.pk).exists():
                return progress.standing_of(self.escalation).stage
        with acting_as(self.chair):
            return progress.standing_of(self.escalation).stage

    def try_out(self, name: str) -> None:
        """Make a move with valid values."""
        getattr(self, f"_{name}")()

    def _as(self, user: User, act: Callable[..., Any], *args: Any, **values: Any) -> None:
        with acting_as(user):
            act(*args, **values, by=user, at=timezone.now())

    def _elaborate(self) -> None:
        said = {"agreed_facts": "Ja.", "points": {"documents": "Geen paspoort."}, "tried": "Veel."}
        self._as(self.chair, escalation.elaborate, self.escalation, **said)

    def _convene(self) -> None:
        moment = timezone.now() + timedelta(days=9)
        self._as(self.coordinator, escalation.convene, self.escalation, meets_at=moment, place="Utrecht")

    def _seat(self) -> None:
        assert self.spare is not None
        with acting_as(self.coordinator):
            role = next(iter(team.open_seats(self.escalation)), "guest")
        users = [user for kind, user in self.members if kind == role] or [self.spare]
        seated(self.coordinator, self.escalation, str(role), users[0])

    def _release(self) -> None:
        if self.stage == S.REQUESTED:
            self._seat()
        with acting_as(self.chair):
            taken = Seat.objects.filter(escalation=self.escalation).order_by("since").first()
            taken = taken or Seat(escalation=self.escalation, case=self.case)
        self._as(self.coordinator, team.release, taken)

    def _discuss(self) -> None:
        on = self.today - timedelta(days=22)
        self._as(self.coordinator, advising.discuss, self.escalation, on=on)

    def _draft(self) -> None:
        said = Conclusion(text="Toch anders.", direction="stay")
        self._as(self.coordinator, advising.draft, self.escalation, said)

    def _remark(self) -> None:
        self._as(self.members[0][1], advising.remark, self.escalation, text="Niet mee eens.")

    def _sign(self) -> None:
        self._as(self.members[0][1], advising.sign, self.escalation)

    def _revise(self) -> None:
        self._as(self.coordinator, advising.revise, self.escalation, reason="Nieuwe feiten.")

    def _answer(self) -> None:
        item = tabled(self.chair, self.case, self.today)
        self._as(self.chair, answering.answer, self.escalation, item, is_adopted=True)

    def _climb(self) -> None:
        self._as(self.chair, ladder.climb, self.escalation, reason="Vast.", on=self.today + timedelta(days=99))


@pytest.mark.parametrize("stage", Stage)
def test_a_move_leads_where_it_says_and_nowhere_else(
    stage: Stage,
    stuck: Case,
    chair: User,
    coordinator: User,
    team: list[Seating],
    hire: Hire,
    today: date,
    subtests: pytest.Subtests,
) -> None:
    played = StagedEscalation(stuck, chair, coordinator, team, today)
    played.spare = hire(Role.MRT_MEMBER, "IND, specialisten MRT", "spare@mrt.example")
    played.bring_to(stage)
    assert played.stage == stage
    for name in MOVES:
        with subtests.test(name=name), undone():
            _assert_leads(deepcopy(played), stage, name)


def _assert_leads(played: StagedEscalation, stage: Stage, name: str) -> None:
    refusal = ""
    try:
        played.try_out(name)
    except ValidationError as error:
        refusal = " ".join(error.messages)
    except ObjectDoesNotExist:
        # There is no rung to rule on, or the team no longer sees the case, as after the answer of the LSO.
        assert name == "rule" or stage in DONE
        refusal = "Er is niets."
    expected = MOVES[name].leads.get(stage)
    if expected is None:
        assert refusal, (name, stage)
        assert played.stage == stage
    else:
        assert played.stage in expected | ({stage} if refusal else set()), refusal
        assert not refusal, (name, stage, refusal)
