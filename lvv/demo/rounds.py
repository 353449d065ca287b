"""Rounds of the monitor: the one of the letter, which is stated, accepted and released, and one that is open today."""

from datetime import date, datetime, time, timedelta

from accounts.acting import acting_as
from accounts.models import User
from lvv.demo.diary import ZONE, office, working_day_before
from monitor.figures.definitions import in_force
from monitor.figures.measurement import NATIONAL
from monitor.models import Item, Partner, Round, Settlement, Statement, Tally
from monitor.publishing import editions, releases
from monitor.rounds import comparing, rounds, settlements, statements

LETTER = date(2020, 11, 1)
LETTER_CLOSED = datetime(2020, 11, 13, 17, tzinfo=ZONE)
EXPLANATION = (
    "Vertrokken zonder bericht in de opstartfase. De dossiers zijn nagelopen; de bestemming is niet te vinden."
)
REMARKS = "Nagelopen met de begeleidingsorganisatie."
# Which municipalities made a statement in the open round, and whose statement was accepted.
STATED, ACCEPTED = ("Groningen", "Rotterdam"), ("Groningen",)
BUREAU = "monitor"


def hold(users: dict[str, User], *, today: date) -> None:
    """The round of the letter with its release, one under embargo, and the round of this quarter."""
    _of_the_letter(users)
    _under_embargo(users, today)
    _of_this_quarter(users, today)


def current_quarter(today: date) -> date:
    """The first day of the quarter in which the open round was opened, two working days ago."""
    opened = working_day_before(working_day_before(today))
    return date(opened.year, (opened.month - 1) // 3 * 3 + 1, 1)


def month_before(day: date) -> date:
    """The first day of the month before."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _of_the_letter(users: dict[str, User]) -> None:
    """The round of the letter: stated, settled and accepted by all municipalities, and released."""
    letter = _open(users, LETTER, LETTER_CLOSED, at=office(date(2020, 11, 2), 9))
    for tally in _tallies(users, letter):
        _state(users, tally, at=office(date(2020, 11, 16), 11))
    for settlement in _settlements(users, letter):
        _settle(users, settlement, at=office(date(2020, 11, 16), 16))
    for tally in _tallies(users, letter):
        _accept(users, tally, at=office(date(2020, 11, 17), 14))
    bureau = users[BUREAU]
    with acting_as(bureau):
        at = office(date(2020, 11, 17), 15)
        editions.exempt(
            letter,
            indicator="mrt_no_durable_solution",
            scope=NATIONAL,
            reason="De Kamer vroeg naar dit aantal.",
            decided_by="D. Proefpersoon, directeur programmabureau",
            decided_on=date(2020, 11, 17),
            by=bureau,
            at=at,
        )
        releases.make(letter, kind="final", publish_at=None, reason="", by=bureau, at=at)


def _of_this_quarter(users: dict[str, User], today: date) -> None:
    """The open round: one municipality is ready, one compares its figures, and the others have not begun."""
    yesterday = working_day_before(today)
    closes = datetime.combine(today + timedelta(days=10), time(17), ZONE)
    current = _open(users, current_quarter(today), closes, at=office(working_day_before(yesterday), 10))
    for tally in _tallies(users, current):
        if tally.municipality.name in STATED:
            _state(users, tally, at=office(yesterday, 15))
        if tally.municipality.name in ACCEPTED:
            _accept(users, tally, at=office(yesterday, 16))
    for settlement in _settlements(users, current):
        if settlement.municipality.name in ACCEPTED:
            _settle(users, settlement, at=office(yesterday, 16))
        elif settlement.municipality.name in STATED and settlement.partner == Partner.IND:
            _differ(users, settlement, at=office(yesterday, 16))


def _under_embargo(users: dict[str, User], today: date) -> None:
    """Provisional figures of the month before this quarter. A user of the IND may read them before they are public."""
    on = month_before(current_quarter(today))
    closed = datetime.combine(working_day_before(today - timedelta(days=7)), time(17), ZONE)
    of_round = _open(users, on, closed, at=office(closed.date() - timedelta(days=14), 9))
    bureau, at = users[BUREAU], office(working_day_before(today), 9)
    public = datetime.combine(today + timedelta(days=7), time(10), ZONE)
    with acting_as(bureau):
        release = releases.make(of_round, kind="provisional", publish_at=public, reason="", by=bureau, at=at)
        releases.let_read(release, user=users["ind.amsterdam"], reason="Afstemming met de IND.", by=bureau, at=at)


def _open(users: dict[str, User], on: date, known_at: datetime, *, at: datetime) -> Round:
    bureau = users[BUREAU]
    with acting_as(bureau):
        return rounds.open_round(on=on, known_at=known_at, definition_set=in_force(on).code, by=bureau, at=at)


def _tallies(users: dict[str, User], of_round: Round) -> list[Tally]:
    with acting_as(users[BUREAU]):
        return list(Tally.objects.filter(round=of_round).select_related("municipality", "round"))


def _state(users: dict[str, User], tally: Tally, *, at: datetime) -> None:
    chair = users[f"voorzitter.{tally.municipality.name.lower()}"]
    with acting_as(chair):
        seen = statements.fingerprint(tally, at=at)
        statements.state(tally, seen=seen, explanation=EXPLANATION, remarks=REMARKS, by=chair, at=at)


def _settlements(users: dict[str, User], of_round: Round) -> list[Settlement]:
    with acting_as(users[BUREAU]):
        return list(Settlement.objects.filter(round=of_round).select_related("municipality", "round"))


def _partner(users: dict[str, User], settlement: Settlement) -> User:
    return users[f"{settlement.partner}.{settlement.municipality.name.lower()}"]


def _settle(users: dict[str, User], settlement: Settlement, *, at: datetime) -> None:
    """Let the partner find everybody in its own records, and sign."""
    member = _partner(users, settlement)
    with acting_as(member):
        standing = settlements.standing(settlement, at=at)
        if standing.open:
            comparing.agree_with_rest(settlement, seen=standing.fingerprint, by=member, at=at)
        seen = settlements.standing(settlement, at=at).fingerprint
        settlements.sign(settlement, seen=seen, by=member, at=at)


def _differ(users: dict[str, User], settlement: Settlement, *, at: datetime) -> None:
    """Let the partner begin: it finds one person, has another day for the next, and misses one. The others wait."""
    member = _partner(users, settlement)
    replies = (
        {"answer": "agrees"},
        {"answer": "differs", "difference": "date", "text": "De beschikking is bij ons een dag later."},
    )
    with acting_as(member):
        waiting = [line.item for line in settlements.standing(settlement, at=at).compared if line.is_open]
        for reply, item in zip(replies, Item.objects.filter(pk__in=waiting).order_by("on", "v_number"), strict=False):
            comparing.reply(item, seen="", by=member, at=at, **reply)
        missing = comparing.Record(on=settlement.round.on, category="grant", v_number="9900000017")
        text = "Volgens ons verbleef deze persoon in uw LVV."
        comparing.report_missing(settlement, record=missing, text=text, by=member, at=at)


def _accept(users: dict[str, User], tally: Tally, *, at: datetime) -> None:
    bureau = users[BUREAU]
    with acting_as(bureau):
        read = Statement.objects.standing().get(tally=tally)
        statements.accept(tally, statement=str(read.pk), by=bureau, at=at)
