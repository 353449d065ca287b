"""Waits until nobody uses the services of the tests any more, however the last user ended, and stops them.

The kernel drops the lock of a process that dies, so that no test run, killed or not, leaves a server behind.
"""

import psycopg
from psycopg.sql import SQL, Identifier

from lvv.trial.backing import USERS, embedded_postgres, stop_services, tests_folder
from lvv.trial.locks import hold
from lvv.trial.postgres import OWNER, Postgres

# How the name of a database begins that is of one test run.
FLEETING = "test_"
LEFT = "select datname from pg_database where starts_with(datname, %s)"


def keep() -> None:
    """Wait, clean up and stop."""
    folder = tests_folder()
    with hold(folder / USERS):
        database = embedded_postgres(folder, fast=True)
        if database.is_answering():
            drop_fleeting(database)
        stop_services(folder)
        (folder / "audit-anchor.log").unlink(missing_ok=True)


def drop_fleeting(database: Postgres) -> None:
    """Drop what killed test runs left."""
    with psycopg.connect(database.url(OWNER), autocommit=True) as link:
        for (name,) in link.execute(LEFT, [FLEETING]).fetchall():
            link.execute(SQL("drop database {} with (force)").format(Identifier(name)))


if __name__ == "__main__":
    keep()
