"""The page of a case. Each room registers its sections with `bring`; `lvv/casefile.py` composes them, naming none."""

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
    """One showing of the page: which case, to whom, and on which day.

    The case is annotated by `worklist.with_course`, and its person is loaded.
    """

    case: Case
    user: User
    allowed: frozenset[Permission]
    today: date
    _answers: dict[Callable[[Case], Any], Any] = field(default_factory=dict)

    def may(self, permission: Permission) -> bool:
        return permission in self.allowed

    def ask(self, question: Callable[[Case], _Answer]) -> _Answer:
        """The answer of a function about the case. When several sections ask the same, the function is called once."""
        if question not in self._answers:
            self._answers[question] = question(self.case)
        answer: _Answer = self._answers[question]
        return answer

    @cached_property
    def organisations(self) -> set[int]:
        """The ids of the organisations through which the visitor takes part in the case."""
        return set(self.case.organisations_of(self.user))


class Column(Enum):
    """A column of the page. On a narrow screen the columns follow one another."""

    MAIN = "main"
    ASIDE = "aside"
    BELOW = "below"


@dataclass(frozen=True)
class Section:
    """A section of the page. `content` returns an object whose fields the template shows; None leaves the section out.

    `place` orders the sections of a column. No two sections have a field of the same name, which a test checks.
    """

    name: str
    template: str
    column: Column
    place: int
    content: Callable[[Look], Any]


_SECTIONS: dict[str, Section] = {}


def bring(section: Section) -> None:
    """Register a section. Raises ValueError when its name is taken."""
    if section.name in _SECTIONS:
        raise ValueError(f"two sections have the name {section.name}")
    _SECTIONS[section.name] = section


def sections() -> list[Section]:
    """All sections, in the order of the page."""
    columns = list(Column)
    return sorted(_SECTIONS.values(), key=lambda section: (columns.index(section.column), section.place))
