"""Verifies the audit trail from its first line to its last, for the manager and for an auditor."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import sealing


class Command(BaseCommand):
    help = "Controleert of de audittrail heel is. Eindigt met 1 als er iets is gewijzigd, verwijderd of toegevoegd."

    def handle(self, *args: Any, **options: Any) -> None:
        checked, broken = sealing.TRAIL.verify(at=timezone.now())
        if broken:
            self.stderr.write(str(broken))
            raise SystemExit(1)
        self.stdout.write(f"De audittrail is heel: {checked} regels gecontroleerd.")
