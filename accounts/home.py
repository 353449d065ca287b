"""The start page. Each room registers its parts with `bring`, and `lvv/views.py` composes them without naming any."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from accounts.access import Visit
from accounts.permissions import Permission


class Column(Enum):
    """A column of the page. On a narrow screen the columns follow one another."""

    TOP = "top"
    MAIN = "main"
    ASIDE = "aside"


def _nobody(content: Any) -> Iterable[uuid.UUID | None]:
    return ()


@dataclass(frozen=True)
class Part:
    """A part of the start page, for visitors who have one of these permissions.

    `content` returns an object whose fields the templates show. `persons` returns which persons that object shows, for
    the log. `templates` has a template for each column where the part stands; `place` orders the parts of a column.
    """

    name: str
    permissions: frozenset[Permission]
    templates: dict[Column, str]
    place: int
    content: Callable[[Visit], Any]
    persons: Callable[[Any], Iterable[uuid.UUID | None]] = _nobody


_PARTS: dict[str, Part] = {}


def bring(part: Part) -> None:
    """Register a part. Raises ValueError when its name is taken."""
    if part.name in _PARTS:
        raise ValueError(f"two parts have the name {part.name}")
    _PARTS[part.name] = part


def parts(allowed: frozenset[Permission]) -> list[Part]:
    """The parts for a visitor with these permissions, in the order of the page."""
    return sorted((part for part in _PARTS.values() if part.permissions & allowed), key=lambda part: part.place)
