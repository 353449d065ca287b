"""Taking a recorded fact back, with a reason. What was known before stays known as it was."""

import uuid
from datetime import datetime

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from cases import recording
from cases.dossier import lock, refuse
from cases.models import Admission, Case, CaseFact, Exit, Profile, Stay


def fact_kinds() -> dict[str, type[CaseFact]]:
    """Every kind of case fact by its name in addresses, read from the running system."""
    return {m._meta.model_name: m for m in apps.get_models() if issubclass(m, CaseFact)}  # type: ignore[misc]


def find(case: Case, kind: str, pk: uuid.UUID) -> CaseFact | None:
    """A standing fact of this case."""
    model = fact_kinds().get(kind)
    return model._default_manager.filter(case=case, withdrawn_at=None, pk=pk).first() if model else None


def withdrawal_blockers(fact: CaseFact) -> list[str]:
    """Why a fact can't be taken back while others rest on it."""
    if isinstance(fact, Profile):
        return ["Verbeter de persoonsgegevens; de kenmerken volgen dan."]
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
    """Take a fact back. Withdrawing an exit opens its case again, so that the right one can be recorded."""
    case = lock(fact.case, version=version)
    if not reason:
        raise ValidationError("Geef een reden voor de intrekking.")
    refuse(withdrawal_blockers(fact))
    recording.withdraw(fact, by=by, at=at, reason=reason)
    if isinstance(fact, Exit) and case.closed_on is not None:
        others = Case.objects.filter(municipality=case.municipality, subject=case.subject, closed_on=None)
        if not others.exists():
            case.closed_on = None
            case.save(update_fields=["closed_on"])
    audit.record(
        "case.fact_withdrawn",
        case,
        by=by,
        at=at,
        fact=fact._meta.model_name,
        id=str(fact.pk),
        version=case.version,
    )
