"""Lists of cases for tests: a line by what is particular in it, and the file that it stands in."""

import csv
import io
from datetime import date, datetime

from accounts import imports
from accounts.acting import acting_as
from accounts.models import Import, Municipality, User
from cases.caselists import COLUMNS
from cases.takeover import KIND
from core.lists import Plan, Tick

NAMES = [column.name for column in COLUMNS]

# Somebody who was registered, admitted and sheltered, and left.
WHOLE = {column.name: column.example for column in COLUMNS} | {"v-nummer": ""}
# Somebody who was registered, and no more.
BARE = {
    "kenmerk": "K-1",
    "achternaam": "Testpersoon",
    "geslacht": "vrouw",
    "nationaliteit": "Marokko",
    "aangemeld op": "03-06-2019",
}


def as_csv(*lines: dict[str, str]) -> bytes:
    """The lines as somebody would save them, with every column."""
    written = io.StringIO()
    writer = csv.DictWriter(written, NAMES, delimiter=";", restval="")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue().encode()


def planned(municipality: Municipality, by: User, today: date, *lines: dict[str, str]) -> Plan:
    """What these lines would do."""
    with acting_as(by):
        return imports.plan_of(KIND, as_csv(*lines), municipality, by, today)


def unhindered(done: int) -> None:
    """Nobody says stop."""


def brought(municipality: Municipality, by: User, now: datetime, today: date, *lines: dict[str, str]) -> Import:
    """The list after it was checked."""
    with acting_as(by):
        return imports.check(KIND, as_csv(*lines), "lijst.csv", municipality, by=by, on=today, at=now)


def imported(
    municipality: Municipality, by: User, now: datetime, today: date, *lines: dict[str, str], tick: Tick = unhindered
) -> Import:
    """The list after it was checked and, if it is right, carried out."""
    one = brought(municipality, by, now, today, *lines)
    with acting_as(by):
        if not imports.start_blockers(one):
            imports.start(one, by=by, at=now)
            imports.carry_out(KIND, Import.objects.get(pk=one.pk), by=by, on=today, at=now, tick=tick)
        return Import.objects.get(pk=one.pk)
