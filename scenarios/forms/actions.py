"""Forms of actions: agree on one, settle one, review them in a meeting, start the steps of a track."""

from datetime import date
from typing import Any

from crispy_forms.layout import Fieldset, LayoutObject, Row
from django import forms

from accounts.models import Organisation
from cases.forms import ActForm, CaseForm, DayField, TextField, options
from core.forms import say_it_clearly
from scenarios.forms.base import MeetingForm
from scenarios.guidance.actions import Undertaking
from scenarios.guidance.tracks import Step
from scenarios.models import Action, ActionKind, Meeting, ReviewResult


class AgreeForm(CaseForm):
    organisation = forms.ChoiceField(label="Wie")
    kind = forms.ChoiceField(label="Soort", choices=ActionKind.choices)
    text = TextField(label="Doet wat", max_length=300)
    due_on = DayField(label="Uiterlijk", is_ahead=True)

    submit_label = "Actie afspreken"

    def __init__(self, data: Any = None, *, owners: list[Organisation], **kwargs: Any) -> None:
        self.owners = {str(owner.pk): owner for owner in owners}
        super().__init__(data, **kwargs)
        self.fields["organisation"].choices = options([(key, str(o)) for key, o in self.owners.items()])  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        return {**filled, "organisation": self.owners[filled["organisation"]]}


class SettleForm(ActForm):
    result = forms.ChoiceField(
        label="Hoe staat het?",
        choices=[("done", "Gedaan"), ("impossible", "Niet meer mogelijk")],
        widget=forms.RadioSelect,
    )
    on = DayField(label="Sinds")
    text = TextField(
        label="Toelichting", max_length=500, lines=2, required=False, help_text="Nodig als het niet meer mogelijk is."
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    submit_label = "Actie bijwerken"
    sometimes_needed = frozenset({"text"})


class ReviewForm(MeetingForm):
    """Asks for the finding of the meeting on each action. An action left blank is reviewed later."""

    submit_label = "Bevindingen vastleggen"

    def __init__(self, data: Any = None, *, unreviewed: list[Action], meeting: Meeting, today: date) -> None:
        self.unreviewed = unreviewed
        super().__init__(data, meeting=meeting, today=today)
        for action in unreviewed:
            self._add(action, today)
        self.sometimes_needed = frozenset(self.fields)

    def _add(self, action: Action, today: date) -> None:
        choices = [("", "Nog niet nagelopen"), *ReviewResult.choices]
        day = DayField(label="Nieuwe datum", is_ahead=True, required=False)
        day.set_today(today)
        added = {
            f"result_{action.pk}": forms.ChoiceField(label="Bevinding", choices=choices, required=False),
            f"due_{action.pk}": day,
            f"text_{action.pk}": TextField(label="Toelichting", max_length=500, required=False),
        }
        for field in added.values():
            say_it_clearly(field)
        self.fields.update(added)

    def rows(self) -> list[str | LayoutObject]:
        return [
            Fieldset(
                f"{action.case.number}: {action.text} ({action.organisation})",
                Row(f"result_{action.pk}", f"due_{action.pk}", f"text_{action.pk}"),
            )
            for action in self.unreviewed
        ]

    @property
    def findings(self) -> list[tuple[Action, dict[str, Any]]]:
        """The actions with a finding, each with the values for `actions.review`."""
        filled = self.cleaned_data
        return [
            (
                action,
                {
                    "result": filled[f"result_{action.pk}"],
                    "due_on": filled[f"due_{action.pk}"],
                    "text": filled[f"text_{action.pk}"],
                },
            )
            for action in self.unreviewed
            if filled[f"result_{action.pk}"]
        ]


class TrackForm(CaseForm):
    """Offers the usual steps of a scenario, each with an owner and a day. The user ticks the steps to start."""

    submit_label = "Stappen starten"

    def __init__(
        self,
        data: Any = None,
        *,
        proposed: list[tuple[Step, Organisation | None, date]],
        owners: list[Organisation],
        running: set[str],
        today: date,
        **kwargs: Any,
    ) -> None:
        self.proposed = [step for step, _, _ in proposed]
        self.owners = {str(owner.pk): owner for owner in owners}
        super().__init__(data, today=today, **kwargs)
        for number, (step, owner, due_on) in enumerate(proposed):
            self._add(number, step, owner, due_on, is_taken=step.text not in running, today=today)
        self.sometimes_needed = frozenset(self.fields)

    def _add(
        self, number: int, step: Step, owner: Organisation | None, due_on: date, *, is_taken: bool, today: date
    ) -> None:
        choices = [(key, str(organisation)) for key, organisation in self.owners.items()]
        day = DayField(label="Uiterlijk", is_ahead=True, initial=due_on)
        day.set_today(today)
        added = {
            f"take_{number}": forms.BooleanField(label="Deze stap starten", required=False, initial=is_taken),
            f"who_{number}": forms.ChoiceField(label="Wie", choices=choices, initial=str(owner.pk) if owner else ""),
            f"due_{number}": day,
        }
        for field in added.values():
            say_it_clearly(field)
        self.fields.update(added)

    def rows(self) -> list[str | LayoutObject]:
        return [
            Fieldset(f"{step.kind.label}: {step.text}", f"take_{number}", Row(f"who_{number}", f"due_{number}"))
            for number, step in enumerate(self.proposed)
        ]

    @property
    def chosen(self) -> list[Undertaking]:
        filled = self.cleaned_data
        return [
            Undertaking(self.owners[filled[f"who_{number}"]], step.text, filled[f"due_{number}"], step.kind)
            for number, step in enumerate(self.proposed)
            if filled[f"take_{number}"]
        ]
