"""Forms about the file: procedures, corrections, notes, parties; and the filter of the list."""

from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.models import Municipality, Organisation
from cases import worklist
from cases.forms.base import ActForm, CaseForm, DayField, TextField, options
from cases.models import Compartment, ProcedureKind, ProcedureOutcome
from core.forms import PlainForm


class ProcedureForm(CaseForm):
    kind = forms.ChoiceField(label="Procedure", choices=options(ProcedureKind.choices))
    on = DayField(label="Ingediend op")

    submit_label = "Procedure vastleggen"


class ProcedureDecisionForm(CaseForm):
    outcome = forms.ChoiceField(
        label="Uitkomst",
        choices=[choice for choice in ProcedureOutcome.choices if choice[0] != ProcedureOutcome.PENDING],
        widget=forms.RadioSelect,
    )
    on = DayField(label="Datum van het besluit")

    submit_label = "Uitkomst vastleggen"


class WithdrawForm(CaseForm):
    reason = TextField(
        label="Waarom trekt u dit in?",
        max_length=300,
        lines=3,
        help_text="Iedereen die de zaak ziet, kan deze reden lezen. Noem hier geen medische gegevens.",
    )

    submit_label = "Intrekken"
    is_dangerous = True


class NoteForm(ActForm):
    organisation = forms.ModelChoiceField(label="Namens", queryset=Organisation.objects.none())
    compartment = forms.ChoiceField(label="Wie mag dit lezen?", choices=Compartment.choices, widget=forms.RadioSelect)
    text = TextField(label="Notitie", max_length=4000, lines=8)

    submit_label = "Notitie opslaan"

    def __init__(
        self, data: Any = None, *, organisations: Iterable[Organisation], may_write_medical: bool, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        offered = list(organisations)
        _offer(self.fields["organisation"], offered)
        if len(offered) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = offered[0].pk
        if not may_write_medical:
            compartment = self.fields["compartment"]
            assert isinstance(compartment, forms.ChoiceField)
            compartment.choices = [choice for choice in Compartment.choices if choice[0] != Compartment.MEDICAL]


class PartyForm(ActForm):
    organisation = forms.ModelChoiceField(
        label="Organisatie",
        queryset=Organisation.objects.none(),
        help_text="Deze organisatie ziet de zaak vanaf nu, met de gedeelde notities.",
    )

    submit_label = "Bij de zaak betrekken"

    def __init__(self, data: Any = None, *, organisations: Iterable[Organisation], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offer(self.fields["organisation"], organisations)


def _offer(field: forms.Field, organisations: Iterable[Organisation]) -> None:
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = Organisation.objects.filter(pk__in=[o.pk for o in organisations]).order_by("name")
    field.empty_label = "Kies een mogelijkheid"


SORTS = {
    "-registered_on": "Nieuwste eerst",
    "registered_on": "Oudste eerst",
    "admitted_since": "Langste verblijf eerst",
    "family_name": "Naam",
    "number": "Zaaknummer",
}


DEFAULT_SORT = "-registered_on"


class CaseFilterForm(PlainForm):
    """The filter of the list. The answers stand in the address, so none of them is personal."""

    status = forms.ChoiceField(
        label="Status",
        choices=[("open", "Lopende zaken"), ("closed", "Gesloten zaken"), ("all", "Alle zaken")],
        required=False,
    )
    situation = forms.ChoiceField(
        label="Situatie",
        choices=[("", "Alle"), *((code, words) for code, (words, _) in worklist.SITUATIONS.items())],
        required=False,
    )
    worker = forms.ChoiceField(label="Van wie", choices=[("", "Iedereen"), ("me", "Mijn zaken")], required=False)
    municipality = forms.ModelChoiceField(
        label="Gemeente", queryset=Municipality.objects.none(), required=False, empty_label="Alle gemeenten"
    )
    sort = forms.ChoiceField(label="Volgorde", choices=list(SORTS.items()), required=False)

    def __init__(self, data: Any = None, *, municipalities: list[Municipality], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if len(municipalities) > 1:
            field = self.fields["municipality"]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = Municipality.objects.filter(pk__in=[m.pk for m in municipalities]).order_by("name")
        else:
            del self.fields["municipality"]


class CaseSearchForm(PlainForm):
    """One field for a name, a V-number or a case number. It is sent by POST, because it may not stand in an address."""

    q = TextField(
        label="Zoek op naam, V-nummer of zaaknummer",
        max_length=120,
        error_messages={"required": "Vul een naam, een V-nummer of een zaaknummer in."},
    )
