"""The audit trail: nobody can change it, and a change with the rights of a superuser is found with its place."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit, sealing
from accounts.acting import acting_as
from accounts.models import AuditEntry, AuditSeal, Disclosure, Municipality, User
from accounts.tasks import seal_audit, verify_audit
from core import sealing as core_sealing
from core import walls
from core.sealing import Kind
from tests.accounts import list_rows, round_rows
from tests.conftest import as_owner

Owner = Callable[[], AbstractContextManager[None]]
APPEND_ONLY = [
    "accounts_auditentry",
    "accounts_auditseal",
    "accounts_disclosure",
    "monitor_signature",
    "monitor_publication",
    "monitor_reply",
    "monitor_ruling",
    "monitor_reported",
]
LINES = 6


@pytest.fixture
def anchor(tmp_path: Path, settings: Any) -> Path:
    settings.AUDIT_ANCHOR_FILE = tmp_path / "elsewhere" / "anchor.log"
    return settings.AUDIT_ANCHOR_FILE


@pytest.fixture
def trail(worker: User, now: datetime, anchor: Path) -> list[AuditEntry]:
    """Six lines that are sealed and anchored one by one. The trail is whole."""
    entries = []
    for number in range(LINES):
        entries.append(audit.record("user.tested", worker, by=worker, at=now, number=number, text="één"))
        sealing.TRAIL.seal(at=now)
    assert sealing.TRAIL.verify(at=now) == (LINES, None)
    return entries


@pytest.fixture
def tamper(owner: Owner) -> Callable[..., None]:
    """Change the tables as a superuser can: with the triggers switched off for a moment."""

    def run(*statements: str) -> None:
        with unguarded(owner), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    return run


@contextmanager
def unguarded(owner: Owner) -> Iterator[None]:
    with owner(), connection.cursor() as cursor:
        for table in APPEND_ONLY:
            cursor.execute(f"alter table {table} disable trigger user")
        yield
        for table in APPEND_ONLY:
            cursor.execute(f"alter table {table} enable trigger user")


def rewrite(since: int) -> None:
    """Build the chain again from a number on, so that it is correct in itself."""
    seals = list(AuditSeal.objects.order_by("number"))
    previous = seals[since - 2].hash if since > 1 else core_sealing.START
    for seal in seals[since - 1 :]:
        previous = forge(seal, previous)


def forge(seal: AuditSeal, previous: str) -> str:
    """Give a seal the hash that fits its line and place."""
    entries = AuditEntry.objects.filter(pk=seal.entry_id)
    ((entry_id, line),) = sealing.TRAIL.lines(entries)
    part = core_sealing.Sealed(seal.number, entry_id, previous, "", core_sealing.utc(seal.sealed_at), line)
    digest = core_sealing.digest(part, line, entry_id)
    AuditSeal.objects.filter(pk=seal.pk).update(previous=previous, hash=digest)
    return digest


def found(at: datetime) -> tuple[Kind, int, int | None]:
    _, broken = sealing.TRAIL.verify(at=at)
    assert broken is not None
    return broken.kind, broken.number, broken.entry_id


def insert(entry_id: int) -> str:
    return (
        "insert into accounts_auditentry (id, at, user_id, verb, subject_type, subject_id, details)"
        f" values ({entry_id}, now(), 1, 'user.forged', 'accounts.user', '1', '{{}}')"
    )


def test_a_trail_is_sealed_without_gaps_and_each_seal_builds_on_the_one_before(trail: list[AuditEntry]) -> None:
    seals = list(AuditSeal.objects.order_by("number"))
    assert [seal.number for seal in seals] == [1, 2, 3, 4, 5, 6]
    assert [seal.entry_id for seal in seals] == [entry.pk for entry in trail]
    assert [seal.previous for seal in seals] == [core_sealing.START, *(seal.hash for seal in seals[:-1])]


def test_each_head_stands_outside_the_database_too(trail: list[AuditEntry], anchor: Path) -> None:
    head = AuditSeal.objects.order_by("number").last()
    assert head is not None
    lines = anchor.read_text().splitlines()
    assert len(lines) == LINES
    assert lines[-1].split()[:2] == [str(head.number), head.hash]
    assert anchor.stat().st_mode & 0o077 == 0


def test_sealing_again_adds_nothing(trail: list[AuditEntry], now: datetime) -> None:
    assert sealing.TRAIL.seal(at=now) == 0


def test_many_lines_are_sealed_in_batches(worker: User, now: datetime, anchor: Path) -> None:
    line = audit.record("user.tested", worker, by=worker, at=now)
    AuditEntry.objects.bulk_create(
        AuditEntry(at=now, user_id=1, verb="v", subject_type=line.subject_type, subject_id="1")
        for _ in range(core_sealing.BATCH)
    )
    seal_audit()
    assert sealing.TRAIL.verify(at=now) == (core_sealing.BATCH + 1, None)
    assert len(anchor.read_text().splitlines()) == 2


def test_an_edited_line_is_found(trail: list[AuditEntry], tamper: Callable[..., None], now: datetime) -> None:
    tamper(f"update accounts_auditentry set verb = 'user.other' where id = {trail[3].pk}")
    assert found(now) == (Kind.EDITED, 4, trail[3].pk)


@pytest.mark.parametrize(
    "change",
    ["at = at + interval '1 microsecond'", "user_id = user_id + 1", "subject_id = ''", "details = '{}'"],
)
def test_every_column_of_a_line_counts(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime, change: str
) -> None:
    tamper(f"update accounts_auditentry set {change} where id = {trail[0].pk}")
    assert found(now) == (Kind.EDITED, 1, trail[0].pk)


def test_a_line_deleted_in_the_middle_is_found(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    tamper(f"delete from accounts_auditentry where id = {trail[2].pk}")
    assert found(now) == (Kind.DELETED, 3, trail[2].pk)


def test_a_line_deleted_with_its_seal_leaves_a_gap(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    tamper(
        f"delete from accounts_auditentry where id = {trail[2].pk}",
        "delete from accounts_auditseal where number = 3",
    )
    assert found(now) == (Kind.GAP, 3, None)


def test_a_line_deleted_with_its_seal_and_its_number_is_found(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    tamper(
        f"delete from accounts_auditentry where id = {trail[2].pk}",
        "delete from accounts_auditseal where number = 3",
        *(f"update accounts_auditseal set number = {number - 1} where number = {number}" for number in (4, 5, 6)),
    )
    assert found(now) == (Kind.DELETED, 3, trail[3].pk)


def test_a_cut_tail_is_found(trail: list[AuditEntry], tamper: Callable[..., None], now: datetime) -> None:
    tamper(
        f"delete from accounts_auditentry where id > {trail[3].pk}",
        "delete from accounts_auditseal where number > 4",
    )
    assert found(now) == (Kind.CUT, 5, None)


def test_a_cut_tail_is_found_when_the_trail_has_grown_on(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime, worker: User
) -> None:
    tamper(
        f"delete from accounts_auditentry where id > {trail[3].pk}",
        "delete from accounts_auditseal where number > 4",
    )
    for _ in range(5):
        audit.record("user.tested", worker, by=worker, at=now)
    sealing.TRAIL.seal(at=now)
    assert found(now) == (Kind.REWRITTEN, 5, None)


def test_a_line_put_in_between_without_a_seal_is_found(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    forged = trail[0].pk - 1
    tamper(insert(forged))
    later = now + core_sealing.LATEST
    # The sealing job leaves it alone: it comes too late to be a slow transaction.
    assert sealing.TRAIL.seal(at=later) == 0
    assert found(later) == (Kind.INSERTED, LINES, forged)


def test_a_line_put_in_between_with_a_seal_is_found(
    trail: list[AuditEntry], tamper: Callable[..., None], owner: Owner, now: datetime, anchor: Path
) -> None:
    anchor.write_text(anchor.read_text().splitlines()[-1] + "\n")  # as if sealed in one batch
    tamper(
        insert(-5),
        *(f"update accounts_auditseal set number = {number + 1} where number = {number}" for number in (6, 5, 4)),
        "insert into accounts_auditseal select 4, -5, hash, 'x', sealed_at from accounts_auditseal where number = 3",
    )
    with unguarded(owner):
        fourth = AuditSeal.objects.get(number=4)
        forge(fourth, fourth.previous)
    assert found(now) == (Kind.INSERTED, 4, None)


def test_swapped_lines_are_found(trail: list[AuditEntry], tamper: Callable[..., None], now: datetime) -> None:
    second, fifth = trail[1].pk, trail[4].pk
    tamper(
        f"""update accounts_auditentry e set details = o.details from accounts_auditentry o
            where (e.id, o.id) in (({second}, {fifth}), ({fifth}, {second}))"""
    )
    assert found(now) == (Kind.SWAPPED, 2, second)


def test_swapped_seals_are_found(trail: list[AuditEntry], tamper: Callable[..., None], now: datetime) -> None:
    tamper(
        "update accounts_auditseal set number = -2 where number = 2",
        "update accounts_auditseal set number = 2 where number = 5",
        "update accounts_auditseal set number = 5 where number = -2",
    )
    assert found(now) == (Kind.SWAPPED, 2, trail[4].pk)


@pytest.mark.parametrize("since", [1, 4, 6])
def test_a_chain_that_was_rewritten_whole_differs_from_the_anchor(
    trail: list[AuditEntry], owner: Owner, now: datetime, since: int
) -> None:
    with unguarded(owner):
        AuditEntry.objects.filter(pk=trail[since - 1].pk).update(verb="user.other")
        rewrite(since)
    assert found(now) == (Kind.REWRITTEN, since, None)


def test_a_head_that_was_rolled_back_is_found(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    tamper("delete from accounts_auditseal where number > 2")
    assert found(now) == (Kind.ROLLED_BACK, 3, None)


def test_a_head_that_was_rolled_back_is_found_when_it_was_sealed_anew(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    tamper("delete from accounts_auditseal where number > 2")
    sealing.TRAIL.seal(at=now + timedelta(minutes=1))
    assert found(now)[:2] == (Kind.REWRITTEN, 3)


def test_an_old_backup_is_found(trail: list[AuditEntry], tamper: Callable[..., None], now: datetime) -> None:
    tamper("delete from accounts_auditentry", "delete from accounts_auditseal")
    assert found(now) == (Kind.CUT, 1, None)


def test_a_trail_without_its_anchor_is_not_called_whole(trail: list[AuditEntry], anchor: Path, now: datetime) -> None:
    anchor.unlink()
    assert found(now)[0] == Kind.ANCHOR_MISSING


def test_a_damaged_anchor_is_named_with_its_line(trail: list[AuditEntry], anchor: Path, now: datetime) -> None:
    anchor.write_text(anchor.read_text() + "onzin\n")
    assert found(now) == (Kind.ANCHOR_UNREADABLE, LINES + 1, None)


def test_the_time_zone_of_a_session_does_not_matter(trail: list[AuditEntry], now: datetime, worker: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local time zone 'Asia/Kathmandu'")
    assert sealing.TRAIL.verify(at=now) == (LINES, None)
    audit.record("user.tested", worker, by=worker, at=now)
    sealing.TRAIL.seal(at=now)
    with connection.cursor() as cursor:
        cursor.execute("set local time zone 'UTC'")
    assert sealing.TRAIL.verify(at=now) == (LINES + 1, None)


def test_a_line_that_committed_late_is_sealed_all_the_same(
    trail: list[AuditEntry], tamper: Callable[..., None], now: datetime
) -> None:
    tamper(insert(trail[0].pk - 1))
    assert sealing.TRAIL.seal(at=now + timedelta(minutes=10)) == 1
    assert sealing.TRAIL.verify(at=now + timedelta(days=1)) == (LINES + 1, None)


def test_the_command_says_whether_the_trail_is_whole(
    trail: list[AuditEntry], tamper: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_audit")
    assert capsys.readouterr().out == "De audittrail is heel: 6 regels gecontroleerd.\n"
    tamper(f"update accounts_auditentry set verb = '' where id = {trail[3].pk}")
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit")
    assert stopped.value.code == 1
    assert capsys.readouterr().err == (
        f"De audittrail is verbroken bij nummer 4 (regel {trail[3].pk}): "
        "deze regel is gewijzigd nadat zij was verzegeld.\n"
    )


def test_the_nightly_verification_is_remembered(trail: list[AuditEntry], tamper: Callable[..., None]) -> None:
    verify_audit()
    assert not sealing.was_broken()
    tamper(f"delete from accounts_auditentry where id = {trail[3].pk}")
    verify_audit()
    assert sealing.was_broken()


def test_sealing_is_overdue_when_a_line_waits_for_long(worker: User, now: datetime, anchor: Path) -> None:
    audit.record("user.tested", worker, by=worker, at=now)
    assert not sealing.TRAIL.is_overdue(at=now + timedelta(minutes=4))
    assert sealing.TRAIL.is_overdue(at=now + timedelta(minutes=5))
    sealing.TRAIL.seal(at=now)
    assert not sealing.TRAIL.is_overdue(at=now + timedelta(minutes=5))


# Emptying a table empties what refers to it.
REFERRED = {"monitor_reply": "monitor_ruling"}
CHANGES = ["update {} set user_id = 0", "delete from {}", "truncate {} cascade"]


@pytest.fixture
def filled(
    trail: list[AuditEntry],
    worker: User,
    chair: User,
    ind_member: User,
    monitor_coordinator: User,
    amsterdam: Municipality,
    today: date,
    now: datetime,
) -> None:
    list_rows.take_over(amsterdam, chair, today, now)
    round_rows.sign(chair, monitor_coordinator, today, now)
    round_rows.settle(ind_member, chair, now)
    round_rows.release(chair, monitor_coordinator, today, now)
    with as_owner():
        Disclosure.objects.create(at=now, user_id=worker.pk, page="case", permission="see_cases", persons=[])


def refused(statement: str) -> str:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return str(refusal.value)


def test_the_web_may_not_change_what_is_append_only(filled: None, subtests: pytest.Subtests) -> None:
    for table, change in product(APPEND_ONLY, CHANGES):
        with subtests.test(table=table, change=change):
            assert "permission denied" in refused(change.replace("user_id = 0", column(table)).format(table))


def test_a_trigger_stops_the_owner_too(
    filled: None, owner: Owner, chair: User, ind_member: User, subtests: pytest.Subtests
) -> None:
    for table, change in product(APPEND_ONLY, CHANGES):
        writer = ind_member if table == "monitor_reply" else chair
        with subtests.test(table=table, change=change), owner(), acting_as(writer):
            _stopped_by_a_trigger(change.replace("user_id = 0", column(table)).format(table), table)


def _stopped_by_a_trigger(statement: str, table: str) -> None:
    with connection.cursor() as cursor:  # the owner sees no signature without a user
        cursor.execute("set constraints all immediate")
        assert "deze tabel wordt alleen aangevuld" in refused(statement)
        # Without the triggers nothing would: so it is they that stop it.
        with transaction.atomic(), connection.cursor() as cursor:
            for appended in {table, REFERRED.get(table, table)}:
                cursor.execute(f"alter table {appended} disable trigger user")
            cursor.execute("set constraints all deferred")
            cursor.execute(statement)
            transaction.set_rollback(True)


def column(table: str) -> str:
    others = {
        "accounts_auditseal": "hash = ''",
        "monitor_signature": "at = now()",
        "monitor_reply": "at = now()",
        "monitor_ruling": "at = now()",
        "monitor_publication": "set_at = now()",
        "monitor_reported": "number = 0",
    }
    return others.get(table, "user_id = 0")


def test_the_append_only_tables_of_the_walls_are_these() -> None:
    assert {model._meta.db_table for model in walls.append_only()} == set(APPEND_ONLY)
