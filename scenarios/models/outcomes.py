"""The decisions that the LSO can take, by code. Each is brought by a file in `scenarios/meetings/decisions/`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What the LSO can decide on an item (letter; domain 2.1).

    `code` stands in the database, `label` on the screens. `is_about_admission`: a scenario can't be expected of it yet.
    `adopts_scenario`: a scenario goes with it, first or new. `keeps_scenario`: the running one stays.
    `answers_advice`: it says what the LSO does with the advice of the MRT, and a scenario may follow from it.
    """

    code: str
    label: str
    is_about_admission: bool = False
    adopts_scenario: bool = False
    keeps_scenario: bool = False
    answers_advice: bool = False


OUTCOMES: dict[str, Outcome] = {}


def choices() -> list[tuple[str, str]]:
    """Code and words of each, for the column of a decision."""
    return [(outcome.code, outcome.label) for outcome in OUTCOMES.values()]


def about_admission() -> list[str]:
    """The codes of decisions of which no scenario can be expected yet."""
    return [outcome.code for outcome in OUTCOMES.values() if outcome.is_about_admission]


def with_a_scenario() -> list[str]:
    """The codes of decisions on which a scenario may rest; the database holds it too (scenarios/security.py)."""
    return [outcome.code for outcome in OUTCOMES.values() if outcome.adopts_scenario or outcome.answers_advice]
