"""Forms of a settlement: reply, agree with the rest, report a missing person, send a list, decide, sign."""

from datetime import date
from typing import Any

from django import forms

from cases.countries import COUNTRIES
from core.forms import INCOMPLETE, TABLE_FILE, ActForm, DayField, FileForm, TextField, options
from monitor.models import Comparison, Difference, Item, Outcome, Partner, Settlement
from monitor.rounds.comparing import COLUMNS, Record
from monitor.rounds.settlements import compared_categories

# The help text of fields whose text is kept after the identity of the person is erased.
STAYS = "Deze tekst blijft bewaard. Noem geen naam en geen V-nummer."
ASK_AGAIN = "again"


class SeenForm(ActForm):
    """`seen` identifies what the page showed beside the form, so that an answer to something older is refused.

    The form by itself is only a button.
    """

    seen = forms.CharField(
        max_length=64,
        required=False,
        widget=forms.HiddenInput,
        error_messages={"max_length": INCOMPLETE},
    )
    opened_on = "seen"

    def __init__(self, data: Any = None, *, seen: str, submit_label: str = "", **kwargs: Any) -> None:
        self.submit_label = submit_label or self.submit_label
        super().__init__(data, initial={"seen": seen, **kwargs.pop("initial", {})}, **kwargs)


class ReplyForm(SeenForm):
    answer = forms.ChoiceField(
        label="Wat vindt u in uw administratie?", choices=Comparison.choices, widget=forms.RadioSelect
    )
    difference = forms.ChoiceField(
        label="Waarin verschilt het?",
        choices=options(
            [
                (difference.value, difference.label)
                for difference in Difference
                if difference is not Difference.MISSING_HERE
            ]
        ),
        required=False,
        help_text="Alleen als het verschilt.",
    )
    text = TextField(
        label="Toelichting",
        max_length=500,
        lines=3,
        required=False,
        help_text="Nodig als het verschilt of niet is na te gaan. " + STAYS,
    )
    submit_label = "Antwoord vastleggen"
    sometimes_needed = frozenset({"difference", "text"})

    def __init__(self, data: Any = None, *, item: Item, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if item.is_missing_here:
            field = self.fields["answer"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [
                (Comparison.AGREES.value, "Toch geen verschil"),
                (Comparison.UNKNOWN.value, Comparison.UNKNOWN.label),
            ]
            del self.fields["difference"]


class MissingForm(ActForm):
    """A person in the records of the partner whom the municipality does not count."""

    v_number = TextField(label="V-nummer", max_length=20, required=False)
    name = TextField(
        label="Naam",
        max_length=250,
        required=False,
        help_text="Alleen als er geen V-nummer is.",
    )
    born = TextField(
        label="Geboren", max_length=10, required=False, help_text="Zo veel als u weet, zoals 1984 of 17-03-1984."
    )
    on = DayField(label="Datum", help_text="De dag van de beschikking of van het vertrek.")
    category = forms.ChoiceField(label="Uitkomst")
    destination = forms.ChoiceField(
        label="Land van bestemming", choices=options(list(COUNTRIES.items()), empty="Onbekend"), required=False
    )
    text = TextField(label="Toelichting", max_length=500, lines=3, required=False, help_text=STAYS)
    submit_label = "Melden aan de gemeente"
    sometimes_needed = frozenset({"v_number", "name"})

    def __init__(self, data: Any = None, *, settlement: Settlement, today: date, **kwargs: Any) -> None:
        super().__init__(data, today=today, **kwargs)
        chosen = [(category.value, category.label) for category in compared_categories(settlement)]
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = chosen if len(chosen) == 1 else options(chosen)
        if settlement.partner == Partner.IND:
            del self.fields["destination"]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        text = values.pop("text")
        return {"record": Record(**values), "text": text}


class ListForm(FileForm):
    """A list from the partner's own records."""

    submit_label = "Vergelijken"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["attachment"].help_text = f"{TABLE_FILE} Met de kolommen {', '.join(COLUMNS)}."


class RuleForm(SeenForm):
    outcome = forms.ChoiceField(label="Wat doet de gemeente hiermee?", widget=forms.RadioSelect)
    reason = TextField(
        label="Waarom?",
        max_length=500,
        lines=3,
        required=False,
        help_text="Nodig, behalve als u de persoon opnieuw voorlegt. " + STAYS,
    )
    submit_label = "Beslissen"
    sometimes_needed = frozenset({"reason"})

    def __init__(self, data: Any = None, *, item: Item, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        other = (
            (Outcome.ADDED.value, "Alsnog vastgelegd. De persoon wordt apart voorgelegd.")
            if item.is_missing_here
            else (ASK_AGAIN, "Opnieuw voorleggen, met het V-nummer en de naam zoals die nu bekend zijn")
        )
        field = self.fields["outcome"]
        assert isinstance(field, forms.ChoiceField)
        kept = "Deze persoon hoort niet in onze cijfers" if item.is_missing_here else Outcome.KEPT.label
        field.choices = [(Outcome.KEPT.value, kept), other]
