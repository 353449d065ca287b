"""Forms of a round (open, move, cancel) and of a tally (state, accept, send back, take back)."""

from datetime import date, datetime
from typing import Any

from django import forms

from core.forms import INCOMPLETE, ActForm, DayField, TextField
from monitor.figures.definitions import DEFINITION_SETS, in_force
from monitor.models import Round, Statement

# The help text of fields whose text is signed and published with the figures.
PUBLISHED = "Deze tekst komt in de uitgave. Noem geen namen en niets waaraan iemand te herkennen is."
MOMENT = {
    "invalid": "Dit moment bestaat niet. Vul een datum en een tijd in.",
    "required": "Vul een datum en een tijd in.",
}


class MomentField(forms.DateTimeField):
    """A date and a time in the time zone of the site."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(widget=widget, **kwargs)
        self.error_messages.update(MOMENT)


class RoundForm(ActForm):
    """An act on a round; `version` is the version of the round that the user saw."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, of_round: Round, **kwargs: Any) -> None:
        super().__init__(data, initial={"version": of_round.version, **kwargs.pop("initial", {})}, **kwargs)


class OpenForm(ActForm):
    on = DayField(label="Peildatum", help_text="De cijfers tonen hoe het op deze dag was.")
    known_at = MomentField(
        label="Kennismoment", help_text="Wat gemeenten tot dit moment vastleggen of herstellen, telt mee in de ronde."
    )
    definition_set = forms.ChoiceField(
        label="Definities",
        choices=[
            (definition_set.code, f"{definition_set.code}: {definition_set.title}")
            for definition_set in reversed(DEFINITION_SETS.values())
        ],
    )
    submit_label = "Ronde openen"

    def __init__(self, data: Any = None, *, today: date, **kwargs: Any) -> None:
        initial = {"on": today.replace(day=1), "definition_set": in_force(today).code}
        super().__init__(data, today=today, initial=initial, **kwargs)


class MoveForm(RoundForm):
    known_at = MomentField(
        label="Nieuw kennismoment",
        help_text="Verklaringen blijven staan, tenzij er intussen iets wijzigt in de feiten achter de cijfers.",
    )
    submit_label = "Kennismoment verplaatsen"

    def __init__(self, data: Any = None, *, of_round: Round, known_at: datetime, **kwargs: Any) -> None:
        super().__init__(data, of_round=of_round, initial={"known_at": known_at}, **kwargs)


class CancelForm(RoundForm):
    reason = TextField(label="Waarom vervalt deze ronde?", max_length=500, lines=3)
    submit_label = "Ronde laten vervallen"
    is_dangerous = True


class StateForm(ActForm):
    """`seen` is the fingerprint of the figures that the page shows beside the form."""

    explanation = TextField(
        label="Toelichting op wat niet verklaard is",
        max_length=2000,
        lines=4,
        required=False,
        help_text="Nodig als er personen zijn van wie niet is vastgelegd hoe zij de LVV verlieten. " + PUBLISHED,
    )
    remarks = TextField(
        label="Opmerkingen bij de cijfers", max_length=4000, lines=4, required=False, help_text=PUBLISHED
    )
    seen = forms.CharField(
        max_length=64, widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "max_length": INCOMPLETE}
    )
    submit_label = "Verklaren dat de cijfers kloppen"
    opened_on = "seen"
    sometimes_needed = frozenset({"explanation"})

    def __init__(self, data: Any = None, *, seen: str, has_residual: bool, **kwargs: Any) -> None:
        super().__init__(data, initial={"seen": seen}, **kwargs)
        if not has_residual:
            del self.fields["explanation"]


class StatementForm(ActForm):
    """An act on a statement; `statement` is the key of the one that the user saw."""

    statement = forms.UUIDField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )
    opened_on = "statement"

    def __init__(self, data: Any = None, *, statement: Statement | None, **kwargs: Any) -> None:
        super().__init__(data, initial={"statement": statement and statement.pk}, **kwargs)

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return {**values, "statement": str(values["statement"])}


class AcceptForm(StatementForm):
    submit_label = "Akkoord geven"


class SendBackForm(StatementForm):
    reason = TextField(label="Wat moet de gemeente nakijken?", max_length=500, lines=4)
    submit_label = "Terugsturen naar de gemeente"


class TakeBackForm(StatementForm):
    reason = TextField(label="Waarom trekt u de verklaring in?", max_length=500, lines=3)
    submit_label = "Verklaring intrekken"
    is_dangerous = True
