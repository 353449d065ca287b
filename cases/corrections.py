"""Withdraws a recorded fact, with a reason. Figures about an earlier moment still count it."""

import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from cases import parties, recording
from cases.locking import lock, refuse
from cases.models import Admission, Case, CaseFact, Exit, Merge, Procedure, Stay, WaitingListEntry

# The facts that a case worker can withdraw. A decision of the LSO or the MRT stands until they decide anew, and the
# profile follows the statements about the person.
CORRECTABLE = (Admission, Stay, WaitingListEntry, Procedure, Exit, Merge)
CORRECTABLE_KINDS: dict[str, type[CaseFact]] = {str(kind._meta.model_name): kind for kind in CORRECTABLE}


def find(case: Case, kind: str, pk: uuid.UUID) -> CaseFact | None:
    """A fact of this case that is not withdrawn. `kind` is the name of its model in lower case."""
    model = CORRECTABLE_KINDS.get(kind)
    return model._default_manager.filter(case=case, withdrawn_at=None, pk=pk).first() if model else None


def withdrawal_blockers(fact: CaseFact) -> list[str]:
    """Why a fact can't be withdrawn, for instance because another fact rests on it."""
    if not isinstance(fact, CORRECTABLE):
        return ["Dit feit is hier niet in te trekken. Neem een nieuw besluit, of verbeter de persoonsgegevens."]
    if (
        isinstance(fact, Stay)
        and Exit.objects.standing().filter(case=fact.case, valid_from__gt=fact.valid_from).exists()
    ):
        return ["Bij dit verblijf is een uitstroom vastgelegd. Trek die eerst in."]
    if isinstance(fact, Admission) and Stay.objects.standing().filter(case=fact.case, kind="admitted").exists():
        return ["Op dit besluit rust een verblijf. Neem een nieuw besluit, of trek eerst het verblijf in."]
    return []


@transaction.atomic
def withdraw(fact: CaseFact, *, by: User, at: datetime, reason: str, version: int | None = None) -> None:
    """Withdraw a fact. Withdrawing an exit opens the case again, so that the right exit can be recorded."""
    case = lock(fact.case, version=version)
    fact = type(fact)._default_manager.get(pk=fact.pk)
    if not reason:
        raise ValidationError("Geef een reden voor de intrekking.")
    refuse(withdrawal_blockers(fact))
    recording.withdraw(fact, by=by, at=at, reason=reason)
    if isinstance(fact, Exit):
        _undo_exit(case, fact, by=by, at=at)
    audit.record(
        "case.fact_withdrawn",
        case,
        by=by,
        at=at,
        fact=fact._meta.model_name,
        id=str(fact.pk),
        version=case.version,
    )


def _undo_exit(case: Case, withdrawn: Exit, *, by: User, at: datetime) -> None:
    """Open the case again, with the stay and the parties that the exit ended.

    It stays closed when the person has another open case in this municipality.
    """
    others = Case.objects.open().filter(municipality=case.municipality, subject__in=Merge.pseudonyms(case.subject))
    if case.closed_on is None or others.exists():
        return
    case.closed_on = None
    case.save(update_fields=["closed_on"])
    ended = Stay.objects.standing().filter(
        case=case, valid_until=withdrawn.valid_from, recorded_at=withdrawn.recorded_at
    )
    for stay in ended:
        recording.replace(stay, by=by, at=at, reason="Uitstroom ingetrokken", valid_until=None)
    parties.bring_back(case, who_left_at=withdrawn.recorded_at, by=by, at=at)
