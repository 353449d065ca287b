"""The team, and an escalation in each stage up to the advice."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Municipality, User
from accounts.permissions import Role
from cases.models import Case
from mrt.models import Escalation
from tests.conftest import MAKERS, CaseOf, founded, hired, kept, registering, sheltering
from tests.mrt.review import BEFORE, Seating, advised, composed, discussed, escalated

SPECIALISTS = "IND, specialisten MRT"


@pytest.fixture
def ind_specialist(db: None) -> User:
    return hired(Role.MRT_MEMBER, SPECIALISTS, "ind-1@mrt.example")


@pytest.fixture
def team(db: None) -> list[Seating]:
    """One of the municipality, one of the NGO, two of IND and one of DT&V."""
    return _team()


def _team() -> list[Seating]:
    ngo = founded(Municipality.objects.get(name="Amsterdam"))
    return [
        ("municipality", hired(Role.CASE_WORKER, "Gemeente Amsterdam")),
        ("ngo", hired(Role.COUNSELLOR, ngo.name)),
        ("ind", hired(Role.MRT_MEMBER, SPECIALISTS, "ind-1@mrt.example")),
        ("ind", hired(Role.MRT_MEMBER, SPECIALISTS, "ind-2@mrt.example")),
        ("dtv", hired(Role.MRT_MEMBER, "DT&V, specialisten MRT", "dtv@mrt.example")),
    ]


@pytest.fixture
def stuck(home: Any, sheltered: CaseOf, worker: User) -> Case:
    """The case of the escalation; without an escalation a case that no meeting has dealt with."""
    return home.case if isinstance(home, Escalation) else sheltered(worker, "Vastgelopen")


@kept
def requested() -> Escalation:
    """An escalation of ten days ago."""
    now, today = timezone.now(), timezone.localdate()
    worker, chair = (hired(role, "Gemeente Amsterdam") for role in (Role.CASE_WORKER, Role.CHAIR))
    case = sheltering(registering(today, now), today, now)(worker, "Vastgelopen")
    _coordinator()
    return escalated(chair, case, today - BEFORE)


@kept
def complete() -> Escalation:
    return composed(_coordinator(), MAKERS["requested"](), _team())


@kept
def talked_over() -> Escalation:
    return discussed(_coordinator(), MAKERS["complete"](), timezone.localdate() - BEFORE)


@kept
def concluded() -> Escalation:
    """An escalation with an advice of ten days ago: departure."""
    escalation = MAKERS["talked_over"]()
    advised(_coordinator(), escalation, timezone.localdate() - BEFORE)
    return escalation


def _coordinator() -> User:
    return hired(Role.MRT_COORDINATOR, "Multidisciplinair Team")
