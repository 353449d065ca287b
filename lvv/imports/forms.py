"""The form that uploads a list."""

from collections.abc import Collection
from typing import Any

from django import forms

from accounts.forms import offer_municipalities
from accounts.models import Municipality
from core.forms import TABLE_FILE, FileForm


class ListForm(FileForm):
    municipality = forms.ModelChoiceField(label="Gemeente", queryset=Municipality.objects.none())
    submit_label = "Controleren"
    field_order = ["municipality", "attachment"]

    def __init__(self, data: Any = None, *, municipalities: Collection[Municipality], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["attachment"].help_text = TABLE_FILE
        offer_municipalities(self, municipalities)
