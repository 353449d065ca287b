"""Nominations: cases that wait for a place on an agenda (domain 1.2: the municipality, an NGO or both nominate)."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from cases.locking import lock, refuse
from cases.models import Case
from scenarios import table
from scenarios.models import Nomination, NominationState, Purpose


def nominating_blockers(case: Case, organisation: Organisation) -> list[str]:
    """Why an organisation can't nominate a case, whatever the question."""
    reasons = []
    if case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if not table.may_nominate(case.municipality, organisation):
        reasons.append(f"{organisation} mag volgens de afspraken van {case.municipality} geen zaken voordragen.")
    if Nomination.objects.waiting().filter(case=case).exists():
        reasons.append("Deze zaak is al voorgedragen en wacht op een agenda.")
    return reasons


@transaction.atomic
def nominate(
    case: Case,
    *,
    organisation: Organisation,
    purpose: str,
    question: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Nomination:
    """Nominate a case for an agenda, with a question for the meeting."""
    case = lock(case, version=version)
    refuse(nominating_blockers(case, organisation))
    refuse([] if purpose in Purpose.values else ["Kies waarvoor de zaak op de agenda moet."])
    nominated = Nomination.objects.create(
        case=case, organisation=organisation, purpose=purpose, question=question, nominated_by=by, nominated_at=at
    )
    audit.record("case.nominated", case, by=by, at=at, nomination=str(nominated.pk), version=case.version)
    return nominated


def withdrawing_blockers(nomination: Nomination) -> list[str]:
    """Why a nomination can't be withdrawn any more."""
    if nomination.state == NominationState.PLACED:
        return ["Deze zaak staat al op een agenda."]
    return ["Deze voordracht is al ingetrokken."] if nomination.state == NominationState.WITHDRAWN else []


@transaction.atomic
def withdraw(nomination: Nomination, *, by: User, at: datetime) -> Nomination:
    """Withdraw a nomination. The row stays, in another state."""
    lock(nomination.case)
    nomination = Nomination.objects.select_related("case").get(pk=nomination.pk)
    refuse(withdrawing_blockers(nomination))
    nomination.state = NominationState.WITHDRAWN
    nomination.save(update_fields=["state"])
    audit.record("case.nomination_withdrawn", nomination.case, by=by, at=at, nomination=str(nomination.pk))
    return nomination


def move(nomination: Nomination, state: NominationState) -> None:
    """Change the state of a nomination. Called by the acts that put a case on an agenda and take it off."""
    nomination.state = state
    nomination.save(update_fields=["state"])
