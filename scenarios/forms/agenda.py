"""Forms of an agenda: its order, its topics, the passages with a case, and sending it."""

import uuid
from datetime import date
from typing import Any

from django import forms

from accounts.models import Organisation
from cases.forms import ActForm, TextField
from core.forms import INCOMPLETE
from scenarios.forms.base import MeetingForm
from scenarios.models import Meeting

MOST_TOPICS = 10


class TopicsField(TextField):
    """A list of topics, one per line."""

    def __init__(self, *, label: str) -> None:
        super().__init__(label=label, max_length=1300, lines=3, required=False, help_text="Eén punt per regel.")

    def clean(self, value: Any) -> Any:
        lines = [line.strip() for line in str(super().clean(value)).splitlines() if line.strip()]
        if len(lines) > MOST_TOPICS or any(len(line) > 120 for line in lines):
            raise forms.ValidationError(f"Gebruik hoogstens {MOST_TOPICS} regels van hoogstens 120 tekens.")
        return lines


class OrderForm(MeetingForm):
    """Moves one item to another place, counted from 1. The page sends it by a button or by dragging."""

    item = forms.UUIDField(error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE})
    place = forms.IntegerField(label="Plaats", min_value=1, max_value=1000)

    def __init__(self, data: Any = None, *, order: list[uuid.UUID], **kwargs: Any) -> None:
        self.order = order
        super().__init__(data, **kwargs)

    def clean_item(self) -> uuid.UUID:
        item: uuid.UUID = self.cleaned_data["item"]
        if item not in self.order:
            raise forms.ValidationError("Deze zaak staat niet op de agenda. Laad de pagina opnieuw.")
        return item


class TopicsForm(MeetingForm):
    opening = TopicsField(label="Vóór de zaken")
    closing = TopicsField(label="Na de zaken")

    submit_label = "Punten bewaren"

    def __init__(self, data: Any = None, *, meeting: Meeting, **kwargs: Any) -> None:
        topics = list(meeting.topics.order_by("order"))
        initial = {
            "opening": "\n".join(topic.title for topic in topics if not topic.is_after_cases),
            "closing": "\n".join(topic.title for topic in topics if topic.is_after_cases),
        }
        super().__init__(data, meeting=meeting, initial=initial, **kwargs)


class SendForm(MeetingForm):
    """This form has no visible field; its button sends the agenda, or the change of it."""

    def __init__(self, data: Any = None, *, meeting: Meeting, today: date) -> None:
        self.submit_label = "Agenda versturen" if meeting.agenda_sent_at is None else "Wijziging versturen"
        super().__init__(data, meeting=meeting, today=today)


class PassageForm(ActForm):
    text = TextField(label="Toelichting", max_length=4000, lines=6)
    readers = forms.MultipleChoiceField(
        label="Alleen voor",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Kiest u niemand? Dan lezen alle partijen bij deze zaak het. De gemeente leest altijd mee.",
    )

    submit_label = "Toelichting toevoegen"
    sometimes_needed = frozenset({"readers"})

    def __init__(self, data: Any = None, *, readers: list[Organisation], today: date) -> None:
        self.possible = {str(organisation.pk): organisation for organisation in readers}
        super().__init__(data, today=today)
        self.fields["readers"].choices = [(key, str(o)) for key, o in self.possible.items()]  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        filled = super().values
        return {**filled, "readers": [self.possible[key] for key in filled["readers"]]}


class RemovePassageForm(ActForm):
    submit_label = "Toelichting verwijderen"
    is_dangerous = True
