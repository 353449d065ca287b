"""A row in every table of the rounds of the monitor, made by the acts."""

from datetime import date, datetime, timedelta

from accounts.acting import acting_as
from accounts.models import User
from monitor.models import Release, Settlement, Signature
from monitor.publishing import releases
from monitor.rounds import comparing, rulings
from monitor.rounds.comparing import Record
from tests.monitor.rounds import (
    accepted,
    closed,
    exempted,
    items_of,
    opened,
    released,
    replied,
    settled,
    stated,
    tally_of,
)


def sign(chair: User, bureau: User, today: date, at: datetime) -> Signature:
    """Make a round in which Amsterdam stated its figures and the bureau accepted them."""
    tally = tally_of(opened(bureau, today, at), "Amsterdam", chair)
    stated(tally, chair, at)
    return accepted(tally, bureau, at)


def settle(ind: User, chair: User, at: datetime) -> Signature:
    """Let the IND differ on all exits and miss one, let the municipality decide on that, and let the IND sign."""
    with acting_as(ind):
        settlement = Settlement.objects.select_related("round", "municipality").get(
            round__releases=None, municipality__name="Amsterdam", partner="ind"
        )
    record = Record(on=settlement.round.on, category="grant", v_number="0999999999")
    with acting_as(ind):
        comparing.report_missing(settlement, record=record, text="", by=ind, at=at)
    for item in items_of(settlement, ind, at):
        if item.exit_id:
            replied(item, ind, at, answer="differs", difference="date", text="Een dag later.")
        with acting_as(chair):
            seen = str(item.replies.get().pk)
            rulings.rule(item, outcome="kept", reason="Nagekeken.", seen=seen, by=chair, at=at)
    return settled(settlement, ind, at)


def release(chair: User, bureau: User, today: date, at: datetime) -> Release:
    """Make a public release with an exception, and one under embargo that the chair may read before."""
    later = released(closed(bureau, today - timedelta(days=2), at), bureau, at, publish_at=at + timedelta(days=1))
    with acting_as(bureau):
        releases.let_read(later, user=chair, reason="Woordvoering", by=bureau, at=at)
    of_round = closed(bureau, today - timedelta(days=1), at)
    exempted(of_round, bureau, "Utrecht", at)
    return released(of_round, bureau, at)
