"""The health pages tell the truth, answer quickly, and reveal nothing about the data."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from accounts import audit, sealing
from accounts.models import User
from core import outbox
from core import sealing as core_sealing
from core.models import Effect
from lvv import health
from lvv.trial.broker import Broker

Owner = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    broker = Broker(tmp_path / "broker", durable=False)
    broker.start()
    monkeypatch.setattr(settings, "REDIS_URL", broker.url())
    monkeypatch.setattr(settings, "AUDIT_ANCHOR_FILE", tmp_path / "anchor.log")
    yield broker
    broker.remove()


def ask() -> HttpResponse:
    return health.ready(RequestFactory().get("/health/ready"))


def checks() -> dict[str, str]:
    return json.loads(ask().content)["checks"]


def test_live_asks_nothing_of_the_database(client: Client) -> None:
    # Without the fixture `db` each query is an error.
    response = client.get(reverse("health_live"))
    assert (response.status_code, response.content) == (200, b"ok")


def test_ready_is_open_without_a_login(client: Client, db: None) -> None:
    assert client.get(reverse("health_ready")).status_code == 200


def test_all_is_well(broker: Broker, db: None) -> None:
    response = ask()
    assert response.status_code == 200
    assert json.loads(response.content) == {
        "status": "ok",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "roles": "ok",
            "effects": "ok",
            "parked": "ok",
            "audit_sealed": "ok",
            "audit_whole": "ok",
            "broker": "ok",
        },
    }


ASK_WITHOUT_DATABASE = """
import django
django.setup()
from django.test import Client
response = Client().get("/health/ready", headers={"host": "127.0.0.1"})
print(response.status_code, response.content.decode())
"""


def test_without_a_database_the_site_is_not_ready() -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "lvv.settings",
        "LVV_TRIAL": "1",
        "DATABASE_URL": "postgres://lvv_web:geheim@127.0.0.1:1/lvv",
    }
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_WITHOUT_DATABASE],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    status, _, content = process.stdout.partition(" ")
    assert status == "503"
    assert json.loads(content)["checks"]["database"] == "failed"
    assert "127.0.0.1" not in content


def test_a_migration_that_was_not_applied_stops_the_site(owner: Owner, db: None) -> None:
    assert checks()["migrations"] == "ok"
    with owner(), connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'mrt'")
    assert checks()["migrations"] == "failed"


def test_as_owner_of_the_tables_the_site_does_not_serve(owner: Owner, db: None) -> None:
    with owner():
        assert ask().status_code == 503
        assert checks() == {"database": "ok", "migrations": "ok", "roles": "failed"}


def test_a_late_effect_is_a_warning(broker: Broker, db: None) -> None:
    outbox.queue("test", {}, key="test", at=timezone.now() - timedelta(minutes=6))
    assert checks()["effects"] == "warning"
    assert ask().status_code == 200


def test_a_parked_effect_is_a_warning(broker: Broker, db: None) -> None:
    outbox.queue("test", {}, key="test", at=timezone.now())
    Effect.objects.update(parked_at=timezone.now())
    assert {name for name, outcome in checks().items() if outcome == "warning"} == {"parked"}


def test_an_audit_trail_that_is_not_sealed_is_a_warning(broker: Broker, worker: User) -> None:
    audit.record("user.tested", worker, by=worker, at=timezone.now() - timedelta(minutes=6))
    assert checks()["audit_sealed"] == "warning"
    sealing.TRAIL.seal(at=timezone.now())
    assert checks()["audit_sealed"] == "ok"


def test_a_broken_audit_trail_is_a_warning_until_it_is_found_whole(broker: Broker, db: None) -> None:
    sealing.note(7, core_sealing.Break(core_sealing.Kind.EDITED, 7), at=timezone.now())
    assert checks()["audit_whole"] == "warning"
    sealing.note(7, None, at=timezone.now())
    assert checks()["audit_whole"] == "ok"


def test_a_silent_broker_is_a_warning_for_the_site_serves(broker: Broker, db: None) -> None:
    broker.stop()
    assert {name for name, outcome in checks().items() if outcome == "warning"} == {"broker"}
    assert ask().status_code == 200


def test_a_site_without_a_broker_says_so(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "")
    assert checks()["broker"] == "warning"
