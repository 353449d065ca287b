"""The outbox loses nothing and does nothing twice, also when the broker is silent, frozen or gone."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as sent_mail
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import TestCase
from redis import Redis

from accounts import audit
from accounts.models import AuditEntry, Municipality, User
from core import mail, outbox
from core.models import Effect
from lvv.trial.broker import Broker

LEASE = timedelta(seconds=20)


@pytest.fixture
def queued(now: datetime) -> Effect:
    outbox.queue("test", {"id": 1}, key="test:1", at=now)
    return Effect.objects.get()


def claim(at: datetime) -> Effect | None:
    return outbox.claim(["test"], at=at, lease=LEASE)


def claimed(at: datetime) -> Effect:
    effect = claim(at)
    assert effect is not None
    return effect


def nothing(effect: Effect) -> None:
    pass


def test_an_effect_exists_only_if_its_act_does(now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.queue("test", {}, key="test:1", at=now)
        raise ZeroDivisionError
    assert not Effect.objects.exists()


def test_the_same_key_queues_one_effect(queued: Effect, now: datetime) -> None:
    outbox.queue("test", {"id": 2}, key="test:1", at=now)
    assert Effect.objects.get().payload == {"id": 1}


def test_an_effect_is_not_claimed_before_its_time(now: datetime) -> None:
    outbox.queue("test", {}, key="test:1", at=now, due_at=now + timedelta(hours=1))
    assert claim(now) is None
    assert claim(now + timedelta(hours=1)) is not None


def test_the_effect_that_waited_longest_comes_first(now: datetime) -> None:
    for hours in (2, 3, 1):
        outbox.queue("test", {}, key=f"test:{hours}", at=now - timedelta(hours=hours))
    assert [claimed(now).key for _ in range(3)] == ["test:3", "test:2", "test:1"]


def test_a_claimed_effect_is_for_one_worker_until_its_lease_ends(queued: Effect, now: datetime) -> None:
    assert claimed(now).fence == 1
    assert claim(now + LEASE - timedelta(seconds=1)) is None
    assert claimed(now + LEASE).fence == 2


def test_a_kind_that_the_worker_does_not_know_waits(queued: Effect, now: datetime) -> None:
    assert outbox.claim(["other"], at=now, lease=LEASE) is None
    assert Effect.objects.get().attempts == 0


def test_a_completed_effect_is_never_claimed_again(queued: Effect, now: datetime) -> None:
    outbox.perform(claimed(now), nothing, at=now)
    assert claim(now + timedelta(days=30)) is None
    assert Effect.objects.get().done_at == now


def test_the_fence_refuses_completion_by_a_worker_that_was_overtaken(queued: Effect, now: datetime) -> None:
    first, second = claimed(now), claimed(now + LEASE)
    with pytest.raises(outbox.Overtaken):
        outbox.complete(first, at=now + LEASE)
    assert Effect.objects.get().done_at is None
    outbox.complete(second, at=now + LEASE)
    assert Effect.objects.get().done_at is not None


def test_a_worker_that_was_overtaken_does_nothing_at_all(queued: Effect, now: datetime) -> None:
    happened: list[int] = []
    first, second = claimed(now), claimed(now + LEASE)
    for effect in (second, first):
        outbox.perform(effect, lambda effect: happened.append(effect.fence), at=now + LEASE / 2)
    assert happened == [2]
    assert Effect.objects.get().error == ""


def test_nothing_is_begun_when_the_lease_has_ended(queued: Effect, now: datetime) -> None:
    outbox.perform(claimed(now), nothing, at=now + LEASE)
    assert Effect.objects.get().done_at is None
    assert claimed(now + LEASE).attempts == 2


def test_a_failure_rolls_back_what_the_effect_wrote(queued: Effect, now: datetime) -> None:
    def half(effect: Effect) -> None:
        audit.record_by_system("half.done", "effect", "1", at=now)
        raise ZeroDivisionError

    outbox.perform(claimed(now), half, at=now)
    assert not AuditEntry.objects.filter(verb="half.done").exists()
    effect = Effect.objects.get()
    assert effect.done_at is None
    assert effect.due_at == now + timedelta(seconds=30)


def test_the_reason_of_a_failure_holds_no_personal_data(queued: Effect, now: datetime) -> None:
    def refuse(effect: Effect) -> None:
        raise ValueError("geheim@lvv.example is onbekend")

    outbox.perform(claimed(now), refuse, at=now)
    assert Effect.objects.get().error.startswith("ValueError in test_outbox.py:")


def test_a_database_error_in_the_effect_is_a_failure_like_any(queued: Effect, now: datetime) -> None:
    def clash(effect: Effect) -> None:
        Municipality.objects.update(name="Elders")  # the web may not

    outbox.perform(claimed(now), clash, at=now)
    assert Effect.objects.get().error.startswith("ProgrammingError in ")


def test_tries_come_further_apart_and_outlast_a_day_without_mail_server() -> None:
    delays = [outbox.delay_after(attempts) for attempts in range(1, outbox.MOST_ATTEMPTS)]
    assert delays == sorted(delays)
    assert sum(delays, timedelta()) > timedelta(days=1)


def test_an_effect_that_always_fails_is_parked_and_others_go_on(queued: Effect, now: datetime) -> None:
    outbox.queue("test", {}, key="test:2", at=now + timedelta(seconds=1))
    poison, done, at = Effect.objects.get(key="test:1"), [], now

    def handle(effect: Effect) -> None:
        if effect.key == "test:1":
            raise ZeroDivisionError
        done.append(effect.key)

    for _ in range(outbox.MOST_ATTEMPTS + 3):
        at += outbox.LONGEST_DELAY
        while effect := claim(at):
            outbox.perform(effect, handle, at=at)
    assert done == ["test:2"]
    assert [effect.pk for effect in outbox.parked()] == [poison.pk]
    assert outbox.parked()[0].attempts == outbox.MOST_ATTEMPTS


def test_a_job_that_takes_its_worker_down_each_time_is_parked(queued: Effect, now: datetime) -> None:
    at = now
    for _ in range(outbox.MOST_ATTEMPTS):
        claimed(at)  # and then the worker dies
        at += LEASE
    outbox.park_exhausted(at=at - timedelta(seconds=1))
    assert not outbox.parked().exists()
    outbox.park_exhausted(at=at)
    assert outbox.parked().get().error == "the worker stopped"
    assert claim(at) is None


def test_the_manager_sees_what_was_parked_and_can_have_it_tried_again(
    queued: Effect, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    Effect.objects.update(parked_at=now, attempts=12, error="ValueError in mail.py:1")
    call_command("parked_effects")
    assert f"{queued.pk} test" in capsys.readouterr().out
    assert claim(now) is None
    call_command("parked_effects", "--retry")
    assert claimed(now + timedelta(minutes=1)).attempts == 1


def test_an_effect_that_waits_or_keeps_failing_is_late(queued: Effect, now: datetime) -> None:
    assert not outbox.late(now).exists()
    assert outbox.late(now + timedelta(minutes=5)).exists()
    Effect.objects.update(due_at=now + timedelta(hours=1), attempts=3)
    assert outbox.late(now).exists()


def test_a_worker_that_hangs_in_the_middle_loses_its_session(queued: Effect, now: datetime) -> None:
    limits = []

    def look(effect: Effect) -> None:
        with connection.cursor() as cursor:
            cursor.execute("show idle_in_transaction_session_timeout")
            limits.append(cursor.fetchone()[0])

    outbox.perform(claimed(now), look, at=now + timedelta(seconds=5))
    assert limits == ["15s"]


def test_a_mail_has_a_message_id_of_its_effect(queued: Effect, worker: User) -> None:
    mail.send(queued, worker.email, subject="Onderwerp", body="Tekst")
    message = sent_mail.outbox[0].message()
    assert message["Message-ID"] == f"<{queued.pk}@example.invalid>"
    assert message["To"] == worker.email


def test_the_web_may_not_delete_an_effect(queued: Effect) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        queued.delete()


@pytest.fixture
def broker(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A broker for this test alone, which it may freeze and stop."""
    broker = Broker(tmp_path / "broker", durable=False)
    broker.start()
    settings.REDIS_URL = broker.url()
    monkeypatch.setattr(outbox, "waker", outbox.Waker())
    yield broker
    broker.remove()


@pytest.fixture
def inside(broker: Broker) -> Iterator[Redis]:
    """A connection to the broker, to look at its queue."""
    with Redis(unix_socket_path=str(broker.socket)) as link:
        yield link


def commit(at: datetime) -> float:
    """Queue one effect and commit, and return how many seconds the visitor waited."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        outbox.queue("test", {}, key=str(at), at=at)
        began = time.monotonic()
    return time.monotonic() - began


def test_a_commit_wakes_a_worker(inside: Redis, now: datetime) -> None:
    assert inside.llen("celery") == 0
    commit(now)
    assert inside.llen("celery") == 1
    assert outbox.waker.reaches_broker()


def test_a_broker_that_is_gone_stops_no_visitor(broker: Broker, now: datetime) -> None:
    broker.stop()
    assert commit(now) < 1
    assert Effect.objects.filter(done_at=None).exists()
    assert not outbox.waker.reaches_broker()


def test_a_frozen_broker_delays_no_visitor(inside: Redis, now: datetime) -> None:
    pid = inside.info("server")["process_id"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert commit(now) < 1
        # Now that its silence is known, it isn't even asked.
        assert commit(now + timedelta(seconds=1)) < 0.05
        assert not outbox.waker.reaches_broker()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert Effect.objects.count() == 2
