"""A kind of decision: its label, when it fits, its rule, its consequence and its form, in one object.

Each decision has a file in this folder that registers its kind with `bring`; those of the MRT are in `mrt/decisions/`.
A new decision is a new file.
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
    """A decision before it is recorded. Which fields may be filled depends on the outcome (`Kind.takes`)."""

    outcome: str
    text: str = ""
    kind: str = ""
    review_on: date | None = None
    disagreements: tuple[str, ...] = ()
    ends_on: date | None = None
    exception_ground: str = ""
    inside_covenant: bool = True
    steps: tuple[Undertaking, ...] = ()


# The fields that only some decisions take, each with the reason that refuses it for any other decision.
OUT_OF_PLACE = {
    "kind": "Bij dit besluit hoort geen scenario. Maak de keuze van het scenario leeg, of kies een ander besluit.",
    "review_on": "Bij dit besluit hoort geen datum om het scenario opnieuw te bespreken. Maak de datum leeg.",
    "disagreements": "Punten van verschil horen alleen bij geen overeenstemming. Kies er geen.",
    "ends_on": "Een laatste dag hoort alleen bij verblijf beëindigen. Maak de datum leeg.",
    "exception_ground": "Een grond hoort alleen bij toelating bij uitzondering. Kies er geen.",
}


@dataclass(frozen=True)
class Situation:
    """The state of a case when the meeting decides: the admission in force, the running scenario, and the stay."""

    admission: Admission | None
    scenario: Scenario | None
    is_sheltered: bool

    @property
    def is_admitted(self) -> bool:
        return admission.is_admitted(self.admission)


Rule = Callable[[AgendaItem, Resolution], list[str]]
Consequence = Callable[[Decision, Resolution, User, datetime], None]


def no_rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    """The rule of a decision that has none of its own."""
    return []


def no_consequence(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    """The consequence of a decision that is only recorded."""


@dataclass(frozen=True)
class Kind(Outcome):
    """A kind of decision.

    - `place` is its place among the choices on the screen.
    - `form` is the class of its form. None: it is not taken in the room, and `elsewhere` says where it is.
    - `fits` says whether it is offered in a situation.
    - `takes` names the fields of a resolution that it takes, of those in `OUT_OF_PLACE`.
    - `is_explained`: it needs a text.
    - `rule` gives the reasons why it can't be taken.
    - `carry_out` does what follows from it, in the same act.
    - `act` replaces the ordinary act, when the form asks more than a resolution holds.
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
    """Register a kind of decision. Raises `ValueError` when its code is taken."""
    if kind.code in _KINDS:
        raise ValueError(f"two decisions have the code {kind.code}")
    _KINDS[kind.code] = kind
    OUTCOMES[kind.code] = kind
    return kind


def withdraw(kind: Kind) -> None:
    """Unregister a kind of decision."""
    del _KINDS[kind.code], OUTCOMES[kind.code]


def kind_of(code: str) -> Kind | None:
    return _KINDS.get(code)


def in_the_room() -> list[Kind]:
    """The decisions that are taken in the room, in the order of the screen."""
    return sorted((kind for kind in _KINDS.values() if kind.form is not None), key=lambda kind: kind.place)


def fitting(case: Case, meeting: Meeting, scenario: Scenario | None) -> list[Kind]:
    """The decisions that are offered for a case, which `worklist.with_course` annotated.

    This is a first choice: whether one of them can be taken, its rule says.
    """
    sheltered: Any = case
    situation = Situation(admission.in_force(case, meeting.held_on), scenario, sheltered.stay_since is not None)
    return [kind for kind in in_the_room() if kind.fits(situation)]


def reasons_of(kind: Kind, item: AgendaItem, resolution: Resolution) -> Iterable[str]:
    """Why a resolution of this kind can't be recorded."""
    for part, sentence in OUT_OF_PLACE.items():
        if getattr(resolution, part) and part not in kind.takes:
            yield sentence
    if kind.is_explained and not resolution.text:
        yield "Licht dit besluit toe."
    yield from kind.rule(item, resolution)
