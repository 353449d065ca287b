"""Lists of cases for tests. A line names only the cells that matter; the other columns are empty."""

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
    """The lines as a CSV file with all columns."""
    written = io.StringIO()
    writer = csv.DictWriter(written, NAMES, delimiter=";", restval="")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue().encode()


def planned(municipality: Municipality, by: User, today: date, *lines: dict[str, str]) -> Plan:
    """The plan of these lines."""
    with acting_as(by):
        return imports.plan_of(KIND, as_csv(*lines), municipality, by, today)


def unhindered(done: int) -> None:
    """A tick of an import that nobody stops."""


def checked_list(municipality: Municipality, by: User, now: datetime, today: date, *lines: dict[str, str]) -> Import:
    """The import of these lines after its check."""
    with acting_as(by):
        return imports.check(KIND, as_csv(*lines), "lijst.csv", municipality, by=by, on=today, at=now)


def imported(
    municipality: Municipality, by: User, now: datetime, today: date, *lines: dict[str, str], tick: Tick = unhindered
) -> Import:
    """The import of these lines after its check and, if there are no errors, after it was carried out."""
    upload = checked_list(municipality, by, now, today, *lines)
    with acting_as(by):
        if not imports.start_blockers(upload):
            imports.start(upload, by=by, at=now)
            imports.carry_out(KIND, Import.objects.get(pk=upload.pk), by=by, on=today, at=now, tick=tick)
        return Import.objects.get(pk=upload.pk)
