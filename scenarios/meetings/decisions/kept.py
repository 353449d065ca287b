"""The LSO keeps the running scenario; it may set another review date."""

from datetime import datetime
from typing import Any

from django.utils.formats import date_format

from accounts.models import User
from cases.forms import DayField
from scenarios.guidance import scenarios
from scenarios.meetings.decisions.forms import SteppedForm
from scenarios.meetings.decisions.kinds import Kind, Resolution, bring
from scenarios.models import AgendaItem, Decision


class KeepingForm(SteppedForm):
    review_on = DayField(label="Opnieuw bespreken op", is_ahead=True, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.scenario is not None:
            stands = date_format(self.scenario.review_on, "j F Y")
            self.fields["review_on"].help_text = f"Leeg: de datum blijft {stands}."


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    return scenarios.keeping_blockers(item.case, on=item.meeting.held_on, review_on=resolution.review_on)


def keep(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    scenarios.keep(decision, review_on=resolution.review_on, by=by, at=at)


KEPT = bring(
    Kind(
        "kept",
        "Scenario blijft, met tussenstappen",
        keeps_scenario=True,
        place=60,
        form=KeepingForm,
        fits=lambda situation: situation.scenario is not None,
        takes=frozenset({"review_on"}),
        rule=rule,
        carry_out=keep,
    )
)
