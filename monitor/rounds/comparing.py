"""A partner compares persons with its own records: one by one, all the rest at once, or with a list."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from cases.locking import refuse
from cases.models import ExitCategory
from core import spreadsheets
from monitor.models import Comparison, Difference, Item, Reply, Settlement
from monitor.rounds import matching, settlements
from monitor.rounds.matching import Finding, Line, MatchClass, Scope

MOST_FAULTS = 20  # how many faults of a list are shown at once


@dataclass(frozen=True)
class Record:
    """A person in the records of a partner; `v_number`, or without one `name`, identifies the person."""

    on: date
    category: str
    destination: str = ""
    v_number: str = ""
    name: str = ""
    born: str = ""


@transaction.atomic
def reply(
    item: Item, *, answer: str, seen: str, by: User, at: datetime, difference: str = "", text: str = ""
) -> Reply | None:
    """Record what the partner found about a person. Returns None when the last reply already says exactly this.

    `seen` is the key of the reply that the form showed, or empty. A ruling on an earlier reply does not count for this
    one.
    """
    settlement = settlements.lock(item.settlement)
    refuse(settlements.replying_blockers(settlement, by=by, at=at) + _reply_blockers(item, answer, difference, text))
    last = item.replies.order_by("-number").first()
    if (str(last.pk) if last else "") != seen:
        raise settlements.Unseen(str(last.pk) if last else "")
    if last and (last.answer, last.difference, last.text) == (answer, difference, text):
        return None
    new_reply = _reply(item, last, answer, difference, text, by, at)
    audit.record("settlement.replied", settlement, by=by, at=at, item=str(item.pk), answer=answer)
    return new_reply


def _reply_blockers(item: Item, answer: str, difference: str, text: str) -> list[str]:
    reasons = []
    if Item.objects.standing().filter(pk=item.pk).first() is None:
        reasons.append("Deze regel is vervallen: de gemeente heeft haar gegevens gewijzigd.")
    if answer == Comparison.DIFFERS and not difference:
        reasons.append("Kies waarin het verschilt.")
    if answer != Comparison.DIFFERS and difference:
        reasons.append("Kies alleen een verschil als het verschilt.")
    if answer != Comparison.AGREES and not text:
        reasons.append("Licht toe wat u vond, zodat de gemeente het kan nakijken.")
    if item.is_missing_here != (difference == Difference.MISSING_HERE) and answer == Comparison.DIFFERS:
        reasons.append("Dit verschil past niet bij deze regel.")
    return reasons


def _reply(item: Item, last: Reply | None, answer: str, difference: str, text: str, by: User, at: datetime) -> Reply:
    number = last.number + 1 if last else 1
    return Reply.objects.create(item=item, number=number, answer=answer, difference=difference, text=text, by=by, at=at)


@transaction.atomic
def agree_with_rest(settlement: Settlement, *, seen: str, by: User, at: datetime) -> int:
    """Record that all persons without a reply agree; returns how many. `seen` is the fingerprint of the page."""
    settlement = settlements.lock(settlement)
    refuse(settlements.replying_blockers(settlement, by=by, at=at))
    standing = settlements.standing_as_seen(settlement, seen, at)
    rest = [line.item for line in standing.compared if line.is_open]
    refuse([] if rest else ["Over iedereen is al een antwoord gegeven."])
    Reply.objects.bulk_create(Reply(item_id=item, answer=Comparison.AGREES, by=by, at=at) for item in rest)
    audit.record("settlement.agreed_with_rest", settlement, by=by, at=at, items=len(rest))
    return len(rest)


@transaction.atomic
def report_missing(settlement: Settlement, *, record: Record, text: str, by: User, at: datetime) -> Item:
    """Report a person in the partner's records whom the municipality does not count."""
    settlement = settlements.lock(settlement)
    refuse(settlements.replying_blockers(settlement, by=by, at=at) + record_blockers(settlement, record))
    return _report_missing(settlement, record, text, by, at)


def record_blockers(settlement: Settlement, record: Record) -> list[str]:
    """Why this record can't be reported as missing. Empty means it can."""
    reasons = []
    if not record.v_number and not record.name:
        reasons.append("Vul een V-nummer in, of een naam als er geen V-nummer is.")
    if record.category not in settlements.compared_categories(settlement):
        reasons.append("Deze uitkomst hoort niet bij deze afstemming.")
    if record.on > settlement.round.on:
        reasons.append(f"Deze datum ligt na de peildatum van {settlement.round.on:%d-%m-%Y}.")
    return reasons


def _report_missing(settlement: Settlement, record: Record, text: str, by: User, at: datetime) -> Item:
    item = Item.objects.create(settlement=settlement, asked_by=by, asked_at=at, **vars(record))
    text = text or "Staat in onze administratie."
    _reply(item, None, Comparison.DIFFERS, Difference.MISSING_HERE, text, by, at)
    audit.record("settlement.reported_missing", settlement, by=by, at=at, item=str(item.pk))
    return item


# The columns of a list from the partner's records. A name is needed only where there is no V-number.
COLUMNS = ("V-nummer", "Naam", "Geboren", "Datum", "Uitkomst", "Gemeente")
LONGEST: Mapping[str, int] = {
    "V-nummer": 20,
    "Naam": 250,
    "Geboren": 10,
    "Gemeente": 80,
}
# The words by which a partner may name an exit category in a list, besides the name that we use ourselves.
CATEGORY_WORDS: Mapping[str, ExitCategory] = {
    "inwilliging": ExitCategory.GRANT,
    "ingewilligd": ExitCategory.GRANT,
    "vergunning": ExitCategory.GRANT,
    "vertrek": ExitCategory.RETURN,
    "terugkeer": ExitCategory.RETURN,
    "land van herkomst": ExitCategory.RETURN,
    "derde land": ExitCategory.ONWARD,
} | {label.casefold(): ExitCategory(value) for value, label in ExitCategory.choices}


def read_list(settlement: Settlement, content: bytes) -> list[Line]:
    """The records in a file of the partner; raises ValidationError that names the wrong lines."""
    lines, faults = [], []
    for row in spreadsheets.read(content, COLUMNS):
        try:
            lines.append(_line(settlement, row))
        except ValidationError as wrong:
            faults += [f"Regel {row.number}: {message}" for message in wrong.messages]
    if len(faults) > MOST_FAULTS:
        faults = [*faults[:MOST_FAULTS], f"Er zijn nog {len(faults) - MOST_FAULTS} andere fouten."]
    refuse(faults or ([] if lines else ["Er staan geen personen in dit bestand."]))
    return lines


def _line(settlement: Settlement, row: spreadsheets.Line) -> Line:
    faults = [
        f"“{column}” heeft meer dan {most} tekens, of een teken dat niet kan."
        for column, most in LONGEST.items()
        if len(row.text(column)) > most or "\x00" in row.text(column)
    ]
    outcome = row.text("Uitkomst").casefold()
    v_number, name = row.text("V-nummer"), row.text("Naam")
    if not v_number and not name:
        faults.append("vul een V-nummer in, of een naam als er geen V-nummer is.")
    if outcome and outcome not in CATEGORY_WORDS:
        faults.append(f"“{row.text('Uitkomst')}” kennen wij niet. Gebruik een uitkomst uit het voorbeeld.")
    on = None
    try:
        on = row.day("Datum")
    except ValidationError:
        faults.append("deze datum bestaat niet. Schrijf haar als 17-11-2020.")
    else:
        faults += [] if on else ["vul een datum in."]
    categories = settlements.compared_categories(settlement)
    if not outcome and len(categories) > 1:
        # If we chose one for the partner, that would be a claim that nobody made.
        faults.append("vul een uitkomst in.")
    refuse(faults)
    assert on is not None
    category = CATEGORY_WORDS[outcome] if outcome else categories[0]
    return Line(row.number, on, category, row.text("Gemeente"), v_number, name, row.text("Geboren"))


@transaction.atomic
def compare_list(settlement: Settlement, lines: Iterable[Line], *, by: User, at: datetime) -> Counter[MatchClass]:
    """Reply for each person whom the partner can still identify, by its list; returns how many of each class.

    A reply that says the same as the one before is not recorded again, and the ruling on it stays. So sending the same
    list twice changes nothing.
    """
    settlement = settlements.lock(settlement)
    refuse(settlements.replying_blockers(settlement, by=by, at=at))
    items = _identifiable(settlement, at)
    ours = [
        Line(item.pk, item.on, item.category, "", item.v_number, item.name, item.born)
        for item in items.values()
        if not item.is_missing_here
    ]
    scope = Scope(
        settlement.municipality.name, frozenset(settlements.compared_categories(settlement)), settlement.round.on
    )
    findings = matching.match(ours, lines, scope)
    known = {(item.v_number, item.name) for item in items.values() if item.is_missing_here}
    for finding in findings:
        if finding.ours is not None:
            _reply_with(finding, items[finding.ours.key], by, at)
        elif finding.theirs is not None:
            record = _record(finding.theirs)
            if (record.v_number, record.name) not in known:
                _report_missing(settlement, record, "", by, at)
    counts = Counter(finding.match_class for finding in findings)
    audit.record(
        "settlement.compared_list",
        settlement,
        by=by,
        at=at,
        **{match_class.value: counts[match_class] for match_class in counts},
    )
    return counts


def _identifiable(settlement: Settlement, at: datetime) -> dict[object, Item]:
    """The items of a settlement that still hold a V-number or name, by key, with their replies."""
    keys = settlements.standing(settlement, at=at).items
    items = Item.objects.filter(pk__in=keys).exclude(v_number="", name="").prefetch_related("replies")
    return {item.pk: item for item in items}


def _reply_with(finding: Finding, item: Item, by: User, at: datetime) -> None:
    last = max(item.replies.all(), key=lambda earlier: earlier.number, default=None)
    agrees = finding.match_class is MatchClass.AGREES
    answer = Comparison.AGREES if agrees else Comparison.DIFFERS
    difference = "" if agrees else finding.match_class.value
    if last is None or (last.answer, last.difference) != (answer, difference):
        _reply(item, last, answer, difference, _in_words(finding), by, at)


def _in_words(finding: Finding) -> str:
    """What the partner has, without a name or a number: this text stays when the identity of the item is erased."""
    theirs = finding.theirs
    match finding.match_class:
        case MatchClass.DATE | MatchClass.OUT_OF_SCOPE if theirs:
            return f"Bij ons: {theirs.on:%d-%m-%Y}."
        case MatchClass.REASON if theirs:
            return f"Bij ons: {ExitCategory(theirs.category).label}."
        case MatchClass.CITY if theirs:
            return f"Bij ons: gemeente {theirs.city}."
        case MatchClass.DOUBLE:
            return "Staat twee keer in een van beide lijsten."
        case MatchClass.IDENTITY:
            return "Op die dag staat bij ons iemand met bijna hetzelfde V-nummer of dezelfde naam."
        case MatchClass.MISSING_THERE:
            return "Staat niet in onze lijst."
        case _:
            return ""


def _record(theirs: Line) -> Record:
    """A record with no more than identifies the person: the V-number, or else the name and birth date."""
    if theirs.v_number:
        return Record(on=theirs.on, category=theirs.category, v_number=theirs.v_number)
    return Record(on=theirs.on, category=theirs.category, name=theirs.name, born=theirs.born)
