"""The second wall's key: for whom the database lets rows through in the current transaction.

The policies themselves stand in the `security.py` of each room; they read the setting that is made here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.models import User


def enter(user: User) -> None:
    """Let rows through for this user until the transaction ends. Outside a transaction it raises."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The key of the second wall only holds inside a transaction.")
    _set_user(str(user.pk))


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """A transaction in which rows are let through for this user; afterwards it is as before."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(current_setting('lvv.user', true), '')")
            before = cursor.fetchone()[0]
        _set_user(str(user.pk))
        yield
        _set_user(before)


@contextmanager
def as_monitor() -> Iterator[None]:
    """A transaction under the monitor's role: it reads facts and has no right at all on persons, notes, parties."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select current_user")
            before = cursor.fetchone()[0]
            cursor.execute("set local role lvv_monitor")
        yield
        with connection.cursor() as cursor:
            cursor.execute("select set_config('role', %s, true)", [before])


def _set_user(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lvv.user', %s, true)", [value])
