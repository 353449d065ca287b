"""A database that an earlier version filled keeps its rows when it is prepared anew."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import User
from core import walls
from core.models import Effect
from tests.databases import PREPARED, cloned, connected

# Where the tables stood before the outbox came to this room.
BEFORE = (("core", "zero"), ("scenarios", "0002"), ("cases", "0005"), ("accounts", "0008"))


@pytest.fixture
def earlier(django_db_setup: None, django_db_blocker: pytest.FixtureDef) -> Iterator[None]:
    """A database as the previous version left it, with a waiting effect and with the walls of that version."""
    with django_db_blocker.unblock(), cloned(PREPARED) as name, connected(name):  # type: ignore[attr-defined]
        for app, migration in BEFORE:
            call_command("migrate", app, migration, verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into accounts_effect (id, kind, payload, key, created_at, due_at, fence, attempts, error)"
                " values (gen_random_uuid(), 'reminder', '{\"user\": 1}', 'eerder', now(), now(), 3, 2, 'KeyError')"
            )
            cursor.execute(
                "insert into accounts_user (email, full_name, password, is_active)"
                " values ('B.Groot@Voorbeeld.NL', 'B. de Groot-Voorbeeld', '!', true)"
            )
            cursor.execute("create function lvv_of_before() returns trigger language plpgsql as $$ begin end $$")
            cursor.execute(
                "create trigger of_before before update on accounts_organisation"
                " for each row execute function lvv_of_before()"
            )
        yield


@pytest.mark.usefixtures("earlier")
def test_addresses_with_capitals_become_small_letters_and_the_user_stays() -> None:
    call_command("migrate", verbosity=0)
    walls.build()
    user = User.objects.get(full_name="B. de Groot-Voorbeeld")
    assert (user.email, user.session_stamp, user.is_active) == ("b.groot@voorbeeld.nl", "", True)


@pytest.mark.usefixtures("earlier")
def test_the_outbox_keeps_its_rows_and_old_guards_go() -> None:
    call_command("migrate", verbosity=0)
    walls.build()
    waiting = Effect.objects.get(key="eerder")
    assert (waiting.kind, waiting.payload, waiting.fence, waiting.attempts) == ("reminder", {"user": 1}, 3, 2)
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('accounts_effect'), to_regproc('lvv_of_before')")
        assert cursor.fetchone() == (None, None)
        cursor.execute("select count(*) from pg_constraint where conname like 'accounts\\_effect%'")
        assert cursor.fetchone() == (0,)
        cursor.execute("set role lvv_web; update core_effect set error = ''; reset role")
