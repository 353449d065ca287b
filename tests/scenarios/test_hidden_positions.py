"""When a position is hidden: a row, a query, the policy of the database and its guards say the same in every state."""

from datetime import date, timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from scenarios.meetings import positions
from scenarios.models import Position, PositionRequest
from tests.accounts.sql import run, value
from tests.conftest import CaseOf, as_owner
from tests.scenarios.asked import ask_positions, request_to
from tests.scenarios.lso import on_agenda


@pytest.mark.parametrize(
    ("is_given", "is_opened", "is_due"),
    list(product([False, True], repeat=3)),
    ids=lambda state: "yes" if state else "no",
)
def test_row_query_policy_and_guard_agree(
    chair: User,
    worker: User,
    ind_member: User,
    sheltered: CaseOf,
    today: date,
    is_given: bool,
    is_opened: bool,
    is_due: bool,
) -> None:
    made = ask_positions(chair, on_agenda(chair, sheltered(worker), today + timedelta(days=10)))
    request = request_to(made, ind_member)
    with acting_as(ind_member):
        written = positions.save_draft(
            request, stance="agree", text="Zwijgwoord", version=0, by=ind_member, at=timezone.now()
        )
    _set_state(is_given=is_given, is_opened=is_opened, is_due=is_due)
    with acting_as(chair):
        now = timezone.now()
        found = PositionRequest.objects.select_related("round").get(pk=request.pk)
        assert found.round.is_open(now) == value("select lvv_round_is_open(%s)", made.pk) == (is_opened or is_due)
        by_policy = Position._base_manager.filter(pk=written.pk).exists()
        by_query = PositionRequest.objects.readable().filter(pk=request.pk).exists()
        assert by_policy == by_query == found.is_readable(now) == (is_given and (is_opened or is_due))
        awaited = PositionRequest.objects.awaited().filter(pk=request.pk).exists()
        assert awaited == (not is_given and not found.round.is_open(now))
    with acting_as(ind_member):
        assert Position._base_manager.filter(pk=written.pk).exists()


def _set_state(*, is_given: bool, is_opened: bool, is_due: bool) -> None:
    """Bring all rounds and requests to this state, without the guards that would refuse some of the states."""
    with as_owner():
        run("set constraints all immediate")
        for table in ("scenarios_positionround", "scenarios_positionrequest"):
            run(f"alter table {table} disable trigger user")
            run(f"alter table {table} no force row level security")
        due = "now() - interval '1 day'" if is_due else "now() + interval '1 day'"
        opened = "now() - interval '2 days'" if is_opened else "null"
        run(f"update scenarios_positionround set asked_at = now() - interval '3 days', due_at = {due}")
        run(f"update scenarios_positionround set opened_at = {opened}")
        run(f"update scenarios_positionrequest set given_at = {'now()' if is_given else 'null'}")
        for table in ("scenarios_positionround", "scenarios_positionrequest"):
            run(f"alter table {table} force row level security")
            run(f"alter table {table} enable trigger user")
