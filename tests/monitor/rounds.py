"""A round that is open, told in one line."""

from datetime import date, datetime, timedelta

from accounts.models import User
from accounts.walls import acting_as
from monitor import releases, rounds, statements
from monitor.definitions import in_force
from monitor.models import Release, Round, Signature, Statement, Tally


def opened(bureau: User, on: date, at: datetime, *, closes: timedelta = timedelta(days=9)) -> Round:
    with acting_as(bureau):
        return rounds.open_round(on=on, known_at=at + closes, definition_set=in_force(on).code, by=bureau, at=at)


def tally_of(of_round: Round, name: str, user: User) -> Tally:
    with acting_as(user):
        return Tally.objects.select_related("municipality", "round").get(round=of_round, municipality__name=name)


def stated(tally: Tally, chair: User, at: datetime, *, explanation: str = "Nagelopen.") -> Statement:
    with acting_as(chair):
        seen = statements.fingerprint(tally, at=at)
        return statements.state(tally, seen=seen, explanation=explanation, by=chair, at=at)


def accepted(tally: Tally, bureau: User, at: datetime) -> Signature:
    with acting_as(bureau):
        read = Statement.objects.standing().get(tally=tally)
        return statements.accept(tally, statement=str(read.pk), by=bureau, at=at)


def closed(bureau: User, on: date, at: datetime) -> Round:
    """A round whose cut-off was half an hour before `at`."""
    return opened(bureau, on, at - timedelta(hours=1), closes=timedelta(minutes=30))


def released(
    of_round: Round, bureau: User, at: datetime, *, kind: str = "provisional", publish_at: datetime | None = None
) -> Release:
    with acting_as(bureau):
        made = releases.make(of_round, kind=kind, publish_at=publish_at, reason="Nagekomen.", by=bureau, at=at)
        return Release.objects.select_related("round").get(pk=made.pk)


def stage(tally: Tally, user: User, at: datetime) -> statements.Stage:
    with acting_as(user):
        return statements.standing(tally, at=at).stage
