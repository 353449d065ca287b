"""The declaration of an attempt at an impossible row. A word in braces is one of `Guarded.names`."""

from dataclasses import dataclass

from tests.accounts.sql import Row


@dataclass(frozen=True)
class Attempt:
    """A statement, or rows that differ from a row of the table in these changes only.

    `says` is the message of a trigger; a constraint is named by its refusal. `like` is a condition on the row that is
    copied, `first` makes room. `behind`: what refuses when the guard is gone; empty, as nearly always: nothing does.
    """

    table: str
    guard: str
    what: str | Row | list[Row]
    says: str = ""
    like: str = "true"
    first: str = ""
    behind: str = ""
    is_web: bool = False


# A withdrawn fact stands in nobody's way, so that no other guard speaks first.
GONE: Row = {"withdrawn_at": "2999-01-01T00:00Z", "withdrawn_by_id": "{chair}", "withdrawal_reason": "Proef"}
TO_STUCK: Row = {"case_id": "{stuck}", "subject": "{subject_of_stuck}"}
TO_CASE: Row = {"case_id": "{case}", "subject": "{subject_of_case}"}
