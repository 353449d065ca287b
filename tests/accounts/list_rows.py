"""A row in every table of the lists that were taken over, made by the acts."""

from datetime import date, datetime

from accounts import imports
from accounts.acting import acting_as
from accounts.models import Import, Municipality, User
from monitor.rounds.reported import KIND
from tests.cases.listed import BARE, brought, imported, unhindered


def take_over(municipality: Municipality, chair: User, today: date, at: datetime) -> None:
    """A case from a list, a list that waits, and a figure that was once filled in."""
    imported(municipality, chair, at, today, {**BARE})
    brought(municipality, chair, at, today, {**BARE, "kenmerk": "K-2"})
    filled_in = b"peildatum;cijfer;aantal\n01-11-2020;Aanwezig;12\n"
    with acting_as(chair):
        one = imports.check(KIND, filled_in, "monitor.csv", municipality, by=chair, on=today, at=at)
        imports.start(one, by=chair, at=at)
        imports.carry_out(KIND, Import.objects.get(pk=one.pk), by=chair, on=today, at=at, tick=unhindered)
