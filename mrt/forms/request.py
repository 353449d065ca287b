"""Forms of the request: escalate, elaborate, ask for help, report preparation as ready, set a day."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from crispy_forms.layout import LayoutObject, Row
from django import forms
from django.utils import timezone

from accounts.models import Organisation
from cases.forms import ActForm, CaseForm, DayField, TextField, options
from core.forms import say_it_clearly
from mrt.forms.base import EscalationForm
from mrt.models import Escalation
from scenarios.forms.preparation import QUARTERS
from scenarios.models import Disagreement, EscalationGround

USUAL_TIME = "10:00"


class QuestionFields(forms.Form):
    """The question to the MRT. Two forms ask it: the decision to escalate, and the request after such a decision."""

    ground = forms.ChoiceField(
        label="Waarom komt het LSO er niet uit?", choices=EscalationGround.choices, widget=forms.RadioSelect
    )
    disagreements = forms.MultipleChoiceField(
        label="Waarover is geen overeenstemming?",
        choices=Disagreement.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Nodig als er geen overeenstemming is.",
    )
    question = TextField(
        label="Centrale vraag",
        max_length=500,
        lines=3,
        help_text="Precies één vraag, die eindigt met een vraagteken.",
    )

    sometimes_needed = frozenset({"disagreements"})


class RequestForm(QuestionFields, CaseForm):
    on = DayField(label="Aangevraagd op")

    submit_label = "Voorleggen aan het MRT"

    field_order = ("on", "ground", "disagreements", "question")


class ElaborateForm(EscalationForm):
    """Asks what is agreed and what was tried, and has one box per kind of disagreement."""

    agreed_facts = TextField(
        label="Waarover zijn partijen het eens?",
        max_length=4000,
        lines=6,
        required=False,
        help_text="Feiten die niemand betwist.",
    )
    tried = TextField(label="Wat is geprobeerd, en wat leverde het op?", max_length=4000, lines=6, required=False)

    submit_label = "Aanvraag bewaren"

    def __init__(self, data: Any = None, *, escalation: Escalation, today: date) -> None:
        initial = {"agreed_facts": escalation.agreed_facts, "tried": escalation.tried}
        super().__init__(data, escalation=escalation, today=today, initial=initial)
        self.kinds = [Disagreement(kind) for kind in escalation.disagreements]
        for kind in self.kinds:
            point = TextField(
                label=f"Waarover precies verschillen partijen: {kind.label.lower()}?",
                max_length=2000,
                lines=4,
                required=False,
                initial=escalation.points.get(kind, ""),
            )
            say_it_clearly(point)
            self.fields[_name(kind)] = point
        self.order_fields(["agreed_facts", *map(_name, self.kinds), "tried"])

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        points = {kind.value: values.pop(_name(kind)) for kind in self.kinds}
        return {**values, "points": {kind: text for kind, text in points.items() if text}}


def _name(kind: Disagreement) -> str:
    return f"point_{kind.value}"


class HelpForm(EscalationForm):
    organisation = forms.ChoiceField(label="Aan wie?")
    text = TextField(label="Wat vraagt u?", max_length=300, lines=3)
    due_on = DayField(label="Uiterlijk", is_ahead=True)

    submit_label = "Hulp vragen"

    def __init__(self, data: Any = None, *, helpers: Iterable[Organisation], due_on: date, **kwargs: Any) -> None:
        self.helpers = {str(helper.pk): helper for helper in helpers}
        super().__init__(data, initial={"due_on": due_on}, **kwargs)
        self.fields["organisation"].choices = options([(key, str(o)) for key, o in self.helpers.items()])  # type: ignore[attr-defined]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return {**values, "organisation": self.helpers[values["organisation"]]}


class FinishForm(ActForm):
    note = TextField(
        label="Toelichting",
        max_length=2000,
        lines=6,
        help_text="Schrijf het hier op, of waar het in het dossier staat.",
    )

    submit_label = "Klaar melden"


class ConveneForm(EscalationForm):
    on = DayField(label="Datum", is_ahead=True)
    at_time = forms.ChoiceField(label="Tijd", choices=[(moment, moment) for moment in QUARTERS])
    place = TextField(label="Plaats", max_length=200, help_text="Of hoe men online deelneemt.")

    submit_label = "Overleg plannen"

    def __init__(self, data: Any = None, *, escalation: Escalation, today: date) -> None:
        initial: dict[str, Any] = {"at_time": USUAL_TIME, "place": escalation.place}
        if escalation.meets_at is not None:
            moment = timezone.localtime(escalation.meets_at)
            initial |= {"on": moment.date(), "at_time": f"{moment:%H:%M}"}
        super().__init__(data, escalation=escalation, today=today, initial=initial)

    def rows(self) -> list[str | LayoutObject]:
        return [Row("on", "at_time"), "place"]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        moment = datetime.combine(values.pop("on"), time.fromisoformat(values.pop("at_time")))
        return {**values, "meets_at": timezone.make_aware(moment)}
