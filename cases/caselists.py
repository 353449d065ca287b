"""The columns of a municipality's list of cases, which has one line for each case, and the reading of a line."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date

from cases import countries, intake
from cases.intake import Identity
from cases.models import (
    AdmissionOutcome,
    Body,
    ExceptionGround,
    ExitCategory,
    IdentitySource,
    Sex,
    StayKind,
)
from core.cells import EARLIEST, Cells, Column, choose_from, words_of

COUNTRY = "Dit land kennen wij niet. Schrijf het in het Nederlands, zoals Marokko, of als code van twee letters."
YES_NO = {"ja": "ja", "j": "ja", "nee": "nee", "n": "nee"}
SEXES = {**words_of(Sex), "m": Sex.MALE.value, "v": Sex.FEMALE.value, "x": Sex.OTHER.value}
NATIONALITIES = {word.casefold(): code for code, name in countries.NATIONALITIES.items() for word in (name, code)}
DESTINATIONS = {word.casefold(): code for code, name in countries.COUNTRIES.items() for word in (name, code)}
PARTIAL_DATE = re.compile(r"(?:(?:([0-9]{1,2})[-/.])?([0-9]{1,2})[-/.])?([0-9]{4})")
KINDS = {**words_of(StayKind), "lvv": StayKind.ADMITTED.value, "voorlopig": StayKind.PROVISIONAL.value}
WAYS_OUT = {**words_of(ExitCategory), "mob": ExitCategory.UNKNOWN_DESTINATION.value}

EXAMPLE = "VOORBEELD"  # the reference in the example line of the template file
REFERENCE, V_NUMBER, BORN, REGISTERED = "kenmerk", "v-nummer", "geboren", "aangemeld op"
OUTCOME, DECIDED, INSIDE, GROUND, REASON = "besluit", "besluit op", "binnen convenant", "grond", "motivering"
WAITS, FROM, KIND, LOCATION, OVER = "wacht sinds", "verblijf van", "soort verblijf", "locatie", "reden boven aantal"
LEFT, WAY_OUT, DESTINATION, EVIDENCE, CLOSED = "vertrokken op", "uitstroom", "bestemming", "bewijsstuk", "gesloten op"

COLUMNS = (
    Column(REFERENCE, "Hoe uw gemeente deze zaak noemt. Elk kenmerk komt één keer voor.", EXAMPLE, True),
    Column(V_NUMBER, "Tien cijfers, als het bekend is.", "0000000001"),
    Column("achternaam", "", "Voorbeeld", True),
    Column("voornamen", "", "Test"),
    Column(BORN, "Zo veel als u weet: 1984, 03-1984 of 17-03-1984.", "17-03-1984"),
    Column("geslacht", "Man, vrouw, anders of onbekend.", "man", True),
    Column("nationaliteit", "In het Nederlands, of als code van twee letters.", "Marokko", True),
    Column("vertrekprocedures", "Het aantal eerdere vertrekprocedures. Leeg is onbekend.", "1"),
    Column(REGISTERED, "De dag van aanmelding.", "03-06-2019", True),
    Column("casusregisseur", "E-mailadres. Leeg: wie de lijst inleest.", ""),
    Column(OUTCOME, "Toegelaten, toegelaten bij uitzondering of afgewezen. Leeg: nog niet besloten.", "toegelaten"),
    Column(DECIDED, "De dag van het besluit. Bij een besluit.", "12-06-2019"),
    Column("besloten door", "LSO of stuurgroep. Leeg: LSO.", "LSO"),
    Column(INSIDE, "Ja of nee. Leeg: ja, en bij een afwijzing nee.", "ja"),
    Column(GROUND, "Humanitaire reden, of openbare orde en veiligheid. Bij een uitzondering.", ""),
    Column(REASON, "Bij een uitzondering of een afwijzing.", ""),
    Column(WAITS, "De eerste dag op de wachtlijst. Het wachten eindigt als het verblijf begint.", ""),
    Column(FROM, "De eerste nacht.", "15-06-2019"),
    Column(KIND, "LVV of voorlopig. Leeg: LVV.", "LVV"),
    Column(LOCATION, "Bij een verblijf.", "Locatie Noord"),
    Column(OVER, "Als alle afgesproken plaatsen op de eerste nacht bezet waren.", ""),
    Column(LEFT, "De eerste dag zonder verblijf.", "01-10-2020"),
    Column(WAY_OUT, "Hoe iemand vertrok, zoals bij “Uitstroom vastleggen”. Bij een vertrek.", "doormigratie"),
    Column(DESTINATION, "Het land. Bij vertrek naar het land van herkomst en bij doormigratie.", "Frankrijk"),
    Column(EVIDENCE, "Bij een bestendige oplossing: het besluit of de vertrekmelding.", "Vertrekmelding"),
    Column(CLOSED, "Alleen als de zaak sloot zonder dat er een verblijf was.", ""),
)


@dataclass(frozen=True)
class CaseLine:
    """The content of a line. Each cell was read by itself; `cases/judging.py` judges whether they fit together."""

    reference: str
    v_number: str
    identity: Identity
    departure_procedures: int | None
    registered_on: date | None
    worker: str
    outcome: str
    decided_on: date | None
    body: str
    inside_covenant: bool
    exception_ground: str
    reason: str
    waits_from: date | None
    stays_from: date | None
    kind: str
    location: str
    over_capacity_reason: str
    left_on: date | None
    category: str
    destination: str
    evidence: str
    closed_on: date | None

    @property
    def digest(self) -> str:
        """A hash of the content, which is equal for lines with the same content."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()

    @property
    def ends_on(self) -> date | None:
        """The day on which the case closed. None when it is open."""
        return self.left_on or self.closed_on


def read(cells: Cells) -> CaseLine:
    """Read a line. What can't be right becomes a finding of `cells`."""
    v_number = intake.plain_v_number(cells.text(V_NUMBER, longest=20))
    if intake.looks_mistyped(v_number):
        cells.fault(V_NUMBER, f"{intake.NOT_TEN_DIGITS}.", is_error=False)
    outcome = cells.choice(OUTCOME, words_of(AdmissionOutcome), repair=choose_from(AdmissionOutcome))
    inside = cells.choice(
        INSIDE, YES_NO, empty="nee" if outcome in ("", AdmissionOutcome.REFUSED) else "ja", repair="Kies ja of nee."
    )
    return CaseLine(
        reference=cells.text(REFERENCE, longest=60, is_required=True),
        v_number=v_number,
        identity=_identity(cells),
        departure_procedures=cells.count("vertrekprocedures", most=99),
        registered_on=cells.day(REGISTERED, is_required=True),
        worker=cells.text("casusregisseur", longest=254).casefold(),
        outcome=outcome,
        decided_on=cells.day(DECIDED),
        body=cells.choice("besloten door", words_of(Body), empty=Body.LSO, repair=choose_from(Body)),
        inside_covenant=inside == "ja",
        exception_ground=cells.choice(GROUND, words_of(ExceptionGround), repair=choose_from(ExceptionGround)),
        reason=cells.text(REASON, longest=1000),
        waits_from=cells.day(WAITS),
        stays_from=cells.day(FROM),
        kind=cells.choice(KIND, KINDS, empty=StayKind.ADMITTED, repair="Kies LVV of voorlopig."),
        location=cells.text(LOCATION, longest=120),
        over_capacity_reason=cells.text(OVER, longest=500),
        left_on=cells.day(LEFT),
        category=cells.choice(WAY_OUT, WAYS_OUT, repair=choose_from(ExitCategory)),
        destination=cells.choice(DESTINATION, DESTINATIONS, repair=COUNTRY),
        evidence=cells.text(EVIDENCE, longest=500),
        closed_on=cells.day(CLOSED),
    )


def _identity(cells: Cells) -> Identity:
    year, month, day = _born(cells)
    return Identity(
        family_name=cells.text("achternaam", longest=120, is_required=True),
        given_names=cells.text("voornamen", longest=120),
        birth_year=year,
        birth_month=month,
        birth_day=day,
        sex=cells.choice("geslacht", SEXES, empty=None, repair=choose_from(Sex)),
        nationality=cells.choice("nationaliteit", NATIONALITIES, empty=None, repair=COUNTRY),
        source=IdentitySource.MUNICIPALITY,
    )


def _born(cells: Cells) -> tuple[int | None, int | None, int | None]:
    """Year, month and day of birth; None for what is not known."""
    text = cells.text(BORN, longest=20)
    if not text:
        return None, None, None
    parts = PARTIAL_DATE.fullmatch(text)
    day, month, year = (int(part) if part else None for part in parts.groups()) if parts else (None, None, None)
    if year is None or year < EARLIEST.year or not intake.has_been(year, month, day, cells.today):
        cells.fault(BORN, "Deze datum bestaat niet. Schrijf zo veel als u weet: 1984, 03-1984 of 17-03-1984.")
        return None, None, None
    return year, month, day
