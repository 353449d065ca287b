"""The base forms of the decisions: with an explanation, and with steps."""

from datetime import date
from typing import Any

from crispy_forms.layout import Div, Fieldset, LayoutObject, Row
from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Organisation
from cases.forms import CaseForm, DayField, TextField, options
from scenarios.guidance.actions import Undertaking
from scenarios.meetings.decisions.kinds import Kind, Resolution
from scenarios.models import AgendaItem, Scenario

STEPS = (1, 2, 3)
PARTS = ("who", "what", "when")


def explanation(label: str, *, is_required: bool = True) -> TextField:
    """The field `text` of a decision, with the label that fits the decision."""
    return TextField(label=label, max_length=2000, lines=3, required=is_required)


class ResolutionForm(CaseForm):
    """A form that asks only for the explanation. The query string says which decision it is (`?besluit=`)."""

    text = explanation("Toelichting", is_required=False)

    submit_label = "Besluit vastleggen"

    def __init__(
        self,
        data: Any = None,
        *,
        item: AgendaItem,
        decision_kind: Kind,
        owners: list[Organisation],
        scenario: Scenario | None,
        today: date,
    ) -> None:
        self.decision_kind, self.scenario = decision_kind, scenario
        super().__init__(data, case=item.case, today=today)
        self.helper.form_action = f"{reverse('room:decide', args=[item.pk])}?besluit={decision_kind.code}"
        self.helper.form_id = "besluit"

    def rows(self) -> list[str | LayoutObject]:
        """All fields, the explanation last."""
        return [*(name for name in super().rows() if name != "text"), "text"]

    @property
    def resolution(self) -> Resolution:
        """The cleaned values, as an argument of `decide`."""
        values = {name: value for name, value in self.cleaned_data.items() if name in Resolution.__dataclass_fields__}
        if "disagreements" in values:
            values["disagreements"] = tuple(values["disagreements"])
        return Resolution(outcome=self.decision_kind.code, steps=self.steps(), **values)

    def steps(self) -> tuple[Undertaking, ...]:
        return ()


def _who(number: int) -> forms.ChoiceField:
    return forms.ChoiceField(label=f"Stap {number}: wie", required=False)


def _what() -> TextField:
    return TextField(label="Doet wat", max_length=300, required=False)


def _when() -> DayField:
    return DayField(label="Uiterlijk", is_ahead=True, required=False)


def _step(number: int) -> Div:
    """The layout of one step: who and when in a row, what below it."""
    name = f"step{number}_"
    return Div(Row(name + "who", name + "when"), name + "what")


class More(Div):
    """Fields that are seldom needed, in an element that folds open."""

    template = "%s/layout/more.html"

    def __init__(self, summary: str, *fields: LayoutObject, is_open: bool) -> None:
        super().__init__(*fields)
        self.summary, self.is_open = summary, is_open


class SteppedForm(ResolutionForm):
    """A form that also asks for steps: who does what, before which day."""

    sometimes_needed = frozenset(f"step{number}_{part}" for number in STEPS for part in PARTS)

    step1_who, step1_what, step1_when = _who(1), _what(), _when()
    step2_who, step2_what, step2_when = _who(2), _what(), _when()
    step3_who, step3_what, step3_when = _who(3), _what(), _when()

    def __init__(self, data: Any = None, *, owners: list[Organisation], **kwargs: Any) -> None:
        self.owners = {str(organisation.pk): organisation for organisation in owners}
        super().__init__(data, owners=owners, **kwargs)
        choices = options([(key, str(organisation)) for key, organisation in self.owners.items()], empty="Niemand")
        for number in STEPS:
            self.fields[f"step{number}_who"].choices = choices  # type: ignore[attr-defined]

    def rows(self) -> list[str | LayoutObject]:
        """The steps come last. One step is usual, so the others are folded away while they are empty."""
        plain = [name for name in super().rows() if not str(name).startswith("step")]
        first, *others = [_step(number) for number in STEPS]
        is_open = any(self.data.get(f"step{number}_{part}") for number in STEPS[1:] for part in PARTS)
        more = More("Nog een stap", *others, is_open=is_open)
        return [*plain, Fieldset("Wie doet wat, voor wanneer?", first, more)]

    def clean(self) -> dict[str, Any]:
        filled: dict[str, Any] = super().clean() or {}
        for number in STEPS:
            filled_parts = [bool(filled.get(f"step{number}_{part}")) for part in PARTS]
            if any(filled_parts) and not all(filled_parts):
                self.add_error(None, ValidationError(f"Vul bij stap {number} in wie het doet, wat, en voor wanneer."))
        return filled

    def steps(self) -> tuple[Undertaking, ...]:
        typed_steps = ([self.cleaned_data[f"step{number}_{part}"] for part in PARTS] for number in STEPS)
        return tuple(Undertaking(self.owners[who], what, when) for who, what, when in typed_steps if who)
