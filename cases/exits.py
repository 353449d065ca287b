"""How a person leaves the LVV: the exit with its category, destination and evidence, and the end of the case."""

from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.acting import acting_as
from accounts.models import Municipality, User
from cases import intake, recording, stays
from cases.locking import lock, refuse
from cases.models import DEPARTURES, DURABLE, Case, Exit, ExitCategory, Stay

HAD_NO_PLACE = "Er is geen verblijf vastgelegd, dus ook geen uitstroom."
HAD_A_PLACE = "Deze persoon verbleef in de LVV. Leg de uitstroom vast; daarmee sluit de zaak."


def exit_blockers(case: Case, *, category: str, on: date, destination: str, evidence: str) -> list[str]:
    """Why this exit can't be recorded."""
    stay = _last_stay(case)
    if stay is None:
        return [HAD_NO_PLACE]
    reasons = leaving_blockers(stay, on=on)
    if not reasons and Exit.objects.standing().filter(case=case, valid_from__gt=stay.valid_from).exists():
        reasons.append("Voor dit verblijf is al een uitstroom vastgelegd. Trek die eerst in.")
    return reasons + solution_blockers(category, destination=destination, evidence=evidence)


def leaving_blockers(stay: Stay, *, on: date) -> list[str]:
    """Why a person can't have left this stay on this day."""
    if on <= stay.valid_from:
        return [
            f"De uitstroom moet na de eerste dag van het verblijf ({stay.valid_from:%d-%m-%Y}) liggen. "
            "Is er geen nacht verbleven? Trek het verblijf dan in."
        ]
    if stay.valid_until and on < stay.valid_until:
        return [f"Het verblijf eindigde pas op {stay.valid_until:%d-%m-%Y}."]
    return []


def solution_blockers(category: str, *, destination: str, evidence: str) -> list[str]:
    """Why a destination or evidence is missing for this category of exit, or does not fit it."""
    reasons = []
    if category in DEPARTURES and not destination:
        reasons.append("Kies het land van bestemming.")
    if category not in DEPARTURES and destination:
        reasons.append("Een land van bestemming hoort alleen bij vertrek of doormigratie.")
    if category in DURABLE and not evidence:
        reasons.append("Een bestendige oplossing vraagt een bewijsstuk, zoals het besluit of de vertrekmelding.")
    return reasons


@transaction.atomic
def record_exit(
    case: Case,
    *,
    category: str,
    by: User,
    on: date,
    at: datetime,
    destination: str = "",
    evidence: str = "",
    confirmed_by: str = "",
    version: int | None = None,
) -> Exit:
    """Record how a person left on the day `on`. It ends a running stay and a wait on that day, and closes the case."""
    case = lock(case, version=version)
    refuse(exit_blockers(case, category=category, on=on, destination=destination, evidence=evidence))
    stay = stays.current_stay(case)
    if stay is not None:
        stays.end_running(case, stay, by=by, on=on, at=at)
    stays.end_waits(case, on=on, by=by, at=at)
    recorded = recording.record(
        Exit,
        case,
        by=by,
        at=at,
        valid_from=on,
        category=category,
        destination=destination,
        evidence=evidence,
        confirmed_by=confirmed_by,
    )
    audit.record("case.exited", case, by=by, at=at, on=on.isoformat(), category=category, version=case.version)
    if case.closed_on is None:
        intake.close_locked(case, by=by, on=on, at=at)
    return recorded


def closing_blockers(case: Case, on: date) -> list[str]:
    """Why a case can't be closed without an exit. Only a person who never had a stay leaves without one."""
    if case.closed_on is not None:
        return ["Deze zaak is al gesloten."]
    if _last_stay(case) is not None:
        return [HAD_A_PLACE]
    return closing_day_blockers(case, on)


def closing_day_blockers(case: Case, on: date) -> list[str]:
    """Why no case can close on this day, with or without a stay."""
    if on < case.registered_on:
        return [f"De zaak kan niet vóór de aanmelding van {case.registered_on:%d-%m-%Y} sluiten."]
    return []


@transaction.atomic
def close_without_stay(case: Case, *, by: User, on: date, at: datetime, version: int | None = None) -> Case:
    """Close the case of a person who never had a stay. A running wait ends on that day."""
    case = lock(case, version=version)
    refuse(closing_blockers(case, on))
    stays.end_waits(case, on=on, by=by, at=at)
    return intake.close(case, by=by, on=on, at=at)


@transaction.atomic
def transfer(case: Case, *, to: Municipality, by: User, receiver: User, on: date, at: datetime) -> Case:
    """Hand a person over to another municipality: record an exit here, and open a new case of the same person there.

    `receiver` is a case worker of that municipality, who opens the new case.
    """
    person = case.person
    refuse([] if person else ["De persoonsgegevens van deze zaak zijn vernietigd."])
    record_exit(case, category=ExitCategory.TRANSFER, by=by, on=on, at=at)
    with acting_as(receiver):
        return intake.register(to, person=person, by=receiver, on=on, at=at)


def _last_stay(case: Case) -> Stay | None:
    return Stay.objects.standing().filter(case=case).order_by("-valid_from").first()
