"""One form for each decision of the LSO: it asks what goes with that decision, and nothing else."""

from datetime import date
from typing import Any

from crispy_forms.layout import Div, Fieldset, LayoutObject, Row
from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import Organisation
from cases.forms import CaseForm, DayField, TextField, options
from cases.models import ExceptionGround
from mrt.forms.request import QuestionFields
from scenarios.forms.base import scenario_options
from scenarios.guidance.actions import Undertaking
from scenarios.meetings.decisions import Resolution
from scenarios.models import AgendaItem, Disagreement, Outcome, Scenario

STEPS = (1, 2, 3)
PARTS = ("who", "what", "when")


def _text(label: str, *, is_required: bool = True) -> TextField:
    return TextField(label=label, max_length=2000, lines=3, required=is_required)


class ResolutionForm(CaseForm):
    """A decision of which only the explanation is asked; `outcome` stands in the address."""

    text = _text("Toelichting", is_required=False)

    submit_label = "Besluit vastleggen"

    def __init__(
        self,
        data: Any = None,
        *,
        item: AgendaItem,
        outcome: Outcome,
        owners: list[Organisation],
        scenario: Scenario | None,
        today: date,
    ) -> None:
        self.outcome, self.scenario = outcome, scenario
        super().__init__(data, case=item.case, today=today)
        self.helper.form_action = f"{reverse('room:decide', args=[item.pk])}?besluit={outcome}"
        self.helper.form_id = "besluit"

    def rows(self) -> list[str | LayoutObject]:
        """The explanation comes after what it explains."""
        return [*(name for name in super().rows() if name != "text"), "text"]

    @property
    def resolution(self) -> Resolution:
        """What was filled in, as the decision that is put to the act."""
        asked = {name: value for name, value in self.cleaned_data.items() if name in Resolution.__dataclass_fields__}
        if "disagreements" in asked:
            asked["disagreements"] = tuple(asked["disagreements"])
        return Resolution(outcome=self.outcome, steps=self.steps(), **asked)

    def steps(self) -> tuple[Undertaking, ...]:
        return ()


def _who(number: int) -> forms.ChoiceField:
    return forms.ChoiceField(label=f"Stap {number}: wie", required=False)


def _what() -> TextField:
    return TextField(label="Doet wat", max_length=300, required=False)


def _when() -> DayField:
    return DayField(label="Uiterlijk", is_ahead=True, required=False)


def _step(number: int) -> Div:
    """Who and when beside each other, what under it."""
    name = f"step{number}_"
    return Div(Row(name + "who", name + "when"), name + "what")


class More(Div):
    """What is seldom needed, folded away until somebody wants it."""

    template = "%s/layout/more.html"

    def __init__(self, summary: str, *fields: LayoutObject, is_open: bool) -> None:
        super().__init__(*fields)
        self.summary, self.is_open = summary, is_open


class SteppedForm(ResolutionForm):
    """A decision that goes with steps: who does what, before when."""

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
        """The steps stand last; one is usual, so that the others are folded away while they are empty."""
        plain = [name for name in super().rows() if not str(name).startswith("step")]
        first, *others = [_step(number) for number in STEPS]
        is_open = any(self.data.get(f"step{number}_{part}") for number in STEPS[1:] for part in PARTS)
        more = More("Nog een stap", *others, is_open=is_open)
        return [*plain, Fieldset("Wie doet wat, voor wanneer?", first, more)]

    def clean(self) -> dict[str, Any]:
        filled: dict[str, Any] = super().clean() or {}
        for number in STEPS:
            given = [bool(filled.get(f"step{number}_{part}")) for part in PARTS]
            if any(given) and not all(given):
                self.add_error(None, ValidationError(f"Vul bij stap {number} in wie het doet, wat, en voor wanneer."))
        return filled

    def steps(self) -> tuple[Undertaking, ...]:
        asked = ([self.cleaned_data[f"step{number}_{part}"] for part in PARTS] for number in STEPS)
        return tuple(Undertaking(self.owners[who], what, when) for who, what, when in asked if who)


class AdmissionForm(ResolutionForm):
    inside_covenant = forms.BooleanField(
        label="Binnen het convenant",
        required=False,
        initial=True,
        help_text="Wie erbuiten valt, telt niet mee in de meetset.",
    )


class ExceptionForm(AdmissionForm):
    exception_ground = forms.ChoiceField(label="Grond", choices=options(ExceptionGround.choices))

    text = _text("Motivering")


class RefusalForm(ResolutionForm):
    text = _text("Motivering")


class ScenarioForm(SteppedForm):
    kind = forms.ChoiceField(label="Scenario", choices=scenario_options())
    review_on = DayField(label="Opnieuw bespreken op", is_ahead=True)


class KeepingForm(SteppedForm):
    review_on = DayField(label="Opnieuw bespreken op", is_ahead=True, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.scenario is not None:
            stands = date_format(self.scenario.review_on, "j F Y")
            self.fields["review_on"].help_text = f"Leeg: de datum blijft {stands}."


class StepForm(SteppedForm):
    """An intermediate step, still without a scenario."""


class DisagreementForm(ResolutionForm):
    disagreements = forms.MultipleChoiceField(
        label="Waarover verschilt u?", choices=Disagreement.choices, widget=forms.CheckboxSelectMultiple
    )

    text = _text("Wat vindt wie?")


class EscalationForm(QuestionFields, ResolutionForm):
    submit_label = "Besluiten en voorleggen aan het MRT"
    text = _text("Toelichting")

    @property
    def request(self) -> dict[str, Any]:
        """What was filled in, as the arguments of the act that escalates."""
        return {name: self.cleaned_data[name] for name in ("text", "ground", "disagreements", "question")}


class EndingForm(ResolutionForm):
    ends_on = DayField(
        label="Laatste dag van het verblijf",
        is_ahead=True,
        help_text="De gemeente krijgt de actie om het verblijf dan te beëindigen.",
    )

    text = _text("Reden")


class PostponementForm(ResolutionForm):
    text = _text("Reden van aanhouden")


FORM_OF: dict[Outcome, type[ResolutionForm]] = {
    Outcome.ADMITTED: AdmissionForm,
    Outcome.EXCEPTION: ExceptionForm,
    Outcome.REFUSED: RefusalForm,
    Outcome.ADOPTED: ScenarioForm,
    Outcome.REVISED: ScenarioForm,
    Outcome.KEPT: KeepingForm,
    Outcome.STEP_SET: StepForm,
    Outcome.NO_AGREEMENT: DisagreementForm,
    Outcome.ESCALATED: EscalationForm,
    Outcome.ENDING: EndingForm,
    Outcome.POSTPONED: PostponementForm,
}
