"""What stands on the papers of the LSO: for each reader no more than the reader sees."""

import uuid
from typing import Any

from django.utils.formats import date_format

from accounts.models import User
from scenarios.models import AgendaItem, Decision, Meeting, Scenario

# What goes to a template, and the persons who stand on the paper.
Sheet = tuple[dict[str, Any], list[uuid.UUID | None]]


def agenda(meeting: Meeting, user: User) -> Sheet:
    """The agenda: the items that the user sees, in order, each with what was decided so far."""
    items = _items(meeting, user)
    cases = [item.case_id for item in items]
    standing = Scenario.objects.standing().filter(case__in=cases, valid_until=None)
    running = {scenario.case_id: scenario for scenario in standing}
    before = Decision.objects.filter(case__in=cases, decided_on__lt=meeting.held_on).order_by("decided_on")
    earlier = {decision.case_id: decision for decision in before}
    data = {
        "title": f"Agenda {meeting}",
        "facts": _about(meeting),
        "items": [
            {
                **_heading(number, item),
                "facts": [
                    ("Doel", item.get_purpose_display()),
                    ("Vraag", item.question),
                    ("Scenario", _scenario(running.get(item.case_id))),
                    ("Vorig besluit", _decision(earlier.get(item.case_id))),
                ],
            }
            for number, item in enumerate(items, start=1)
        ],
    }
    return data, [item.case.person_id for item in items]


def _items(meeting: Meeting, user: User) -> list[AgendaItem]:
    return list(AgendaItem.objects.visible_to(user).filter(meeting=meeting).with_person().order_by("order"))


def _about(meeting: Meeting) -> list[tuple[str, Any]]:
    return [("Datum", meeting.held_on), ("Plaats", meeting.place), ("Status", meeting.get_status_display())]


def _heading(number: int, item: AgendaItem) -> dict[str, str]:
    person = item.case.person
    return {
        "number": str(number),
        "person": person.identity.full_name if person else "Gegevens vernietigd",
        "case": item.case.number,
        "purpose": item.get_purpose_display(),
    }


def _scenario(scenario: Scenario | None) -> str:
    if scenario is None:
        return "Nog geen scenario"
    review_on = date_format(scenario.review_on, "j F Y")
    kind, direction = scenario.get_kind_display(), scenario.get_direction_display().lower()
    return f"{kind} ({direction}), opnieuw bespreken op {review_on}"


def _decision(decision: Decision | None) -> str:
    if decision is None:
        return "Nog niet eerder besproken"
    text = f": {decision.text}" if decision.text else ""
    return f"{decision.get_outcome_display()}, op {date_format(decision.decided_on, 'j F Y')}{text}"
