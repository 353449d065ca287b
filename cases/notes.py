"""Writes notes. Each note stands in a compartment, which says who may read it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from accounts.permissions import Role
from cases.locking import refuse
from cases.models import Case, Compartment, Note


def writing_blockers(user: User, organisation: Organisation, compartment: str, *, at: datetime) -> list[str]:
    """Why a user can't write in a compartment."""
    running = user.memberships.running_on(timezone.localdate(at)).filter(organisation=organisation)
    roles = set(running.values_list("role", flat=True))
    if not roles:
        return [f"U werkt niet bij {organisation}."]
    if compartment != Compartment.MEDICAL or Role.CARE_PROFESSIONAL in roles:
        return []
    return ["Medische notities zijn voor zorgprofessionals. Leg hier alleen vast wat iedereen in het LSO mag weten."]


def repetition_blockers(note: Note) -> list[str]:
    """Why a note is refused as a repetition: going back in the browser and sending it again would write it twice."""
    same = Note.objects.filter(
        case=note.case,
        organisation=note.organisation,
        compartment=note.compartment,
        text=note.text,
        written_by=note.written_by,
        written_at__date=timezone.localdate(note.written_at),
    )
    return ["U schreef vandaag al een notitie met precies deze tekst. Die staat in de zaak."] if same.exists() else []


@transaction.atomic
def write(case: Case, *, organisation: Organisation, compartment: str, text: str, by: User, at: datetime) -> Note:
    """Add a note on behalf of an organisation."""
    refuse(writing_blockers(by, organisation, compartment, at=at))
    note = Note(case=case, organisation=organisation, compartment=compartment, text=text, written_by=by, written_at=at)
    refuse(repetition_blockers(note))
    note.save(force_insert=True)
    audit.record("case.note_written", case, by=by, at=at, note=str(note.pk), compartment=compartment)
    return note
