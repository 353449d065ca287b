"""Machine clients of the figures API: make one, give it another secret, end it, list them.

Runs as the owner of the database (DATABASE_OWNER_URL): the web can check a client, and never make one.
"""

from argparse import ArgumentParser
from typing import Any

from allauth.idp.oidc.models import Client
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import machines
from accounts.access import may
from accounts.models import User
from accounts.permissions import Permission
from lvv.management.commands.prepare import connect_as_owner


class Command(BaseCommand):
    help = "Beheert de machinekoppelingen die cijfers mogen ophalen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="toon alle koppelingen")
        made = actions.add_parser("make", help="maak een koppeling en toon haar geheim, één keer")
        made.add_argument("name", help="hoe de koppeling heet, zoals 'Cijferportaal'")
        rotated = actions.add_parser("rotate", help="geef een koppeling een nieuw geheim")
        revoked = actions.add_parser("revoke", help="beëindig een koppeling")
        for action in (rotated, revoked):
            action.add_argument("client_id")
        for action in (made, rotated, revoked):
            action.add_argument("--by", required=True, help="e-mailadres van de beheerder die dit doet")

    def handle(self, *args: Any, **options: Any) -> None:
        connect_as_owner()
        act = {"list": self._list, "make": self._make, "rotate": self._rotate, "revoke": self._revoke}
        try:
            act[options["action"]](options)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None

    def _list(self, options: dict[str, Any]) -> None:
        for client in Client.objects.order_by("created_at"):
            self.stdout.write(f"{client.pk}  {client.name}")

    def _make(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        self._show(machines.make(options["name"], by=_manager(options), on=timezone.localdate(now), at=now))

    def _rotate(self, options: dict[str, Any]) -> None:
        self._show(machines.rotate(_client(options), by=_manager(options), at=timezone.now()))

    def _revoke(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        machines.revoke(_client(options), by=_manager(options), on=timezone.localdate(now), at=now)
        self.stdout.write("De koppeling is beëindigd. Haar tokens werken niet meer.")

    def _show(self, credentials: machines.Credentials) -> None:
        self.stdout.write(f"Client-id: {credentials.client_id}")
        self.stdout.write(f"Geheim:    {credentials.secret}")
        self.stdout.write("Bewaar het geheim nu: het wordt niet nog een keer getoond.")


def _manager(options: dict[str, Any]) -> User:
    user = User.objects.filter(email__iexact=options["by"]).first()
    if user is None or not may(user, Permission.MANAGE_USERS):
        raise CommandError("Geef met --by het e-mailadres van een functioneel beheerder.")
    return user


def _client(options: dict[str, Any]) -> Client:
    client = Client.objects.filter(pk=options["client_id"]).first()
    if client is None:
        raise CommandError("Deze koppeling bestaat niet. Toon ze alle met: manage.py machine_client list")
    return client
