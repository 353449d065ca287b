"""How far the building of the demo world is: for the sign-in page and for the console of a trial run.

A file says it, and it is there only as long as somebody builds. A row can't say it: the building is one transaction,
so nobody else sees its rows before the end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Progress:
    """How far it is, in percent, and what is being made now."""

    percent: int
    now: str

    def __str__(self) -> str:
        return f"{self.percent}% {self.now}"


def present() -> Progress | None:
    """How far it is. None when nobody builds."""
    try:
        written = Path(settings.DEMO_PROGRESS).read_text() if settings.DEMO_PROGRESS else ""
    except FileNotFoundError:
        return None
    percent, _, now = written.partition("% ")
    return Progress(int(percent), now) if percent else None


def tell(percent: float, now: str) -> None:
    """Replace what the file says, in one move: nobody reads half of it."""
    if settings.DEMO_PROGRESS:
        new = Path(f"{settings.DEMO_PROGRESS}.new")
        new.write_text(str(Progress(int(percent), now)))
        new.rename(settings.DEMO_PROGRESS)


@contextmanager
def told() -> Iterator[None]:
    """Say that there is building, from now until the end of the block, also when the building fails."""
    tell(0, "accounts")
    try:
        yield
    finally:
        if settings.DEMO_PROGRESS:
            Path(settings.DEMO_PROGRESS).unlink(missing_ok=True)
