"""The start page: each room brings parts to it, and `lvv/views.py` composes them without naming any."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from accounts.access import Visit
from accounts.permissions import Permission


class Column(Enum):
    """Where on the page a part stands; on a narrow screen they follow one another."""

    TOP = "top"
    MAIN = "main"
    ASIDE = "aside"


def _nobody(content: Any) -> Iterable[uuid.UUID | None]:
    return ()


@dataclass(frozen=True)
class Part:
    """A part of the start page, for who has one of these permissions.

    `content` answers an object whose fields the templates show; `persons` tells who of them stands on the page, for the
    log. `templates` are by column; `place` orders the parts of a column.
    """

    name: str
    permissions: frozenset[Permission]
    templates: dict[Column, str]
    place: int
    content: Callable[[Visit], Any]
    persons: Callable[[Any], Iterable[uuid.UUID | None]] = _nobody


_PARTS: dict[str, Part] = {}


def bring(part: Part) -> None:
    """Make a part known; its name is new."""
    if part.name in _PARTS:
        raise ValueError(f"two parts have the name {part.name}")
    _PARTS[part.name] = part


def parts(allowed: frozenset[Permission]) -> list[Part]:
    """The parts for somebody with these permissions, in order."""
    return sorted((part for part in _PARTS.values() if part.permissions & allowed), key=lambda part: part.place)
