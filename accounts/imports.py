"""Taking over a list that was made by hand: checked line by line first, then carried out whole or not at all.

What a list holds and what becomes of it is a `Kind`, in the app whose subject it is.
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

IMPORT = "accounts.import"  # the effect that carries one out
KEPT = timedelta(days=7)  # how long a list waits for somebody to say that it may be taken over


@dataclass(frozen=True)
class Kind:
    """A kind of list: its columns, how it is judged, and how what is new in it is recorded.

    `lock(municipality)` makes those wait who would otherwise record in between. `plan(lines, municipality, by, on)`
    writes nothing; `carry_out(plan, source, by, at, tick)` writes everything and calls `tick` with the number of lines
    done. `examples` are the lines of the template.
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
    """Judge a list and keep it for somebody to take over. Raises ValidationError when it is no list at all."""
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


def start_blockers(one: Import) -> list[str]:
    """Why a list can't be taken over."""
    if one.state != ImportState.CHECKED:
        return ["Deze lijst wacht niet meer op inlezen. Breng haar opnieuw als dat nodig is."]
    if any(is_error for *_, is_error in one.findings):
        return ["Er staan fouten in deze lijst. Verbeter ze in uw bestand en breng het opnieuw."]
    if not one.new:
        return ["Er staat niets nieuws in deze lijst."]
    return []


@transaction.atomic
def start(one: Import, *, by: User, at: datetime) -> None:
    """Let a list be taken over, after this."""
    one = Import.objects.select_for_update(of=("self",), no_key=True).get(pk=one.pk)
    if reasons := start_blockers(one):
        raise ValidationError(reasons)
    Import.objects.filter(pk=one.pk).update(state=ImportState.RUNNING, done=0)
    payload = {"import": str(one.pk), "by": by.pk}
    outbox.queue(IMPORT, payload, key=f"import {one.pk}", at=at, task=outbox.RUN_LONG_EFFECTS)
    audit.record("import.started", one, by=by, at=at)


def stop_blockers(one: Import) -> list[str]:
    """Why a list can't be stopped or thrown away."""
    return ["Deze lijst is al klaar."] if one.finished_at is not None else []


@transaction.atomic
def stop(one: Import, *, by: User, at: datetime) -> None:
    """Throw a list away, or stop it while it is being taken over; nothing of it is recorded."""
    one = Import.objects.select_for_update(of=("self",), no_key=True).get(pk=one.pk)
    if reasons := stop_blockers(one):
        raise ValidationError(reasons)
    _end(one, ImportState.STOPPED, at=at)
    audit.record("import.stopped", one, by=by, at=at)


def forget(*, by: User, at: datetime) -> None:
    """Throw away the lists that waited too long, of the municipalities for which this user may import."""
    for one in Import.objects.visible_to(by).filter(state=ImportState.CHECKED, uploaded_at__lte=at - KEPT):
        stop(one, by=by, at=at)


def carry_out(kind: Kind, one: Import, *, by: User, on: date, at: datetime, tick: Tick) -> None:
    """Take over a list, as one act. What was right when it was checked is asked again.

    `tick` hears how many lines are done, and raises `Stopped` when somebody said stop: then nothing was recorded.
    """
    try:
        with transaction.atomic():
            _queue_for_lists(one.municipality)
            if kind.lock:
                kind.lock(one.municipality)
            plan = plan_of(kind, bytes(one.content or b""), one.municipality, by, on)
            if plan.errors:
                _end(one, ImportState.REFUSED, at=at, **summary_of(plan))
                audit.record("import.refused", one, by=by, at=at, errors=len(plan.errors))
                return
            kind.carry_out(plan, one, by, at, tick)
            _end(one, ImportState.DONE, at=at, **summary_of(plan), done=len(plan.new))
            audit.record("import.done", one, by=by, at=at, new=len(plan.new), same=plan.same)
    except Stopped:
        pass


@contextmanager
def telling(one: Import, *, by: User) -> Iterator[Tick]:
    """Say how far an import is and hear whether to stop, over a connection of its own: the act shows at its end only.

    The row is not locked in the meantime: whoever says stop need not wait.
    """
    with closing(connection.copy()) as aside, aside.cursor() as cursor:
        cursor.execute("select set_config('lvv.user', %s, false)", [str(by.pk)])

        def tick(done: int) -> None:
            cursor.execute(
                "update accounts_import set done = %s where id = %s and state = %s",
                [done, one.pk, ImportState.RUNNING],
            )
            if cursor.rowcount == 0:
                raise Stopped

        yield tick


def _queue_for_lists(municipality: Municipality) -> None:
    """Two lists of one municipality at one moment queue, so that one that comes twice is recorded once."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(4, %s)", [municipality.pk])


def plan_of(kind: Kind, content: bytes, municipality: Municipality, by: User, on: date) -> Plan:
    """What a list would do. Raises ValidationError when it is no list at all."""
    lines = spreadsheets.read(content, kind.names)
    if not lines:
        raise ValidationError("Er staan geen regels onder de kolomnamen.")
    return kind.plan(lines, municipality, by, on)


def _end(one: Import, state: ImportState, *, at: datetime, **changes: Any) -> None:
    """An import ends once: who comes second finds it ended."""
    running = Import.objects.filter(pk=one.pk, finished_at=None)
    if not running.update(state=state, finished_at=at, content=None, **changes):
        raise Stopped
