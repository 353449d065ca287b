"""Forms around the end of a meeting: attendance, close, reopen, correct and adopt minutes."""

from datetime import date
from typing import Any

from crispy_forms.layout import Fieldset, LayoutObject, Row
from django import forms

from accounts.models import Organisation
from cases.forms import ActForm, TextField
from core.forms import say_it_clearly
from scenarios.forms.base import MeetingForm
from scenarios.meetings.attendance import Seat
from scenarios.models import Absence, AgendaItem, Attendance, Correction, Meeting

PRESENT, ABSENT = "present", "absent"
GENERAL = "general"
VERDICTS = [("accepted", "Overnemen"), ("rejected", "Niet overnemen")]


class AttendanceForm(MeetingForm):
    """One line per organisation: present or not, the delegate, and whom the delegate replaces."""

    submit_label = "Aanwezigheid bewaren"

    def __init__(
        self,
        data: Any = None,
        *,
        meeting: Meeting,
        seated: list[Organisation],
        recorded: dict[int, Attendance],
        today: date,
    ) -> None:
        self.seated = seated
        super().__init__(data, meeting=meeting, today=today)
        self.fields.update(_lines(seated, recorded))
        self.sometimes_needed = frozenset(self.fields)
        for field in self.fields.values():
            say_it_clearly(field)

    def rows(self) -> list[str | LayoutObject]:
        return [Fieldset(str(o), Row(f"how_{o.pk}", f"delegate_{o.pk}", f"replaces_{o.pk}")) for o in self.seated]

    @property
    def values(self) -> dict[str, Any]:
        return {"version": self.cleaned_data["version"], "seats": [self._seat(o) for o in self.seated]}

    def _seat(self, organisation: Organisation) -> Seat:
        how = self.cleaned_data[f"how_{organisation.pk}"]
        return Seat(
            organisation,
            is_present=how == PRESENT,
            absence=how if how in Absence.values else "",
            delegate=self.cleaned_data[f"delegate_{organisation.pk}"],
            replaces=self.cleaned_data[f"replaces_{organisation.pk}"],
        )


def _lines(seated: list[Organisation], recorded: dict[int, Attendance]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {}
    choices = [(PRESENT, "Aanwezig"), *Absence.choices, (ABSENT, "Afwezig zonder bericht")]
    for organisation in seated:
        attendance = recorded.get(organisation.pk)
        how = PRESENT if attendance and attendance.is_present else (attendance and attendance.absence) or ABSENT
        key = organisation.pk
        fields[f"how_{key}"] = forms.ChoiceField(label="Aanwezig?", choices=choices, initial=how)
        fields[f"delegate_{key}"] = TextField(
            label="Wie", max_length=120, required=False, initial=attendance.delegate if attendance else ""
        )
        fields[f"replaces_{key}"] = TextField(
            label="Vervangt", max_length=120, required=False, initial=attendance.replaces if attendance else ""
        )
    return fields


class CloseForm(MeetingForm):
    submit_label = "Overleg afsluiten"


class ReopenForm(MeetingForm):
    reason = TextField(label="Reden", max_length=500, lines=2, help_text="De reden blijft bij het overleg staan.")

    submit_label = "Overleg heropenen"
    is_dangerous = True


class CorrectionForm(ActForm):
    """Asks which part of the minutes is wrong, and what it should say."""

    about = forms.ChoiceField(label="Waarover?")
    organisation = forms.ChoiceField(label="Namens")
    text = TextField(label="Wat moet er anders staan?", max_length=1000, lines=4)

    submit_label = "Correctie voorstellen"

    def __init__(
        self, data: Any = None, *, items: list[AgendaItem], organisations: list[Organisation], today: date
    ) -> None:
        self.items = {str(item.pk): item for item in items}
        self.organisations = {str(organisation.pk): organisation for organisation in organisations}
        super().__init__(data, today=today)
        self.fields["about"].choices = [  # type: ignore[attr-defined]
            (GENERAL, "Het algemene deel"),
            *((key, f"Zaak {item.case.number}") for key, item in self.items.items()),
        ]
        self.fields["organisation"].choices = [  # type: ignore[attr-defined]
            (key, str(organisation)) for key, organisation in self.organisations.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        return {
            "item": self.items.get(filled["about"]),
            "organisation": self.organisations[filled["organisation"]],
            "text": filled["text"],
        }


class AdoptForm(ActForm):
    """Asks for a verdict on each proposed correction. The button adopts the minutes."""

    submit_label = "Verslag vaststellen"

    def __init__(self, data: Any = None, *, proposed: list[Correction], today: date) -> None:
        self.proposed = {f"correction_{correction.pk}": correction for correction in proposed}
        super().__init__(data, today=today)
        for name, correction in self.proposed.items():
            label = f"{correction.organisation}: {correction.text}"
            self.fields[name] = forms.ChoiceField(label=label, choices=VERDICTS, widget=forms.RadioSelect)
            say_it_clearly(self.fields[name])

    def rows(self) -> list[str | LayoutObject]:
        return list(self.proposed)

    @property
    def values(self) -> dict[str, Any]:
        verdicts = {c: self.cleaned_data[name] == "accepted" for name, c in self.proposed.items()}
        return {"verdicts": verdicts}
