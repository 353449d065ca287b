"""What other rooms bring to the screen of one case in the meeting, above the choice of a decision."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scenarios.models import AgendaItem


@dataclass(frozen=True)
class Part:
    """A template, and what it shows for an item on which nothing is decided yet; None: it is left out."""

    template: str
    content: Callable[[AgendaItem], Any]


_PARTS: list[Part] = []


def bring(part: Part) -> None:
    _PARTS.append(part)


def shown(item: AgendaItem) -> list[tuple[str, Any]]:
    """The parts of an undecided item: template and content."""
    found = ((part.template, part.content(item)) for part in _PARTS)
    return [(template, content) for template, content in found if content is not None]
