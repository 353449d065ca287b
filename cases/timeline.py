"""What happened in a case, in the order in which it was true, and who changed the case lately."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator

from accounts.models import AuditEntry, User
from cases import countries
from cases.models import (
    Admission,
    AdmissionTest,
    Case,
    CaseFact,
    CaseParty,
    Exit,
    IdentityStatement,
    ImportedCase,
    Merge,
    Note,
    Procedure,
    ProcedureOutcome,
    Stay,
    StayKind,
    WaitingListEntry,
)


@dataclass(frozen=True)
class Event:
    """Something that was true `on` a day and recorded `at` a moment, in words.

    `kind` is the fact's name in addresses (`stay`, `exit`); with `fact_id` it can be withdrawn. `is_key`: a turn in
    the case. `source`: where it was taken from, when nobody entered it here.
    """

    on: date
    at: datetime | None
    title: str
    detail: str = ""
    kind: str = ""
    is_withdrawn: bool = False
    by: str = ""
    fact_id: uuid.UUID | None = None
    is_key: bool = False
    source: str = ""


def of_fact(fact: CaseFact, title: str, detail: str = "", *, on: date | None = None, is_key: bool = False) -> Event:
    """The event of a fact; a withdrawn one says why it was taken back."""
    is_withdrawn = fact.withdrawn_at is not None
    if is_withdrawn:
        detail = f"{detail} Ingetrokken: {fact.withdrawal_reason}".strip()
    return Event(
        on=on or fact.valid_from,
        at=fact.recorded_at,
        title=title,
        detail=detail,
        kind=fact._meta.model_name or "",
        is_withdrawn=is_withdrawn,
        by=str(fact.recorded_by),
        fact_id=None if is_withdrawn else fact.pk,
        is_key=is_key,
    )


def told(model: type[CaseFact], case: Case) -> Iterable[CaseFact]:
    """The facts of a case that stand or were taken back; not those that live on in a completed one."""
    return model._default_manager.filter(case=case, replaced_by=None).select_related("recorded_by")  # type: ignore[misc]


Source = Callable[[Case, User], Iterable[Event]]
_SOURCES: list[Source] = []


def bring(source: Source) -> None:
    """Let the timeline tell what another room knows of a case."""
    _SOURCES.append(source)


def of_case(case: Case, user: User) -> list[Event]:
    """Everything that this user may know of, from all rooms, the latest first."""
    return in_order([*events(case, user), *(event for source in _SOURCES for event in source(case, user))])


def events(case: Case, user: User) -> list[Event]:
    """What this room knows, the latest first."""
    opened = f"Zaak {case.number} is geopend."
    imported: ImportedCase | None = getattr(case, "imported", None)
    found = [
        Event(
            case.registered_on,
            imported.recorded_at if imported else None,
            "Aangemeld",
            opened,
            kind="registration",
            is_key=True,
        ),
        *_tests(case),
        *_decisions(case),
        *_stays(case),
        *_waits(case),
        *_procedures(case),
        *_exits(case),
        *_merges(case, user),
        *_statements(case),
        *_parties(case),
        *_notes(case, user),
    ]
    if imported:
        source = f"lijst van de gemeente, regel {imported.line}"
        found = [replace(one, source=source) if _is_from(imported, one) else one for one in found]
    return in_order(found)


def _is_from(imported: ImportedCase, event: Event) -> bool:
    return event.at == imported.recorded_at and event.kind != "party"


def in_order(found: Iterable[Event]) -> list[Event]:
    """The latest first; what was recorded later on one day stands higher."""
    earliest = datetime.min.replace(tzinfo=timezone.get_default_timezone())
    return sorted(found, key=lambda event: (event.on, event.at or earliest), reverse=True)


def _tests(case: Case) -> Iterator[Event]:
    for tested in AdmissionTest.objects.filter(case=case).select_related("recorded_by"):
        yield Event(
            tested.tested_on, tested.recorded_at, "Toelatingstoets ingevuld", kind="test", by=str(tested.recorded_by)
        )


def _decisions(case: Case) -> Iterator[Event]:
    for decided in told(Admission, case):
        assert isinstance(decided, Admission)
        words = ["Binnen het convenant." if decided.inside_covenant else "Buiten het convenant."]
        if decided.exception_ground:
            words.append(f"{decided.get_exception_ground_display()}.")
        words += [f"Besloten door {decided.get_body_display()}.", decided.reason]
        yield of_fact(decided, decided.get_outcome_display(), " ".join(filter(None, words)), is_key=True)


def _stays(case: Case) -> Iterator[Event]:
    for stay in told(Stay, case):
        assert isinstance(stay, Stay)
        words = f"{stay.location}."
        if stay.over_capacity_reason:
            words += f" Boven het afgesproken aantal: {stay.over_capacity_reason}"
        title = "Verblijf begonnen" if stay.kind == StayKind.ADMITTED else "Voorlopig onderdak begonnen"
        yield of_fact(stay, title, words, is_key=True)
        if stay.valid_until and stay.withdrawn_at is None:
            yield of_fact(stay, "Verblijf beëindigd", f"{stay.location}.", on=stay.valid_until)


def _waits(case: Case) -> Iterator[Event]:
    for entry in told(WaitingListEntry, case):
        assert isinstance(entry, WaitingListEntry)
        yield of_fact(entry, "Op de wachtlijst", entry.reason)
        if entry.valid_until and entry.withdrawn_at is None:
            yield of_fact(entry, "Van de wachtlijst", on=entry.valid_until)


def _procedures(case: Case) -> Iterator[Event]:
    for procedure in told(Procedure, case):
        assert isinstance(procedure, Procedure)
        kind = procedure.get_kind_display()
        yield of_fact(procedure, "Procedure ingediend", f"{kind}.")
        if procedure.outcome != ProcedureOutcome.PENDING and procedure.withdrawn_at is None:
            yield of_fact(
                procedure, f"Procedure: {procedure.get_outcome_display().lower()}", f"{kind}.", on=procedure.decided_on
            )


def _exits(case: Case) -> Iterator[Event]:
    for left in told(Exit, case):
        assert isinstance(left, Exit)
        words = [f"{left.get_category_display()}."]
        if left.destination:
            words.append(f"Bestemming: {countries.COUNTRIES.get(left.destination, left.destination)}.")
        if left.evidence:
            words.append(f"Bewijsstuk: {left.evidence}.")
        if left.confirmed_by:
            words.append(f"Bevestigd door {left.get_confirmed_by_display()}.")
        yield of_fact(left, "Uitgestroomd", " ".join(words), is_key=True)


def _merges(case: Case, user: User) -> Iterator[Event]:
    """That the person is known in another case too. It is taken back in the case in which it was recorded."""
    own, others = Q(case=case), Q(same_as=case.subject, case__in=Case.objects.visible_to(user))
    found = list(Merge.objects.filter(own | others).select_related("recorded_by", "case"))
    same = {merge.same_as for merge in found if merge.case_id == case.pk}
    numbers: dict[uuid.UUID, list[str]] = defaultdict(list)
    if same:
        seen = Case.objects.visible_to(user).filter(municipality=case.municipality_id, subject__in=same)
        for subject, number in seen.order_by("number").values_list("subject", "number"):
            numbers[subject].append(number)
    for merge in found:
        if merge.case_id == case.pk:
            which = ", ".join(numbers[merge.same_as])
            where = f"zaak {which}" if which else "een andere zaak van de gemeente"
            yield of_fact(merge, "Samengevoegd", f"Dezelfde persoon als in {where}. {merge.grounds}")
        else:
            words = f"Dezelfde persoon als in zaak {merge.case}, waar dit is vastgelegd. {merge.grounds}"
            yield replace(of_fact(merge, "Samengevoegd", words), fact_id=None)


def _statements(case: Case) -> Iterator[Event]:
    for statement in IdentityStatement.objects.filter(person=case.person_id):
        if statement.stated_on > case.registered_on:
            detail = f"{statement.get_status_display()}. Bron: {statement.get_source_display()}."
            yield Event(statement.stated_on, None, "Persoonsgegevens aangevuld", detail, kind="statement")


def _parties(case: Case) -> Iterator[Event]:
    """Who came to see the case and who no longer does; those of one moment together, since one act does that."""
    came: dict[datetime, list[str]] = defaultdict(list)
    left: dict[datetime, list[str]] = defaultdict(list)
    for party in CaseParty.objects.filter(case=case).select_related("organisation", "user"):
        who = f"{party.user} ({party.organisation})" if party.user else str(party.organisation)
        came[party.since].append(who)
        if party.until:
            left[party.until].append(who)
    for moments, title in ((came, "Mag de zaak zien"), (left, "Ziet de zaak niet meer")):
        for moment, names in moments.items():
            detail = ", ".join(sorted(names)) + "."
            yield Event(timezone.localdate(moment), moment, title, detail, kind="party")


def _notes(case: Case, user: User) -> Iterator[Event]:
    for note in Note.objects.visible_to(user).filter(case=case).select_related("written_by", "organisation"):
        who = f"{note.written_by}, {note.organisation}"
        detail = f"{note.get_compartment_display()}. {Truncator(note.text).chars(140)}"
        yield Event(timezone.localdate(note.written_at), note.written_at, "Notitie", detail, kind="note", by=who)


# What an act did, for people: the verbs of the audit trail about a case, of this app and of those above it.
VERBS = {
    "case.put_on_agenda": "zette de zaak op de agenda",
    "case.taken_off_agenda": "haalde de zaak van de agenda",
    "case.registered": "meldde de persoon aan",
    "case.imported": "las de zaak in uit een lijst",
    "case.closed": "sloot de zaak",
    "case.admission_tested": "vulde de toelatingstoets in",
    "case.admitted": "legde de toelating vast",
    "case.exception": "legde een toelating bij uitzondering vast",
    "case.refused": "legde een afwijzing vast",
    "case.placed": "legde een verblijf vast",
    "case.stay_ended": "beëindigde het verblijf",
    "case.waiting": "zette de persoon op de wachtlijst",
    "case.waiting_ended": "haalde de persoon van de wachtlijst",
    "case.exited": "legde de uitstroom vast",
    "case.procedure_filed": "legde een procedure vast",
    "case.procedure_decided": "legde de uitkomst van een procedure vast",
    "case.fact_withdrawn": "trok een feit in",
    "case.merged": "voegde de persoon samen met die van een andere zaak",
    "case.identity_restated": "vulde de persoonsgegevens aan",
    "case.decided": "legde een besluit van het LSO vast",
    "case.escalated": "schaalde de zaak op naar het MRT",
    "case.mrt_answered": "legde het antwoord op het MRT-advies vast",
}


@dataclass(frozen=True)
class Change:
    """One change of the case: who did what, when."""

    at: datetime
    by: str
    what: str


def changes_since(case: Case, version: int) -> list[Change]:
    """What was done after somebody looked at this version of the case; the latest first."""
    entries = AuditEntry.objects.filter(
        subject_type=case._meta.label_lower, subject_id=str(case.pk), details__version__gt=version
    ).order_by("-pk")[:20]
    names = {user.pk: user.full_name for user in User.objects.filter(pk__in={entry.user_id for entry in entries})}
    return [
        Change(entry.at, names.get(entry.user_id, "Onbekend"), VERBS.get(entry.verb, "wijzigde de zaak"))
        for entry in entries
    ]
