"""Forms of a person's way: test, decision, stay, waiting list, exit."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from crispy_forms.layout import HTML, Div, LayoutObject
from django import forms

from cases import countries
from cases.admission import Criterion, Reading
from cases.forms.base import CaseForm, DayField, TextField, options, say_it_clearly
from cases.models import (
    AdmissionAnswer,
    AdmissionOutcome,
    Answer,
    Body,
    Case,
    Confirmation,
    ExceptionGround,
    ExitCategory,
    StayKind,
)

BY_AGREEMENT = (
    "Het convenant laat toelating in overleg toe. Is die afgesproken? "
    "Vul dan bij de onderbouwing in wat is afgesproken, met wie en wanneer."
)


class TestForm(CaseForm):
    """One answer for each criterion, with its source. The answers of the last test are filled in.

    `by_agreement` are the codes of the criteria for which an agreement can make up.
    """

    on = DayField(label="Getoetst op")

    submit_label = "Toets vastleggen"

    def __init__(
        self,
        data: Any = None,
        *,
        case: Case,
        criteria: list[Criterion],
        by_agreement: Collection[str] = (),
        answers: Mapping[str, AdmissionAnswer],
        today: date,
    ) -> None:
        self.criteria = criteria
        initial: dict[str, Any] = {"on": today}
        for name, answer in answers.items():
            initial |= {name: answer.answer, f"{name}_source": answer.source, f"{name}_evidence": answer.evidence}
        super().__init__(data, case=case, today=today, initial=initial)
        for criterion in criteria:
            self.fields.update(_answer_fields(criterion, by_agreement=criterion.code in by_agreement))
        for field in self.fields.values():
            say_it_clearly(field)

    def rows(self) -> list[str | LayoutObject]:
        return [*(self._row(criterion) for criterion in self.criteria), "on"]

    def _row(self, criterion: Criterion) -> LayoutObject:
        """The answer, and below it the fields for its source, which are folded as long as they are empty."""
        extra = [f"{criterion.code}_source", f"{criterion.code}_evidence"]
        is_filled = any(self.data.get(name) or self.initial.get(name) for name in extra)
        opening = f"<details{' open' if is_filled else ''}><summary>Bron en onderbouwing"
        about = f'<span class="lvv-visually-hidden">: {criterion.question}</span></summary>'
        return Div(criterion.code, HTML(opening + about), *extra, HTML("</details>"), css_class="lvv-criterion")

    @property
    def values(self) -> dict[str, Any]:
        filled = self.cleaned_data
        readings = {
            c.code: Reading(filled[c.code], filled[f"{c.code}_source"], filled[f"{c.code}_evidence"])
            for c in self.criteria
        }
        return {"readings": readings, "on": filled["on"], "version": filled["version"]}


def _answer_fields(criterion: Criterion, *, by_agreement: bool) -> dict[str, forms.Field]:
    return {
        criterion.code: forms.ChoiceField(
            label=criterion.question,
            choices=options([(a.value, a.label) for a in Answer if a != Answer.AGREED or by_agreement]),
            error_messages={"required": "Kies ja, nee of nog niet bekend."},
            help_text=BY_AGREEMENT if by_agreement else "",
        ),
        f"{criterion.code}_source": TextField(label="Bron", max_length=120, required=False),
        f"{criterion.code}_evidence": TextField(label="Onderbouwing", max_length=1000, lines=3, required=False),
    }


class DecideForm(CaseForm):
    outcome = forms.ChoiceField(label="Besluit", choices=AdmissionOutcome.choices, widget=forms.RadioSelect)
    exception_ground = forms.ChoiceField(
        label="Grond voor de uitzondering",
        choices=options(ExceptionGround.choices, empty="Geen uitzondering"),
        required=False,
    )
    inside_covenant = forms.TypedChoiceField(
        label="Valt de persoon binnen het convenant?",
        choices=[("ja", "Ja, binnen het convenant"), ("nee", "Nee, buiten het convenant")],
        coerce=lambda value: value == "ja",
        widget=forms.RadioSelect,
        help_text="Dit bepaalt of de persoon in de monitor meetelt. Wie is afgewezen, telt niet mee.",
    )
    body = forms.ChoiceField(label="Besloten door", choices=Body.choices)
    on = DayField(label="Datum van het besluit")
    reason = TextField(
        label="Motivering",
        max_length=1000,
        lines=4,
        required=False,
        help_text="Nodig bij een afwijzing en bij een uitzondering.",
    )

    submit_label = "Besluit vastleggen"
    sometimes_needed = frozenset({"reason"})

    @property
    def values(self) -> dict[str, Any]:
        """A refused person is never inside the covenant, so the form need not ask."""
        values = super().values
        if values["outcome"] == AdmissionOutcome.REFUSED:
            values["inside_covenant"] = False
        return values


class PlaceForm(CaseForm):
    kind = forms.ChoiceField(label="Soort verblijf", choices=StayKind.choices, widget=forms.RadioSelect)
    location = TextField(label="Locatie", max_length=120)
    on = DayField(label="Eerste nacht")
    over_capacity_reason = TextField(
        label="Reden voor plaatsing boven het aantal",
        max_length=500,
        lines=3,
        required=False,
        help_text="Nodig als alle afgesproken plaatsen bezet zijn.",
    )

    submit_label = "Verblijf vastleggen"
    sometimes_needed = frozenset({"over_capacity_reason"})


class StayEndForm(CaseForm):
    on = DayField(label="Eerste dag zonder verblijf", help_text="De dag na de laatste nacht.")

    submit_label = "Verblijf beëindigen"


class WaitForm(CaseForm):
    on = DayField(label="Op de wachtlijst vanaf")
    reason = TextField(label="Wacht op", max_length=200, required=False)

    submit_label = "Op de wachtlijst zetten"


class WaitingStopForm(CaseForm):
    on = DayField(label="Van de wachtlijst op")

    submit_label = "Van de wachtlijst halen"


class CloseForm(CaseForm):
    on = DayField(label="Gesloten op")

    submit_label = "Zaak sluiten"


class ExitForm(CaseForm):
    category = forms.ChoiceField(label="Wijze van uitstroom", choices=options(ExitCategory.choices))
    on = DayField(label="Datum van vertrek", help_text="De eerste dag dat de persoon er niet meer is.")
    destination = forms.ChoiceField(
        label="Land van bestemming",
        choices=options(list(countries.COUNTRIES.items()), empty="Niet van toepassing"),
        required=False,
        help_text="Nodig bij vertrek naar het land van herkomst en bij doormigratie.",
    )
    evidence = TextField(
        label="Bewijsstuk",
        max_length=500,
        required=False,
        help_text="Nodig bij verblijf en vertrek: het besluit of de vertrekmelding, met kenmerk.",
    )
    confirmed_by = forms.ChoiceField(
        label="Bevestigd door", choices=options(Confirmation.choices, empty="Nog niet bevestigd"), required=False
    )

    submit_label = "Uitstroom vastleggen"
    sometimes_needed = frozenset({"destination", "evidence"})
