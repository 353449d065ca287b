"""The content of the meeting screen for one case: the person, agreements, deadlines and positions."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Organisation, User
from cases import countries, longest_stay, worklist
from cases.models import Case, Procedure, ProcedureOutcome
from scenarios.guidance import actions, questions, scenarios
from scenarios.meetings import passages, positions
from scenarios.models import (
    AgendaItem,
    Attendance,
    Decision,
    ItemAbsence,
    ItemMinutes,
    Meeting,
    Question,
    Scenario,
)

MOST_DECISIONS = 5


@dataclass(frozen=True)
class Place:
    """One item in the list beside the case; `number` counts from 1."""

    item: AgendaItem
    number: int
    is_decided: bool
    is_current: bool


@dataclass(frozen=True)
class Deadline:
    """Something that falls due for the case: on which day, what, and the time left in words (`when`)."""

    on: date
    what: str
    when: str
    is_late: bool


def places(meeting: Meeting, current: uuid.UUID | None, user: User) -> list[Place]:
    """The items that the user sees, in the order of the agenda."""
    items = AgendaItem.objects.on_agenda(meeting, user).with_person().select_related("decision")
    return [
        Place(item, number, hasattr(item, "decision") or item.case.closed_on is not None, item.pk == current)
        for number, item in enumerate(items, 1)
    ]


def brief(item: AgendaItem, now: datetime, user: User) -> dict[str, Any]:
    """The context of one case, in a fixed number of queries. The item has to be read with its person."""
    today = timezone.localdate(now)
    case = worklist.with_course(Case.objects.select_related("worker", "municipality"), today).get(pk=item.case_id)
    case.person = item.case.person
    adopted = scenarios.history(case)
    scenario = scenarios.running(adopted)
    ends_on = longest_stay.ends([case], today).get(case.pk)
    open_actions = actions.open_of([case], user).get(case.pk, [])
    until = Decision.objects.filter(case=case, decided_on__lte=item.meeting.held_on)
    decisions = list(until.select_related("recorded_by").order_by("-decided_on"))
    waiting = list(questions.unanswered_of([case], user))
    identity = case.person.identity if case.person else None
    return {
        "case": case,
        "identity": identity,
        "nationality": countries.NATIONALITIES.get(identity.nationality, identity.nationality) if identity else "",
        "standing": worklist.standing(case),
        "days": (today - case.stay_since).days if case.stay_since else 0,  # type: ignore[attr-defined]
        "scenario": scenario,
        "history": [earlier for earlier in adopted if earlier != scenario],
        "recorded": next((decision for decision in decisions if decision.item_id == item.pk), None),
        "earlier": [decision for decision in decisions if decision.decided_on < item.meeting.held_on][:MOST_DECISIONS],
        "actions": [(action, worklist.in_days(action.due_on, today), action.due_on < today) for action in open_actions],
        "clocks": _deadlines(scenario, ends_on, waiting, today),
        "procedures": list(
            Procedure.objects.standing().filter(case=case, outcome=ProcedureOutcome.PENDING).order_by("valid_from")
        ),
        "minutes": ItemMinutes.objects.filter(item=item).select_related("edited_by").first(),
        "passages": passages.for_reader([item], user).get(item.pk, []),
        "sides": positions.sides([item], user, now).get(item.pk, []),
        "present": _present(item),
    }


def _present(item: AgendaItem) -> dict[Organisation, bool]:
    """The organisations that were at the meeting, each with whether it left the table for this case."""
    left = Exists(ItemAbsence.objects.filter(item=item, organisation=OuterRef("organisation")))
    attendances = Attendance.objects.filter(meeting=item.meeting_id, is_present=True).annotate(has_left=left)
    in_order = attendances.select_related("organisation").order_by("pk")
    return {attendance.organisation: attendance.has_left for attendance in in_order}


def _deadlines(scenario: Scenario | None, ends_on: date | None, waiting: list[Question], today: date) -> list[Deadline]:
    """The deadlines of a case, first due first, without its actions, which have their own list."""
    due: list[tuple[date, str]] = []
    if scenario is not None:
        due.append((scenario.review_on, "Scenario opnieuw bespreken"))
    if ends_on is not None:
        due.append((ends_on, "Verblijf bereikt de maximale duur"))
    due += [(q.due_on, f"Antwoord van {q.organisation} op: {q.get_kind_display().lower()}") for q in waiting]
    return [Deadline(on, what, worklist.in_days(on, today), on < today) for on, what in sorted(due)]


def on_the_wall(item: AgendaItem, today: date, user: User) -> dict[str, Any]:
    """The context for the screen on the wall, which everybody in the room reads: codes, days and organisations only."""
    scenario = scenarios.current(item.case)
    open_actions = actions.open_of([item.case], user).get(item.case_id, [])
    return {
        "scenario": scenario,
        "decision": Decision.objects.filter(item=item).first(),
        "earlier": Decision.objects.filter(case=item.case_id, decided_on__lt=item.meeting.held_on)
        .order_by("-decided_on")
        .first(),
        "actions": [(action, action.due_on < today) for action in open_actions],
    }
