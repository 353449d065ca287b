"""Both walls let the same rows through: `visible_to` of a model, and the policy of its table.

Each is asked while the other one is down, so that neither can lean on it. Tables and filters are read from the running
system: a new one is asked by itself, and must bring a row to the world on which it makes a difference.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model, QuerySet

from accounts.acting import acting_as
from accounts.models import Disclosure, Organisation, User
from accounts.permissions import Role
from cases import notes, parties
from cases.models import CaseParty, PartyBasis
from core import walls
from mrt.models import Advice
from scenarios.models import Position, PositionRequest
from tests.accounts.conftest import World
from tests.accounts.sql import run
from tests.conftest import Hire, as_owner

Filter = Callable[[QuerySet[Any], User], QuerySet[Any]]
Through = dict[tuple[type[Model], User], set[object]]  # keys of rows, by table and user

FILTERED = [model for model in apps.get_models() if hasattr(model._default_manager.get_queryset(), "visible_to")]
# The wall also lets users read the lines about themselves: a row that one adds, one must be able to read back.
WIDER_WALL: set[type[Model]] = {Disclosure}


@pytest.fixture
def everybody(
    world: World,
    strangers: dict[str, User | None],
    chair: User,
    worker: User,
    care_professional: User,
    ind_member: User,
    dtv_member: User,
    hire: Hire,
    now: datetime,
) -> list[User]:
    """The parties of one case, a member of the MRT for the other case, and users who take part in neither."""
    inside = [care_professional, ind_member, dtv_member]
    organisations = [user.memberships.get().organisation for user in inside]
    member = User.objects.get(email="zetel-ind-2@lvv.example")
    team = member.memberships.get().organisation
    with acting_as(chair):
        of_case = {"case": world.case, "municipality_id": world.case.municipality_id, "since": now}
        us = parties.directing_organisation(world.case)
        for organisation in organisations:
            CaseParty.objects.create(organisation=organisation, granted_by=us, basis="partner", **of_case)
        Position.objects.update(stance="agree")
        PositionRequest.objects.update(given_at=now)  # in a round that is not open yet
        Disclosure.objects.create(at=now, user_id=chair.pk, page="case", permission="", persons=[world.case.person_id])
        # What the team wrote is its own again.
        Advice.objects.update(withdrawn_at=now, withdrawn_by=chair, withdrawal_reason="Proef")
        parties.bring_in_member(world.stuck, team, member, granted_by=team, by=chair, at=now)
    with acting_as(care_professional):
        care = organisations[0]
        notes.write(world.case, organisation=care, compartment="medical", text="Medisch", by=care_professional, at=now)
    outside = [user for user in strangers.values() if user is not None]
    officer = hire(Role.PRIVACY_OFFICER, "Gemeente Amsterdam")
    return [chair, worker, officer, *inside, member, *outside]


def _filters_of(model: type[Model]) -> tuple[Filter, Filter]:
    """The filter of a table, and the filter without its own condition: that of the class it inherits from."""
    classes = type(model._default_manager.get_queryset()).__mro__
    own, *below = [vars(cls)["visible_to"] for cls in classes if "visible_to" in vars(cls)]
    return own, below[0] if below else lambda rows, user: rows


def _keys(rows: QuerySet[Any]) -> set[object]:
    return set(rows.order_by().values_list("pk", flat=True))


def _through_the_filters(users: list[User]) -> tuple[Through, Through]:
    """Without any policy, the rows that each filter lets through, with and without its own condition."""
    tables = [model._meta.db_table for model, wall in walls.declared().items() if wall.seen is not None]
    through: tuple[Through, Through] = ({}, {})
    with as_owner():
        run("set constraints all immediate")
        for table in tables:
            run(f"alter table {table} no force row level security")
        for model in FILTERED:
            for passed, only in zip(through, _filters_of(model), strict=True):
                for user in users:
                    passed[model, user] = _keys(only(model._default_manager.all(), user))
        for table in tables:
            run(f"alter table {table} force row level security")
    return through


def _through_the_policies(users: list[User]) -> Through:
    passed: Through = {}
    for user in users:
        with acting_as(user):
            passed |= {(model, user): _keys(model._base_manager.all()) for model in FILTERED}
    return passed


def _differing(by_filter: Through, by_policy: Through) -> set[tuple[str, str]]:
    """The tables and users for which the walls do not say the same."""
    return {
        (model.__name__, user.email)
        for (model, user), rows in by_filter.items()
        if rows != by_policy[model, user] and not (model in WIDER_WALL and rows <= by_policy[model, user])
    }


def test_both_walls_let_the_same_rows_through_and_each_filter_matters(everybody: list[User]) -> None:
    by_filter, by_less = _through_the_filters(everybody)
    assert _differing(by_filter, _through_the_policies(everybody)) == set()
    idle = [model for model in FILTERED if all(by_less[model, user] == by_filter[model, user] for user in everybody)]
    assert idle == []


@pytest.mark.parametrize("seed", range(3))
def test_both_walls_agree_on_random_parts(world: World, everybody: list[User], now: datetime, seed: int) -> None:
    """Parts of any organisation or user in either case, that began or ended long ago or just now, or end soon."""
    chance = Random(seed)
    moments = [timedelta(days=-9), timedelta(minutes=-1), timedelta(minutes=5), timedelta(days=9)]
    organisations = list(Organisation.objects.order_by("pk"))
    parts = []
    for _ in range(40):
        since, until = sorted(now + chance.choice(moments) for _ in range(2))
        case = chance.choice([world.case, world.stuck])
        parts.append(
            CaseParty(
                case=case,
                municipality_id=case.municipality_id,
                organisation=chance.choice(organisations),
                user=chance.choice([None, *everybody]),
                granted_by=chance.choice(organisations),
                basis=chance.choice(PartyBasis.values),
                since=since,
                until=until,
            )
        )
    with as_owner():
        run("set constraints all immediate")
        run("alter table cases_caseparty no force row level security")
        CaseParty.objects.bulk_create(parts)
        run("set constraints all immediate")
        run("alter table cases_caseparty force row level security")
    assert _differing(_through_the_filters(everybody)[0], _through_the_policies(everybody)) == set()
