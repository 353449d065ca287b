"""Forms for what follows the advice: the LSO's answer, and the bodies above the LSO."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.formats import date_format

from cases.forms import DayField, TextField, options
from mrt.forms.base import EscalationForm
from mrt.models import Level, Ruling, Rung
from scenarios.guidance import scenarios
from scenarios.models import AgendaItem, Direction


class AnswerForm(EscalationForm):
    item = forms.ChoiceField(label="Besloten in het overleg van", widget=forms.RadioSelect)
    is_adopted = forms.TypedChoiceField(
        label="Wat doet het LSO met het advies?",
        choices=[("ja", "Het advies overnemen"), ("nee", "Van het advies afwijken")],
        coerce=lambda value: value == "ja",
        widget=forms.RadioSelect,
    )
    reason = TextField(
        label="Reden om af te wijken", max_length=2000, lines=4, required=False, help_text="Nodig bij afwijken."
    )
    kind = forms.ChoiceField(
        label="Scenario dat hieruit volgt",
        choices=scenarios.options_by_direction(empty="Nu geen nieuw scenario"),
        required=False,
    )
    review_on = DayField(
        label="Opnieuw bespreken op", is_ahead=True, required=False, help_text="Nodig bij een nieuw scenario."
    )

    submit_label = "Antwoord vastleggen"
    sometimes_needed = frozenset({"reason", "review_on"})

    def __init__(self, data: Any = None, *, items: Iterable[AgendaItem], **kwargs: Any) -> None:
        self.items = {str(item.pk): item for item in items}
        initial = {"item": next(iter(self.items))} if len(self.items) == 1 else {}
        super().__init__(data, initial=initial, **kwargs)
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            (key, f"{date_format(item.meeting.held_on, 'j F Y')}, {item.meeting.place}")
            for key, item in self.items.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        return {**super().values, "item": self.items[self.cleaned_data["item"]]}


class ClimbForm(EscalationForm):
    reason = TextField(label="Waarom moet de zaak hogerop?", max_length=2000, lines=5)

    submit_label = "Hogerop brengen"


class RuleForm(EscalationForm):
    on = DayField(label="Uitkomst van")
    ruling = forms.ChoiceField(label="Wat is de uitkomst?", choices=Ruling.choices, widget=forms.RadioSelect)
    direction = forms.ChoiceField(
        label="Richting",
        choices=options(Direction.choices),
        required=False,
        help_text="Nodig als een andere richting is gekozen.",
    )
    text = TextField(label="Toelichting", max_length=2000, lines=5)

    submit_label = "Uitkomst vastleggen"
    sometimes_needed = frozenset({"direction"})

    def __init__(self, data: Any = None, *, rung: Rung, **kwargs: Any) -> None:
        super().__init__(data, escalation=rung.escalation, **kwargs)
        if rung.level == Level.ADMINISTRATIVE:
            self.fields["ruling"].choices = [c for c in Ruling.choices if c[0] != Ruling.PASSED_ON]  # type: ignore[attr-defined]
