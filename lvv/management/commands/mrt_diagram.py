"""Draws the moves of an escalation into the architecture page, between two marks."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from mrt import stages

BEGIN, END = "<!-- mrt_diagram -->\n", "<!-- /mrt_diagram -->\n"


class Command(BaseCommand):
    help = "Tekent de stappen van een MRT-zaak opnieuw in docs/architecture.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        page = settings.BASE_DIR / "docs" / "architecture.md"
        parser.add_argument("--file", type=Path, default=page, help="het bestand")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        before, _, rest = path.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        path.write_text(f"{before}{BEGIN}```mermaid\n{stages.diagram()}\n```\n{END}{after}")
