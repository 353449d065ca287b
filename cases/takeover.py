"""Recording a list of cases: what the acts write for one case, for many at once, with the list as their source."""

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
    """Record all new cases of a list that was judged right, some at a time."""
    numbers = iter(intake.next_numbers(source.municipality, len(plan.new)))
    leading: dict[Person, IdentityStatement] = {}
    for some in chunks(plan, tick):
        _open(some, [next(numbers) for _ in some])
        parties.bring_in_directing([new.case for new in some], by=by, at=at)
        _state(some, leading)
        _record_facts(some, leading, by, at)
        _keep_source(some, source, by, at)


def _open(some: Sequence[NewCase], numbers: Sequence[str]) -> None:
    """The persons who are new, and the cases."""
    Person.objects.bulk_create({new.person for new in some if new.person._state.adding})
    for new, number in zip(some, numbers, strict=True):
        new.case.number, new.case.person, new.case.closed_on = number, new.person, new.line.ends_on
    Case.objects.bulk_create(new.case for new in some)


def _state(some: Sequence[NewCase], leading: dict[Person, IdentityStatement]) -> None:
    """Who the persons are said to be; what leads for somebody who is known stays."""
    made = []
    for new in some:
        if new.person in leading:
            continue
        if hasattr(new.person, "leading"):
            leading[new.person] = new.person.identity
            continue
        statement = IdentityStatement(
            person=new.person, stated_on=new.case.registered_on, is_leading=True, **vars(new.line.identity)
        )
        leading[new.person] = statement
        made.append(statement)
    IdentityStatement.objects.bulk_create(made)


def _record_facts(some: Sequence[NewCase], leading: Mapping[Person, IdentityStatement], by: User, at: datetime) -> None:
    tests = _tests([new for new in some if new.covenant], by, at)

    def record(fact: type[CaseFact], values: Callable[[NewCase], Mapping[str, Any] | None]) -> None:
        rows = ((new.case, said) for new in some if (said := values(new)) is not None)
        recording.record_all(fact, rows, by=by, at=at)

    record(Profile, lambda new: _profile(new, leading[new.person]))
    record(Admission, lambda new: _admission(new, tests.get(new.case)))
    record(WaitingListEntry, _wait)
    record(Stay, _stay)
    record(Exit, _exit)


def _tests(decided: Sequence[NewCase], by: User, at: datetime) -> dict[Case, AdmissionTest]:
    """The readings on which the decisions rest."""
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
    known = intake.characteristics(statement, new.line.departure_procedures)
    return {"valid_from": new.case.registered_on, **known}


def _admission(new: NewCase, tested: AdmissionTest | None) -> dict[str, Any] | None:
    said = new.line
    return {
        "valid_from": said.decided_on,
        "outcome": said.outcome,
        "body": said.body,
        "inside_covenant": said.inside_covenant,
        "exception_ground": said.exception_ground,
        "reason": said.reason,
        "test": tested,
    } if tested else None  # fmt: skip


def _wait(new: NewCase) -> dict[str, Any] | None:
    """It ends when the stay begins, or else when the case closes."""
    since, until = new.line.waits_from, new.line.stays_from or new.line.ends_on
    return {"valid_from": since, "valid_until": until} if since else None


def _stay(new: NewCase) -> dict[str, Any] | None:
    said = new.line
    return {
        "valid_from": said.stays_from,
        "valid_until": said.left_on,
        "kind": said.kind,
        "location": said.location,
        "over_capacity_reason": said.over_capacity_reason,
    } if said.stays_from else None  # fmt: skip


def _exit(new: NewCase) -> dict[str, Any] | None:
    said = new.line
    return {
        "valid_from": said.left_on,
        "category": said.category,
        "destination": said.destination,
        "evidence": said.evidence,
    } if said.left_on else None  # fmt: skip


def _keep_source(some: Sequence[NewCase], source: Import, by: User, at: datetime) -> None:
    """Which line each case came from; and a line for each in the audit trail."""
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
        for new in some
    )
    told = ((new.case, {"import": str(source.pk), "line": new.cells.line.number, "version": 1}) for new in some)
    audit.record_all("case.imported", told, by=by, at=at)


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
