"""What stands on the papers of the LSO: for each reader no more than the reader sees."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Organisation, User
from scenarios.guidance import scenarios
from scenarios.meetings import passages
from scenarios.meetings.positions import Side, sides
from scenarios.models import (
    Action,
    ActionReview,
    AgendaItem,
    Attendance,
    Correction,
    CorrectionState,
    Decision,
    Disagreement,
    ItemAbsence,
    ItemMinutes,
    Meeting,
    MeetingStatus,
    Scenario,
    Topic,
)

# What goes to a template, and the persons who stand on the paper.
Sheet = tuple[dict[str, Any], list[uuid.UUID | None]]
# A name and what it is.
Fact = tuple[str, Any]


def agenda(meeting: Meeting, user: User) -> Sheet:
    """The agenda: the items that the user sees, in order, each with what was decided so far."""
    items = _items(meeting, user)
    cases = [item.case_id for item in items]
    running = {scenario.case_id: scenario for scenario in Scenario.objects.running().filter(case__in=cases)}
    before = Decision.objects.filter(case__in=cases, decided_on__lt=meeting.held_on).order_by("decided_on")
    earlier = {decision.case_id: decision for decision in before}
    written = passages.shown(items, user)
    data = {
        "title": f"Agenda {meeting}",
        "facts": [*_about(meeting), ("Status", meeting.get_status_display())],
        "before": [topic["title"] for topic in _topics(meeting, is_after_cases=False)],
        "after": [topic["title"] for topic in _topics(meeting, is_after_cases=True)],
        "items": [
            {
                **_heading(number, item),
                "facts": [
                    *_asked(item),
                    ("Scenario", _running(running.get(item.case_id))),
                    ("Vorig besluit", _earlier(earlier.get(item.case_id))),
                    *_passages(written.get(item.pk, [])),
                ],
            }
            for number, item in enumerate(items, start=1)
        ],
    }
    return data, [item.case.person_id for item in items]


def minutes(meeting: Meeting, user: User) -> Sheet:
    """The minutes of a closed meeting: what all at the table read, and the items that the user sees."""
    items = _items(meeting, user)
    data = {
        "title": f"Verslag {meeting}{_draft(meeting)}",
        "facts": [*_about(meeting), ("Vastgesteld", _adopted(meeting))],
        "attendance": _attendance(meeting),
        "opening": _topics(meeting, is_after_cases=False),
        "closing": _topics(meeting, is_after_cases=True),
        "items": _minuted(meeting, items, user),
        "corrections": _corrected(Correction.objects.visible_to(user).filter(meeting=meeting, item=None)),
    }
    return data, [item.case.person_id for item in items]


def excerpt(item: AgendaItem, user: User) -> Sheet:
    """What the minutes of a closed meeting say of one case."""
    meeting = item.meeting
    items = [one for one in _items(meeting, user) if one.pk == item.pk]
    data = {
        "title": f"Uittreksel verslag {meeting}{_draft(meeting)}",
        "facts": [*_about(meeting), ("Vastgesteld", _adopted(meeting))],
        "attendance": _attendance(meeting),
        "items": _minuted(meeting, items, user),
    }
    return data, [item.case.person_id]


def _items(meeting: Meeting, user: User) -> list[AgendaItem]:
    return list(AgendaItem.objects.on_agenda(meeting, user).with_person())


def _about(meeting: Meeting) -> list[Fact]:
    times = f"{meeting.started_at:%H:%M} tot {meeting.ended_at:%H:%M}"
    return [("Datum", meeting.held_on), ("Tijd", times), ("Plaats", meeting.place)]


def _heading(number: int, item: AgendaItem) -> dict[str, str]:
    person = item.case.person
    return {
        "number": str(number),
        "person": person.identity.full_name if person else "Gegevens vernietigd",
        "case": item.case.number,
        "purpose": item.get_purpose_display(),
    }


def _asked(item: AgendaItem) -> list[Fact]:
    return [("Doel", item.get_purpose_display()), ("Vraag", item.question)]


def _running(scenario: Scenario | None) -> str:
    if scenario is None:
        return "Nog geen scenario"
    return f"{_named(scenario)}, opnieuw bespreken op {_day(scenario.review_on)}"


def _named(scenario: Scenario) -> str:
    return f"{scenario.get_kind_display()} ({scenario.get_direction_display().lower()})"


def _earlier(decision: Decision | None) -> str:
    if decision is None:
        return "Nog niet eerder besproken"
    text = f": {decision.text}" if decision.text else ""
    return f"{decision.get_outcome_display()}, op {_day(decision.decided_on)}{text}"


def _passages(written: Iterable[passages.Shown]) -> list[Fact]:
    """What was written with an item, as far as it is for this reader."""
    return [
        (f"Toelichting van {one.passage.organisation}{_only_for(one.readers)}", one.passage.text) for one in written
    ]


def _only_for(readers: list[Organisation]) -> str:
    return f" (alleen voor {', '.join(map(str, readers))})" if readers else ""


def _draft(meeting: Meeting) -> str:
    """In the title, which stands on top and in the name of the window."""
    return "" if meeting.adopted_in else " (concept)"


def _adopted(meeting: Meeting) -> str:
    if meeting.status == MeetingStatus.HELD:
        return "Concept: het overleg is nog niet afgesloten"
    if meeting.adopted_in is None:
        return "Concept: nog niet vastgesteld"
    return f"In het overleg van {_day(meeting.adopted_in.held_on)}"


def _attendance(meeting: Meeting) -> list[list[str]]:
    there = Attendance.objects.filter(meeting=meeting).select_related("organisation").order_by("organisation__name")
    return [[str(one.organisation), _who(one), _presence(one)] for one in there]


def _who(one: Attendance) -> str:
    if one.delegate and one.replaces:
        return f"{one.delegate}, vervangt {one.replaces}"
    return one.delegate or (f"Vervanging van {one.replaces}" if one.replaces else "")


def _presence(one: Attendance) -> str:
    return "Aanwezig" if one.is_present else one.get_absence_display() or "Afwezig"


def _topics(meeting: Meeting, *, is_after_cases: bool) -> list[dict[str, str]]:
    topics = Topic.objects.filter(meeting=meeting, is_after_cases=is_after_cases).order_by("order")
    return [{"title": topic.title, "text": topic.text} for topic in topics]


@dataclass(frozen=True)
class Record:
    """What was recorded of some items of one meeting, by item or by case."""

    minutes: dict[uuid.UUID, ItemMinutes]
    decisions: dict[uuid.UUID, Decision]
    scenarios: dict[uuid.UUID, Scenario]
    actions: defaultdict[uuid.UUID, list[list[Any]]]
    reviews: defaultdict[uuid.UUID, list[list[Any]]]
    absent: defaultdict[uuid.UUID, list[str]]
    sides: dict[uuid.UUID, list[Side]]
    corrections: defaultdict[uuid.UUID | None, list[Correction]]


def _record(meeting: Meeting, items: list[AgendaItem], user: User) -> Record:
    """All that was recorded, in a fixed number of queries."""
    cases, here = [item.case_id for item in items], {item.pk for item in items}
    decisions = {one.item_id: one for one in Decision.objects.filter(item__in=items)}
    # The steps of a scenario may be agreed later on; those stand in no minutes.
    agreed = Action.objects.visible_to(user).filter(case__in=cases, agreed_on=meeting.held_on)
    actions = agreed.select_related("organisation", "decision").order_by("due_on", "text")
    reviews = ActionReview.objects.filter(meeting=meeting, case__in=cases).select_related("action__organisation")
    absences = ItemAbsence.objects.filter(item__in=items).select_related("organisation")
    corrections = Correction.objects.visible_to(user).filter(item__in=items).order_by("proposed_at")
    return Record(
        minutes={one.item_id: one for one in ItemMinutes.objects.visible_to(user).filter(item__in=items)},
        decisions=decisions,
        scenarios=scenarios.as_decided(decisions.values()),
        actions=_by((a.case_id, [_agreed(a, here), str(a.organisation), a.due_on]) for a in actions),
        reviews=_by(
            (r.case_id, [r.action.text, str(r.action.organisation), _finding(r)]) for r in reviews.order_by("pk")
        ),
        absent=_by((a.item_id, str(a.organisation)) for a in absences.order_by("organisation__name")),
        sides=sides(items, user, timezone.now()),
        corrections=_by((c.item_id, c) for c in corrections.select_related("organisation")),
    )


def _by(pairs: Iterable[tuple[Any, Any]]) -> defaultdict[Any, list[Any]]:
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _minuted(meeting: Meeting, items: list[AgendaItem], user: User) -> list[dict[str, Any]]:
    """Each item: what was asked, said, concluded, decided and agreed."""
    record = _record(meeting, items, user)
    return [
        {
            **_heading(number, item),
            "facts": [
                *_asked(item),
                ("Niet aan tafel bij deze zaak", ", ".join(record.absent[item.pk])),
                *_thought(record.sides.get(item.pk, [])),
                *_said(record.minutes.get(item.pk)),
                *_decided(record.decisions.get(item.pk), record),
            ],
            "reviewed": record.reviews[item.case_id],
            "actions": record.actions[item.case_id],
            "corrections": _accepted(record.corrections[item.pk]),
        }
        for number, item in enumerate(items, start=1)
    ]


def _thought(sides: list[Side]) -> list[Fact]:
    """What each party thought, as far as it is open; of who gave nothing, that."""
    given = [(side, side.position) for side in sides if side.position is not None]
    missed = ", ".join(str(side.organisation) for side in sides if side.state == "missed")
    return [
        *((f"Standpunt {side.organisation}", f"{p.get_stance_display()}. {p.text}".strip()) for side, p in given),
        ("Geen standpunt gegeven", missed),
    ]


def _said(text: ItemMinutes | None) -> list[Fact]:
    return [("Besproken", text.discussion), ("Conclusie", text.conclusion)] if text else []


def _decided(decision: Decision | None, record: Record) -> list[Fact]:
    if decision is None:
        return [("Besluit", "Geen besluit")]
    scenario = record.scenarios.get(decision.pk)
    has_one = scenario is not None and (decision.kind.adopts_scenario or decision.kind.keeps_scenario)
    differences = [str(Disagreement(code).label) for code in decision.disagreements]
    return [
        ("Besluit", decision.get_outcome_display()),
        ("Scenario", _running(scenario) if has_one else ""),
        ("Verschil over", ", ".join(differences)),
        ("Verblijf eindigt op", decision.ends_on or ""),
        ("Toelichting", decision.text),
    ]


def _agreed(action: Action, items: set[uuid.UUID]) -> str:
    is_decided = action.decision is not None and action.decision.item_id in items
    return action.text if is_decided else f"{action.text} (afgesproken op deze dag, buiten het besluit om)"


def _finding(review: ActionReview) -> str:
    moved = f", nu uiterlijk {_day(review.due_on)}" if review.due_on else ""
    text = f": {review.text}" if review.text else ""
    return f"{review.get_result_display()}{moved}{text}"


def _corrected(corrections: Any) -> list[Fact]:
    return _accepted(list(corrections.select_related("organisation").order_by("proposed_at")))


def _accepted(corrections: list[Correction]) -> list[Fact]:
    """What was taken over of the corrections, by whom it was proposed and when it was judged."""
    taken = [one for one in corrections if one.state == CorrectionState.ACCEPTED and one.judged_at]
    return [
        (f"Correctie van {one.organisation}, overgenomen op {_day(timezone.localdate(one.judged_at))}", one.text)
        for one in taken
    ]


def _day(day: date) -> str:
    return date_format(day, "j F Y")
