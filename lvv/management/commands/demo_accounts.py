"""Lists who can log in to the demo world, for the screen of the trial version."""

from typing import Any

from django.core.management.base import BaseCommand

from lvv.demo import accounts


class Command(BaseCommand):
    help = "Toont de proefaccounts: e-mailadres, rol en organisatie, en het wachtwoord dat voor alle geldt."

    def handle(self, *args: Any, **options: Any) -> None:
        people = [account for account in accounts.cast() if account.has_password]
        widths = [max(len(column) for column in columns) for columns in zip(*map(_columns, people), strict=True)]
        self.stdout.write(f"Wachtwoord van alle proefaccounts: {accounts.PASSWORD}")
        for account in people:
            columns = zip(_columns(account), widths, strict=True)
            self.stdout.write("  ".join(column.ljust(width) for column, width in columns).rstrip())


def _columns(account: accounts.Account) -> tuple[str, str, str]:
    return account.email, account.role.label, account.organisation
