"""A row in every table of the rounds of the monitor, made by the acts."""

from datetime import date, datetime, timedelta

from accounts.models import User
from accounts.walls import acting_as
from monitor import releases
from monitor.models import Release, Signature
from tests.monitor.rounds import accepted, closed, opened, released, stated, tally_of


def sign(chair: User, bureau: User, today: date, at: datetime) -> Signature:
    """A round in which Amsterdam stated its figures and the bureau accepted them."""
    tally = tally_of(opened(bureau, today, at), "Amsterdam", chair)
    stated(tally, chair, at)
    return accepted(tally, bureau, at)


def release(chair: User, bureau: User, today: date, at: datetime) -> Release:
    """A release that is public; and one under embargo, which the chair reads before that."""
    later = released(closed(bureau, today - timedelta(days=2), at), bureau, at, publish_at=at + timedelta(days=1))
    with acting_as(bureau):
        releases.let_read(later, user=chair, reason="Woordvoering", by=bureau, at=at)
    return released(closed(bureau, today - timedelta(days=1), at), bureau, at)
