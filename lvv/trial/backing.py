"""The database and the broker: embedded, unless an address in the environment names others."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from lvv.trial import broker, postgres
from lvv.trial.account import postgres_account
from lvv.trial.binaries import readable_postgres
from lvv.trial.broker import Broker
from lvv.trial.console import TrialError
from lvv.trial.folders import PROJECT, VAR, make_folder, short_name
from lvv.trial.locks import hold, is_last_holder
from lvv.trial.postgres import OWNER, WEB, Postgres
from lvv.trial.processes import leave_behind

# Who uses the services of a folder shares this lock.
USERS = "in-use.lock"
DATABASE_ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL")
# A temp folder is cleaned file by file while the database is asleep; this one is not.
LASTING = Path("/var/lib")


def make_home() -> Path:
    """The folder for the embedded services: `var`, or one outside when PostgreSQL cannot enter it."""
    account = postgres_account()
    make_folder(VAR, account.passage_mode)
    if account.can("-x", str(VAR)):
        return VAR
    place = LASTING if os.access(LASTING, os.W_OK) else Path(tempfile.gettempdir())
    return make_folder(place / f"lvv-{short_name(VAR)}", account.passage_mode)


def embedded_postgres(folder: Path, *, fast: bool = False) -> Postgres:
    """The cluster below this folder, running or not."""
    account = postgres_account()
    programs = readable_postgres(account, make_home())
    return Postgres(folder / "postgres", binaries=programs, account=account, fast=fast)


def is_database_given(folder: Path) -> bool:
    """Whether the environment names another database than the one of this folder; half a pair is a slip."""
    ours = {postgres.address(folder / "postgres", role) for role in (WEB, OWNER)}
    given = [name for name in DATABASE_ADDRESSES if os.environ.get(name) and os.environ[name] not in ours]
    if len(given) == 1:
        raise TrialError(f"Zet {' en '.join(DATABASE_ADDRESSES)} allebei, of geen van beide.")
    return bool(given)


def is_broker_given(folder: Path) -> bool:
    """Whether the environment names another broker than the one of this folder."""
    return os.environ.get("REDIS_URL", "") not in {"", broker.address(folder / "broker")}


def refuse_silent_database() -> None:
    """Say at once that the given database does not answer."""
    try:
        psycopg.connect(os.environ["DATABASE_OWNER_URL"], connect_timeout=10).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise TrialError(f"De database van DATABASE_OWNER_URL is niet te bereiken: {reason}") from None


def refuse_unprepared_database(address: str) -> None:
    """Say that the first start, which makes the roles and the tables, has still to come."""
    try:
        psycopg.connect(address, connect_timeout=10).close()
    except psycopg.Error:
        raise TrialError("De database is nog leeg. Start eerst eenmaal ./run, dat haar klaarzet.") from None


class Backing:
    """The database and the broker of a folder; `fast` is for tests: a hard stop may lose all of it."""

    def __init__(self, folder: Path, *, fast: bool = False) -> None:
        self.folder = folder
        self.database = None if is_database_given(folder) else embedded_postgres(folder, fast=fast)
        self.broker = None if is_broker_given(folder) else Broker(folder / "broker", durable=not fast)

    def start(self) -> None:
        """Start what is ours, or adopt it where it runs."""
        if self.database:
            self.database.start()
        else:
            refuse_silent_database()
        if self.broker:
            self.broker.start()

    def environment(self) -> dict[str, str]:
        """The caller's environment with the addresses by which Django finds the two."""
        # The variables of libpq would lead an embedded database's guests astray.
        found = {name: value for name, value in os.environ.items() if not (self.database and name.startswith("PG"))}
        if self.database:
            found |= {"DATABASE_URL": self.database.url(WEB), "DATABASE_OWNER_URL": self.database.url(OWNER)}
        if self.broker:
            found |= {"REDIS_URL": self.broker.url()}
        return found

    def stop(self) -> None:
        """Stop what is ours."""
        for service in (self.broker, self.database):
            if service:
                service.stop()


@contextmanager
def trial_backing() -> Iterator[Backing]:
    """The lasting services of this folder, shared by `./run` and `./run manage`: the last out stops them."""
    home = make_home()
    with hold(home / USERS, shared=True) as users:
        backing = Backing(home)
        try:
            yield backing
        finally:
            if is_last_holder(users):
                backing.stop()


def tests_folder() -> Path:
    """The folder for the services of the tests."""
    return make_folder(make_home() / "test", postgres_account().passage_mode)


@contextmanager
def tests_backing() -> Iterator[Backing]:
    """The services of the tests, shared by all that run in this folder. However these end, the keeper stops them."""
    folder = tests_folder()
    with hold(folder / USERS, shared=True):
        leave_behind([sys.executable, "-m", "lvv.trial.keeper"], folder=PROJECT)
        backing = Backing(folder, fast=True)
        backing.start()
        yield backing


def stop_unused_tests(home: Path) -> None:
    """Stop what killed tests left, where their keeper was killed too; tests that run keep their services."""
    tests = home / "test"
    if (tests / USERS).exists():
        with suppress(BlockingIOError), hold(tests / USERS, wait=False):
            stop_services(tests)


def stop_services(home: Path) -> bool:
    """Stop the embedded services below a folder, whoever started them; answers whether any ran."""
    services: list[Broker | Postgres] = [Broker(home / "broker"), embedded_postgres(home)]
    running = [service for service in services if service.is_answering()]
    for service in services:
        service.stop()
    return bool(running)


def delete_services(home: Path) -> None:
    """Stop the embedded services below a folder and delete their data."""
    for service in (Broker(home / "broker"), embedded_postgres(home)):
        service.remove()
