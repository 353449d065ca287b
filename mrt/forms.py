"""Forms of the MRT: ask, seat, discuss, advise, answer."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format

from accounts.forms import INCOMPLETE
from accounts.models import Membership, OrganisationKind
from cases.forms import ActForm, CaseForm, DayField, TextField, options
from mrt.models import Escalation, Obstacle, Seat
from mrt.team import SEAT_OF_KIND
from scenarios.forms.base import scenario_options
from scenarios.models import AgendaItem, Direction, Disagreement, EscalationGround

NO_DURABLE_SOLUTION = "none"
CONCLUSIONS = [
    (Direction.DEPARTURE.value, "Inzetten op vertrek"),
    (Direction.STAY.value, "Inzetten op verblijf"),
    (NO_DURABLE_SOLUTION, "Er is geen bestendige oplossing mogelijk"),
]


class QuestionFields(forms.Form):
    """What is put to the MRT, asked where the LSO decides to and where an earlier decision is put forward."""

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


class EscalationForm(ActForm):
    """A form for an act on an escalation: it knows on which version it was opened."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, escalation: Escalation, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": escalation.version, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)


class AssignForm(EscalationForm):
    """Which seat it is follows from the organisation of the member."""

    member = forms.ChoiceField(label="Lid")
    declared_uninvolved = forms.BooleanField(
        label="Dit lid verklaart niet eerder bij deze zaak betrokken te zijn geweest",
        required=False,
        help_text="Nodig bij leden van IND en DT&V.",
    )

    submit_label = "Zetel toewijzen"

    def __init__(self, data: Any = None, *, candidates: list[Membership], **kwargs: Any) -> None:
        self.candidates = {str(candidate.pk): candidate for candidate in candidates}
        super().__init__(data, **kwargs)
        groups: dict[str, list[tuple[str, str]]] = {}
        for key, candidate in self.candidates.items():
            groups.setdefault(candidate.organisation.name, []).append((key, candidate.user.full_name))
        self.fields["member"].choices = options(list(groups.items()), empty="Kies een lid")  # type: ignore[attr-defined,arg-type]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        chosen = self.candidates[values.pop("member")]
        role = SEAT_OF_KIND[OrganisationKind(chosen.organisation.kind)]
        return {**values, "role": role, "user": chosen.user, "organisation": chosen.organisation}


class ReleaseForm(EscalationForm):
    seat = forms.ChoiceField(label="Wie verlaat het team?", widget=forms.RadioSelect)

    submit_label = "Zetel vrijmaken"
    is_dangerous = True

    def __init__(self, data: Any = None, *, seats: Iterable[Seat], **kwargs: Any) -> None:
        self.seats = {str(seat.pk): seat for seat in seats}
        super().__init__(data, **kwargs)
        self.fields["seat"].choices = [  # type: ignore[attr-defined]
            (key, f"{seat.user}, {seat.organisation}") for key, seat in self.seats.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return {**values, "seat": self.seats[values["seat"]]}


class DiscussionForm(EscalationForm):
    on = DayField(label="Besproken op")

    submit_label = "Bespreking vastleggen"


class AdviceForm(EscalationForm):
    on = DayField(label="Datum van het advies")
    conclusion = forms.ChoiceField(label="Conclusie", choices=CONCLUSIONS, widget=forms.RadioSelect)
    obstacles = forms.MultipleChoiceField(
        label="Belemmeringen",
        choices=Obstacle.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Nodig als er geen bestendige oplossing mogelijk is.",
    )
    text = TextField(label="Advies", max_length=4000, lines=10)

    submit_label = "Advies vastleggen"
    sometimes_needed = frozenset({"obstacles"})

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        conclusion = values.pop("conclusion")
        is_without = conclusion == NO_DURABLE_SOLUTION
        return {**values, "no_durable_solution": is_without, "direction": "" if is_without else conclusion}


class AnswerForm(EscalationForm):
    item = forms.ChoiceField(label="Besloten in het overleg van", widget=forms.RadioSelect)
    is_adopted = forms.TypedChoiceField(
        label="Wat doet het LSO met het advies?",
        choices=[("ja", "Het advies overnemen"), ("nee", "Van het advies afwijken")],
        coerce=lambda value: value == "ja",
        widget=forms.RadioSelect,
    )
    reason = TextField(
        label="Reden om af te wijken", max_length=2000, lines=4, required=False, help_text="Nodig bij afwijken."
    )
    kind = forms.ChoiceField(
        label="Scenario dat hieruit volgt",
        choices=scenario_options(empty="Nu geen nieuw scenario"),
        required=False,
    )
    review_on = DayField(
        label="Opnieuw bespreken op", is_ahead=True, required=False, help_text="Nodig bij een nieuw scenario."
    )

    submit_label = "Antwoord vastleggen"
    sometimes_needed = frozenset({"reason", "review_on"})

    def __init__(self, data: Any = None, *, items: Iterable[AgendaItem], **kwargs: Any) -> None:
        self.items = {str(item.pk): item for item in items}
        initial = {"item": next(iter(self.items))} if len(self.items) == 1 else {}
        super().__init__(data, initial=initial, **kwargs)
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            (key, f"{date_format(item.meeting.held_on, 'j F Y')}, {item.meeting.place}")
            for key, item in self.items.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        return {**super().values, "item": self.items[self.cleaned_data["item"]]}
