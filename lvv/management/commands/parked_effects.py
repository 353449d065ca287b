"""Lists the effects that were given up after their last try, such as mails, and can offer them again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core import outbox


class Command(BaseCommand):
    help = "Toont wat na herhaald proberen niet is gelukt. Met --retry wordt het opnieuw geprobeerd."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--retry", action="store_true", help="probeer alles opnieuw")

    def handle(self, *args: Any, **options: Any) -> None:
        for effect in outbox.parked():
            self.stdout.write(f"{effect.pk} {effect.kind} {effect.parked_at:%Y-%m-%d %H:%M} {effect.error}")
        if options["retry"]:
            self.stdout.write(f"Opnieuw aangeboden: {outbox.retry_parked(at=timezone.now())}.")
