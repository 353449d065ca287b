"""The decisions that the LSO can take, by code. The files in `scenarios/meetings/decisions/` register them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What the LSO can decide on an item (letter; domain 2.1).

    `code` is stored in the database, `label` is shown. `is_about_admission`: no scenario can be expected with it yet.
    `adopts_scenario`: a scenario goes with it, first or revised. `keeps_scenario`: the running one stays.
    `answers_advice`: it answers the advice of the MRT, and a scenario may follow from it.
    """

    code: str
    label: str
    is_about_admission: bool = False
    adopts_scenario: bool = False
    keeps_scenario: bool = False
    answers_advice: bool = False


OUTCOMES: dict[str, Outcome] = {}


def choices() -> list[tuple[str, str]]:
    """The choices of `Decision.outcome`."""
    return [(outcome.code, outcome.label) for outcome in OUTCOMES.values()]


def about_admission() -> list[str]:
    """The codes of decisions with which no scenario can be expected yet."""
    return [outcome.code for outcome in OUTCOMES.values() if outcome.is_about_admission]


def with_a_scenario() -> list[str]:
    """The codes of decisions that a scenario may name; the database checks this too (scenarios/security.py)."""
    return [outcome.code for outcome in OUTCOMES.values() if outcome.adopts_scenario or outcome.answers_advice]
