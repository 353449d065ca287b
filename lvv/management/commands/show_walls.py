"""Prints the second wall for a security officer: for each table, who reads, adds, changes and removes which rows."""

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db.models import Model

from core import walls
from core.roles import COMPARER, MONITOR
from core.walls import Grant, Security, Wall

ALL_ROWS, NO_ROWS = "alle rijen", "-"
HEADS = ("tabel", "leest", "voegt toe", "wijzigt", "verwijdert")
# For each column of the printed table: the right that the web needs, and the name of the condition.
ACTS = (("", "seen"), ("insert", "added"), ("update", "changed"), ("delete", "removed"))


class Command(BaseCommand):
    help = "Toont per tabel wie welke rijen leest, toevoegt, wijzigt en verwijdert (de tweede muur)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--room", help="alleen de tabellen van deze kamer, bijvoorbeeld cases")

    def handle(self, *args: Any, **options: Any) -> None:
        securities = list(walls.rooms().values())
        for app in apps.get_app_configs():
            if options["room"] in (None, app.label):
                self.stdout.writelines(f"{line}\n" for line in _section(app.label, securities))
        if options["room"] is None:
            self.stdout.writelines(f"{line}\n" for line in ("## bibliotheken\n", *_table(walls.library_walls())))


def _section(label: str, securities: list[Security]) -> Iterator[str]:
    """A room in Markdown: its tables, and then the rules that hold for every row, whoever writes it."""
    walled = [
        (model, wall) for room in securities for model, wall in room.walls.items() if model._meta.app_label == label
    ]
    tables = {model._meta.db_table: wall for model, wall in walled}
    rules = [rule for room in securities for rule in _rules(room, label)]
    if not tables:
        return
    yield f"## {label}\n"
    yield from _table(tables)
    yield from (f"- {rule}" for rule in rules)
    yield ""


def _table(tables: Mapping[str, Wall]) -> Iterator[str]:
    yield _line(HEADS)
    yield _line(["---"] * len(HEADS))
    for table, wall in tables.items():
        yield _line([table, *_rights(wall)])
    yield ""


def _rights(wall: Wall) -> Iterator[str]:
    """For each act, the condition under which the web may do it to a row."""
    granted = " ".join(wall.grant.value)
    for right, policy in ACTS:
        if right not in granted:
            yield NO_ROWS
            continue
        condition = " ".join(wall.policies.get(policy, ALL_ROWS).split())
        only = wall.columns or (walls.WITHDRAWAL if wall.grant is Grant.FACT else "")
        yield f"{condition} (kolommen: {only})" if right == "update" and only else condition


def _rules(room: Security, label: str) -> Iterator[str]:
    """The rules of a room beside its policies, about the tables of the app with this label."""
    for model in room.append_only:
        yield from _about(model, label, "wordt alleen aangevuld, ook door de eigenaar van de database.")
    for moves in room.moves:
        steps = ", ".join(f"{before} → {after}" for before, after in moves.pairs if before != after)
        yield from _about(moves.model, label, f"{moves.column} gaat {steps}.")
    for trigger in room.triggers:
        yield from _about(trigger.model, label, f"{trigger.name} ({trigger.events}).")
    for tie in room.ties:
        yield from _about(tie.model, label, f"({tie.columns}) hoort bij {tie.target._meta.db_table} ({tie.key}).")
    for role, read in ((MONITOR, room.counted), (COMPARER, room.compared)):
        for model, columns in read.items():
            yield from _about(model, label, f"{role} leest {', '.join(sorted(columns))}.")


def _about(model: type[Model], label: str, rule: str) -> Iterator[str]:
    if model._meta.app_label == label:
        yield f"{model._meta.db_table}: {rule}"


def _line(cells: Any) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
