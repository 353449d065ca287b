"""What the LSO can decide: one file per kind of decision, and the act that records a decision (`deciding.py`).

Importing the package imports every file in it, so that a new decision needs no line anywhere else.
"""

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from scenarios.meetings.decisions.deciding import decide, decision_blockers, item_blockers, write_decision
from scenarios.meetings.decisions.kinds import Kind, Resolution, bring, fitting, in_the_room, kind_of

__all__ = [
    "Kind",
    "Resolution",
    "bring",
    "decide",
    "decision_blockers",
    "fitting",
    "in_the_room",
    "item_blockers",
    "kind_of",
    "load",
    "write_decision",
]


def load(path: Iterable[str]) -> None:
    """Import every module in these folders, as modules of this package."""
    for module in iter_modules(path):
        import_module(f"{__name__}.{module.name}")


load(__path__)
