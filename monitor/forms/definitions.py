"""Which figure of a definition set to lay beside that of the set before."""

from typing import Any

from django import forms

from core.forms import PlainForm
from monitor.figures.indicators import DefinitionSet
from monitor.figures.measurement import NATIONAL


class PreviewForm(PlainForm):
    """Without a choice: durable solutions, nationally."""

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
        """(code, scope) of a valid form."""
        return self.cleaned_data["figure"] or "durable", self.cleaned_data["scope"] or NATIONAL
