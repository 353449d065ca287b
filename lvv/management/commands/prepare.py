"""Prepares a database for the web: tables, walls, reference data and, when asked for, the demo world.

Runs as the owner of the database (DATABASE_OWNER_URL). It may be run as often as you like.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from psycopg import sql

from accounts import factors
from cases import covenants
from core import walls
from core.roles import WEB


class Command(BaseCommand):
    help = "Maakt de database gereed: tabellen, rechten, referentiegegevens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="laad de proefwereld als zij er nog niet is")
        parser.add_argument("--static", action="store_true", help="zet de statische bestanden klaar")

    def handle(self, *args: Any, **options: Any) -> None:
        web = dict(settings.DATABASES["default"])
        connect_as_owner()
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        walls.build()
        if web["USER"] == WEB and web["PASSWORD"]:
            set_password(WEB, str(web["PASSWORD"]))
        covenants.load_reference()
        factors.seal_all()
        if options["demo"]:
            call_command("demo")
        if options["static"]:
            call_command("collectstatic", interactive=False, verbosity=0)


def connect_as_owner() -> None:
    """Let this process use the owner's address. When none is given, its own address must be the owner's."""
    if settings.DATABASE_OWNER is None:
        raise CommandError("Instelling DATABASE_OWNER_URL ontbreekt: het adres van de eigenaar van de database.")
    connections["default"].close()
    connections["default"].settings_dict.update(settings.DATABASE_OWNER)


def set_password(role: str, password: str) -> None:
    """Let a role log in with this password. Only a SCRAM verifier is sent, so that no log can hold the password."""
    connection.ensure_connection()
    verifier = connection.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    statement = sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
    with connection.cursor() as cursor:
        cursor.execute(statement)
