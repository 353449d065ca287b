"""A row in every table of the rounds of the monitor, made by the acts."""

from datetime import date, datetime

from accounts.models import User
from monitor.models import Signature
from tests.monitor.rounds import accepted, opened, stated, tally_of


def sign(chair: User, bureau: User, today: date, at: datetime) -> Signature:
    """A round in which Amsterdam stated its figures and the bureau accepted them."""
    tally = tally_of(opened(bureau, today, at), "Amsterdam", chair)
    stated(tally, chair, at)
    return accepted(tally, bureau, at)
