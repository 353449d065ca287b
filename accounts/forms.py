"""The forms of users, roles, machine clients and the log."""

from collections.abc import Collection
from copy import copy
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.machines import Dataset, read_key
from accounts.models import Municipality, Organisation, User
from accounts.permissions import Role
from core.forms import ActForm, DayField, EmailField, PlainForm, TextField, options


def offer_municipalities(form: forms.Form, municipalities: Collection[Municipality]) -> None:
    """Let the field `municipality` of a form choose among these. When there is only one, the field is hidden."""
    field = form.fields["municipality"]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = Municipality.objects.filter(pk__in=[municipality.pk for municipality in municipalities]).order_by(
        "name"
    )
    field.empty_label = "Kies een mogelijkheid"
    if len(municipalities) == 1:
        field.widget, field.initial = forms.HiddenInput(), next(iter(municipalities)).pk


class AppointForm(ActForm):
    """Gives a user a role in an organisation."""

    organisation = forms.ModelChoiceField(
        label="Organisatie", queryset=Organisation.objects.order_by("name"), empty_label="Kies een mogelijkheid"
    )
    role = forms.ChoiceField(
        label="Rol", choices=options([role for role in Role.choices if role[0] != Role.MACHINE_CLIENT])
    )

    submit_label = "Rol geven"


class UserForm(AppointForm):
    full_name = TextField(label="Naam", max_length=120)
    email = EmailField(label="E-mailadres", help_text="Hiermee logt de gebruiker in.")
    password = TextField(
        label="Eerste wachtwoord",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Ten minste twaalf tekens. Geef het mondeling door; de gebruiker kiest daarna een eigen wachtwoord.",
    )

    submit_label = "Gebruiker toevoegen"
    field_order = ("full_name", "email", "organisation", "role", "password")

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class MachineKeyForm(ActForm):
    """Asks for the public half of a machine client's key."""

    public_key = TextField(
        label="Publieke sleutel",
        max_length=4000,
        lines=6,
        help_text="De tekst met de regels BEGIN PUBLIC KEY en END PUBLIC KEY. De afnemer maakt het paar en houdt de "
        "geheime helft zelf: die ziet u hier nooit.",
    )

    submit_label = "Sleutel vervangen"

    def clean_public_key(self) -> str:
        """Check the key here, so that a refusal stands beside the field. A refused key is not shown again: it may be
        the secret half."""
        text: str = self.cleaned_data["public_key"]
        try:
            read_key(text)
        except ValidationError:
            data: Any = copy(self.data)
            data[self.add_prefix("public_key")] = ""
            self.data = data
            raise
        return text


class MachineForm(MachineKeyForm):
    """Makes a machine client."""

    name = TextField(
        label="Naam", max_length=100, help_text="Wie haalt op, en waarvoor? Bijvoorbeeld: CBS, statistiek."
    )
    organisation = forms.ModelChoiceField(
        label="Voor welke organisatie",
        queryset=Organisation.objects.none(),
        empty_label="Kies een mogelijkheid",
        help_text="Wie deze koppeling beheert en ervoor instaat.",
    )
    datasets = forms.MultipleChoiceField(
        label="Wat mag de koppeling lezen?",
        choices=Dataset.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Nooit gegevens van personen.",
    )

    submit_label = "Koppeling maken"
    field_order = ("name", "organisation", "datasets", "public_key")

    def __init__(self, data: Any = None, *, hosts: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = hosts


class DisclosureFilterForm(PlainForm):
    """Filters the log of who was shown whom. The answers may stand in the address: they are days and ids, no names."""

    since = DayField(label="Van", required=False)
    until = DayField(label="Tot en met", required=False)
    user = forms.ModelChoiceField(
        label="Gebruiker", queryset=User.objects.order_by("full_name"), required=False, empty_label="Iedereen"
    )
    person = forms.UUIDField(
        label="Kenmerk van de persoon",
        required=False,
        error_messages={"invalid": "Dit kenmerk klopt niet. Neem het over uit het logboek."},
    )

    def clean(self) -> dict[str, Any]:
        filled: dict[str, Any] = super().clean() or {}
        since, until = filled.get("since"), filled.get("until")
        if since and until and until < since:
            self.add_error("until", "Deze dag ligt vóór de eerste dag. Kies een latere dag.")
        return filled
