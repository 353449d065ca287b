"""Forms about the identity of a person: search, registration, return, a new statement, merging."""

from collections.abc import Collection
from datetime import date
from typing import Any

from crispy_forms.layout import Fieldset, LayoutObject, Row
from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import offer_municipalities
from accounts.models import Municipality, User
from cases import countries
from cases.forms.base import ActForm, CaseForm, DayField, TextField, options
from cases.intake import Identity, has_been, plain_v_number
from cases.models import Case, IdentitySource, IdentityStatus, Sex
from core.forms import PlainForm

# The two choices that are no country stand at the top, because they are chosen often.
NATIONALITIES = [
    (countries.UNKNOWN, countries.NATIONALITIES[countries.UNKNOWN]),
    (countries.STATELESS, countries.NATIONALITIES[countries.STATELESS]),
    *countries.COUNTRIES.items(),
]


class VNumberField(TextField):
    """A V-number. The dots, spaces and hyphens that people type are removed."""

    def to_python(self, value: Any) -> Any:
        return plain_v_number(super().to_python(value) or "")


class PersonSearchForm(PlainForm):
    """A search by name or V-number. The birth year narrows a search by name."""

    name = TextField(label="Naam", max_length=120, required=False, help_text="Een deel van de naam is genoeg.")
    v_number = VNumberField(label="V-nummer", max_length=20, required=False)
    birth_year = forms.IntegerField(
        label="Geboortejaar",
        min_value=1900,
        max_value=2100,
        required=False,
        error_messages={
            "min_value": "Vul een jaar na 1900 in, met vier cijfers.",
            "max_value": "Vul een jaar in met vier cijfers.",
        },
    )

    def clean(self) -> dict[str, Any]:
        filled: dict[str, Any] = super().clean() or {}
        if not self.errors and not filled["name"] and not filled["v_number"]:
            raise ValidationError("Vul een naam of een V-nummer in.")
        return filled


class MergePickForm(PlainForm):
    """Asks which other case is of the same person. Its number may stand in the address: it names nobody."""

    number = TextField(
        label="Zaaknummer van de andere zaak",
        max_length=20,
        help_text="Bijvoorbeeld AMS-00012. Het nummer staat boven aan de andere zaak.",
        error_messages={"required": "Vul het zaaknummer van de andere zaak in."},
    )

    def __init__(self, data: Any = None, *, case: Case, user: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.case, self.user = case, user
        self.other: Case | None = None
        self.is_valid()

    def clean_number(self) -> str:
        """The number. `other` is its case, with person and leading statement."""
        number: str = self.cleaned_data["number"]
        cases = Case.objects.visible_to(self.user).filter(number__iexact=number).exclude(pk=self.case.pk)
        self.other = cases.with_person().first()
        if self.other is None:
            is_own = number.casefold() == self.case.number.casefold()
            raise ValidationError(
                "Dit is deze zaak zelf. Vul het nummer van de andere zaak in."
                if is_own
                else "Deze zaak is niet gevonden. Controleer het nummer, of zoek de andere zaak op naam."
            )
        return number


class MergeForm(CaseForm):
    grounds = TextField(
        label="Waaruit blijkt dat dit dezelfde persoon is?",
        max_length=300,
        lines=3,
        help_text="Iedereen die deze zaak ziet, kan dit lezen. Noem hier geen medische gegevens.",
    )

    submit_label = "Samenvoegen"


class IdentityForm(ActForm):
    """The fields of a statement about an identity. Parts of the birth date may be missing."""

    family_name = TextField(label="Achternaam", max_length=120)
    given_names = TextField(label="Voornamen", max_length=120, required=False)
    birth_day = forms.IntegerField(label="Geboortedag", min_value=1, max_value=31, required=False)
    birth_month = forms.IntegerField(label="Geboortemaand", min_value=1, max_value=12, required=False)
    birth_year = forms.IntegerField(label="Geboortejaar", min_value=1900, max_value=2100, required=False)
    sex = forms.ChoiceField(label="Geslacht", choices=options(Sex.choices))
    nationality = forms.ChoiceField(label="Nationaliteit", choices=options(NATIONALITIES))
    source = forms.ChoiceField(label="Bron", choices=IdentitySource.choices, help_text="Van wie of waaruit weet u dit?")
    certainty = forms.ChoiceField(
        label="Hoe zeker is dit?",
        choices=IdentityStatus.choices,
        help_text="Gesteld: alleen verteld. Vastgesteld: door IND of AVIM, of met een echt document.",
    )
    v_number = VNumberField(
        label="V-nummer", max_length=20, required=False, help_text="Tien cijfers. Laat leeg als het onbekend is."
    )
    departure_procedures = forms.IntegerField(
        label="Eerdere vertrekprocedures",
        min_value=0,
        max_value=99,
        required=False,
        help_text="Aantal. Laat leeg als het onbekend is.",
        error_messages={"min_value": "Vul 0 of hoger in.", "max_value": "Vul een aantal tot en met 99 in."},
    )
    on = DayField(label="Datum", help_text="De dag waarop dit bekend werd.")

    def __init__(self, data: Any = None, *, today: date, **kwargs: Any) -> None:
        self.today = today
        kwargs["initial"] = {"on": today, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)

    def rows(self) -> list[str | LayoutObject]:
        return [
            Fieldset("Persoon", Row("given_names", "family_name"), Row("sex", "nationality"), "v_number"),
            Fieldset("Geboortedatum, voor zover bekend", Row("birth_day", "birth_month", "birth_year")),
            Fieldset("Waar dit vandaan komt", Row("source", "certainty"), *self.closing_rows()),
        ]

    def closing_rows(self) -> list[str | LayoutObject]:
        return [Row("departure_procedures", "on")]

    def clean(self) -> dict[str, Any]:
        filled: dict[str, Any] = super().clean() or {}
        day, month, year = (filled.get(f"birth_{part}") for part in ("day", "month", "year"))
        if {"birth_day", "birth_month", "birth_year"} & self.errors.keys():
            return filled
        if day and not month:
            self.add_error("birth_month", "Vul ook de maand in, of laat de dag leeg.")
        elif month and not year:
            self.add_error("birth_year", "Vul ook het jaar in, of laat de maand leeg.")
        elif year and not has_been(year, month, day, self.today):
            self.add_error("birth_year", "Deze geboortedatum bestaat niet of ligt in de toekomst. Controleer de datum.")
        return filled

    @property
    def identity(self) -> Identity:
        filled = {**self.cleaned_data, "status": self.cleaned_data["certainty"]}
        return Identity(**{name: filled[name] for name in Identity.__dataclass_fields__})


class RegisterForm(IdentityForm):
    municipality = forms.ModelChoiceField(label="Gemeente", queryset=Municipality.objects.none())

    submit_label = "Persoon aanmelden"

    def __init__(
        self, data: Any = None, *, municipalities: Collection[Municipality], today: date, **kwargs: Any
    ) -> None:
        super().__init__(data, today=today, **kwargs)
        offer_municipalities(self, municipalities)
        self.fields["on"].label = "Aangemeld op"
        self.fields["on"].help_text = "De dag waarop de persoon bij de gemeente in beeld kwam."

    def closing_rows(self) -> list[str | LayoutObject]:
        return [Row("departure_procedures", "on"), "municipality"]

    @property
    def values(self) -> dict[str, Any]:
        return {"identity": self.identity} | {
            name: self.cleaned_data[name] for name in ("municipality", "v_number", "departure_procedures", "on")
        }


class RestateForm(IdentityForm, CaseForm):
    """Adds a statement that leads from now on. The earlier ones stay."""

    submit_label = "Persoonsgegevens aanvullen"

    @property
    def values(self) -> dict[str, Any]:
        return {"identity": self.identity} | {
            name: self.cleaned_data[name] for name in ("v_number", "departure_procedures", "on", "version")
        }


class ReturnForm(ActForm):
    on = DayField(label="Opnieuw aangemeld op", help_text="De dag waarop de persoon weer in beeld kwam.")
    departure_procedures = forms.IntegerField(
        label="Eerdere vertrekprocedures",
        min_value=0,
        max_value=99,
        required=False,
        help_text="Aantal. Laat leeg als het onbekend is.",
        error_messages={"min_value": "Vul 0 of hoger in.", "max_value": "Vul een aantal tot en met 99 in."},
    )

    submit_label = "Nieuwe zaak openen"
