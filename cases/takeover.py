"""Records the cases of a list, with the list as their source.

It writes the same rows that the acts write when a case worker enters a case: registration, test, decision, wait, stay
and exit. The acts would need many queries for each case, so this module writes the rows in batches, model by model. It
asks no rules: `cases/judging.py` did so in the same transaction, under the locks that keep others from recording in
between (`accounts/imports.py::carry_out`). `KIND` at the end joins the two.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts import audit
from accounts.imports import Kind
from accounts.models import Import, User
from cases import caselists, intake, judging, parties, recording
from cases.judging import NewCase
from cases.models import (
    Admission,
    AdmissionAnswer,
    AdmissionTest,
    Case,
    CaseFact,
    Exit,
    IdentityStatement,
    ImportedCase,
    Person,
    Profile,
    Stay,
    WaitingListEntry,
)
from core.lists import Plan, Tick, chunks


def carry_out(plan: Plan, source: Import, by: User, at: datetime, tick: Tick) -> None:
    """Record all new cases of a plan without errors, a batch at a time."""
    numbers = iter(intake.next_numbers(source.municipality, len(plan.new)))
    leading: dict[Person, IdentityStatement] = {}
    for batch in chunks(plan, tick):
        _open(batch, [next(numbers) for _ in batch])
        parties.bring_in_directing([new.case for new in batch], by=by, at=at)
        _state_identities(batch, leading)
        _record_facts(batch, leading, by, at)
        _keep_source(batch, source, by, at)


def _open(batch: Sequence[NewCase], numbers: Sequence[str]) -> None:
    """Create the new persons and the cases."""
    Person.objects.bulk_create({new.person for new in batch if new.person._state.adding})
    for new, number in zip(batch, numbers, strict=True):
        new.case.number, new.case.person, new.case.closed_on = number, new.person, new.line.ends_on
    Case.objects.bulk_create(new.case for new in batch)


def _state_identities(batch: Sequence[NewCase], leading: dict[Person, IdentityStatement]) -> None:
    """Create the statements about the new persons, and add the leading statement of each person to `leading`.

    A person who was known before keeps the leading statement they have.
    """
    statements = []
    for new in batch:
        if new.person in leading:
            continue
        if hasattr(new.person, "leading"):
            leading[new.person] = new.person.identity
            continue
        statement = IdentityStatement(
            person=new.person, stated_on=new.case.registered_on, is_leading=True, **vars(new.line.identity)
        )
        leading[new.person] = statement
        statements.append(statement)
    IdentityStatement.objects.bulk_create(statements)


def _record_facts(
    batch: Sequence[NewCase], leading: Mapping[Person, IdentityStatement], by: User, at: datetime
) -> None:
    tests = _tests([new for new in batch if new.covenant], by, at)

    def record(fact: type[CaseFact], values: Callable[[NewCase], Mapping[str, Any] | None]) -> None:
        rows = ((new.case, row) for new in batch if (row := values(new)) is not None)
        recording.record_all(fact, rows, by=by, at=at)

    record(Profile, lambda new: _profile(new, leading[new.person]))
    record(Admission, lambda new: _admission(new, tests.get(new.case)))
    record(WaitingListEntry, _wait)
    record(Stay, _stay)
    record(Exit, _exit)


def _tests(decided: Sequence[NewCase], by: User, at: datetime) -> dict[Case, AdmissionTest]:
    """Create the admission tests on which the decisions rest, by case."""
    tests = {
        new.case: AdmissionTest(
            case=new.case, covenant=new.covenant, tested_on=new.line.decided_on, recorded_at=at, recorded_by=by
        )
        for new in decided
        if new.line.decided_on
    }
    AdmissionTest.objects.bulk_create(tests.values())
    AdmissionAnswer.objects.bulk_create(
        AdmissionAnswer(test=tests[new.case], criterion=code, **vars(reading))
        for new in decided
        for code, reading in new.readings.items()
    )
    return tests


def _profile(new: NewCase, statement: IdentityStatement) -> dict[str, Any]:
    characteristics = intake.characteristics(statement, new.line.departure_procedures)
    return {"valid_from": new.case.registered_on, **characteristics}


def _admission(new: NewCase, tested: AdmissionTest | None) -> dict[str, Any] | None:
    line = new.line
    return {
        "valid_from": line.decided_on,
        "outcome": line.outcome,
        "body": line.body,
        "inside_covenant": line.inside_covenant,
        "exception_ground": line.exception_ground,
        "reason": line.reason,
        "test": tested,
    } if tested else None  # fmt: skip


def _wait(new: NewCase) -> dict[str, Any] | None:
    """A wait ends when the stay begins, or else when the case closes."""
    since, until = new.line.waits_from, new.line.stays_from or new.line.ends_on
    return {"valid_from": since, "valid_until": until} if since else None


def _stay(new: NewCase) -> dict[str, Any] | None:
    line = new.line
    return {
        "valid_from": line.stays_from,
        "valid_until": line.left_on,
        "kind": line.kind,
        "location": line.location,
        "over_capacity_reason": line.over_capacity_reason,
    } if line.stays_from else None  # fmt: skip


def _exit(new: NewCase) -> dict[str, Any] | None:
    line = new.line
    return {
        "valid_from": line.left_on,
        "category": line.category,
        "destination": line.destination,
        "evidence": line.evidence,
    } if line.left_on else None  # fmt: skip


def _keep_source(batch: Sequence[NewCase], source: Import, by: User, at: datetime) -> None:
    """Record the line that each case came from, and write the audit trail."""
    ImportedCase.objects.bulk_create(
        ImportedCase(
            case=new.case,
            person=new.person,
            municipality=source.municipality,
            source=source,
            line=new.cells.line.number,
            reference=new.line.reference,
            digest=new.line.digest,
            recorded_at=at,
        )
        for new in batch
    )
    entries = ((new.case, {"import": str(source.pk), "line": new.cells.line.number, "version": 1}) for new in batch)
    audit.record_all("case.imported", entries, by=by, at=at)


KIND = Kind(
    code="cases",
    title="Casuslijst",
    help="Een regel per zaak, van aanmelding tot vertrek. Wie terugkwam, heeft per keer een regel, met één V-nummer.",
    columns=caselists.COLUMNS,
    examples=[[column.example for column in caselists.COLUMNS]],
    lock=judging.lock,
    plan=judging.plan,
    carry_out=carry_out,
)
