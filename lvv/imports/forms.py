"""The form that brings a list."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.forms import TABLE_FILE, FileForm
from accounts.models import Municipality


class ListForm(FileForm):
    municipality = forms.ModelChoiceField(
        label="Gemeente", queryset=Municipality.objects.none(), empty_label="Kies een mogelijkheid"
    )
    submit_label = "Controleren"
    field_order = ["municipality", "attachment"]

    def __init__(self, data: Any = None, *, municipalities: Sequence[Municipality], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["attachment"].help_text = TABLE_FILE
        field = self.fields["municipality"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Municipality.objects.filter(pk__in=[one.pk for one in municipalities]).order_by("name")
        if len(municipalities) == 1:
            field.initial = municipalities[0].pk
            field.widget = forms.HiddenInput()
