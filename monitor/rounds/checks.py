"""Signals: what looks incomplete or implausible in the figures of a municipality, with the cases that it is about.

A signal blocks nothing: it says where to look and how to repair it. To add one: one entry in `SIGNALS`, and one row in
`tests/monitor/test_checks.py` with a small world.
"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from accounts.acting import as_monitor
from accounts.models import Municipality
from cases import longest_stay
from monitor.figures.counting import BEGUN, STATUS, TRUE, divided, rows
from monitor.figures.differences import Change, changed
from monitor.figures.indicators import Population
from monitor.figures.measurement import Measurement

LONG_WITHOUT_SCENARIO = 183  # days; our own choice, since no source gives a term
# A figure jumps when it differs from the round before by at least this share and by at least this number.
JUMP_SHARE, JUMP_NUMBER = 0.25, 10


Cases = Callable[[Municipality, date, datetime], Iterable[uuid.UUID]]


class Kind(Enum):
    COMPLETENESS = "Volledigheid"
    PLAUSIBILITY = "Aannemelijkheid"


@dataclass(frozen=True)
class Signal:
    """`cases` finds the cases that a signal is about. It has one of two forms:

    * SQL that selects `case_id` and `municipality_id`; it may use the tables of `STATUS` in `counting.py`;
    * a function of (municipality, day, moment of knowledge), for a rule that has a home elsewhere.
    """

    code: str
    kind: Kind
    title: str
    repair: str
    cases: str | Cases


def _past_term(municipality: Municipality, on: date, known_at: datetime) -> Iterable[uuid.UUID]:
    return longest_stay.past(on, known_at).filter(municipality=municipality).values_list("case_id", flat=True)


_PRESENT = "select case_id, municipality_id from status where is_present and {}"
_LEFT = "select case_id, municipality_id from status where exit_category {}"

SIGNALS: tuple[Signal, ...] = (
    Signal(
        "no_admission",
        Kind.COMPLETENESS,
        "Verblijf zonder besluit over toelating",
        "Deze personen tellen nergens mee. Leg het besluit over toelating vast.",
        f"""select case_id, municipality_id from last_stay
            where not exists (select from cases_admission a where a.case_id = last_stay.case_id and {TRUE})""",
    ),
    Signal(
        "unexplained",
        Kind.COMPLETENESS,
        "Verblijf geëindigd zonder uitstroom",
        "Leg vast hoe deze personen de LVV verlieten.",
        "select case_id, municipality_id from status where not is_present and exit_category is null",
    ),
    Signal(
        "no_profile",
        Kind.COMPLETENESS,
        "Aanwezig zonder kenmerken",
        "Vul geslacht, geboortejaar en nationaliteit aan.",
        _PRESENT.format("sex is null"),
    ),
    Signal(
        "unknown_nationality",
        Kind.COMPLETENESS,
        "Nationaliteit onbekend",
        "Vul de nationaliteit aan, ook als die alleen is gesteld.",
        _PRESENT.format("nationality = 'ZZ'"),
    ),
    Signal(
        "unknown_age",
        Kind.COMPLETENESS,
        "Geboortejaar onbekend",
        "Vul het geboortejaar aan, ook als dat alleen is gesteld.",
        _PRESENT.format("sex is not null and age is null"),
    ),
    Signal(
        "unknown_procedures",
        Kind.COMPLETENESS,
        "Eerdere vertrekprocedures onbekend",
        "Vul aan hoeveel vertrekprocedures er eerder waren. Vraag het zo nodig aan DT&V.",
        _PRESENT.format("sex is not null and departure_procedures is null"),
    ),
    Signal(
        "unconfirmed",
        Kind.COMPLETENESS,
        "Bestendige oplossing zonder bevestiging",
        "Vraag de IND de inwilliging of DT&V het vertrek te bevestigen.",
        _LEFT.format("in ('grant', 'return', 'onward')")
        + f""" and not exists (select from cases_exit e where e.case_id = status.case_id and {BEGUN}
            and e.category = exit_category and e.confirmed_by <> '')""",
    ),
    Signal(
        "unknown_country",
        Kind.COMPLETENESS,
        "Vertrokken, land onbekend",
        "Vul het land van bestemming aan, of leg vast dat de bestemming onbekend is.",
        "select case_id, municipality_id from status where destination = 'ZZ'",
    ),
    Signal(
        "grant_without_procedure",
        Kind.PLAUSIBILITY,
        "Verblijf ingewilligd zonder ingewilligde procedure",
        "Leg de procedure en haar uitkomst vast, of verbeter de uitstroom.",
        _LEFT.format("= 'grant'")
        + f""" and not exists (select from cases_procedure p where p.case_id = status.case_id and {BEGUN}
            and p.outcome = 'granted' and p.decided_on <= %(on)s)""",
    ),
    Signal(
        "exit_while_present",
        Kind.PLAUSIBILITY,
        "Uitstroom vastgelegd, verblijf loopt nog",
        "Beëindig het verblijf, of trek de uitstroom in.",
        _PRESENT.format(
            f"""exists (select from cases_exit e where e.case_id = status.case_id and {BEGUN}
                and e.valid_from > status.valid_from)"""
        ),
    ),
    Signal(
        "in_two",
        Kind.PLAUSIBILITY,
        "Tegelijk aanwezig in twee gemeenten",
        "Overleg met de andere gemeente waar deze personen verblijven.",
        _PRESENT.format(
            """exists (select from status o where o.person = status.person and o.is_present
                and o.municipality_id <> status.municipality_id)"""
        ),
    ),
    Signal(
        "past_term",
        Kind.PLAUSIBILITY,
        "Langer aanwezig dan het convenant toestaat",
        "Controleer of het verblijf nog loopt.",
        _past_term,
    ),
    Signal(
        "long_without_scenario",
        Kind.PLAUSIBILITY,
        "Een half jaar aanwezig zonder scenario",
        "Zet de zaak op de agenda van het LSO.",
        _PRESENT.format(f"direction is null and valid_from <= %(on)s::date - {LONG_WITHOUT_SCENARIO}"),
    ),
    Signal(
        "odd_age",
        Kind.PLAUSIBILITY,
        "Leeftijd kan niet kloppen",
        "Controleer het geboortejaar.",
        _PRESENT.format("(age < 0 or age > 100)"),
    ),
)

_QUERY = "with {known} select * from ({all}) raised where municipality_id = %(municipality)s order by code, case_id"


@dataclass(frozen=True)
class RaisedSignal:
    """A signal with the cases that it is about."""

    signal: Signal
    cases: tuple[uuid.UUID, ...]


def signal(code: str) -> Signal | None:
    """The signal with this code, or None."""
    return next((candidate for candidate in SIGNALS if candidate.code == code), None)


def signals_of(municipality: Municipality, *, on: date, known_at: datetime) -> list[RaisedSignal]:
    """The signals that are about at least one case, in the order of `SIGNALS`."""
    known = divided(STATUS, Population.INSIDE)
    queries = {signal.code: signal.cases for signal in SIGNALS if isinstance(signal.cases, str)}
    every = " union all ".join(f"select '{code}' as code, c.* from ({query}) c" for code, query in queries.items())
    parameters = {"on": on, "known_at": known_at, "municipality": municipality.pk}
    cases: dict[str, list[uuid.UUID]] = {}
    with as_monitor():
        for code, case, _ in rows(_QUERY.replace("{known}", known).replace("{all}", every), parameters):
            cases.setdefault(code, []).append(case)
        for signal in SIGNALS:
            if not isinstance(signal.cases, str):
                cases[signal.code] = sorted(signal.cases(municipality, on, known_at))
    return [RaisedSignal(signal, tuple(cases[signal.code])) for signal in SIGNALS if cases.get(signal.code)]


def is_over_capacity(measured: Measurement, scope: str) -> bool:
    """Whether more persons are present than places were agreed."""
    return measured.figure("present", scope) > measured.figure("capacity", scope)


def jumps(before: Measurement, now: Measurement, scope: str) -> list[Change]:
    """Figures without a breakdown that differ much, and "ever sheltered" if it fell: that figure can only grow."""
    return [change for change in changed(before, now, scope) if not change.item.by and _is_a_jump(change)]


def _is_a_jump(change: Change) -> bool:
    is_large = abs(change.now - change.before) >= max(JUMP_NUMBER, JUMP_SHARE * change.before)
    return is_large or (change.item.code == "sheltered" and change.now < change.before)
