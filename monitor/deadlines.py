"""What has to be done for the monitor before which day: figures to state, to accept, to compare and to settle."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Permission
from cases.deadlines import Deadline, bring_other
from monitor.models import Settlement
from monitor.rounds import settlements, statements
from monitor.rounds.statements import Stage


def of_the_monitor(user: User, allowed: frozenset[Permission], at: datetime) -> Iterator[Deadline]:
    """Figures that the user states, compares, or accepts for the programme bureau; and differences to decide on."""
    for tally, standing in statements.to_do(user, allowed, at=at):
        yield Deadline(
            timezone.localdate(tally.round.known_at),
            tally.municipality.name,
            "Over cijfers akkoord gaan" if standing.stage is Stage.STATED else "Cijfers verklaren",
            address=reverse("monitor:tally_detail", args=[tally.pk]),
        )
    if Permission.SETTLE_FIGURES in allowed:
        for settlement, _ in settlements.to_compare(user, at=at):
            yield _settlement(settlement, "Cijfers afstemmen")
    if Permission.STATE_FIGURES in allowed:
        for settlement, number in settlements.to_decide(user, at=at):
            differences = "1 verschil" if number == 1 else f"{number} verschillen"
            yield _settlement(settlement, f"Over {differences} met {settlement.get_partner_display()} beslissen")


def _settlement(settlement: Settlement, title: str) -> Deadline:
    on = timezone.localdate(settlement.round.known_at)
    address = reverse("monitor:settlement_detail", args=[settlement.pk])
    return Deadline(on, settlement.municipality.name, title, address=address)


bring_other(of_the_monitor)
