"""The content of the papers of the LSO: agenda, minutes and excerpt. Each reader gets only what they may see."""

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

# The data of a template, and the persons who are named on the paper.
Sheet = tuple[dict[str, Any], list[uuid.UUID | None]]
# A label and its value.
Fact = tuple[str, Any]


def agenda(meeting: Meeting, user: User) -> Sheet:
    """The agenda: the items that the user sees, in order, each with its scenario and the decision before."""
    items = _items(meeting, user)
    cases = [item.case_id for item in items]
    running = {scenario.case_id: scenario for scenario in Scenario.objects.running().filter(case__in=cases)}
    before = Decision.objects.filter(case__in=cases, decided_on__lt=meeting.held_on).order_by("decided_on")
    earlier = {decision.case_id: decision for decision in before}
    written = passages.for_reader(items, user)
    data = {
        "title": f"Agenda {meeting}",
        "facts": [*_meeting_facts(meeting), ("Status", meeting.get_status_display())],
        "before": [topic["title"] for topic in _topics(meeting, is_after_cases=False)],
        "after": [topic["title"] for topic in _topics(meeting, is_after_cases=True)],
        "items": [
            {
                **_heading(number, item),
                "facts": [
                    *_purpose(item),
                    ("Scenario", _running_scenario(running.get(item.case_id))),
                    ("Vorig besluit", _earlier_decision(earlier.get(item.case_id))),
                    *_passages(written.get(item.pk, [])),
                ],
            }
            for number, item in enumerate(items, start=1)
        ],
    }
    return data, [item.case.person_id for item in items]


def minutes(meeting: Meeting, user: User) -> Sheet:
    """The minutes: the general part, which everybody at the table reads, and the items that the user sees."""
    items = _items(meeting, user)
    data = {
        "title": f"Verslag {meeting}{_draft(meeting)}",
        "facts": [*_meeting_facts(meeting), ("Vastgesteld", _adopted(meeting))],
        "attendance": _attendance(meeting),
        "opening": _topics(meeting, is_after_cases=False),
        "closing": _topics(meeting, is_after_cases=True),
        "items": _item_minutes(meeting, items, user),
        "corrections": _general_corrections(Correction.objects.visible_to(user).filter(meeting=meeting, item=None)),
    }
    return data, [item.case.person_id for item in items]


def excerpt(item: AgendaItem, user: User) -> Sheet:
    """The part of the minutes about one case."""
    meeting = item.meeting
    items = [agenda_item for agenda_item in _items(meeting, user) if agenda_item.pk == item.pk]
    data = {
        "title": f"Uittreksel verslag {meeting}{_draft(meeting)}",
        "facts": [*_meeting_facts(meeting), ("Vastgesteld", _adopted(meeting))],
        "attendance": _attendance(meeting),
        "items": _item_minutes(meeting, items, user),
    }
    return data, [item.case.person_id]


def _items(meeting: Meeting, user: User) -> list[AgendaItem]:
    return list(AgendaItem.objects.on_agenda(meeting, user).with_person())


def _meeting_facts(meeting: Meeting) -> list[Fact]:
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


def _purpose(item: AgendaItem) -> list[Fact]:
    return [("Doel", item.get_purpose_display()), ("Vraag", item.question)]


def _running_scenario(scenario: Scenario | None) -> str:
    if scenario is None:
        return "Nog geen scenario"
    return f"{_scenario_name(scenario)}, opnieuw bespreken op {_date(scenario.review_on)}"


def _scenario_name(scenario: Scenario) -> str:
    return f"{scenario.get_kind_display()} ({scenario.get_direction_display().lower()})"


def _earlier_decision(decision: Decision | None) -> str:
    if decision is None:
        return "Nog niet eerder besproken"
    text = f": {decision.text}" if decision.text else ""
    return f"{decision.get_outcome_display()}, op {_date(decision.decided_on)}{text}"


def _passages(written: Iterable[passages.AddressedPassage]) -> list[Fact]:
    """The passages with an item that are for this reader."""
    return [
        (f"Toelichting van {line.passage.organisation}{_only_for(line.readers)}", line.passage.text) for line in written
    ]


def _only_for(readers: list[Organisation]) -> str:
    return f" (alleen voor {', '.join(map(str, readers))})" if readers else ""


def _draft(meeting: Meeting) -> str:
    """The mark of a draft in the title; empty once the minutes are adopted."""
    return "" if meeting.adopted_in else " (concept)"


def _adopted(meeting: Meeting) -> str:
    if meeting.status == MeetingStatus.HELD:
        return "Concept: het overleg is nog niet afgesloten"
    if meeting.adopted_in is None:
        return "Concept: nog niet vastgesteld"
    return f"In het overleg van {_date(meeting.adopted_in.held_on)}"


def _attendance(meeting: Meeting) -> list[list[str]]:
    attendances = (
        Attendance.objects.filter(meeting=meeting).select_related("organisation").order_by("organisation__name")
    )
    return [[str(line.organisation), _delegate(line), _presence(line)] for line in attendances]


def _delegate(attendance: Attendance) -> str:
    if attendance.delegate and attendance.replaces:
        return f"{attendance.delegate}, vervangt {attendance.replaces}"
    return attendance.delegate or (f"Vervanging van {attendance.replaces}" if attendance.replaces else "")


def _presence(attendance: Attendance) -> str:
    return "Aanwezig" if attendance.is_present else attendance.get_absence_display() or "Afwezig"


def _topics(meeting: Meeting, *, is_after_cases: bool) -> list[dict[str, str]]:
    topics = Topic.objects.filter(meeting=meeting, is_after_cases=is_after_cases).order_by("order")
    return [{"title": topic.title, "text": topic.text} for topic in topics]


@dataclass(frozen=True)
class Record:
    """What was recorded about some items of one meeting: `actions`, `reviews` by case, `scenarios` by decision, the
    others by item.
    """

    minutes: dict[uuid.UUID, ItemMinutes]
    decisions: dict[uuid.UUID, Decision]
    scenarios: dict[uuid.UUID, Scenario]
    actions: defaultdict[uuid.UUID, list[list[Any]]]
    reviews: defaultdict[uuid.UUID, list[list[Any]]]
    absent: defaultdict[uuid.UUID, list[str]]
    sides: dict[uuid.UUID, list[Side]]
    corrections: defaultdict[uuid.UUID | None, list[Correction]]


def _record(meeting: Meeting, items: list[AgendaItem], user: User) -> Record:
    """Read the record of these items, in a fixed number of queries."""
    cases, item_keys = [item.case_id for item in items], {item.pk for item in items}
    decisions = {decision.item_id: decision for decision in Decision.objects.filter(item__in=items)}
    # Steps of a scenario that were agreed after the meeting do not belong in its minutes.
    agreed = Action.objects.visible_to(user).filter(case__in=cases, agreed_on=meeting.held_on)
    actions = agreed.select_related("organisation", "decision").order_by("due_on", "text")
    reviews = ActionReview.objects.filter(meeting=meeting, case__in=cases).select_related("action__organisation")
    absences = ItemAbsence.objects.filter(item__in=items).select_related("organisation")
    corrections = Correction.objects.visible_to(user).filter(item__in=items).order_by("proposed_at")
    return Record(
        minutes={text.item_id: text for text in ItemMinutes.objects.visible_to(user).filter(item__in=items)},
        decisions=decisions,
        scenarios=scenarios.scenarios_after(decisions.values()),
        actions=_grouped((a.case_id, [_action_text(a, item_keys), str(a.organisation), a.due_on]) for a in actions),
        reviews=_grouped(
            (r.case_id, [r.action.text, str(r.action.organisation), _finding(r)]) for r in reviews.order_by("pk")
        ),
        absent=_grouped((a.item_id, str(a.organisation)) for a in absences.order_by("organisation__name")),
        sides=sides(items, user, timezone.now()),
        corrections=_grouped((c.item_id, c) for c in corrections.select_related("organisation")),
    )


def _grouped(pairs: Iterable[tuple[Any, Any]]) -> defaultdict[Any, list[Any]]:
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _item_minutes(meeting: Meeting, items: list[AgendaItem], user: User) -> list[dict[str, Any]]:
    """The minutes of each item: question, positions, discussion, conclusion, decision, actions and corrections."""
    record = _record(meeting, items, user)
    return [
        {
            **_heading(number, item),
            "facts": [
                *_purpose(item),
                ("Niet aan tafel bij deze zaak", ", ".join(record.absent[item.pk])),
                *_positions(record.sides.get(item.pk, [])),
                *_minutes_of(record.minutes.get(item.pk)),
                *_decision(record.decisions.get(item.pk), record),
            ],
            "reviewed": record.reviews[item.case_id],
            "actions": record.actions[item.case_id],
            "corrections": _accepted_corrections(record.corrections[item.pk]),
        }
        for number, item in enumerate(items, start=1)
    ]


def _positions(sides: list[Side]) -> list[Fact]:
    """The position of each party that the reader may read, and who gave none before the deadline."""
    positions = [(side, side.position) for side in sides if side.position is not None]
    missed = ", ".join(str(side.organisation) for side in sides if side.state == "missed")
    return [
        *((f"Standpunt {side.organisation}", f"{p.get_stance_display()}. {p.text}".strip()) for side, p in positions),
        ("Geen standpunt gegeven", missed),
    ]


def _minutes_of(text: ItemMinutes | None) -> list[Fact]:
    return [("Besproken", text.discussion), ("Conclusie", text.conclusion)] if text else []


def _decision(decision: Decision | None, record: Record) -> list[Fact]:
    if decision is None:
        return [("Besluit", "Geen besluit")]
    scenario = record.scenarios.get(decision.pk)
    shows_scenario = scenario is not None and (decision.kind.adopts_scenario or decision.kind.keeps_scenario)
    differences = [str(Disagreement(code).label) for code in decision.disagreements]
    return [
        ("Besluit", decision.get_outcome_display()),
        ("Scenario", _running_scenario(scenario) if shows_scenario else ""),
        ("Verschil over", ", ".join(differences)),
        ("Verblijf eindigt op", decision.ends_on or ""),
        ("Toelichting", decision.text),
    ]


def _action_text(action: Action, items: set[uuid.UUID]) -> str:
    is_decided = action.decision is not None and action.decision.item_id in items
    return action.text if is_decided else f"{action.text} (afgesproken op deze dag, buiten het besluit om)"


def _finding(review: ActionReview) -> str:
    moved = f", nu uiterlijk {_date(review.due_on)}" if review.due_on else ""
    text = f": {review.text}" if review.text else ""
    return f"{review.get_result_display()}{moved}{text}"


def _general_corrections(corrections: Any) -> list[Fact]:
    return _accepted_corrections(list(corrections.select_related("organisation").order_by("proposed_at")))


def _accepted_corrections(corrections: list[Correction]) -> list[Fact]:
    """The accepted corrections, with who proposed each and when it was accepted."""
    accepted = [c for c in corrections if c.state == CorrectionState.ACCEPTED and c.judged_at]
    return [
        (f"Correctie van {c.organisation}, overgenomen op {_date(timezone.localdate(c.judged_at))}", c.text)
        for c in accepted
    ]


def _date(day: date) -> str:
    return date_format(day, "j F Y")
