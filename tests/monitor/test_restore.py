"""A restore drill: the database is copied, lost and restored elsewhere, and every release is still the same.

After that an exit is corrected, two persons are merged, and a merge is undone; the releases stay the same.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg.sql import SQL, Identifier

from lvv.trial.account import postgres_account
from lvv.trial.binaries import readable_postgres
from lvv.trial.postgres import DATABASE, OWNER, SUPERUSER, WEB, Postgres
from tests.trial.conftest import passable_folder

pytestmark = pytest.mark.long
REPORT = """
import django, hashlib, json
django.setup()
from accounts.models import User
from accounts.acting import acting_as
from monitor.publishing import releases
from monitor.models import Edition, Release
with acting_as(User.objects.get(email="monitor@demo.lvv.example")):
    report = {
        str(release.pk): [
            hashlib.sha256(bytes(release.document)).hexdigest(),
            releases.recomputed(release) == bytes(release.document),
            releases.faults(release),
        ]
        for release in Release.objects.select_related("round")
    }
    report["editions"] = sorted(hashlib.sha256(bytes(e.document)).hexdigest() for e in Edition.objects.all())
print(json.dumps(report))
"""
CORRECTION = """
import django
django.setup()
from django.utils import timezone
from accounts.models import User
from accounts.acting import acting_as
from cases import corrections, recording
from cases.models import Case, Exit, Merge
worker = User.objects.get(email="casusregisseur.utrecht@demo.lvv.example")
with acting_as(worker):
    left = Exit.objects.standing().filter(category="azc_hasa", municipality__name="Utrecht").order_by("pk")[0]
    corrections.withdraw(left, reason="Proef", by=worker, at=timezone.now())
    case, other = Case.objects.filter(municipality__name="Utrecht", stays__withdrawn_at=None).distinct("subject")[:2]
    recording.record(Merge, case, by=worker, at=timezone.now(), valid_from=timezone.localdate(), same_as=other.subject)
worker = User.objects.get(email="casusregisseur.rotterdam@demo.lvv.example")
with acting_as(worker):
    corrections.withdraw(Merge.objects.standing().get(), reason="Proef", by=worker, at=timezone.now())
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with passable_folder() as place:
        yield place


def cluster(place: Path) -> Postgres:
    account = postgres_account()
    return Postgres(place / "postgres", binaries=readable_postgres(account, place), account=account, fast=True)


def run(at: Postgres, *arguments: str) -> str:
    addresses = {"DATABASE_OWNER_URL": at.url(OWNER), "DATABASE_URL": at.url(WEB)}
    others = {"LVV_TRIAL": "1", "DJANGO_SETTINGS_MODULE": "lvv.settings"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, **addresses, **others},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def report(at: Postgres) -> dict[str, Any]:
    return dict(json.loads(run(at, "-c", REPORT)))


def rows(at: Postgres) -> dict[str, tuple[int, str]]:
    """table -> (number of rows, hash over all rows)."""
    with psycopg.connect(host=str(at.sockets), user=SUPERUSER, dbname=DATABASE) as link:
        names = [name for (name,) in link.execute("select tablename from pg_tables where schemaname = 'public'")]
        query = SQL("select count(*), md5(coalesce(string_agg(t::text, '' order by t::text), '')) from {} t")
        return {name: link.execute(query.format(Identifier(name))).fetchone() for name in names}  # type: ignore[misc]


def test_every_release_is_the_same_after_a_restore_and_what_came_after_it(folder: Path) -> None:
    first = cluster(folder / "eerst")
    first.folder.parent.mkdir()
    first.folder.parent.chmod(0o755)
    first.start()
    try:
        run(first, "manage.py", "prepare", "--demo")
        before, kept = report(first), rows(first)
    finally:
        first.stop()
    restored = cluster(folder / "terug")
    restored.folder.parent.mkdir()
    restored.folder.parent.chmod(0o755)
    subprocess.run(["cp", "-a", str(first.folder), str(restored.folder)], check=True)
    shutil.rmtree(first.folder)
    restored.start()
    try:
        assert rows(restored) == kept
        assert report(restored) == before
        assert len(before) > 2
        assert all(
            report_of_release[1:] == [True, []] for name, report_of_release in before.items() if name != "editions"
        )
        run(restored, "manage.py", "prepare")  # as an update does
        run(restored, "-c", CORRECTION)
        assert all(rows(restored)[table] != kept[table] for table in ("cases_exit", "cases_merge"))
        assert report(restored) == before
    finally:
        restored.stop()
