"""The form that chooses a figure to compare by two definition sets."""

from typing import Any

from django import forms

from core.forms import PlainForm
from monitor.figures.indicators import DefinitionSet
from monitor.figures.measurement import NATIONAL


class PreviewForm(PlainForm):
    """A form without choices means durable solutions in the country."""

    figure = forms.ChoiceField(label="Cijfer", required=False)
    scope = forms.ChoiceField(label="Waar", required=False)

    def __init__(
        self, data: Any = None, *, definition_set: DefinitionSet, municipalities: list[str], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        plain = [(item.code, item.title) for item in definition_set.indicators if not item.by]
        places = [(NATIONAL, "Landelijk"), *((name, name) for name in municipalities)]
        self.fields["figure"].choices = plain  # type: ignore[attr-defined]
        self.fields["scope"].choices = places  # type: ignore[attr-defined]
        self.fields["figure"].initial, self.fields["scope"].initial = "durable", NATIONAL

    def chosen(self) -> tuple[str, str]:
        """(code, scope); the form must be valid."""
        return self.cleaned_data["figure"] or "durable", self.cleaned_data["scope"] or NATIONAL
