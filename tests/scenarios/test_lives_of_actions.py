"""Random acts on actions, valid and invalid: no open action is lost, and a settled one stays as it is.

A clerk keeps a notebook of what should be there, without looking into the system; the test compares the two.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases.models import Case
from scenarios.guidance import actions
from scenarios.models import Action, Meeting
from tests.conftest import CaseOf
from tests.scenarios.agreed import agreed, brought_in, held, reviewed

RESULTS = ("done", "not_done", "impossible")
# One step: which act, how many days pass before it, on which action, with which result.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["agree", "meet", "meet", "settle", "review", "review", "review"]),
        st.integers(0, 2),
        st.integers(0, 4),
        st.sampled_from(RESULTS),
    ),
    min_size=8,
    max_size=20,
)


@dataclass
class Line:
    """An action in the notebook."""

    on: date
    result: str = "open"
    settled_on: date | None = None
    reviews: list[tuple[UUID, str]] = field(default_factory=list)

    @property
    def carried(self) -> int:
        return sum(found == "not_done" for _, found in self.reviews)

    def may_be_reviewed(self, meeting: Meeting) -> bool:
        was_there = any(of == meeting.pk for of, _ in self.reviews)
        return self.result == "open" and self.on < meeting.held_on and not was_there


@dataclass
class Clerk:
    """Tries acts, valid and invalid, and notes what each should have done."""

    worker: User
    chair: User
    ngo: Organisation
    case: Case
    day: date
    today: date
    now: datetime
    meeting: Meeting | None = None
    notebook: dict[UUID, Line] = field(default_factory=dict)

    def do(self, act: str, days: int, which: int, result: str) -> None:
        self.day = min(self.today, self.day + timedelta(days=days))
        if act == "agree" or not self.notebook:
            self.notebook[agreed(self.worker, self.case, self.ngo, self.day).pk] = Line(self.day)
        elif act == "meet" and (self.meeting is None or self.meeting.held_on < self.day):
            self.meeting = held(self.chair, self.case, self.day)
        elif act == "settle":
            self.settle(self.pick(which), result)
        elif act == "review" and self.meeting is not None:
            self.review(self.pick(which), self.meeting, result)

    def pick(self, which: int) -> Action:
        with acting_as(self.chair):
            return Action.objects.get(pk=list(self.notebook)[which % len(self.notebook)])

    def settle(self, action: Action, result: str) -> None:
        line = self.notebook[action.pk]
        with acting_as(self.worker):
            went = is_accepted(
                lambda: actions.settle(action, result=result, text="Zo", by=self.worker, at=self.now, on=self.day)
            )
        assert went == (line.result == "open" and result != "not_done"), line
        if went:
            line.result, line.settled_on = result, self.day

    def review(self, action: Action, meeting: Meeting, result: str) -> None:
        line = self.notebook[action.pk]
        due_on = meeting.held_on + timedelta(days=3) if result == "not_done" else None
        went = is_accepted(lambda: reviewed(self.chair, action, meeting, result=result, text="Zo", due_on=due_on))
        assert went == line.may_be_reviewed(meeting), line
        if went:
            line.reviews.append((meeting.pk, result))
            if result != "not_done":
                line.result, line.settled_on = result, meeting.held_on

    def compare(self) -> None:
        with acting_as(self.chair):
            found = {action.pk: action for action in Action.objects.filter(case=self.case).with_carried()}
            open_now = {action.pk for action in actions.open_of([self.case], self.chair).get(self.case.pk, [])}
        assert {
            pk: (action.result, action.settled_on, action.carried)  # type: ignore[attr-defined]
            for pk, action in found.items()
        } == {pk: (line.result, line.settled_on, line.carried) for pk, line in self.notebook.items()}
        assert open_now == {pk for pk, line in self.notebook.items() if line.settled_on is None}


def is_accepted(act: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            act()
    except ValidationError:
        return False
    return True


@seed(20201117)
@settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lives=STEPS)
def test_the_system_agrees_with_the_notebook_of_the_clerk(
    worker: User,
    chair: User,
    ngo: Organisation,
    sheltered: CaseOf,
    today: date,
    now: datetime,
    lives: list[tuple[str, int, int, str]],
) -> None:
    with transaction.atomic():
        case = sheltered(worker)
        brought_in(worker, case, ngo)
        clerk = Clerk(worker, chair, ngo, case, today - timedelta(days=20), today, now)
        for life in lives:
            clerk.do(*life)
        clerk.compare()
        transaction.set_rollback(True)
