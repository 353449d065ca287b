"""Judging a list of cases by the rules of the acts, all lines at once. Nothing is written here.

A list that comes again finds its cases by the municipality's own reference; what is known already changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from accounts import staff
from accounts.models import Municipality, OrganisationKind, User
from accounts.permissions import Permission
from cases import admission, exits, intake, stays
from cases.admission import Criterion, Reading
from cases.caselists import (
    CLOSED,
    DECIDED,
    DESTINATION,
    EVIDENCE,
    EXAMPLE,
    FROM,
    GROUND,
    INSIDE,
    LEFT,
    LOCATION,
    OUTCOME,
    OVER,
    REASON,
    REFERENCE,
    REGISTERED,
    V_NUMBER,
    WAITS,
    WAY_OUT,
    CaseLine,
    read,
)
from cases.intake import Identity
from cases.models import (
    Admission,
    AdmissionOutcome,
    Answer,
    Case,
    Covenant,
    ExitCategory,
    IdentityStatement,
    ImportedCase,
    Merge,
    Person,
    Stay,
    StayKind,
)
from core.cells import Cells, choose_from
from core.lists import Plan
from core.spreadsheets import Line

CHANGED = (
    "Deze regel is al eerder ingelezen, als zaak {number}, en zegt nu iets anders. Leg de wijziging vast in die zaak. "
    "Zet de regel terug zoals zij was, of haal haar weg."
)
SOURCE = "Lijst van de gemeente"
MET_OR_AGREED = "De lijst zegt niet of hieraan is voldaan, of dat toelating in overleg is afgesproken."


@dataclass
class NewCase:
    """A line that becomes a case. `person` is shared by the lines of one person, and may be known already.

    `covenant` and `readings` are those of the admission test, when something was decided.
    """

    cells: Cells
    line: CaseLine
    case: Case
    person: Person
    covenant: Covenant | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)


class Known:
    """What the municipality has of its cases already, asked once for a whole list."""

    def __init__(self, municipality: Municipality, by: User, said: Sequence[CaseLine], on: date) -> None:
        self.municipality, self.by = municipality, by
        self.covenants = list(Covenant.objects.standing().filter(municipality=municipality))
        imported = ImportedCase.objects.filter(municipality=municipality, reference__in={one.reference for one in said})
        self.imported = {one.reference: one for one in imported.select_related("case")}
        workers = staff.holders(
            Permission.REGISTER_PERSON,
            on,
            organisation__municipality=municipality,
            organisation__kind=OrganisationKind.MUNICIPALITY,
        )
        self.workers = {one.email.casefold(): one for one in workers}
        cases = list(Case.objects.visible_to(by).filter(municipality=municipality).exclude(person=None).with_person())
        self.cases: dict[str, list[Case]] = defaultdict(list)
        self.alike: dict[tuple[str, ...], str] = {}
        for case in cases:
            assert case.person is not None
            if case.person.v_number:
                self.cases[case.person.v_number].append(case)
            self.alike[_looks(case.person.identity)] = f"zaak {case.number}"
        self.persons = {number: found[0].person for number, found in self.cases.items()}
        merged = set(Merge.objects.standing().filter(municipality=municipality).values_list("subject", "same_as"))
        known_otherwise = {subject for pair in merged for subject in pair}
        for found in self.cases.values():
            if (subject := found[0].subject) in known_otherwise:
                others = Merge.pseudonyms(subject) - {subject}
                found.extend(case for case in cases if case.subject in others)

    def person(self, v_number: str) -> Person:
        """The person with this number, known or new; without a number a new one."""
        known = self.persons.get(v_number) or Person(v_number=v_number)
        if v_number:
            self.persons[v_number] = known
        return known


def lock(municipality: Municipality) -> None:
    """Let registrations and placements in the municipality wait until the list is in."""
    intake.queue_for_numbers(municipality)
    stays.queue_for_places(municipality)


def plan(lines: Sequence[Line], municipality: Municipality, by: User, on: date) -> Plan:
    """What the list would do in a municipality, as things stand now. Writes nothing."""
    rows = [Cells(line, on) for line in lines]
    lines_read = [(cells, read(cells)) for cells in rows]
    known = Known(municipality, by, [said for _, said in lines_read], on)
    found = Plan(len(rows))
    seen: dict[str, int] = {}
    for cells, said in lines_read:
        number = cells.line.number
        earlier = known.imported.get(said.reference)
        if said.reference and (first := seen.setdefault(said.reference, number)) != number:
            cells.fault(REFERENCE, f"Dit kenmerk staat ook op regel {first}.")
        elif said.reference == EXAMPLE:
            cells.fault(REFERENCE, "Dit is de regel uit het voorbeeld. Haal haar weg.")
        elif any(finding.is_error for finding in cells.findings):
            continue
        elif earlier and earlier.digest == said.digest:
            found.same += 1
        elif earlier:
            cells.fault("", CHANGED.format(number=earlier.case.number))
        else:
            found.new.append(_judged(cells, said, known))
    _judge_persons(found.new, known)
    _judge_places(found.new, municipality)
    found.findings = [finding for cells in rows for finding in cells.findings]
    return found


def _judged(cells: Cells, said: CaseLine, known: Known) -> NewCase:
    """A new case by the rules of registration, admission, stay and exit."""
    worker = known.workers.get(said.worker) if said.worker else known.by
    if worker is None:
        cells.fault("casusregisseur", "Dit is geen casusregisseur van uw gemeente. Vul een ander e-mailadres in.")
    person = known.person(said.v_number)
    assert said.registered_on is not None
    case = Case(
        municipality=known.municipality,
        subject=person.subject,
        registered_on=said.registered_on,
        worker=worker or known.by,
    )
    new = NewCase(cells, said, case, person)
    for judge in (_judge_decision, _judge_stay, _judge_end, _judge_closing):
        judge(new, known)
    return new


def _judge_decision(new: NewCase, known: Known) -> None:
    cells, said, on = new.cells, new.line, new.line.decided_on
    if not said.outcome:
        _belongs(cells, (DECIDED, GROUND, REASON), "Dit hoort bij een besluit. Vul ook het besluit in.")
        return
    if on is None:
        cells.fault(DECIDED, "Vul de dag van het besluit in.")
        return
    new.covenant = stays.covenant_on(known.covenants, on)
    if new.covenant is None:
        cells.fault(DECIDED, admission.no_covenant(known.municipality, on))
        return
    criteria = admission.criteria_of(new.covenant)
    new.readings = _readings(said.outcome, criteria, new.covenant)
    unknown = [c for c in criteria if new.readings[c.code].answer == Answer.UNKNOWN]
    _note(cells, DECIDED, admission.testing_blockers(new.case, on))
    if said.ends_on and on > said.ends_on:
        cells.fault(DECIDED, f"De zaak was toen al gesloten, op {said.ends_on:%d-%m-%Y}.")
    _note(cells, GROUND, admission.ground_blockers(said.outcome, said.exception_ground))
    reasons = admission.outcome_blockers(
        said.outcome, [], unknown, inside_covenant=said.inside_covenant, reason=said.reason
    )
    _note(cells, REASON if not said.reason else INSIDE, reasons)


def _readings(outcome: str, criteria: Iterable[Criterion], covenant: Covenant) -> dict[str, Reading]:
    """The municipality says by admitting somebody that all criteria are met; of others the list does not tell why."""
    if outcome != AdmissionOutcome.ADMITTED:
        return {criterion.code: Reading(Answer.UNKNOWN, source=SOURCE) for criterion in criteria}
    return {
        criterion.code: Reading(Answer.YES, SOURCE, MET_OR_AGREED if criterion.by_agreement(covenant) else "")
        for criterion in criteria
    }


def _judge_stay(new: NewCase, known: Known) -> None:
    cells, said, on = new.cells, new.line, new.line.stays_from
    if said.waits_from:
        _note(cells, WAITS, stays.joining_blockers(new.case, said.waits_from))
        until = on or said.ends_on
        if until and said.waits_from >= until:
            cells.fault(WAITS, f"Het wachten begint niet vóór {until:%d-%m-%Y}. Laat dit leeg als niemand wachtte.")
    if on is None:
        _belongs(cells, (LOCATION, OVER), "Dit hoort bij een verblijf. Vul ook de eerste nacht in.")
        return
    if not said.location:
        cells.fault(LOCATION, "Vul de locatie van het verblijf in.")
    decided = said.outcome and said.decided_on and said.decided_on <= on
    decision = Admission(outcome=said.outcome) if decided else None
    _note(cells, FROM, stays.shelter_blockers(new.case, decision, kind=said.kind, on=on))
    if said.outcome == AdmissionOutcome.REFUSED and said.kind == StayKind.ADMITTED and not decided:
        cells.fault(OUTCOME, "Deze persoon is toegelaten en opgevangen. Leg bij vertrek de uitstroom vast.")


def _judge_closing(new: NewCase, known: Known) -> None:
    cells, said = new.cells, new.line
    if said.closed_on is None:
        return
    if said.stays_from:
        cells.fault(CLOSED, exits.HAD_A_PLACE)
    _note(cells, CLOSED, exits.closing_day_blockers(new.case, said.closed_on))


def _judge_end(new: NewCase, known: Known) -> None:
    cells, said = new.cells, new.line
    if said.left_on is None:
        _belongs(cells, (WAY_OUT, DESTINATION, EVIDENCE), "Dit hoort bij een vertrek. Vul ook de dag van vertrek in.")
        return
    if not said.category:
        cells.fault(WAY_OUT, choose_from(ExitCategory))
    if said.stays_from is None:
        cells.fault(LEFT, exits.HAD_NO_PLACE)
        return
    _note(cells, LEFT, exits.leaving_blockers(Stay(valid_from=said.stays_from), on=said.left_on))
    if said.category:
        reasons = exits.solution_blockers(said.category, destination=said.destination, evidence=said.evidence)
        _note(cells, WAY_OUT, reasons)


def _judge_persons(new: Sequence[NewCase], known: Known) -> None:
    """One person has one case at a time, and one number has one person."""
    of_number: dict[str, list[NewCase]] = defaultdict(list)
    for one in new:
        if one.line.v_number:
            of_number[one.line.v_number].append(one)
        looks = _looks(one.line.identity)
        other = known.alike.setdefault(looks, f"regel {one.cells.line.number}")
        if not one.line.v_number and looks[-1] and other != f"regel {one.cells.line.number}":
            text = f"Naam en geboortedatum zijn gelijk aan {other}. Is het dezelfde persoon? Vul dan het V-nummer in."
            one.cells.fault(V_NUMBER, text, is_error=False)
    for number, lines in of_number.items():
        _judge_person(lines, known.cases.get(number, []))


def _judge_person(new: Sequence[NewCase], cases: Sequence[Case]) -> None:
    """The cases of one number: of the same person, and one after another."""
    first = cases[0].person.identity if cases and cases[0].person else new[0].line.identity
    for one in new:
        if not _may_be_one(first, one.line.identity):
            where = f"zaak {cases[0].number}" if cases else f"regel {new[0].cells.line.number}"
            one.cells.fault(V_NUMBER, f"Dit V-nummer hoort bij een andere naam of geboortedatum, zie {where}.")
    periods = [(case.registered_on, case.closed_on, f"zaak {case.number}", None) for case in cases]
    periods += [(o.case.registered_on, o.line.ends_on, f"regel {o.cells.line.number}", o) for o in new]  # type: ignore[misc]
    periods.sort(key=lambda one: (one[0], one[1] or date.max))
    for (_, until, before, earlier), (since, _, after, later) in pairwise(periods):
        if until is None or until > since:
            blamed, other = (later, before) if later else (earlier, after)
            if blamed is not None:
                blamed.cells.fault(REGISTERED, f"Deze persoon heeft op deze dag al een zaak, zie {other}.")


def _may_be_one(one: Identity | IdentityStatement, other: Identity) -> bool:
    """Whether two statements with one number may be about the same person: a part that is not known may differ."""
    parts = [(getattr(one, part), getattr(other, part)) for part in ("birth_year", "birth_month", "birth_day")]
    return one.family_name.casefold() == other.family_name.casefold() and all(
        mine == theirs or mine is None or theirs is None for mine, theirs in parts
    )


def _looks(one: Identity | IdentityStatement) -> tuple[str, ...]:
    """Name and full birth date; the last part is empty when that date is not known."""
    born = f"{one.birth_year}-{one.birth_month}-{one.birth_day}" if one.birth_day else ""
    return one.family_name.casefold(), one.given_names.casefold(), born


def _judge_places(new: Sequence[NewCase], municipality: Municipality) -> None:
    """Over the agreed number only with a reason."""
    sheltered = [(one, one.line.stays_from) for one in new if one.line.stays_from]
    over = stays.without_place(municipality, [(since, one.line.left_on) for one, since in sheltered])
    for place, (one, _) in enumerate(sheltered):
        if place in over and not one.line.over_capacity_reason:
            one.cells.fault(OVER, stays.FULL)


def _belongs(cells: Cells, columns: Iterable[str], text: str) -> None:
    """What stands alone, without what it belongs to."""
    for column in columns:
        if cells.line.text(column):
            cells.fault(column, text)


def _note(cells: Cells, column: str, reasons: Iterable[str]) -> None:
    for reason in reasons:
        cells.fault(column, reason)
