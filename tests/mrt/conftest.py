"""The team, and an escalation in each stage up to the advice."""

from datetime import date

import pytest

from accounts.models import User
from accounts.permissions import Role
from cases.models import Case
from mrt.models import Escalation
from tests.conftest import CaseOf, Hire
from tests.mrt.review import BEFORE, Seating, advised, composed, discussed, escalated


@pytest.fixture
def ind_specialist(hire: Hire) -> User:
    return hire(Role.MRT_MEMBER, "IND, specialisten MRT", "ind-1@mrt.example")


@pytest.fixture
def team(hire: Hire, worker: User, counsellor: User, ind_specialist: User) -> list[Seating]:
    """One of the municipality, one of the NGO, two of IND and one of DT&V."""
    return [
        ("municipality", worker),
        ("ngo", counsellor),
        ("ind", ind_specialist),
        ("ind", hire(Role.MRT_MEMBER, "IND, specialisten MRT", "ind-2@mrt.example")),
        ("dtv", hire(Role.MRT_MEMBER, "DT&V, specialisten MRT", "dtv@mrt.example")),
    ]


@pytest.fixture
def stuck(sheltered: CaseOf, worker: User) -> Case:
    return sheltered(worker, "Vastgelopen")


@pytest.fixture
def requested(stuck: Case, chair: User, coordinator: User, today: date) -> Escalation:
    """An escalation of ten days ago."""
    return escalated(chair, stuck, today - BEFORE)


@pytest.fixture
def complete(requested: Escalation, coordinator: User, team: list[Seating]) -> Escalation:
    return composed(coordinator, requested, team)


@pytest.fixture
def talked_over(complete: Escalation, coordinator: User, today: date) -> Escalation:
    return discussed(coordinator, complete, today - BEFORE)


@pytest.fixture
def concluded(talked_over: Escalation, coordinator: User, today: date) -> Escalation:
    """An escalation with an advice of ten days ago: departure."""
    advised(coordinator, talked_over, today - BEFORE)
    return talked_over
