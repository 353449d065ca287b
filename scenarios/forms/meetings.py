"""Forms of a meeting: plan, hold, cancel, put a case on the agenda and take it off."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.layout import LayoutObject
from django import forms
from django.utils.formats import date_format

from accounts.models import Municipality, Organisation
from cases.forms import ActForm, CaseForm, DayField, TextField, options
from scenarios.forms.base import MeetingForm
from scenarios.models import Meeting, Purpose


class PlanForm(ActForm):
    """Asks for the municipality only when the user plans for more than one."""

    municipality = forms.ChoiceField(label="Gemeente")
    held_on = DayField(
        label="Datum", is_ahead=True, help_text="Een overleg dat al is geweest, kunt u hier ook vastleggen."
    )
    starts_at = forms.TimeField(
        label="Begint om",
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "Vul een tijd in, zoals 09:30."},
        help_text="Leeg: zoals afgesproken.",
    )
    minutes = forms.IntegerField(label="Duur in minuten", required=False, min_value=15, max_value=600)
    place = TextField(label="Plaats", max_length=120)

    submit_label = "Overleg plannen"

    def __init__(
        self, data: Any = None, *, municipalities: list[Municipality], today: date, initial: dict[str, Any]
    ) -> None:
        self.municipalities = {str(m.pk): m for m in municipalities}
        super().__init__(data, today=today, initial=initial)
        self.fields["municipality"].choices = options(  # type: ignore[attr-defined]
            [(key, m.name) for key, m in self.municipalities.items()]
        )
        if len(municipalities) == 1:
            del self.fields["municipality"]

    def rows(self) -> list[str | LayoutObject]:
        return [name for name in super().rows() if name != "municipality" or len(self.municipalities) > 1]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        chosen = values.get("municipality") or next(iter(self.municipalities))
        return {**values, "municipality": self.municipalities[chosen]}


class HoldForm(MeetingForm):
    """Asks which partners were present. The municipality chairs, so it always was."""

    present = forms.MultipleChoiceField(
        label="Welke partners waren aanwezig?", widget=forms.CheckboxSelectMultiple, required=False
    )

    submit_label = "Vastleggen dat het overleg is gehouden"

    def __init__(self, data: Any = None, *, meeting: Meeting, seated: list[Organisation], today: date) -> None:
        self.chair, *partners = seated
        self.partners = {str(partner.pk): partner for partner in partners}
        super().__init__(data, meeting=meeting, today=today, initial={"present": list(self.partners)})
        self.fields["present"].choices = [  # type: ignore[attr-defined]
            (key, partner.name) for key, partner in self.partners.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        partners = [self.partners[key] for key in self.cleaned_data["present"]]
        return {**super().values, "present": [self.chair, *partners]}


class CancelForm(MeetingForm):
    submit_label = "Overleg laten vervallen"
    is_dangerous = True


class AddItemForm(CaseForm):
    meeting = forms.ChoiceField(label="Overleg", widget=forms.RadioSelect)
    purpose = forms.ChoiceField(label="Waarvoor?", choices=Purpose.choices, widget=forms.RadioSelect)
    question = TextField(
        label="Vraag aan het overleg",
        max_length=500,
        lines=3,
        required=False,
        help_text="Wat moet het overleg weten of beslissen?",
    )

    submit_label = "Op de agenda zetten"

    def __init__(self, data: Any = None, *, planned: Iterable[Meeting], initial: dict[str, Any], **kwargs: Any) -> None:
        self.planned = {str(meeting.pk): meeting for meeting in planned}
        if len(self.planned) == 1:
            initial = {**initial, "meeting": next(iter(self.planned))}
        super().__init__(data, initial=initial, **kwargs)
        self.fields["meeting"].choices = [  # type: ignore[attr-defined]
            (key, f"{date_format(meeting.held_on, 'l j F Y')}, {meeting.place}")
            for key, meeting in self.planned.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        return {**super().values, "meeting": self.planned[self.cleaned_data["meeting"]]}


class TakeOffForm(ActForm):
    submit_label = "Van de agenda halen"
    is_dangerous = True
