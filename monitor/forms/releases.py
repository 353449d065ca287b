"""Forms of a release: make it, move its publication, choose early readers, and exempt figures from protection."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from accounts.models import User
from cases.countries import NATIONALITIES
from core.forms import ActForm, DayField, FileForm, TextField, options
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import NATIONAL
from monitor.forms.rounds import MomentField
from monitor.models import ReleaseKind, Round
from monitor.publishing.suppression import is_protected

AT_ONCE = "Laat leeg om meteen te publiceren."


class MakeForm(ActForm):
    kind = forms.ChoiceField(label="Soort uitgave", choices=ReleaseKind.choices)
    publish_at = MomentField(label="Openbaar vanaf", required=False, help_text=AT_ONCE)
    reason = TextField(
        label="Waardoor verschillen de cijfers van de vorige uitgave?",
        max_length=1000,
        lines=3,
        required=False,
        help_text="Nodig als er cijfers verschillen. De tekst staat bij de lijst van wijzigingen.",
    )
    submit_label = "Cijfers ondertekenen en uitgeven"
    sometimes_needed = frozenset({"reason"})

    def __init__(self, data: Any = None, *, kinds: Sequence[ReleaseKind], has_earlier: bool, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]  # type: ignore[attr-defined]
        if not has_earlier:
            del self.fields["reason"]

    @property
    def values(self) -> dict[str, Any]:
        return {"reason": "", **super().values}


class LetterForm(FileForm):
    """A finished letter to check. It is not stored."""

    submit_label = "Getallen controleren"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["attachment"].label = "Uw brief"
        self.fields["attachment"].help_text = "Docx of pdf, hoogstens 5 MB."


class PublicationForm(ActForm):
    publish_at = MomentField(label="Openbaar vanaf", required=False, help_text=AT_ONCE)
    reason = TextField(label="Waarom verandert het moment?", max_length=500, lines=3)
    submit_label = "Moment van publicatie wijzigen"


class ReaderForm(ActForm):
    user = forms.ChoiceField(label="Wie", error_messages={"required": "Kies iemand uit de lijst."})
    reason = TextField(
        label="Waarom leest deze persoon eerder?",
        max_length=500,
        lines=2,
        help_text="De lijst van lezers wordt bewaard. Wie de uitgave onder embargo opent, staat in het logboek.",
    )
    submit_label = "Op de lijst zetten"

    def __init__(self, data: Any = None, *, candidates: Sequence[User], **kwargs: Any) -> None:
        self.candidates = {str(user.pk): user for user in candidates}
        super().__init__(data, **kwargs)
        self.fields["user"].choices = options(  # type: ignore[attr-defined]
            [(key, f"{user.full_name} ({user.email})") for key, user in self.candidates.items()], empty="Kies iemand"
        )

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return {**values, "user": self.candidates[values["user"]]}


class StopForm(ActForm):
    submit_label = "Van de lijst halen"
    is_dangerous = True


class ExemptForm(ActForm):
    """A figure that editions of a round show exactly."""

    figure = forms.ChoiceField(label="Cijfer")
    country = forms.ChoiceField(
        label="Land",
        choices=options(list(NATIONALITIES.items()), empty="Niet naar land"),
        required=False,
        help_text="Alleen bij een cijfer dat naar land of nationaliteit is uitgesplitst.",
    )
    scope = forms.ChoiceField(label="Waar")
    decided_by = TextField(label="Besluit van", max_length=200, help_text="Naam en functie. Dit staat bij het cijfer.")
    decided_on = DayField(label="Datum van het besluit")
    reason = TextField(
        label="Waarom wordt dit cijfer niet beschermd?", max_length=500, lines=3, help_text="Dit staat bij het cijfer."
    )
    submit_label = "Uitzondering vastleggen"
    sometimes_needed = frozenset({"country"})

    def __init__(self, data: Any = None, *, of_round: Round, municipalities: Sequence[str], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["figure"].choices = options(list(_figures(of_round.definition_set)))  # type: ignore[attr-defined]
        scopes = [(NATIONAL, "Landelijk"), *((name, name) for name in municipalities)]
        self.fields["scope"].choices = options(scopes)  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        indicator, _, value = values.pop("figure").partition("|")
        country = values.pop("country")
        return {**values, "indicator": indicator, "value": value or country}


def _figures(code: str) -> Iterator[tuple[str, str]]:
    """(key, label) of every protected figure of a set, and of every fixed value of a breakdown."""
    for item in DEFINITION_SETS[code].indicators:
        if is_protected(item):
            for value in item.values or [""]:
                key = f"{item.code}|{value}" if value else item.code
                yield key, f"{item.title}: {tables.label(item, value)}" if value else item.title
