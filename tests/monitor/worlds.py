"""A small world of facts told as plain data, and the words to tell it with.

A line of a world is a case; two cases of one person name the person.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cases.models import DURABLE, Admission, Exit, Fact, Merge, Procedure, Profile, Stay, WaitingListEntry
from mrt.models import Advice, Discussion
from scenarios.models import Scenario

EARLY = datetime(2019, 4, 1, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """One fact. `escalation` (1 or 2) says which of the case's own a discussion or an advice belongs to."""

    model: type[Fact]
    valid_from: date
    valid_until: date | None = None
    values: dict[str, Any] = field(default_factory=dict)
    recorded_at: datetime = EARLY
    withdrawn_at: datetime | None = None
    withdrawn_last: bool = False  # only after all else was written, so that an exit may have rested on it
    escalation: int = 0
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class ToldCase:
    municipality: str
    subject: uuid.UUID
    facts: list[Told]
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class ToldCovenants:
    """The covenant of the reference data is withdrawn at a moment, and others stand in its place."""

    municipality: str
    reference_withdrawn_at: datetime
    facts: list[Told]


@dataclass(frozen=True)
class World:
    cases: list[ToldCase] = field(default_factory=list)
    covenants: list[ToldCovenants] = field(default_factory=list)


def case(municipality: str, *told: Told, person: str = "") -> ToldCase:
    subject = subject_of(person) if person else uuid.uuid4()
    return ToldCase(municipality, subject, list(told))


def inside(municipality: str, *told: Told, person: str = "") -> ToldCase:
    return case(municipality, admission("2020-01-01"), *told, person=person)


def outside(municipality: str, *told: Told, person: str = "") -> ToldCase:
    return case(municipality, admission("2020-01-01", is_inside=False), *told, person=person)


def here(municipality: str, *told: Told, person: str = "") -> ToldCase:
    """Somebody who is inside the covenant and has a place."""
    return inside(municipality, stay("2020-03-01"), *told, person=person)


def gone(municipality: str, category: str, destination: str = "", *, person: str = "") -> ToldCase:
    """Somebody whose stay and way out are plain."""
    ended = stay("2020-03-01", "2020-09-01")
    return inside(municipality, ended, left("2020-09-01", category, destination), person=person)


def tell(model: type[Fact], since: str, until: str = "", *, escalation: int = 0, **values: Any) -> Told:
    valid_until = date.fromisoformat(until) if until else None
    return Told(model, date.fromisoformat(since), valid_until, values, escalation=escalation)


def admission(since: str, until: str = "", *, outcome: str = "admitted", is_inside: bool = True) -> Told:
    return tell(Admission, since, until, outcome=outcome, inside_covenant=is_inside, body="lso")


def refusal(since: str) -> Told:
    return admission(since, outcome="refused", is_inside=False)


def stay(since: str, until: str = "") -> Told:
    return tell(Stay, since, until, kind="admitted", location="Locatie Oost")


def left(on: str, category: str, destination: str = "") -> Told:
    evidence = "brief" if category in DURABLE else ""
    return tell(Exit, on, category=category, destination=destination, evidence=evidence)


def filed(on: str, decided_on: str = "") -> Told:
    decided: dict[str, Any] = (
        {"outcome": "rejected", "decided_on": date.fromisoformat(decided_on)} if decided_on else {}
    )
    return tell(Procedure, on, kind="asylum", **decided)


def scenario(direction: str, since: str, until: str = "") -> Told:
    kind = "return" if direction == "departure" else "regular"
    return tell(Scenario, since, until, direction=direction, kind=kind, review_on=date(2021, 1, 1))


def profile(**known: Any) -> Told:
    unknown = {"sex": "unknown", "birth_year": None, "nationality": "ZZ", "from_safe_country": False}
    return tell(Profile, "2020-01-01", **{**unknown, **known})


def waits(since: str, until: str = "") -> Told:
    return tell(WaitingListEntry, since, until)


def same_as(person: str) -> Told:
    """That the person of this case is this one, of another case in the city."""
    return tell(Merge, "2020-03-01", same_as=subject_of(person), grounds="foto")


def subject_of(person: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, person)


def discussed(on: str, escalation: int = 1) -> Told:
    return tell(Discussion, on, escalation=escalation)


def advised(on: str, direction: str, escalation: int = 1) -> Told:
    """The direction the team advises; empty: no durable solution is possible."""
    said: dict[str, Any] = {"direction": direction, "no_durable_solution": direction == "", "text": "advies"}
    return tell(Advice, on, escalation=escalation, **said)
