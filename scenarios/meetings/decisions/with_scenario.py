"""What the decisions to adopt and to revise a scenario share."""

from datetime import datetime

from django import forms

from accounts.models import User
from cases.forms import DayField
from scenarios.guidance import scenarios
from scenarios.meetings.decisions.forms import SteppedForm
from scenarios.meetings.decisions.kinds import Resolution
from scenarios.models import AgendaItem, Decision

TAKES = frozenset({"kind", "review_on"})


class ScenarioForm(SteppedForm):
    """Asks for the scenario and its review date."""

    kind = forms.ChoiceField(label="Scenario", choices=scenarios.options_by_direction())
    review_on = DayField(label="Opnieuw bespreken op", is_ahead=True)


def reasons(item: AgendaItem, resolution: Resolution, *, is_revision: bool) -> list[str]:
    """Why this scenario can't be adopted, as the first one or as a revision."""
    return [
        *scenarios.order_blockers(item.case, is_revision=is_revision),
        *scenarios.adoption_blockers(
            item.case, kind=resolution.kind, on=item.meeting.held_on, review_on=resolution.review_on
        ),
    ]


def adopt(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    assert resolution.review_on is not None
    scenarios.adopt(decision, kind=resolution.kind, review_on=resolution.review_on, by=by, at=at)
