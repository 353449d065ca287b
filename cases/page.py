"""The page of one case: each room brings sections to it, and `lvv/casefile.py` composes them without naming any."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, TypeVar

from accounts.models import User
from accounts.permissions import Permission
from cases.models import Case

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Look:
    """Who looks at which case, and when. The case is annotated by `worklist.with_course` and has its person along."""

    case: Case
    user: User
    allowed: frozenset[Permission]
    today: date
    _answers: dict[Callable[[Case], Any], Any] = field(default_factory=dict)

    def may(self, permission: Permission) -> bool:
        return permission in self.allowed

    def ask(self, question: Callable[[Case], _Answer]) -> _Answer:
        """What a function answers about the case; when several sections ask the same, it is asked once."""
        if question not in self._answers:
            self._answers[question] = question(self.case)
        answer: _Answer = self._answers[question]
        return answer

    @cached_property
    def organisations(self) -> set[int]:
        """Through which organisations the visitor takes part in the case."""
        return set(self.case.organisations_of(self.user))


class Column(Enum):
    """Where on the page a section stands; on a narrow screen they follow one another."""

    MAIN = "main"
    ASIDE = "aside"
    BELOW = "below"


@dataclass(frozen=True)
class Section:
    """A part of the page. `content` answers an object whose fields the template shows, or None where it is left out.

    `place` orders the sections of a column. The names of fields are different in all sections: a test asks.
    """

    name: str
    template: str
    column: Column
    place: int
    content: Callable[[Look], Any]


_SECTIONS: dict[str, Section] = {}


def bring(section: Section) -> None:
    """Make a section known; its name is new."""
    if section.name in _SECTIONS:
        raise ValueError(f"two sections have the name {section.name}")
    _SECTIONS[section.name] = section


def sections() -> list[Section]:
    """All sections, in the order of the page."""
    columns = list(Column)
    return sorted(_SECTIONS.values(), key=lambda section: (columns.index(section.column), section.place))
