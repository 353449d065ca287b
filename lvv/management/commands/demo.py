"""The demo world: a made-up population whose monitor on 1 November 2020 gives the figures of the letter."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from lvv.demo import accounts, world


class Command(BaseCommand):
    help = "Bouwt de proefwereld: verzonnen mensen, en werk dat vandaag open ligt. Draait als eigenaar van de database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, help="de dag die 'vandaag' is, als JJJJ-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        if accounts.are_hired():
            self.stdout.write("De proefwereld is er al.")
            return
        plan_once()
        world.build(today=options["today"] or timezone.localdate())


def plan_once() -> None:
    """Let the database plan each kind of statement once: building sends the same ones some hundred thousand times."""
    connection.close()
    connection.settings_dict["OPTIONS"] = {"server_side_binding": True, "prepare_threshold": 3}
