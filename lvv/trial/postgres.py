"""The embedded PostgreSQL: a cluster of its own in one folder, reached by a unix socket only.

The server outlives the run that started it, so that a killed run costs nothing: the next one adopts it.
"""

import os
import shlex
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from lvv.trial.account import Account
from lvv.trial.binaries import major_version
from lvv.trial.console import TrialError
from lvv.trial.folders import last_lines, make_own_folder, remove, socket_folder
from lvv.trial.locks import hold

SUPERUSER, OWNER, WEB, DATABASE = "postgres", "lvv_owner", "lvv_web", "lvv"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For data that may be lost: the tests'.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# One order of signs on every machine. The builtin provider came with PostgreSQL 17.
LOCALE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
LOCALE_BEFORE_17 = ["--locale=C"]
START_LIMIT = 10  # seconds of trying when the server stops at once
RECOVERY_LIMIT = 120  # seconds of waiting for a server that repairs itself after a power cut


def address(folder: Path, role: str) -> str:
    """The address for Django of the cluster in this folder: a socket folder stands as a quoted host."""
    return f"postgres://{role}@{quote(str(socket_folder(folder / 'sock')), safe='')}/{DATABASE}"


class Postgres:
    """One cluster in `folder`, with the programs in `binaries`, under `account`."""

    def __init__(self, folder: Path, *, binaries: Path, account: Account, fast: bool = False) -> None:
        self.folder, self.binaries, self.account = folder, binaries, account
        self.data = folder / "data"
        self.sockets = socket_folder(folder / "sock")
        self.log = folder / "server.log"
        self.fast = fast

    def url(self, role: str) -> str:
        return address(self.folder, role)

    def is_answering(self) -> bool:
        """Ask the server itself; its pid file can outlive it."""
        return self._run("pg_isready", "-q", "-h", str(self.sockets), "-t", "3").returncode == 0

    def is_alive(self) -> bool:
        return self._run("pg_ctl", "-D", str(self.data), "status").returncode == 0

    def start(self) -> None:
        """Make the cluster if it is new, start the server if it does not run, and wait until it answers."""
        make_own_folder(self.folder, self.account.uid)
        with hold(self.folder / "start.lock"):
            make_own_folder(self.sockets, self.account.uid)
            if self.fast and self._may_be_damaged():
                remove(self.data)
            if not self.data.exists():
                self._make_cluster()
            make_own_folder(self.data, self.account.uid)  # Also after a chmod of the whole project.
            self._refuse_other_version()
            self._start_server()
            self._make_database()

    def stop(self) -> None:
        """Stop the server if it runs; who is connected is sent away."""
        if self.data.exists() and self.is_alive():
            self._run("pg_ctl", "-D", str(self.data), "-w", "-t", "30", "-m", "fast", "stop")

    def remove(self) -> None:
        """Stop, and delete all data."""
        self.stop()
        for place in (self.sockets, self.folder):
            remove(place)

    def _run(self, tool: str, *arguments: str, output: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
        # No pipe by default: a server that inherits one keeps its reader waiting for ever.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return subprocess.run(
            [self.binaries / tool, *arguments],
            cwd="/",
            env=environment | {"LC_ALL": "C"},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **self.account.dropped,
        )

    def _make_cluster(self) -> None:
        """Make it beside its place and move it there, so that a half-made one is never taken for whole."""
        half = self.folder / "data.new"
        remove(half)
        locale = LOCALE if major_version(self.binaries) >= 17 else LOCALE_BEFORE_17
        who = [f"--pgdata={half}", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", *locale]
        speed = ["--no-sync"] if self.fast else []
        made = self._run("initdb", "--no-instructions", *who, *speed, output=subprocess.PIPE)
        if made.returncode != 0:
            raise TrialError(f"De database is niet te maken:\n{made.stdout.strip()}")
        half.rename(self.data)

    def _may_be_damaged(self) -> bool:
        """Whether data that may be lost must go: what was not written is gone after a hard stop, without a word."""
        if not self.data.exists() or self.is_alive():
            return False
        return (self.data / "postmaster.pid").exists() or self._versions()[0] != self._versions()[1]

    def _versions(self) -> tuple[int, int]:
        """The versions of PostgreSQL that made the data, and that is here now."""
        return int((self.data / "PG_VERSION").read_text()), major_version(self.binaries)

    def _refuse_other_version(self) -> None:
        made_by, present = self._versions()
        if made_by != present:
            raise TrialError(
                f"De proefdatabase is gemaakt met PostgreSQL {made_by} en hier staat nu {present}. "
                "Begin opnieuw met ./run reset; de proefgegevens gaan dan weg."
            )

    def _start_server(self) -> None:
        """Try until it answers: a killed server can look alive, or hold its memory, for a second or two."""
        settings = SETTINGS | (FAST_SETTINGS if self.fast else {}) | {"unix_socket_directories": str(self.sockets)}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        began = time.monotonic()
        while not self.is_answering():
            is_alive = self.is_alive()
            if time.monotonic() - began > (RECOVERY_LIMIT if is_alive else START_LIMIT):
                raise TrialError(f"PostgreSQL start niet. Het zegt zelf:\n{last_lines(self.log)}")
            if not is_alive:
                self._run("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-o", options, "-w", "-s", "start")
            time.sleep(0.05)

    def _make_database(self) -> None:
        """The owner's role and its database: all the rest is made by the owner, as in production."""
        with psycopg.connect(host=str(self.sockets), user=SUPERUSER, dbname=SUPERUSER, autocommit=True) as link:
            owner, database = sql.Identifier(OWNER), sql.Identifier(DATABASE)
            if not link.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount:
                link.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE").format(owner))
            if not link.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
                link.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
