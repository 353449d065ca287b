"""Lists for import: one without mistakes, one with mistakes, and a monitor that was filled in by hand."""

from datetime import date, datetime, timedelta

from accounts import imports
from accounts.acting import acting_as
from accounts.imports import Kind
from accounts.models import Import, Municipality, User
from cases import takeover
from core import exports
from core.exports import Sheet
from lvv.demo.diary import office, working_day_before
from lvv.demo.rounds import LETTER
from monitor.figures.measurement import measure
from monitor.rounds import reported

TOWN = "Amsterdam"
# By figure, the difference between the number that was filled in by hand and the number that the facts give.
MISCOUNTED = {"sheltered": 4, "unexplained": -3, "waiting": 2}


def bring(users: dict[str, User], *, today: date) -> None:
    """In one town, lately."""
    worker, chair = (users[f"{role}.{TOWN.lower()}"] for role in ("casusregisseur", "voorzitter"))
    at = office(working_day_before(today), 10)
    _check(takeover.KIND, "casuslijst uit de opvang (verzonnen).csv", _right(today), worker, at)
    _check(takeover.KIND, "casuslijst met fouten (verzonnen).csv", _wrong(today), worker, at + timedelta(minutes=9))
    filled_in = _check(reported.KIND, "monitor november 2020 (verzonnen).csv", _figures(at), chair, at)
    with acting_as(chair):
        imports.start(filled_in, by=chair, at=at)
        started = Import.objects.get(pk=filled_in.pk)
        imports.carry_out(reported.KIND, started, by=chair, on=today, at=at, tick=lambda done: None)


def _check(kind: Kind, name: str, lines: list[dict[str, str]], by: User, at: datetime) -> Import:
    columns = [exports.Column(column.name, column.help) for column in kind.columns]
    rows = [[line.get(column.name, "") for column in columns] for line in lines]
    content = b"".join(exports.as_csv(Sheet(name, kind.title, columns, rows)))
    with acting_as(by):
        municipality = Municipality.objects.get(name=TOWN)
        return imports.check(kind, content, name, municipality, by=by, on=at.date(), at=at)


def _right(today: date) -> list[dict[str, str]]:
    """Three persons who were sheltered elsewhere. The V-number of one of them lacks a digit."""
    came = f"{today - timedelta(days=40):%d-%m-%Y}"
    line = {"geslacht": "man", "nationaliteit": "Eritrea", "geboren": "1991", "aangemeld op": came}
    return [
        line | {"kenmerk": "O-101", "achternaam": "Proefpersoon-Een", "v-nummer": "9900000101"},
        line | {"kenmerk": "O-102", "achternaam": "Proefpersoon-Twee", "geslacht": "vrouw", "v-nummer": "990000102"},
        line | {"kenmerk": "O-103", "achternaam": "Proefpersoon-Drie", "nationaliteit": "onbekend"},
    ]


def _wrong(today: date) -> list[dict[str, str]]:
    """The same list with typing errors."""
    first, second, third = _right(today)
    return [
        first | {"geboren": "31-02-1991", "besluit": "toegelaten"},
        second | {"nationaliteit": "Perzië", "vertrokken op": "01-02-2020", "uitstroom": "vertrokken"},
        third | {"kenmerk": "O-101", "aangemeld op": "3 juni"},
        first | {"kenmerk": "O-104", "casusregisseur": "iemand@elders.example", "verblijf van": "01-02-2020"},
    ]


def _figures(at: datetime) -> list[dict[str, str]]:
    """The figures that were counted by hand for the letter. They are nearly those that the facts give."""
    counted = measure(LETTER, at)
    numbers = {
        item: counted.figure(item.code, TOWN) + MISCOUNTED.get(item.code, 0) for item in reported.reportable(LETTER)
    }
    return [
        {reported.ON: f"{LETTER:%d-%m-%Y}", reported.FIGURE: item.title, reported.NUMBER: str(max(number, 0))}
        for item, number in numbers.items()
    ]
