"""How long a measurement takes, beside a floor in the same run: one hand-written count of those present.

Prints medians and their ratio; judges nothing. Ratios hold on a machine whose speed drifts, milliseconds do not.
"""

import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.utils import timezone

from accounts.walls import as_monitor
from monitor.measurement import measure

FLOOR = """select municipality_id, count(*) from cases_stay
    where recorded_at <= %(known_at)s and (withdrawn_at is null or withdrawn_at > %(known_at)s)
      and valid_from <= %(on)s and (valid_until is null or valid_until > %(on)s)
    group by municipality_id"""


class Command(BaseCommand):
    help = "Meet hoe lang de hele meetset duurt, naast een enkele met de hand geschreven telling."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", type=date.fromisoformat, default=date(2020, 11, 1), help="peildatum")
        parser.add_argument("--rounds", type=int, default=15, help="aantal rondes")

    def handle(self, *args: Any, **options: Any) -> None:
        on, known_at = options["on"], timezone.now()
        with transaction.atomic():
            persons = measure(on, known_at).figure("sheltered")
            whole, floor = _in_turns(
                lambda: measure(on, known_at), lambda: _floor(on, known_at), rounds=options["rounds"]
            )
        ratio = statistics.median(a / b for a, b in zip(whole, floor, strict=True))
        self.stdout.write(
            f"{persons} personen. Hele meetset: {statistics.median(whole):.1f} ms. "
            f"Ondergrens (één telling): {statistics.median(floor):.1f} ms. Verhouding: {ratio:.1f}."
        )


def _floor(on: date, known_at: datetime) -> None:
    with as_monitor(), connection.cursor() as cursor:
        cursor.execute(FLOOR, {"on": on, "known_at": known_at})
        cursor.fetchall()


def _in_turns(*runs: Callable[[], object], rounds: int) -> list[list[float]]:
    """Milliseconds of each, taken in turns after one warm-up, so that a slow moment strikes all alike."""
    taken: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for place, run in enumerate(runs):
            start = time.perf_counter()
            run()
            if number:
                taken[place].append((time.perf_counter() - start) * 1000)
    return taken
