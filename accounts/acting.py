"""Tells the database for whom the current transaction acts, so that the second wall lets that user's rows through.

The policies stand in the `security.py` of each room. They read the setting `lvv.user`, which this module writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.models import User


def enter(user: User) -> None:
    """Act for this user until the transaction ends. Raises an error outside a transaction (trap 8)."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The key of the second wall only holds inside a transaction.")
    _set_user(str(user.pk))


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """A transaction that acts for this user. An outer transaction afterwards acts for whom it did before."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select coalesce(current_setting('lvv.user', true), '')")
            before = cursor.fetchone()[0]
        _set_user(str(user.pk))
        yield
        _set_user(before)


@contextmanager
def as_monitor() -> Iterator[None]:
    """A transaction in the monitor's role. It can read facts, and has no right on persons, notes and parties."""
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
