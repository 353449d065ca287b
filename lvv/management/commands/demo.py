"""The demo world: a made-up population whose monitor on 1 November 2020 gives the figures of the letter."""

import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from queue import SimpleQueue
from threading import Thread
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.acting import as_monitor
from accounts.models import AuditEntry
from cases.models import Profile
from lvv.demo import accounts, lists, progress, rounds, world
from lvv.demo.shape import HALVES

BUILT = "demo.built"
READY, GO = "gereed", "leg vast"


class Command(BaseCommand):
    help = """Bouwt de proefwereld als zij er nog niet is: verzonnen mensen, en werk dat vandaag open ligt. Toont daarna
        wie kan inloggen. Draait als eigenaar van de database."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, help="de dag die 'vandaag' is, als JJJJ-MM-DD")
        parser.add_argument("--half", type=int, choices=range(len(HALVES)), help="alleen voor de opdracht zelf")

    def handle(self, *args: Any, **options: Any) -> None:
        today = options["today"] or timezone.localdate()
        if options["half"] is not None:
            self._build_second(options["half"], today)
        elif AuditEntry.objects.filter(verb=BUILT).exists():
            self.stdout.write("De proefwereld is er al.")
        else:
            refuse_used_database()
            with progress.told():
                if not accounts.hired():
                    with transaction.atomic():
                        accounts.hire(today)
                build_whole(today)
        self._print_accounts()

    def _print_accounts(self) -> None:
        """Print who can log in, and the password that all of them have."""
        people = [account for account in accounts.cast() if account.has_password]
        columns = [(account.email, account.role.label, account.organisation) for account in people]
        widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
        self.stdout.write(f"Wachtwoord van alle proefaccounts: {accounts.PASSWORD}")
        for words in columns:
            padded = [word.ljust(width) for word, width in zip(words, widths, strict=True)]
            self.stdout.write("  ".join(padded).rstrip())

    def _build_second(self, half: int, today: date) -> None:
        """Build, and commit when the first half says so: a half whose other half failed leaves nothing behind."""
        answer: SimpleQueue[str] = SimpleQueue()
        Thread(target=listen, args=[answer], daemon=True).start()
        with hurry(), transaction.atomic():
            build(half, today)
            self.stdout.write(READY)
            self.stdout.flush()
            answer.get()


def listen(answer: SimpleQueue[str]) -> None:
    """Pass on the message of the first half. When that process is gone, end at once, so that all is rolled back."""
    word = sys.stdin.readline().strip()
    if word != GO:
        os._exit(1)
    answer.put(word)


def refuse_used_database() -> None:
    """Refuse a database with other users, because the password of the demo accounts is public."""
    if accounts.are_there_others():
        raise CommandError("Deze database heeft al eigen gebruikers. De proefwereld komt alleen in een lege database.")
    with as_monitor():
        is_begun = Profile.objects.exists()
    if is_begun:
        raise CommandError("De proefwereld is maar half gebouwd. Begin opnieuw met: ./run reset")


def build_whole(today: date) -> None:
    """Build both halves at once, the second one in a process of its own."""
    with hurry(), second_half(today) as second, transaction.atomic():
        build(0, today, tell=lambda share: progress.tell(90 * share, "mensen en overleggen"))
        commit(second)
    progress.tell(90, "meetrondes en uitgaven")
    take_stock()
    with transaction.atomic():
        rounds.hold(accounts.hired(), today=today)
        lists.bring(accounts.hired(), today=today)
        audit.record_by_system(BUILT, "lvv.demo", today.isoformat(), at=timezone.now())
    take_stock()


def build(half: int, today: date, tell: Callable[[float], object] = lambda share: None) -> None:
    world.plan(accounts.hired(), HALVES[half], today=today).carry_out(tell)


@contextmanager
def second_half(today: date) -> Iterator[subprocess.Popen[str]]:
    """The process that builds the second half. It ends with this block, whatever happens."""
    # This process may have been given the owner's address on the way; the other one has to find it.
    owner = os.environ.get("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--half", "1", "--today", today.isoformat()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": owner},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def commit(second: subprocess.Popen[str]) -> None:
    """Let the second half commit when it is ready, and check that it did."""
    assert second.stdin and second.stdout
    is_ready = second.stdout.readline().strip() == READY
    if is_ready:
        second.stdin.write(f"{GO}\n")
        second.stdin.flush()
    if not is_ready or second.wait() != 0:
        raise CommandError("De tweede helft van de proefwereld is mislukt; zie hierboven.")


@contextmanager
def hurry() -> Iterator[None]:
    """Spare the database what building does not need: it sends some hundred thousand statements.

    Each kind is planned once, and for full tables, though they are empty at first. No act keeps a point to return to: a
    refusal stops the whole build. The rounds come after it: they send few statements and heavy ones, which one plan for
    all pairs, made without knowing the tables, slows down tenfold.
    """
    usual = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = {
        "server_side_binding": True,
        "prepare_threshold": 3,
        "options": "-c enable_seqscan=off -c jit=off",
    }
    connection.features.uses_savepoints = False
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["OPTIONS"] = usual
        connection.features.uses_savepoints = True


def take_stock() -> None:
    """Let the database count its tables, for good query plans of the rounds and from the first page on."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f"analyze {model._meta.db_table}")
