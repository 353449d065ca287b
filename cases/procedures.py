"""Records residence procedures, which run beside the guidance."""

from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.models import User
from cases import recording
from cases.locking import lock, refuse
from cases.models import Case, Procedure, ProcedureOutcome


@transaction.atomic
def file(case: Case, *, kind: str, by: User, on: date, at: datetime, version: int | None = None) -> Procedure:
    """Record that a procedure was filed on the day `on`."""
    case = lock(case, version=version)
    if Procedure.objects.standing().filter(case=case, kind=kind, valid_from=on).exists():
        refuse([f"Deze procedure staat er al, ingediend op {on:%d-%m-%Y}."])
    filed = recording.record(Procedure, case, by=by, at=at, valid_from=on, kind=kind)
    audit.record("case.procedure_filed", case, by=by, at=at, kind=kind, on=on.isoformat(), version=case.version)
    return filed


@transaction.atomic
def decide(
    procedure: Procedure, *, outcome: str, by: User, on: date, at: datetime, version: int | None = None
) -> Procedure:
    """Record the outcome of a procedure. It must be pending."""
    case = lock(procedure.case, version=version)
    procedure = Procedure.objects.get(pk=procedure.pk)
    reasons = []
    if procedure.outcome != ProcedureOutcome.PENDING:
        reasons.append("Op deze procedure is al besloten.")
    if on < procedure.valid_from:
        reasons.append(f"Het besluit kan niet vóór de indiening van {procedure.valid_from:%d-%m-%Y} liggen.")
    refuse(reasons)
    decided = recording.replace(procedure, by=by, at=at, reason="Besluit ontvangen", outcome=outcome, decided_on=on)
    audit.record("case.procedure_decided", case, by=by, at=at, outcome=outcome, version=case.version)
    return decided
