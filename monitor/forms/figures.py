"""Forms that choose a measurement: true on which day, as known at which moment, by which definitions, and where."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.validators import MinValueValidator
from django.utils import timezone

from accounts.models import Municipality
from monitor.figures.definitions import DEFINITION_SETS, in_force
from monitor.figures.indicators import DefinitionSet, Indicator
from monitor.figures.measurement import NATIONAL, Measurement, measure
from mrt.models import Obstacle

FIRST_DAY = date(2019, 1, 1)


class PairForm(forms.Form):
    """A reference date, a moment of knowledge and a definition set; all of them may be left empty.

    The defaults are today, now, and the set that is in force on the reference date.
    """

    on = forms.DateField(
        label="Peildatum",
        required=False,
        validators=[MinValueValidator(FIRST_DAY, "Kies een peildatum vanaf 1 januari 2019.")],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "Vul de peildatum in als dag-maand-jaar, bijvoorbeeld 01-11-2020."},
    )
    known_at = forms.DateTimeField(
        label="Zoals bekend op",
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={"invalid": "Vul het moment in als dag-maand-jaar met een tijd, of laat het leeg."},
    )

    definition_set = forms.ChoiceField(
        label="Definities",
        choices=[
            ("", "Die op de peildatum gelden"),
            *((s.code, f"{s.code}: {s.title}") for s in DEFINITION_SETS.values()),
        ],
        required=False,
        error_messages={"invalid_choice": "Kies een definitieset uit de lijst."},
    )

    def __init__(self, *args: Any, now: datetime, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.today = now, today

    def clean_on(self) -> date | None:
        on: date | None = self.cleaned_data["on"]
        if on and on > self.today:
            raise forms.ValidationError("Deze dag moet nog komen. Kies een peildatum tot en met vandaag.")
        return on

    def clean_known_at(self) -> datetime | None:
        known_at: datetime | None = self.cleaned_data["known_at"]
        if known_at and known_at > self.now:
            raise forms.ValidationError(
                "Wat later bekend wordt, weten we nog niet. Kies een moment tot nu, of laat het leeg."
            )
        return known_at

    def pair(self) -> tuple[date, datetime]:
        """(on, known_at); the form must be valid."""
        return self.cleaned_data["on"] or self.today, self.cleaned_data["known_at"] or self.now

    def chosen_set(self) -> DefinitionSet:
        """The chosen definition set, or else the one in force on the reference date; the form must be valid."""
        return DEFINITION_SETS.get(self.cleaned_data["definition_set"]) or in_force(self.pair()[0])

    def measure(self) -> Measurement:
        """The figures for the pair by the chosen set; the form must be valid."""
        return measure(*self.pair(), self.chosen_set())

    def query(self) -> str:
        """The choices in the form as a query string, so that links keep them; the form must be valid."""
        return pair_query(self.pair()[0], self.cleaned_data["known_at"], self.chosen_set())


def pair_query(on: date, known_at: datetime | None, definition_set: DefinitionSet) -> str:
    """The query string for a pair and set; without `known_at` the page shows what is known when it is opened."""
    moment = {"known_at": timezone.localtime(known_at).strftime("%Y-%m-%dT%H:%M")} if known_at else {}
    return urlencode({"on": on.isoformat(), **moment, "definition_set": definition_set.code})


class PriorForm(forms.Form):
    """The obstacles that earlier advices should share."""

    obstacle = forms.MultipleChoiceField(
        label="Belemmeringen",
        choices=Obstacle.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": "Kies een of meer mogelijkheden uit de lijst."},
    )


class FigureForm(PairForm):
    """A pair for one figure; a definition set that lacks the figure is refused."""

    def __init__(self, *args: Any, code: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and self.chosen_set().indicator(self.code) is None:
            chosen = self.chosen_set().code
            self.add_error("definition_set", f"In set {chosen} bestaat dit cijfer niet. Kies een andere definitieset.")
        return cleaned

    def item(self) -> Indicator:
        """The indicator of the figure; the form must be valid."""
        return self.chosen_set()[self.code]


class CellForm(FigureForm):
    """One cell of a measurement: a scope and, for a breakdown, a value."""

    scope = forms.CharField(max_length=80, required=False)
    value = forms.CharField(max_length=40, required=False)

    def clean_scope(self) -> Municipality | None:
        scope = self.cleaned_data["scope"] or NATIONAL
        municipality = Municipality.objects.filter(name=scope).first()
        if municipality is None and scope != NATIONAL:
            raise forms.ValidationError("Deze gemeente kennen we niet.")
        return municipality


class ScopeForm(forms.Form):
    """The country, or one municipality."""

    scope = forms.ChoiceField(
        label="Waar", required=False, error_messages={"invalid_choice": "Deze gemeente kennen we niet."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Municipality.objects.order_by("name").values_list("name", flat=True)
        scopes = [("", "Landelijk"), *((name, name) for name in names)]
        self.fields["scope"].choices = scopes  # type: ignore[attr-defined]


class ThenForm(ScopeForm, PairForm):
    """A pair of the past, the definition set for now, and a municipality or the country."""

    now_set = forms.ChoiceField(
        label="Definities nu",
        choices=[("", "Dezelfde"), *((s.code, f"{s.code}: {s.title}") for s in DEFINITION_SETS.values())],
        required=False,
        error_messages={"invalid_choice": "Kies een definitieset uit de lijst."},
    )

    def municipality(self) -> Municipality | None:
        """The chosen municipality; None for the country."""
        return Municipality.objects.filter(name=self.cleaned_data["scope"]).first()

    def set_now(self) -> DefinitionSet:
        """The definition set for now; by default that of the pair."""
        return DEFINITION_SETS.get(self.cleaned_data["now_set"]) or self.chosen_set()


class ReportedForm(forms.Form):
    """A municipality and a day for which figures were filled in by hand.

    The defaults are the first municipality, and the last day of the chosen one.
    """

    municipality = forms.ChoiceField(
        label="Gemeente", required=False, error_messages={"invalid_choice": "Voor deze gemeente is niets ingevuld."}
    )
    on = forms.ChoiceField(
        label="Peildatum", required=False, error_messages={"invalid_choice": "Voor deze peildatum is niets ingevuld."}
    )

    def __init__(self, *args: Any, filled_in: Sequence[tuple[Municipality, date]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filled_in = filled_in
        places = dict.fromkeys(str(municipality) for municipality, _ in filled_in)
        days = sorted({on for _, on in filled_in}, reverse=True)
        self.fields["municipality"].choices = [(name, name) for name in places]  # type: ignore[attr-defined]
        self.fields["on"].choices = [(on.isoformat(), f"{on:%d-%m-%Y}") for on in days]  # type: ignore[attr-defined]

    def chosen(self) -> tuple[Municipality, date]:
        """(municipality, day); the form must be valid."""
        name, on = self.cleaned_data["municipality"], self.cleaned_data["on"]
        by_name = {str(municipality): municipality for municipality, _ in self.filled_in}
        chosen = by_name.get(name, self.filled_in[0][0])
        newest = max(day for municipality, day in self.filled_in if municipality == chosen)
        return chosen, date.fromisoformat(on) if on else newest
