"""Imports by real workers: progress is seen, a stop is obeyed, and a killed worker leaves nothing half done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts import imports
from accounts.acting import acting_as
from accounts.models import Import, ImportState, Membership, Organisation, User
from cases import intake, stays
from cases.models import Case
from cases.takeover import KIND
from core import lists
from tests.cases.listed import BARE, as_csv
from tests.conftest import as_owner
from tests.lvv.test_celery import (  # noqa: F401
    Hire,
    addresses,
    all_done,
    broker,
    committed,
    hire,
    kill,
    wait_for,
)

LINES = 2 * lists.CHUNK


@pytest.fixture
def chair(committed: None) -> User:  # noqa: F811
    """A chair of a municipality without cases. Each test has a municipality of its own."""
    taken = Case.objects.values("municipality")
    with as_owner():
        organisation = Organisation.objects.filter(kind="municipality").exclude(municipality__in=taken)[0]
        user = User.objects.create_user(f"{timezone.now().timestamp()}@lvv.example", full_name="Voorzitter")
        Membership.objects.create(user=user, organisation=organisation, role="chair", since=date(2019, 1, 1))
    return user


def _started(chair: User) -> Import:
    """An import that was started, for a worker to find."""
    lines = [{**BARE, "kenmerk": f"K-{number}"} for number in range(LINES)]
    municipality = Membership.objects.get(user=chair).organisation.municipality
    assert municipality is not None
    with acting_as(chair):
        upload = imports.check(
            KIND, as_csv(*lines), "l.csv", municipality, by=chair, on=timezone.localdate(), at=timezone.now()
        )
        imports.start(upload, by=chair, at=timezone.now())
    return upload


@contextmanager
def held_up(owner_url: str, upload: Import) -> Iterator[None]:
    """Let an open transaction take the number of a case in the second chunk, so that the worker waits there."""
    taken = f"{upload.municipality.prefix}-{lists.CHUNK + 1:05d}"
    with psycopg.connect(owner_url) as link:
        link.execute("select set_config('lvv.user', %s, true)", [str(upload.uploaded_by_id)])
        link.execute(
            "insert into cases_case (id, number, municipality_id, subject, registered_on, worker_id, version)"
            " values (gen_random_uuid(), %s, %s, gen_random_uuid(), now(), %s, 1)",
            [taken, upload.municipality_id, upload.uploaded_by_id],
        )
        yield
        link.rollback()


def _now(upload: Import, by: User) -> Import:
    with acting_as(by):
        return Import.objects.get(pk=upload.pk)


def _cases(upload: Import, by: User) -> int:
    with acting_as(by):
        return Case.objects.filter(municipality=upload.municipality_id).count()


def test_progress_is_seen_during_the_import_and_a_stop_is_obeyed(
    chair: User,
    addresses: dict[str, str],  # noqa: F811
    hire: Hire,  # noqa: F811
) -> None:
    one = _started(chair)
    with held_up(addresses["DATABASE_OWNER_URL"], one):
        hire()
        wait_for(lambda: _now(one, chair).done == lists.CHUNK, waking=True)
        assert _cases(one, chair) == 0
        for waits in (intake.queue_for_numbers, stays.queue_for_places):  # nobody comes in between
            with pytest.raises(OperationalError, match="lock timeout"), acting_as(chair), connection.cursor() as cursor:
                cursor.execute("set local lock_timeout = '200ms'")
                waits(one.municipality)
        with acting_as(chair), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '1s'")  # who says stop does not wait for the worker
            imports.stop(one, by=chair, at=timezone.now())
    wait_for(all_done, waking=True)
    ended = _now(one, chair)
    assert (ended.state, ended.content, _cases(one, chair)) == (ImportState.STOPPED, None, 0)


def test_a_killed_worker_leaves_nothing_half_done_and_the_next_does_it_once(
    chair: User,
    addresses: dict[str, str],  # noqa: F811
    hire: Hire,  # noqa: F811
) -> None:
    one = _started(chair)
    with held_up(addresses["DATABASE_OWNER_URL"], one):
        first = hire()
        wait_for(lambda: _now(one, chair).done == lists.CHUNK, waking=True)
        kill(first)
    assert _cases(one, chair) == 0
    hire()
    wait_for(all_done, waking=True)
    ended = _now(one, chair)
    assert (ended.state, ended.done, _cases(one, chair)) == (ImportState.DONE, LINES, LINES)
