"""The state of each case of a list: annotated in one query, and put into words."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from cases.models import (
    Admission,
    AdmissionOutcome,
    AdmissionTest,
    Case,
    Exit,
    ExitCategory,
    IdentityStatement,
    Stay,
    StayKind,
    WaitingListEntry,
)


def with_course(cases: "QuerySet[Case]", today: date) -> "QuerySet[Case]":
    """Annotate each case with its state on a day. `standing` puts that into words."""
    of_case = {"case": OuterRef("pk"), "withdrawn_at": None}
    running = Stay.objects.filter(**of_case, valid_until=None).order_by("-valid_from")
    admitted = Stay.objects.filter(**of_case, kind=StayKind.ADMITTED).order_by("valid_from")
    waiting = WaitingListEntry.objects.filter(**of_case, valid_until=None)
    exits = Exit.objects.filter(**of_case).order_by("-valid_from")
    statements = IdentityStatement.objects.leading().filter(person=OuterRef("person"))
    return cases.annotate(
        outcome=Subquery(Admission.objects.filter(**of_case).true_on(today).values("outcome")[:1]),
        is_tested=Exists(AdmissionTest.objects.filter(case=OuterRef("pk"))),
        stay_since=Subquery(running.values("valid_from")[:1]),
        stay_kind=Subquery(running.values("kind")[:1]),
        location=Subquery(running.values("location")[:1]),
        had_stay=Exists(Stay.objects.filter(**of_case)),
        waiting_since=Subquery(waiting.values("valid_from")[:1]),
        exit_category=Subquery(exits.values("category")[:1]),
        admitted_since=Subquery(admitted.values("valid_from")[:1]),
        family_name=Subquery(statements.values("family_name")[:1]),
    )


ADMITTED = Q(outcome__in=[AdmissionOutcome.ADMITTED, AdmissionOutcome.EXCEPTION])

# By code: the words of a situation in the filter of the list, and its condition on annotated cases.
SITUATIONS: dict[str, tuple[str, Q]] = {
    "undecided": ("Nog geen besluit over toelating", Q(outcome=None, closed_on=None)),
    "waiting": ("Op de wachtlijst", Q(waiting_since__isnull=False)),
    "placeless": ("Toegelaten, zonder plaats", ADMITTED & Q(closed_on=None, stay_since=None, had_stay=False)),
    "present": ("Verblijft in de LVV", Q(stay_since__isnull=False)),
    "no_scenario": ("Verblijft, nog zonder scenario", Q(stay_since__isnull=False)),
    "no_exit": ("Verblijf beëindigd, geen uitstroom", Q(had_stay=True, stay_since=None, exit_category=None)),
    "refused": ("Afgewezen", Q(outcome=AdmissionOutcome.REFUSED)),
}


def in_situation(cases: "QuerySet[Case]", situation: str) -> "QuerySet[Case]":
    """Those of the annotated cases that are in a situation."""
    matching = cases.filter(SITUATIONS[situation][1])
    if situation == "no_scenario":
        # Scenarios belong to a room above. Like the facts of every room, a case reaches them by their name.
        with_scenario = Case.objects.filter(
            scenarios__isnull=False, scenarios__withdrawn_at=None, scenarios__valid_until=None
        )
        matching = matching.exclude(pk__in=with_scenario.values("pk"))
    return matching


@dataclass(frozen=True)
class Standing:
    """The state of a case in words. `kind` is the kind of the status label that shows it."""

    kind: str
    words: str


def standing(case: Case) -> Standing:
    """The state of an annotated case."""
    if case.closed_on:
        category = case.exit_category  # type: ignore[attr-defined]
        return Standing("neutral", f"Gesloten: {ExitCategory(category).label}" if category else "Gesloten")
    if case.stay_since:  # type: ignore[attr-defined]
        is_admitted = case.stay_kind == StayKind.ADMITTED  # type: ignore[attr-defined]
        return Standing("active", "Verblijft in de LVV" if is_admitted else "Voorlopig onderdak")
    if case.had_stay:  # type: ignore[attr-defined]
        return Standing("error", "Verblijf beëindigd, nog geen uitstroom")
    if case.waiting_since:  # type: ignore[attr-defined]
        return Standing("warning", "Op de wachtlijst")
    return _before_a_place(case)


def _before_a_place(case: Case) -> Standing:
    if case.outcome == AdmissionOutcome.REFUSED:  # type: ignore[attr-defined]
        return Standing("neutral", "Afgewezen")
    if case.outcome:  # type: ignore[attr-defined]
        return Standing("ok", "Toegelaten, nog geen plaats")
    if case.is_tested:  # type: ignore[attr-defined]
        return Standing("warning", "Getoetst, nog geen besluit")
    return Standing("info", "Aangemeld, nog niet getoetst")


def in_days(day: date, today: date) -> str:
    """How many days away a day is, in words, so that people need not count."""
    days = (day - today).days
    if days < 0:
        return "1 dag te laat" if days == -1 else f"{-days} dagen te laat"
    return {0: "vandaag", 1: "morgen"}.get(days, f"nog {days} dagen")
