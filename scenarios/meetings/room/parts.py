"""Parts that other apps add to the meeting screen of one case, above the choice of a decision."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scenarios.models import AgendaItem


@dataclass(frozen=True)
class Part:
    """A template, and a function that gives its content for an undecided item. Content None leaves the part out."""

    template: str
    content: Callable[[AgendaItem], Any]


_PARTS: list[Part] = []


def bring(part: Part) -> None:
    _PARTS.append(part)


def contents(item: AgendaItem) -> list[tuple[str, Any]]:
    """The parts for an undecided item: template and content."""
    of_parts = ((part.template, part.content(item)) for part in _PARTS)
    return [(template, content) for template, content in of_parts if content is not None]
