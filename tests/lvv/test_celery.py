"""Effects on real processes: a real broker, real workers, and a database of their own with committed rows."""

import ast
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from celery import current_app
from django.conf import settings as site
from django.db import connection
from django.utils import timezone
from redis import Redis

from accounts.models import AuditEntry
from core import outbox
from core.models import Effect
from lvv.celery import TIMETABLE, app
from lvv.effects import HANDLERS, LONG
from lvv.trial.broker import Broker
from tests import databases
from tests.databases import PREPARED, cloned

LEASE = 5  # seconds
PATIENCE = 60
APPS = ("core", "accounts", "cases", "scenarios", "mrt", "monitor", "lvv")
HAPPENED = "probe.happened"


def test_the_site_and_its_workers_are_one_celery_app() -> None:
    assert current_app.main == app.main == "lvv"


def test_every_task_of_the_timetable_is_there() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in TIMETABLE.values()} <= set(app.tasks)
    assert {outbox.RUN_EFFECTS, outbox.RUN_LONG_EFFECTS} <= set(app.tasks)


def test_every_task_of_ours_is_in_the_timetable() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == {str(entry["task"]) for entry in TIMETABLE.values()}


def test_a_long_effect_has_a_task_of_its_own_with_a_lease_to_match() -> None:
    """An import of 10 000 lines takes some 15 seconds. The lease of a mail would end before that."""
    app.loader.import_default_modules()
    short, long = (app.tasks[name] for name in (outbox.RUN_EFFECTS, outbox.RUN_LONG_EFFECTS))
    assert site.LONG_EFFECT_LEASE > 10 * site.EFFECT_LEASE
    assert (long.time_limit, short.time_limit) == (
        site.LONG_EFFECT_LEASE.total_seconds(),
        site.EFFECT_LEASE.total_seconds(),
    )


def test_every_kind_of_effect_that_the_code_queues_has_a_handler() -> None:
    queued = {kind for name in APPS for kind in kinds_queued_in(site.BASE_DIR / name)}
    assert queued
    assert queued == set(HANDLERS)
    assert set(HANDLERS) >= LONG


def kinds_queued_in(folder: Path) -> Iterator[str]:
    """The first argument of each `outbox.queue(...)`, read from the code."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("outbox.queue"):
                yield value_of(node.args[0], path)


def value_of(kind: ast.expr, path: Path) -> str:
    if isinstance(kind, ast.Constant):
        return str(kind.value)
    module = import_module(".".join(path.relative_to(site.BASE_DIR).with_suffix("").parts))
    return str(eval(ast.unparse(kind), vars(module)))


@pytest.fixture(scope="module")
def addresses(services: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """A prepared database of its own, for committed rows: its addresses for the owner and the web."""
    with django_db_blocker.unblock(), cloned(PREPARED) as name:
        yield databases.addresses(name)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker", durable=False)
    broker.start()
    yield broker
    broker.remove()


@pytest.fixture
def committed(
    addresses: dict[str, str],
    broker: Broker,
    django_db_blocker: Any,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Connect this process to that database and broker, so that what it queues wakes the workers."""
    settings.REDIS_URL = broker.url()
    monkeypatch.setattr(outbox, "waker", outbox.Waker())
    monkeypatch.setitem(connection.settings_dict, "NAME", urlsplit(addresses["DATABASE_URL"]).path[1:])
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"options": "-c role=lvv_web"})
    with django_db_blocker.unblock():
        connection.close()
        Effect.objects.update(done_at=timezone.now())
        yield
        connection.close()


Hire = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def hire(addresses: dict[str, str], broker: Broker, tmp_path: Path) -> Iterator[Hire]:
    """Start a worker. All workers end with the test."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "lvv.settings",
        "DATABASE_URL": addresses["DATABASE_URL"],
        "REDIS_URL": broker.url(),
        "LVV_TRIAL": "1",
        "LVV_EFFECT_LEASE": str(LEASE),
        "LVV_LONG_EFFECT_LEASE": str(2 * LEASE),
        "PROBE_FOLDER": str(tmp_path),
    }
    with ExitStack() as stack:
        yield lambda: stack.enter_context(running_worker(environment))


@contextmanager
def running_worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    module = ["celery", "-A", "tests.lvv.probe", "worker", "--concurrency", "1", "--without-mingle"]
    worker = subprocess.Popen(
        [sys.executable, "-m", *module, "--without-gossip", "--without-heartbeat"],
        cwd=site.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield worker
    kill(worker)


def kill(worker: subprocess.Popen[bytes]) -> None:
    """Kill all processes of a worker at once, so that they can't clean up."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def queue(*keys: str) -> None:
    for key in keys:
        outbox.queue("probe", {}, key=f"{key}:{time.monotonic_ns()}", at=timezone.now())


def wait_for(condition: Callable[[], bool], *, waking: bool = False) -> None:
    """Wait until a condition holds. With `waking`, wake the workers meanwhile, as the timetable does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, list(Effect.objects.filter(done_at=None).values())
        if waking:
            for task in (outbox.RUN_EFFECTS, outbox.RUN_LONG_EFFECTS):
                outbox.Waker().wake(task)
        time.sleep(0.1)


def all_done() -> bool:
    return not Effect.objects.filter(done_at=None).exists()


def times_happened(effect: Effect) -> int:
    return AuditEntry.objects.filter(verb=HAPPENED, subject_id=str(effect.pk)).count()


@pytest.mark.parametrize("killed", ["worker", "child"])
def test_a_killed_worker_loses_and_doubles_nothing(committed: None, hire: Hire, tmp_path: Path, killed: str) -> None:
    entered, hold = tmp_path / "entered", tmp_path / "hold"
    hold.touch()
    queue("killed")
    effect = Effect.objects.get(done_at=None)
    first = hire()
    wait_for(entered.exists)
    assert times_happened(effect) == 0  # not committed
    if killed == "worker":
        kill(first)
        hire()
    else:
        os.kill(int(entered.read_text()), signal.SIGKILL)
    hold.unlink()
    wait_for(all_done, waking=True)
    effect.refresh_from_db()
    assert times_happened(effect) == 1
    assert effect.fence > 1


def test_an_emptied_or_stopped_broker_loses_nothing(committed: None, hire: Hire, broker: Broker) -> None:
    hire()
    queue("before")
    wait_for(all_done)
    broker.stop()
    queue(*"abc")  # the visitor notices nothing
    assert Effect.objects.filter(done_at=None).count() == 3
    broker.start()
    with Redis(unix_socket_path=str(broker.socket)) as link:
        outbox.waker.wake()
        link.flushall()
    queued = list(Effect.objects.filter(done_at=None))
    wait_for(all_done, waking=True)
    assert [times_happened(effect) for effect in queued] == [1, 1, 1]


def test_two_workers_do_a_hundred_effects_once_each(committed: None, hire: Hire) -> None:
    queue(*(str(number) for number in range(100)))
    queued = list(Effect.objects.filter(done_at=None))
    hire()
    hire()
    wait_for(all_done, waking=True)
    assert [times_happened(effect) for effect in queued] == [1] * 100


def test_two_workers_at_the_same_moment_do_not_wait_for_one_another(committed: None, addresses: dict[str, str]) -> None:
    queue("first", "second")
    first, second = Effect.objects.filter(done_at=None).order_by("due_at")
    with psycopg.connect(addresses["DATABASE_URL"]) as other, connection.cursor() as cursor:
        other.execute("select from core_effect where id = %s for update", [first.pk])
        cursor.execute("set lock_timeout = '1s'")
        claimed = outbox.claim(["probe"], at=timezone.now(), lease=site.EFFECT_LEASE)
        assert claimed == second
        assert outbox.claim(["probe"], at=timezone.now(), lease=site.EFFECT_LEASE) is None
