"""Judges the lines of a municipality's list of cases by the rules of the acts. It writes nothing.

`plan` works in four steps. It reads each line by itself (`cases/caselists.py`). It asks the database once for all that
the municipality knows already (`Known`), because a list has up to ten thousand lines. It judges each new line with the
same rules that registration, admission, stay and exit use for one case. Then it judges the lines together: a person has
one case at a time, a V-number has one person, and the agreed places are not exceeded without a reason.

The municipality's own reference (`kenmerk`) says which case a line is about. When a reference was imported before, a
line with the same content counts as "same", and a line with other content is an error: a change belongs in the case.

What is wrong goes into the findings of the line's `Cells`. `cases/takeover.py` records the cases of a plan without
errors.
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
    """A line that will become a case. Lines with one V-number share their `person`, who may exist already.

    When the line has a decision on admission, `covenant` and `readings` are those of its test.
    """

    cells: Cells
    line: CaseLine
    case: Case
    person: Person
    covenant: Covenant | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)


class Known:
    """What the municipality knows before the list is imported, read once for all lines.

    `imported` are the cases of earlier lists by reference, and `workers` the case workers by e-mail address. `cases`
    are the cases of each V-number, also those of the same person under another one. `alike` says where each name with
    its birth date stands: in which case or, while the list is judged, on which line.
    """

    def __init__(self, municipality: Municipality, by: User, lines: Sequence[CaseLine], on: date) -> None:
        self.municipality, self.by = municipality, by
        self.covenants = list(Covenant.objects.standing().filter(municipality=municipality))
        imported = ImportedCase.objects.filter(
            municipality=municipality, reference__in={line.reference for line in lines}
        )
        self.imported = {row.reference: row for row in imported.select_related("case")}
        workers = staff.holders(
            Permission.REGISTER_PERSON,
            on,
            organisation__municipality=municipality,
            organisation__kind=OrganisationKind.MUNICIPALITY,
        )
        self.workers = {worker.email.casefold(): worker for worker in workers}
        cases = list(Case.objects.visible_to(by).filter(municipality=municipality).exclude(person=None).with_person())
        self.cases: dict[str, list[Case]] = defaultdict(list)
        self.alike: dict[tuple[str, ...], str] = {}
        for case in cases:
            assert case.person is not None
            if case.person.v_number:
                self.cases[case.person.v_number].append(case)
            self.alike[_name_and_birth(case.person.identity)] = f"zaak {case.number}"
        self.persons = {number: cases_of_number[0].person for number, cases_of_number in self.cases.items()}
        merged = set(Merge.objects.standing().filter(municipality=municipality).values_list("subject", "same_as"))
        with_others = {subject for pair in merged for subject in pair}
        for cases_of_number in self.cases.values():
            if (subject := cases_of_number[0].subject) in with_others:
                others = Merge.pseudonyms(subject) - {subject}
                cases_of_number.extend(case for case in cases if case.subject in others)

    def person(self, v_number: str) -> Person:
        """The person with this V-number, or a new one. Without a number it is always a new one."""
        known = self.persons.get(v_number) or Person(v_number=v_number)
        if v_number:
            self.persons[v_number] = known
        return known


def lock(municipality: Municipality) -> None:
    """Let registrations and placements in the municipality wait until the list is recorded."""
    intake.queue_for_numbers(municipality)
    stays.queue_for_places(municipality)


def plan(lines: Sequence[Line], municipality: Municipality, by: User, on: date) -> Plan:
    """What the list would do in a municipality, as far as is known now."""
    rows = [Cells(line, on) for line in lines]
    lines_read = [(cells, read(cells)) for cells in rows]
    known = Known(municipality, by, [line for _, line in lines_read], on)
    result = Plan(len(rows))
    seen: dict[str, int] = {}
    for cells, line in lines_read:
        number = cells.line.number
        earlier = known.imported.get(line.reference)
        if line.reference and (first := seen.setdefault(line.reference, number)) != number:
            cells.fault(REFERENCE, f"Dit kenmerk staat ook op regel {first}.")
        elif line.reference == EXAMPLE:
            cells.fault(REFERENCE, "Dit is de regel uit het voorbeeld. Haal haar weg.")
        elif any(finding.is_error for finding in cells.findings):
            continue
        elif earlier and earlier.digest == line.digest:
            result.same += 1
        elif earlier:
            cells.fault("", CHANGED.format(number=earlier.case.number))
        else:
            result.new.append(_judged(cells, line, known))
    _judge_persons(result.new, known)
    _judge_places(result.new, municipality)
    result.findings = [finding for cells in rows for finding in cells.findings]
    return result


def _judged(cells: Cells, line: CaseLine, known: Known) -> NewCase:
    """Judge a new line by the rules of registration, admission, stay and exit."""
    worker = known.workers.get(line.worker) if line.worker else known.by
    if worker is None:
        cells.fault("casusregisseur", "Dit is geen casusregisseur van uw gemeente. Vul een ander e-mailadres in.")
    person = known.person(line.v_number)
    assert line.registered_on is not None
    case = Case(
        municipality=known.municipality,
        subject=person.subject,
        registered_on=line.registered_on,
        worker=worker or known.by,
    )
    new = NewCase(cells, line, case, person)
    for judge in (_judge_decision, _judge_stay, _judge_end, _judge_closing):
        judge(new, known)
    return new


def _judge_decision(new: NewCase, known: Known) -> None:
    cells, line, on = new.cells, new.line, new.line.decided_on
    if not line.outcome:
        _refuse_filled(cells, (DECIDED, GROUND, REASON), "Dit hoort bij een besluit. Vul ook het besluit in.")
        return
    if on is None:
        cells.fault(DECIDED, "Vul de dag van het besluit in.")
        return
    new.covenant = stays.covenant_on(known.covenants, on)
    if new.covenant is None:
        cells.fault(DECIDED, admission.no_covenant(known.municipality, on))
        return
    criteria = admission.criteria_of(new.covenant)
    new.readings = _readings(line.outcome, criteria, new.covenant)
    unknown = [c for c in criteria if new.readings[c.code].answer == Answer.UNKNOWN]
    _note(cells, DECIDED, admission.testing_blockers(new.case, on))
    if line.ends_on and on > line.ends_on:
        cells.fault(DECIDED, f"De zaak was toen al gesloten, op {line.ends_on:%d-%m-%Y}.")
    _note(cells, GROUND, admission.ground_blockers(line.outcome, line.exception_ground))
    reasons = admission.outcome_blockers(
        line.outcome, [], unknown, inside_covenant=line.inside_covenant, reason=line.reason
    )
    _note(cells, REASON if not line.reason else INSIDE, reasons)


def _readings(outcome: str, criteria: Iterable[Criterion], covenant: Covenant) -> dict[str, Reading]:
    """The answers of an admission test that fit the outcome in the list.

    When the municipality admitted the person, it found that all criteria were met. With another outcome the list does
    not say which were not met, so all answers are unknown.
    """
    if outcome != AdmissionOutcome.ADMITTED:
        return {criterion.code: Reading(Answer.UNKNOWN, source=SOURCE) for criterion in criteria}
    return {
        criterion.code: Reading(Answer.YES, SOURCE, MET_OR_AGREED if criterion.by_agreement(covenant) else "")
        for criterion in criteria
    }


def _judge_stay(new: NewCase, known: Known) -> None:
    cells, line, on = new.cells, new.line, new.line.stays_from
    if line.waits_from:
        _note(cells, WAITS, stays.joining_blockers(new.case, line.waits_from))
        until = on or line.ends_on
        if until and line.waits_from >= until:
            cells.fault(WAITS, f"Het wachten begint niet vóór {until:%d-%m-%Y}. Laat dit leeg als niemand wachtte.")
    if on is None:
        _refuse_filled(cells, (LOCATION, OVER), "Dit hoort bij een verblijf. Vul ook de eerste nacht in.")
        return
    if not line.location:
        cells.fault(LOCATION, "Vul de locatie van het verblijf in.")
    decided = line.outcome and line.decided_on and line.decided_on <= on
    decision = Admission(outcome=line.outcome) if decided else None
    _note(cells, FROM, stays.shelter_blockers(new.case, decision, kind=line.kind, on=on))
    if line.outcome == AdmissionOutcome.REFUSED and line.kind == StayKind.ADMITTED and not decided:
        cells.fault(OUTCOME, "Deze persoon is toegelaten en opgevangen. Leg bij vertrek de uitstroom vast.")


def _judge_closing(new: NewCase, known: Known) -> None:
    cells, line = new.cells, new.line
    if line.closed_on is None:
        return
    if line.stays_from:
        cells.fault(CLOSED, exits.HAD_A_PLACE)
    _note(cells, CLOSED, exits.closing_day_blockers(new.case, line.closed_on))


def _judge_end(new: NewCase, known: Known) -> None:
    cells, line = new.cells, new.line
    if line.left_on is None:
        _refuse_filled(
            cells, (WAY_OUT, DESTINATION, EVIDENCE), "Dit hoort bij een vertrek. Vul ook de dag van vertrek in."
        )
        return
    if not line.category:
        cells.fault(WAY_OUT, choose_from(ExitCategory))
    if line.stays_from is None:
        cells.fault(LEFT, exits.HAD_NO_PLACE)
        return
    _note(cells, LEFT, exits.leaving_blockers(Stay(valid_from=line.stays_from), on=line.left_on))
    if line.category:
        reasons = exits.solution_blockers(line.category, destination=line.destination, evidence=line.evidence)
        _note(cells, WAY_OUT, reasons)


def _judge_persons(new: Sequence[NewCase], known: Known) -> None:
    """Judge the lines together: a person has one case at a time, and a V-number has one person.

    A line without a V-number that has the name and birth date of another gets a remark, which is no error.
    """
    of_number: dict[str, list[NewCase]] = defaultdict(list)
    for new_case in new:
        if new_case.line.v_number:
            of_number[new_case.line.v_number].append(new_case)
        likeness = _name_and_birth(new_case.line.identity)
        other = known.alike.setdefault(likeness, f"regel {new_case.cells.line.number}")
        if not new_case.line.v_number and likeness[-1] and other != f"regel {new_case.cells.line.number}":
            text = f"Naam en geboortedatum zijn gelijk aan {other}. Is het dezelfde persoon? Vul dan het V-nummer in."
            new_case.cells.fault(V_NUMBER, text, is_error=False)
    for number, lines in of_number.items():
        _judge_person(lines, known.cases.get(number, []))


def _judge_person(new: Sequence[NewCase], cases: Sequence[Case]) -> None:
    """Judge the cases of one V-number, new and known: they are of one person, and one ends before the next begins.

    When two overlap, the finding stands with the later one, or with the earlier one if the later is known already.
    """
    first = cases[0].person.identity if cases and cases[0].person else new[0].line.identity
    for new_case in new:
        if not _may_be_same_person(first, new_case.line.identity):
            where = f"zaak {cases[0].number}" if cases else f"regel {new[0].cells.line.number}"
            new_case.cells.fault(V_NUMBER, f"Dit V-nummer hoort bij een andere naam of geboortedatum, zie {where}.")
    periods = [(case.registered_on, case.closed_on, f"zaak {case.number}", None) for case in cases]
    periods += [(o.case.registered_on, o.line.ends_on, f"regel {o.cells.line.number}", o) for o in new]  # type: ignore[misc]
    periods.sort(key=lambda period: (period[0], period[1] or date.max))
    for (_, until, before, earlier), (since, _, after, later) in pairwise(periods):
        if until is None or until > since:
            blamed, other = (later, before) if later else (earlier, after)
            if blamed is not None:
                blamed.cells.fault(REGISTERED, f"Deze persoon heeft op deze dag al een zaak, zie {other}.")


def _may_be_same_person(known: Identity | IdentityStatement, stated: Identity) -> bool:
    """Whether family name and birth date fit together. An unknown part of a birth date fits any other."""
    parts = [(getattr(known, part), getattr(stated, part)) for part in ("birth_year", "birth_month", "birth_day")]
    return known.family_name.casefold() == stated.family_name.casefold() and all(
        mine == theirs or mine is None or theirs is None for mine, theirs in parts
    )


def _name_and_birth(identity: Identity | IdentityStatement) -> tuple[str, ...]:
    """Family name, given names and birth date. The date is empty when it is not known to the day."""
    born = f"{identity.birth_year}-{identity.birth_month}-{identity.birth_day}" if identity.birth_day else ""
    return identity.family_name.casefold(), identity.given_names.casefold(), born


def _judge_places(new: Sequence[NewCase], municipality: Municipality) -> None:
    """Ask a reason for each stay that exceeds the agreed places."""
    sheltered = [(new_case, new_case.line.stays_from) for new_case in new if new_case.line.stays_from]
    over = stays.without_place(municipality, [(since, new_case.line.left_on) for new_case, since in sheltered])
    for place, (new_case, _) in enumerate(sheltered):
        if place in over and not new_case.line.over_capacity_reason:
            new_case.cells.fault(OVER, stays.FULL)


def _refuse_filled(cells: Cells, columns: Iterable[str], text: str) -> None:
    """Add a finding for each of these columns that is filled in."""
    for column in columns:
        if cells.line.text(column):
            cells.fault(column, text)


def _note(cells: Cells, column: str, reasons: Iterable[str]) -> None:
    for reason in reasons:
        cells.fault(column, reason)
