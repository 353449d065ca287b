"""The timeline of a case: its events by the day on which they were true. And the latest changes, for a stale form."""

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
    """Something that was true on the day `on` and recorded at the moment `at`, in words.

    `kind` is the name of the fact in addresses, such as `stay`. With a `fact_id` the fact can be withdrawn. `is_key`
    marks a turning point in the case. `source` says which list it came from, when nobody entered it here.
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

    @property
    def where_from(self) -> str:
        """The source as it follows who recorded the event; empty without one."""
        return f", bron: {self.source}" if self.source else ""


def of_fact(fact: CaseFact, title: str, detail: str = "", *, on: date | None = None, is_key: bool = False) -> Event:
    """The event of a fact. That of a withdrawn fact gives the reason."""
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


def facts_shown(model: type[CaseFact], case: Case) -> Iterable[CaseFact]:
    """The facts of a case that stand or were withdrawn, without those that another fact replaced."""
    return model._default_manager.filter(case=case, replaced_by=None).select_related("recorded_by")  # type: ignore[misc]


Source = Callable[[Case, User], Iterable[Event]]
_SOURCES: list[Source] = []


def bring(source: Source) -> None:
    """Register the events of another room."""
    _SOURCES.append(source)


def of_case(case: Case, user: User) -> list[Event]:
    """The events from all rooms that this user may know of, the latest first."""
    return in_order([*events(case, user), *(event for source in _SOURCES for event in source(case, user))])


def events(case: Case, user: User) -> list[Event]:
    """The events of this room that this user may know of, the latest first."""
    opened = f"Zaak {case.number} is geopend."
    imported: ImportedCase | None = getattr(case, "imported", None)
    all_events = [
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
        all_events = [replace(event, source=source) if _is_from(imported, event) else event for event in all_events]
    return in_order(all_events)


def _is_from(imported: ImportedCase, event: Event) -> bool:
    return event.at == imported.recorded_at and event.kind != "party"


def in_order(unordered: Iterable[Event]) -> list[Event]:
    """Sort events, the latest day first. Of one day, the event that was recorded last comes first."""
    earliest = datetime.min.replace(tzinfo=timezone.get_default_timezone())
    return sorted(unordered, key=lambda event: (event.on, event.at or earliest), reverse=True)


def _tests(case: Case) -> Iterator[Event]:
    for tested in AdmissionTest.objects.filter(case=case).select_related("recorded_by"):
        yield Event(
            tested.tested_on, tested.recorded_at, "Toelatingstoets ingevuld", kind="test", by=str(tested.recorded_by)
        )


def _decisions(case: Case) -> Iterator[Event]:
    for decided in facts_shown(Admission, case):
        assert isinstance(decided, Admission)
        words = ["Binnen het convenant." if decided.inside_covenant else "Buiten het convenant."]
        if decided.exception_ground:
            words.append(f"{decided.get_exception_ground_display()}.")
        words += [f"Besloten door {decided.get_body_display()}.", decided.reason]
        yield of_fact(decided, decided.get_outcome_display(), " ".join(filter(None, words)), is_key=True)


def _stays(case: Case) -> Iterator[Event]:
    for stay in facts_shown(Stay, case):
        assert isinstance(stay, Stay)
        words = f"{stay.location}."
        if stay.over_capacity_reason:
            words += f" Boven het afgesproken aantal: {stay.over_capacity_reason}"
        title = "Verblijf begonnen" if stay.kind == StayKind.ADMITTED else "Voorlopig onderdak begonnen"
        yield of_fact(stay, title, words, is_key=True)
        if stay.valid_until and stay.withdrawn_at is None:
            yield of_fact(stay, "Verblijf beëindigd", f"{stay.location}.", on=stay.valid_until)


def _waits(case: Case) -> Iterator[Event]:
    for entry in facts_shown(WaitingListEntry, case):
        assert isinstance(entry, WaitingListEntry)
        yield of_fact(entry, "Op de wachtlijst", entry.reason)
        if entry.valid_until and entry.withdrawn_at is None:
            yield of_fact(entry, "Van de wachtlijst", on=entry.valid_until)


def _procedures(case: Case) -> Iterator[Event]:
    for procedure in facts_shown(Procedure, case):
        assert isinstance(procedure, Procedure)
        kind = procedure.get_kind_display()
        yield of_fact(procedure, "Procedure ingediend", f"{kind}.")
        if procedure.outcome != ProcedureOutcome.PENDING and procedure.withdrawn_at is None:
            yield of_fact(
                procedure, f"Procedure: {procedure.get_outcome_display().lower()}", f"{kind}.", on=procedure.decided_on
            )


def _exits(case: Case) -> Iterator[Event]:
    for left in facts_shown(Exit, case):
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
    """The merges with the persons of other cases. A merge can be withdrawn in the case where it was recorded."""
    own, others = Q(case=case), Q(same_as=case.subject, case__in=Case.objects.visible_to(user))
    merges = list(Merge.objects.filter(own | others).select_related("recorded_by", "case"))
    same = {merge.same_as for merge in merges if merge.case_id == case.pk}
    numbers: dict[uuid.UUID, list[str]] = defaultdict(list)
    if same:
        seen = Case.objects.visible_to(user).filter(municipality=case.municipality_id, subject__in=same)
        for subject, number in seen.order_by("number").values_list("subject", "number"):
            numbers[subject].append(number)
    for merge in merges:
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
    """Who came to see the case and who no longer does. Those of one moment are one event, since one act caused it."""
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


# The verbs of the audit trail about a case in Dutch, of this room and of those above it.
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
    """A change of the case: who did what, and when."""

    at: datetime
    by: str
    what: str


def changes_since(case: Case, version: int) -> list[Change]:
    """The changes of the case after this version, the latest first; at most twenty."""
    entries = AuditEntry.objects.filter(
        subject_type=case._meta.label_lower, subject_id=str(case.pk), details__version__gt=version
    ).order_by("-pk")[:20]
    names = {user.pk: user.full_name for user in User.objects.filter(pk__in={entry.user_id for entry in entries})}
    return [
        Change(entry.at, names.get(entry.user_id, "Onbekend"), VERBS.get(entry.verb, "wijzigde de zaak"))
        for entry in entries
    ]
