"""What a kind of decision is: its words, when it fits, its rule, its consequence and its form, in one object.

Each file beside this one brings one kind; the MRT brings its own from `mrt/decisions/`. A new decision is a new file.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from accounts.models import User
from cases import admission
from cases.models import Admission, Case
from scenarios.guidance.actions import Undertaking
from scenarios.models import OUTCOMES, AgendaItem, Decision, Meeting, Outcome, Scenario


@dataclass(frozen=True)
class Resolution:
    """A decision as it is put to the meeting; what goes with it depends on the outcome."""

    outcome: str
    text: str = ""
    kind: str = ""
    review_on: date | None = None
    disagreements: tuple[str, ...] = ()
    ends_on: date | None = None
    exception_ground: str = ""
    inside_covenant: bool = True
    steps: tuple[Undertaking, ...] = ()


# What goes with some decisions only, and what to do when it was filled in with another one.
BELONGS = {
    "kind": "Bij dit besluit hoort geen scenario. Maak de keuze van het scenario leeg, of kies een ander besluit.",
    "review_on": "Bij dit besluit hoort geen datum om het scenario opnieuw te bespreken. Maak de datum leeg.",
    "disagreements": "Punten van verschil horen alleen bij geen overeenstemming. Kies er geen.",
    "ends_on": "Een laatste dag hoort alleen bij verblijf beëindigen. Maak de datum leeg.",
    "exception_ground": "Een grond hoort alleen bij toelating bij uitzondering. Kies er geen.",
}


@dataclass(frozen=True)
class Situation:
    """Where a case stands when the meeting decides: the decision on admission in force, the scenario, the stay."""

    admission: Admission | None
    scenario: Scenario | None
    is_sheltered: bool

    @property
    def is_admitted(self) -> bool:
        return admission.is_admitted(self.admission)


Rule = Callable[[AgendaItem, Resolution], list[str]]
Consequence = Callable[[Decision, Resolution, User, datetime], None]


def no_rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    """Nothing stands in the way but what holds of every decision."""
    return []


def no_consequence(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    """Nothing follows but that it is recorded."""


@dataclass(frozen=True)
class Kind(Outcome):
    """A kind of decision.

    `place` orders the choices on the screen. `form` asks what goes with it; None: it is not taken in the room, and
    `elsewhere` says where it is. `fits` tells whether it can be meant as the case stands. `takes` names the parts of a
    resolution that belong to it (`BELONGS`). `rule` says why it can't be taken; `carry_out` does what follows from it,
    in the same act. `act` takes the place of the ordinary act when the form asks more than a resolution holds.
    """

    place: int = 0
    form: Any = None
    elsewhere: str = ""
    fits: Callable[[Situation], bool] = lambda situation: True
    takes: frozenset[str] = field(default_factory=frozenset)
    is_explained: bool = False
    rule: Rule = no_rule
    carry_out: Consequence = no_consequence
    act: Callable[..., object] | None = None


_KINDS: dict[str, Kind] = {}


def bring(kind: Kind) -> Kind:
    """Make a kind of decision known; its code is new."""
    if kind.code in _KINDS:
        raise ValueError(f"two decisions have the code {kind.code}")
    _KINDS[kind.code] = kind
    OUTCOMES[kind.code] = kind
    return kind


def withdraw(kind: Kind) -> None:
    """Forget a kind of decision again."""
    del _KINDS[kind.code], OUTCOMES[kind.code]


def kind_of(code: str) -> Kind | None:
    return _KINDS.get(code)


def in_the_room() -> list[Kind]:
    """The decisions that are taken in the room, in the order of the screen."""
    return sorted((kind for kind in _KINDS.values() if kind.form is not None), key=lambda kind: kind.place)


def fitting(case: Case, meeting: Meeting, scenario: Scenario | None) -> list[Kind]:
    """The decisions that can fit an annotated case as it stands; whether one really can, its rule says."""
    sheltered: Any = case
    situation = Situation(admission.in_force(case, meeting.held_on), scenario, sheltered.stay_since is not None)
    return [kind for kind in in_the_room() if kind.fits(situation)]


def reasons_of(kind: Kind, item: AgendaItem, resolution: Resolution) -> Iterable[str]:
    """Why this kind can't be decided with what was filled in."""
    for part, sentence in BELONGS.items():
        if getattr(resolution, part) and part not in kind.takes:
            yield sentence
    if kind.is_explained and not resolution.text:
        yield "Licht dit besluit toe."
    yield from kind.rule(item, resolution)
