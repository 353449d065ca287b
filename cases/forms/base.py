"""The form of an act on a case. It remembers the version of the case on which it was opened."""

from datetime import date
from typing import Any

from django import forms

from cases.models import Case
from core.forms import INCOMPLETE, ActForm, DayField, TextField, options, say_it_clearly

__all__ = ["ActForm", "CaseForm", "DayField", "TextField", "options", "say_it_clearly"]


class CaseForm(ActForm):
    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, case: Case, today: date, **kwargs: Any) -> None:
        self.case = case
        kwargs["initial"] = {"version": case.version, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)

    @property
    def opened_on_version(self) -> int:
        """The version of the case that the visitor saw."""
        return int(self.cleaned_data["version"])
