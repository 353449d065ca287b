"""How long it takes to check a list of cases and to take it over, beside SQL that writes the same rows unasked.

Everything happens in one transaction that is undone, under the rights of the web, so that walls, triggers and keys are
asked of both. Nothing is judged. Standards F-6 asks for 10 000 lines with all checks within 60 seconds.
"""

import csv
import io
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import timezone

from accounts import imports
from accounts.acting import acting_as
from accounts.models import AuditEntry, Import, Membership, Municipality, Organisation, User
from accounts.permissions import Role
from cases.models import (
    Admission,
    AdmissionAnswer,
    AdmissionTest,
    Case,
    CaseParty,
    Exit,
    IdentityStatement,
    ImportedCase,
    Person,
    Profile,
    Stay,
    WaitingListEntry,
)
from cases.takeover import KIND
from core.roles import WEB
from lvv.management.commands.prepare import connect_as_owner

# In the order in which they rest on one another.
WRITTEN = (
    Person,
    Case,
    CaseParty,
    IdentityStatement,
    Profile,
    AdmissionTest,
    AdmissionAnswer,
    Admission,
    WaitingListEntry,
    Stay,
    Exit,
    ImportedCase,
    AuditEntry,
)
TABLES = [model._meta.db_table for model in WRITTEN]
LINE = {
    "achternaam": "Verzonnen",
    "geslacht": "man",
    "nationaliteit": "Soedan",
    "geboren": "1990",
    "aangemeld op": "03-06-2019",
    "besluit": "toegelaten",
    "besluit op": "12-06-2019",
    "wacht sinds": "12-06-2019",
    "verblijf van": "15-06-2019",
    "locatie": "Noord",
    "reden boven aantal": "Overgenomen",
    "vertrokken op": "01-10-2020",
    "uitstroom": "MOB",
}


class Command(BaseCommand):
    help = "Meet hoe lang het controleren en inlezen van een casuslijst duurt, naast SQL die dezelfde rijen schrijft."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--lines", type=int, nargs="+", default=[1_000, 10_000], help="hoeveel regels, per meting")

    def handle(self, *args: Any, **options: Any) -> None:
        connect_as_owner()
        for lines in options["lines"]:
            with transaction.atomic():
                checked, taken, floor, rows = measure(lines)
                transaction.set_rollback(True)
            self.stdout.write(
                f"{lines:>7} regels, {rows} rijen. Controleren: {checked:.1f} s. Inlezen: {taken:.1f} s. "
                f"Alleen schrijven in SQL: {floor:.1f} s. Verhouding: {taken / floor:.2f}."
            )


def measure(lines: int) -> tuple[float, float, float, int]:
    """The seconds to check a list, to import it and to write the same rows by SQL, and the number of rows.

    The caller rolls it back.
    """
    municipality, by = _somebody()
    content = _list_of(lines)
    at = timezone.now()
    with acting_as(by), connection.cursor() as cursor:
        cursor.execute(f"set local role {WEB}")
        start = time.perf_counter()
        upload = imports.check(KIND, content, "lijst.csv", municipality, by=by, on=timezone.localdate(at), at=at)
        checked = time.perf_counter() - start
        imports.start(upload, by=by, at=at)
        before = transaction.savepoint()
        start = time.perf_counter()
        imports.carry_out(
            KIND,
            Import.objects.get(pk=upload.pk),
            by=by,
            on=timezone.localdate(at),
            at=at,
            tick=lambda done: None,
        )
        taken = time.perf_counter() - start
        written = _rows(upload)
        transaction.savepoint_rollback(before)
        with _kept(written):
            start = time.perf_counter()
            for table in TABLES:
                cursor.execute(f"insert into {table} select * from kept_{table}")
            floor = time.perf_counter() - start
        cursor.execute("set local role none")
    return checked, taken, floor, sum(content.count(b"\n") for content in written.values())


def _somebody() -> tuple[Municipality, User]:
    """Make a municipality with a case worker, until the rollback."""
    municipality = Municipality.objects.order_by("name")[0]
    by = User.objects.create_user("meting@lvv.example", full_name="Meting")
    organisation = Organisation.objects.get(kind="municipality", municipality=municipality)
    Membership.objects.create(user=by, organisation=organisation, role=Role.CASE_WORKER, since=date(2019, 1, 1))
    return municipality, by


def _list_of(lines: int) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, KIND.names, delimiter=";", restval="")
    writer.writeheader()
    writer.writerows({**LINE, "kenmerk": f"METING-{number}"} for number in range(lines))
    return written.getvalue().encode()


def _rows(upload: Import) -> dict[str, bytes]:
    """The rows that the import wrote, as text, by table."""
    ours = f"select case_id from cases_importedcase where source_id = '{upload.pk}'"
    of_case, of_person = f"case_id in ({ours})", f"person_id in (select person_id from cases_case where id in ({ours}))"
    where = {
        "cases_person": of_person.replace("person_id in", "id in", 1),
        "cases_identitystatement": of_person,
        "cases_case": f"id in ({ours})",
        "cases_admissionanswer": f"test_id in (select id from cases_admissiontest where {of_case})",
        "accounts_auditentry": f"subject_id in (select c::text from ({ours}) x (c))",
    }
    contents: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            with cursor.copy(f"copy (select * from {table} where {where.get(table, of_case)}) to stdout") as rows:
                contents[table] = b"".join(bytes(row) for row in rows)
    return contents


@contextmanager
def _kept(written: dict[str, bytes]) -> Iterator[None]:
    """Keep the rows in copies of our tables without walls, as long as the block runs."""
    with connection.cursor() as cursor:
        cursor.execute("set local role none")
        for table, content in written.items():
            cursor.execute(f"create temp table kept_{table} (like {table}) on commit drop")
            with cursor.copy(f"copy kept_{table} from stdin") as rows:
                rows.write(content)
            cursor.execute(f"grant select on kept_{table} to {WEB}")
        cursor.execute(f"set local role {WEB}")
    yield
