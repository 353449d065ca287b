"""The form of a decision of the LSO."""

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format

from cases.forms import CaseForm, DayField, TextField
from scenarios import meetings
from scenarios.forms.base import scenario_options
from scenarios.models import AgendaItem, Outcome, Scenario


class DecisionForm(CaseForm):
    """What the meeting decided. Of the outcomes only those that fit are offered, and the one that was sent."""

    outcome = forms.ChoiceField(label="Wat heeft het overleg besloten?", widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="Scenario", choices=scenario_options(), required=False)
    review_on = DayField(label="Opnieuw bespreken op", is_ahead=True, required=False)
    text = TextField(
        label="Toelichting",
        max_length=2000,
        lines=5,
        required=False,
        help_text="Nodig bij aanhouden en bij opschalen naar het MRT.",
    )

    submit_label = "Besluit vastleggen"
    sometimes_needed = frozenset({"kind", "review_on", "text"})

    def __init__(self, data: Any = None, *, item: AgendaItem, scenario: Scenario | None, today: date) -> None:
        self.has_scenario = scenario is not None
        super().__init__(data, case=item.case, today=today)
        sent = self["outcome"].value()
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (outcome.value, outcome.label)
            for outcome in Outcome
            if outcome not in meetings.ANSWERS and (outcome.value == sent or self._fits(outcome))
        ]
        which = "herzien" if self.has_scenario else "vastgesteld"
        self.fields["kind"].help_text = f"Nodig bij een {which} scenario."
        self.fields["review_on"].help_text = f"Nodig bij een {which} scenario."
        if scenario is not None:
            self.fields["review_on"].help_text = (
                "Nodig bij een herzien scenario. Blijft het scenario? Dan kunt u hier een nieuwe datum kiezen. "
                f"Nu is dat {date_format(scenario.review_on, 'j F Y')}."
            )

    def _fits(self, outcome: Outcome) -> bool:
        if outcome in {Outcome.REVISED, Outcome.KEPT}:
            return self.has_scenario
        return outcome != Outcome.ADOPTED or not self.has_scenario
