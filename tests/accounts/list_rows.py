"""A row in every table of imports, made by the acts."""

from datetime import date, datetime

from accounts import imports
from accounts.acting import acting_as
from accounts.models import Import, Municipality, User
from monitor.rounds.reported import KIND
from tests.cases.listed import BARE, checked_list, imported, unhindered


def take_over(municipality: Municipality, chair: User, today: date, at: datetime) -> None:
    """Make a case from a list, a list that waits, and a figure that was filled in by hand."""
    imported(municipality, chair, at, today, {**BARE})
    checked_list(municipality, chair, at, today, {**BARE, "kenmerk": "K-2"})
    filled_in = b"peildatum;cijfer;aantal\n01-11-2020;Aanwezig;12\n"
    with acting_as(chair):
        upload = imports.check(KIND, filled_in, "monitor.csv", municipality, by=chair, on=today, at=at)
        imports.start(upload, by=chair, at=at)
        imports.carry_out(KIND, Import.objects.get(pk=upload.pk), by=chair, on=today, at=at, tick=unhindered)
