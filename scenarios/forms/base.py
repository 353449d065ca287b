"""What forms of the LSO share: the version of a meeting."""

from datetime import date
from typing import Any

from django import forms

from cases.forms import ActForm
from core.forms import INCOMPLETE
from scenarios.models import Meeting


class MeetingForm(ActForm):
    """A form for an act on a meeting: it knows on which version of the meeting it was opened."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, meeting: Meeting, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": meeting.version, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)
