"""Small worlds of facts as plain data, and short functions to write them with.

A world is a list of cases. Cases with the same `person` are of one person; a case without it has a person of its own.
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
class WorldFact:
    """One fact. `escalation` (1 or 2) is the escalation of the case that a discussion or an advice belongs to."""

    model: type[Fact]
    valid_from: date
    valid_until: date | None = None
    values: dict[str, Any] = field(default_factory=dict)
    recorded_at: datetime = EARLY
    withdrawn_at: datetime | None = None
    withdrawn_last: bool = False  # withdraw it after everything else was written, so that an exit may refer to it
    escalation: int = 0
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class WorldCase:
    municipality: str
    subject: uuid.UUID
    facts: list[WorldFact]
    id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True)
class WorldCovenants:
    """The covenants of a municipality, after the one of the reference data was withdrawn at a moment."""

    municipality: str
    reference_withdrawn_at: datetime
    facts: list[WorldFact]


@dataclass(frozen=True)
class World:
    cases: list[WorldCase] = field(default_factory=list)
    covenants: list[WorldCovenants] = field(default_factory=list)


def case(municipality: str, *facts: WorldFact, person: str = "") -> WorldCase:
    subject = subject_of(person) if person else uuid.uuid4()
    return WorldCase(municipality, subject, list(facts))


def inside(municipality: str, *facts: WorldFact, person: str = "") -> WorldCase:
    return case(municipality, admission("2020-01-01"), *facts, person=person)


def outside(municipality: str, *facts: WorldFact, person: str = "") -> WorldCase:
    return case(municipality, admission("2020-01-01", is_inside=False), *facts, person=person)


def present(municipality: str, *facts: WorldFact, person: str = "") -> WorldCase:
    """A person inside the covenant who is present."""
    return inside(municipality, stay("2020-03-01"), *facts, person=person)


def gone(municipality: str, category: str, destination: str = "", *, person: str = "") -> WorldCase:
    """A person inside the covenant who left on 1 September 2020."""
    ended = stay("2020-03-01", "2020-09-01")
    return inside(municipality, ended, left("2020-09-01", category, destination), person=person)


def tell(model: type[Fact], since: str, until: str = "", *, escalation: int = 0, **values: Any) -> WorldFact:
    valid_until = date.fromisoformat(until) if until else None
    return WorldFact(model, date.fromisoformat(since), valid_until, values, escalation=escalation)


def admission(since: str, until: str = "", *, outcome: str = "admitted", is_inside: bool = True) -> WorldFact:
    return tell(Admission, since, until, outcome=outcome, inside_covenant=is_inside, body="lso")


def refusal(since: str) -> WorldFact:
    return admission(since, outcome="refused", is_inside=False)


def stay(since: str, until: str = "") -> WorldFact:
    return tell(Stay, since, until, kind="admitted", location="Locatie Oost")


def left(on: str, category: str, destination: str = "") -> WorldFact:
    evidence = "brief" if category in DURABLE else ""
    return tell(Exit, on, category=category, destination=destination, evidence=evidence)


def filed(on: str, decided_on: str = "") -> WorldFact:
    decided: dict[str, Any] = (
        {"outcome": "rejected", "decided_on": date.fromisoformat(decided_on)} if decided_on else {}
    )
    return tell(Procedure, on, kind="asylum", **decided)


def scenario(direction: str, since: str, until: str = "") -> WorldFact:
    kind = "return" if direction == "departure" else "regular"
    return tell(Scenario, since, until, direction=direction, kind=kind, review_on=date(2021, 1, 1))


def profile(**known: Any) -> WorldFact:
    unknown = {"sex": "unknown", "birth_year": None, "nationality": "ZZ", "from_safe_country": False}
    return tell(Profile, "2020-01-01", **{**unknown, **known})


def waits(since: str, until: str = "") -> WorldFact:
    return tell(WaitingListEntry, since, until)


def same_as(person: str) -> WorldFact:
    """A merge: the person of this case is the same as `person`, of another case in the city."""
    return tell(Merge, "2020-03-01", same_as=subject_of(person), grounds="foto")


def subject_of(person: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, person)


def discussed(on: str, escalation: int = 1) -> WorldFact:
    return tell(Discussion, on, escalation=escalation)


def advised(on: str, direction: str, escalation: int = 1) -> WorldFact:
    """An advice in a direction; an empty direction means that no durable solution is possible."""
    values: dict[str, Any] = {"direction": direction, "no_durable_solution": direction == "", "text": "advies"}
    return tell(Advice, on, escalation=escalation, **values)
