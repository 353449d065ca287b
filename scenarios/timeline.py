"""The events of the LSO in the timeline of a case."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.formats import date_format

from cases.models import Case
from cases.timeline import Event, bring, of_fact
from scenarios.models import AgendaItem, Decision, MeetingStatus, Scenario, outcomes


def events(case: Case) -> list[Event]:
    """Undecided items of agendas, decisions, and scenarios."""
    return [*_items(case), *_decisions(case), *_scenarios(case)]


def _items(case: Case) -> Iterator[Event]:
    """The undecided items. Users who do not sit at the table get none: they don't see the meetings."""
    items = AgendaItem.objects.filter(case=case, decision=None).select_related("meeting__municipality")
    for item in items:
        meeting = item.meeting
        title = {
            MeetingStatus.PLANNED: f"Op de agenda van het {meeting}",
            MeetingStatus.HELD: f"Op de agenda van het {meeting}, nog geen besluit vastgelegd",
            MeetingStatus.CLOSED: f"Op de agenda van het {meeting}, zonder besluit",
            MeetingStatus.CANCELLED: f"Op de agenda van het {meeting}, dat is vervallen",
        }[MeetingStatus(meeting.status)]
        yield Event(meeting.held_on, None, title, f"{item.get_purpose_display()}. {item.question}", kind="agendaitem")


def _decisions(case: Case) -> Iterator[Event]:
    """The decisions, except those that have another event: the answer to the MRT, or the scenario."""
    decisions = Decision.objects.filter(case=case).exclude(outcome__in=outcomes.with_a_scenario())
    for decision in decisions.select_related("recorded_by"):
        yield Event(
            decision.decided_on,
            decision.recorded_at,
            f"Besluit van het LSO: {decision.get_outcome_display()}",
            decision.text,
            kind="decision",
            by=str(decision.recorded_by),
            is_key=True,
        )


def _scenarios(case: Case) -> Iterator[Event]:
    scenarios = Scenario.objects.filter(case=case, replaced_by=None)
    for scenario in scenarios.select_related("recorded_by", "decision__recorded_by"):
        decision = scenario.decision
        words = [f"Richting {scenario.get_direction_display().lower()}.", decision.text]
        if scenario.valid_until is None and scenario.withdrawn_at is None:
            words.append(f"Opnieuw bespreken op {date_format(scenario.review_on, 'j F Y')}.")
        what = "Scenario na het MRT-advies" if decision.kind.answers_advice else decision.get_outcome_display()
        title = f"{what}: {scenario.get_kind_display().lower()}"
        event = of_fact(scenario, title, " ".join(filter(None, words)), is_key=True)
        # A later decision that ended the scenario recorded this row. The decision says who adopted it, and when.
        yield replace(event, at=decision.recorded_at, by=str(decision.recorded_by))


bring(lambda case, user: events(case))
