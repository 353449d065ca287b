"""The base of the forms that act on a meeting."""

from datetime import date
from typing import Any

from django import forms

from cases.forms import ActForm
from core.forms import INCOMPLETE
from scenarios.models import Meeting


class MeetingForm(ActForm):
    """Carries the version of the meeting on which the form was opened."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, meeting: Meeting, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": meeting.version, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)
