"""Imports lists that were made by hand. Each line is checked first; then the list is imported whole or not at all.

A `Kind` says what the lines of a list hold and how they are recorded. It stands in the room of that subject.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts import audit
from accounts.models import Import, ImportState, Municipality, User
from core import outbox, spreadsheets
from core.cells import Column
from core.lists import Plan, Stopped, Tick, summary_of
from core.spreadsheets import Line

IMPORT = "accounts.import"  # the kind of effect that carries out an import
KEPT = timedelta(days=7)  # how long a checked list waits for somebody to start its import


@dataclass(frozen=True)
class Kind:
    """A kind of list: its columns, how its lines are judged, and how the new ones are recorded.

    `plan(lines, municipality, by, on)` judges the lines and writes nothing. `carry_out(plan, source, by, at, tick)`
    records all that is new, and calls `tick` with the number of lines done. `lock(municipality)` keeps others from
    recording between those two. `examples` are the lines of the template file.
    """

    code: str
    title: str
    help: str
    columns: Sequence[Column]
    examples: Sequence[Sequence[str]]
    plan: Callable[[Sequence[Line], Municipality, User, date], Plan]
    carry_out: Callable[[Plan, Import, User, datetime, Tick], None]
    lock: Callable[[Municipality], None] | None = None

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]


@transaction.atomic
def check(
    kind: Kind, content: bytes, name: str, municipality: Municipality, *, by: User, on: date, at: datetime
) -> Import:
    """Judge a list and keep it, so that somebody can start its import. Raises ValidationError when it is no list."""
    plan = plan_of(kind, content, municipality, by, on)
    checked = Import.objects.create(
        municipality=municipality,
        kind=kind.code,
        name=name[-120:],
        content=content,
        uploaded_by=by,
        uploaded_at=at,
        **summary_of(plan),
    )
    audit.record("import.checked", checked, by=by, at=at, kind=kind.code, total=plan.total, errors=len(plan.errors))
    return checked


def start_blockers(upload: Import) -> list[str]:
    """Why an import can't start."""
    if upload.state != ImportState.CHECKED:
        return ["Deze lijst wacht niet meer op inlezen. Breng haar opnieuw als dat nodig is."]
    if any(is_error for *_, is_error in upload.findings):
        return ["Er staan fouten in deze lijst. Verbeter ze in uw bestand en breng het opnieuw."]
    if not upload.new:
        return ["Er staat niets nieuws in deze lijst."]
    return []


@transaction.atomic
def start(upload: Import, *, by: User, at: datetime) -> None:
    """Start an import; a worker carries it out after this transaction."""
    upload = Import.objects.select_for_update(of=("self",), no_key=True).get(pk=upload.pk)
    if reasons := start_blockers(upload):
        raise ValidationError(reasons)
    Import.objects.filter(pk=upload.pk).update(state=ImportState.RUNNING, done=0)
    payload = {"import": str(upload.pk), "by": by.pk}
    outbox.queue(IMPORT, payload, key=f"import {upload.pk}", at=at, task=outbox.RUN_LONG_EFFECTS)
    audit.record("import.started", upload, by=by, at=at)


def stop_blockers(upload: Import) -> list[str]:
    """Why an import can't be stopped or thrown away."""
    return ["Deze lijst is al klaar."] if upload.finished_at is not None else []


@transaction.atomic
def stop(upload: Import, *, by: User, at: datetime) -> None:
    """Throw a checked list away, or stop a running import. Nothing of it is recorded."""
    upload = Import.objects.select_for_update(of=("self",), no_key=True).get(pk=upload.pk)
    if reasons := stop_blockers(upload):
        raise ValidationError(reasons)
    _end(upload, ImportState.STOPPED, at=at)
    audit.record("import.stopped", upload, by=by, at=at)


def forget(*, by: User, at: datetime) -> None:
    """Throw away the lists that waited too long, in the municipalities for which this user may import."""
    for upload in Import.objects.visible_to(by).filter(state=ImportState.CHECKED, uploaded_at__lte=at - KEPT):
        stop(upload, by=by, at=at)


def carry_out(kind: Kind, upload: Import, *, by: User, on: date, at: datetime, tick: Tick) -> None:
    """Import a list in one transaction, after judging it again: what was right then may be wrong by now.

    `tick` gets the number of lines done. When somebody stopped the import it raises `Stopped`, and nothing is recorded.
    """
    try:
        with transaction.atomic():
            _queue_for_lists(upload.municipality)
            if kind.lock:
                kind.lock(upload.municipality)
            plan = plan_of(kind, bytes(upload.content or b""), upload.municipality, by, on)
            if plan.errors:
                _end(upload, ImportState.REFUSED, at=at, **summary_of(plan))
                audit.record("import.refused", upload, by=by, at=at, errors=len(plan.errors))
                return
            kind.carry_out(plan, upload, by, at, tick)
            _end(upload, ImportState.DONE, at=at, **summary_of(plan), done=len(plan.new))
            audit.record("import.done", upload, by=by, at=at, new=len(plan.new), same=plan.same)
    except Stopped:
        pass


@contextmanager
def reporting_progress(upload: Import, *, by: User) -> Iterator[Tick]:
    """A `tick` that saves how far an import is, and raises `Stopped` when somebody stopped it.

    It uses a database connection of its own, because others see nothing of the import's transaction before its end. It
    keeps no lock on the row, so that whoever stops the import need not wait.
    """
    with closing(connection.copy()) as aside, aside.cursor() as cursor:
        cursor.execute("select set_config('lvv.user', %s, false)", [str(by.pk)])

        def tick(done: int) -> None:
            cursor.execute(
                "update accounts_import set done = %s where id = %s and state = %s",
                [done, upload.pk, ImportState.RUNNING],
            )
            if cursor.rowcount == 0:
                raise Stopped

        yield tick


def _queue_for_lists(municipality: Municipality) -> None:
    """Wait until another import in this municipality has ended, so that a list that comes twice is recorded once."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(4, %s)", [municipality.pk])


def plan_of(kind: Kind, content: bytes, municipality: Municipality, by: User, on: date) -> Plan:
    """What a list would do. Raises ValidationError when the file is no list of this kind."""
    lines = spreadsheets.read(content, kind.names)
    if not lines:
        raise ValidationError("Er staan geen regels onder de kolomnamen.")
    return kind.plan(lines, municipality, by, on)


def _end(upload: Import, state: ImportState, *, at: datetime, **changes: Any) -> None:
    """End an import. Raises Stopped when it has ended already."""
    running = Import.objects.filter(pk=upload.pk, finished_at=None)
    if not running.update(state=state, finished_at=at, content=None, **changes):
        raise Stopped
