"""Forms of the advice: record a discussion, draft, remark, sign, reopen."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from cases.forms import DayField, TextField
from mrt.advising import Conclusion
from mrt.forms.base import EscalationForm
from mrt.models import Draft, Obstacle, Remark, Seat
from scenarios.models import Direction

NO_DURABLE_SOLUTION = "none"
CONCLUSIONS = [
    (Direction.DEPARTURE.value, "Inzetten op vertrek"),
    (Direction.STAY.value, "Inzetten op verblijf"),
    (NO_DURABLE_SOLUTION, "Er is geen bestendige oplossing mogelijk"),
]


class DiscussionForm(EscalationForm):
    on = DayField(label="Besproken op")
    present = forms.MultipleChoiceField(
        label="Aanwezig", widget=forms.CheckboxSelectMultiple, error_messages={"required": "Kies wie er was."}
    )
    text = TextField(
        label="Wat is besproken?",
        max_length=8000,
        lines=10,
        required=False,
        help_text="Alle partijen bij de zaak lezen dit.",
    )

    submit_label = "Bespreking vastleggen"

    def __init__(self, data: Any = None, *, seats: Iterable[Seat], today: date, **kwargs: Any) -> None:
        self.seats = {str(seat.pk): seat for seat in seats}
        super().__init__(data, today=today, initial={"on": today, "present": list(self.seats)}, **kwargs)
        self.fields["present"].choices = [  # type: ignore[attr-defined]
            (key, f"{seat.user}, {seat.organisation}") for key, seat in self.seats.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        present = set(values.pop("present"))
        return {**values, "absent": [seat for key, seat in self.seats.items() if key not in present]}


class DraftForm(EscalationForm):
    conclusion = forms.ChoiceField(label="Conclusie", choices=CONCLUSIONS, widget=forms.RadioSelect)
    obstacles = forms.MultipleChoiceField(
        label="Belemmeringen",
        choices=Obstacle.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Wat staat een bestendige oplossing in de weg? Nodig als die niet mogelijk is.",
    )
    text = TextField(label="Advies", max_length=4000, lines=10)
    conditions = TextField(
        label="Voorwaarden",
        max_length=2000,
        lines=4,
        required=False,
        help_text="Wat moet eerst gebeurd zijn, of blijven?",
    )

    submit_label = "Concept ondertekenen"
    sometimes_needed = frozenset({"obstacles"})

    def __init__(self, data: Any = None, *, draft: Draft | None, **kwargs: Any) -> None:
        initial: dict[str, Any] = {}
        if draft is not None:
            initial = {name: getattr(draft, name) for name in ("obstacles", "text", "conditions")}
            initial["conclusion"] = NO_DURABLE_SOLUTION if draft.no_durable_solution else draft.direction
        super().__init__(data, initial=initial, **kwargs)

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        no_durable_solution = values["conclusion"] == NO_DURABLE_SOLUTION
        conclusion = Conclusion(
            text=values["text"],
            direction="" if no_durable_solution else values["conclusion"],
            no_durable_solution=no_durable_solution,
            obstacles=tuple(values["obstacles"]),
            conditions=values["conditions"],
        )
        return {"conclusion": conclusion, "version": values["version"]}


class RemarkForm(EscalationForm):
    text = TextField(
        label="Uw minderheidsopmerking",
        max_length=2000,
        lines=6,
        required=False,
        help_text="Staat bij het gezamenlijke advies, met uw naam. Laat leeg om haar terug te nemen.",
    )

    submit_label = "Opmerking bewaren"

    def __init__(self, data: Any = None, *, remark: Remark | None, **kwargs: Any) -> None:
        super().__init__(data, initial={"text": remark.text if remark else ""}, **kwargs)


class SignForm(EscalationForm):
    """This form has no visible field: its button is the signature."""

    submit_label = "Ondertekenen"


class ReviseForm(EscalationForm):
    reason = TextField(label="Waarom wordt het advies opnieuw geschreven?", max_length=500, lines=3)

    submit_label = "Advies heropenen"
    is_dangerous = True
