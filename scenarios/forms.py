"""Forms of the LSO: plan, hold, cancel, put on the agenda, decide."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from crispy_forms.layout import LayoutObject
from django import forms
from django.utils.formats import date_format

from accounts.models import Municipality, Organisation
from cases.forms import ActForm, CaseForm, DayField, TextField, options
from scenarios import meetings
from scenarios.models import DIRECTION_OF, AgendaItem, Direction, Meeting, Outcome, Purpose, Scenario, ScenarioKind

INCOMPLETE = "Het formulier is niet volledig verzonden. Laad de pagina opnieuw en probeer het nog een keer."


def scenario_options(*, empty: str = "Kies een scenario") -> list[tuple[str, Any]]:
    """The scenarios under their direction, for a select."""
    groups = [
        (direction.label, [(kind.value, kind.label) for kind in ScenarioKind if DIRECTION_OF[kind] == direction])
        for direction in Direction
    ]
    return [("", empty), *groups]


class PlanForm(ActForm):
    """`municipality` is asked only of somebody who plans for more than one."""

    municipality = forms.ChoiceField(label="Gemeente")
    held_on = DayField(
        label="Datum", is_ahead=True, help_text="Een overleg dat al is geweest, kunt u hier ook vastleggen."
    )
    place = TextField(label="Plaats", max_length=120)

    submit_label = "Overleg plannen"

    def __init__(self, data: Any = None, *, municipalities: list[Municipality], today: date) -> None:
        self.municipalities = {str(m.pk): m for m in municipalities}
        super().__init__(data, today=today)
        self.fields["municipality"].choices = options(  # type: ignore[attr-defined]
            [(key, m.name) for key, m in self.municipalities.items()]
        )
        if len(municipalities) == 1:
            del self.fields["municipality"]

    def rows(self) -> list[str | LayoutObject]:
        return [name for name in super().rows() if name != "municipality" or len(self.municipalities) > 1]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        chosen = values.get("municipality") or next(iter(self.municipalities))
        return {**values, "municipality": self.municipalities[chosen]}


class MeetingForm(ActForm):
    """A form for an act on a meeting: it knows on which version of the meeting it was opened."""

    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, meeting: Meeting, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": meeting.version, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)


class HoldForm(MeetingForm):
    """Who was there. The municipality is not asked: it chairs."""

    present = forms.MultipleChoiceField(
        label="Welke partners waren aanwezig?", widget=forms.CheckboxSelectMultiple, required=False
    )

    submit_label = "Vastleggen dat het overleg is gehouden"

    def __init__(self, data: Any = None, *, meeting: Meeting, seated: list[Organisation], today: date) -> None:
        self.chair, *partners = seated
        self.partners = {str(partner.pk): partner for partner in partners}
        super().__init__(data, meeting=meeting, today=today, initial={"present": list(self.partners)})
        self.fields["present"].choices = [  # type: ignore[attr-defined]
            (key, partner.name) for key, partner in self.partners.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        there = [self.partners[key] for key in self.cleaned_data["present"]]
        return {**super().values, "present": [self.chair, *there]}


class CancelForm(MeetingForm):
    submit_label = "Overleg laten vervallen"
    is_dangerous = True


class NominateForm(CaseForm):
    meeting = forms.ChoiceField(label="Overleg", widget=forms.RadioSelect)
    purpose = forms.ChoiceField(label="Waarvoor?", choices=Purpose.choices, widget=forms.RadioSelect)
    question = TextField(
        label="Vraag aan het overleg",
        max_length=500,
        lines=3,
        required=False,
        help_text="Wat moet het overleg weten of beslissen?",
    )

    submit_label = "Op de agenda zetten"

    def __init__(self, data: Any = None, *, planned: Iterable[Meeting], initial: dict[str, Any], **kwargs: Any) -> None:
        self.planned = {str(meeting.pk): meeting for meeting in planned}
        if len(self.planned) == 1:
            initial = {**initial, "meeting": next(iter(self.planned))}
        super().__init__(data, initial=initial, **kwargs)
        self.fields["meeting"].choices = [  # type: ignore[attr-defined]
            (key, f"{date_format(meeting.held_on, 'l j F Y')}, {meeting.place}")
            for key, meeting in self.planned.items()
        ]

    @property
    def values(self) -> dict[str, Any]:
        return {**super().values, "meeting": self.planned[self.cleaned_data["meeting"]]}


class TakeOffForm(ActForm):
    submit_label = "Van de agenda halen"
    is_dangerous = True


class DecisionForm(CaseForm):
    """What the meeting decided. Of the outcomes only those that fit are offered, and the one that was sent."""

    outcome = forms.ChoiceField(label="Wat heeft het overleg besloten?", widget=forms.RadioSelect)
    kind = forms.ChoiceField(label="Scenario", choices=scenario_options(), required=False)
    review_on = DayField(label="Opnieuw bespreken op", is_ahead=True, required=False)
    text = TextField(
        label="Toelichting",
        max_length=2000,
        lines=5,
        required=False,
        help_text="Nodig bij aanhouden en bij opschalen naar het MRT.",
    )

    submit_label = "Besluit vastleggen"
    sometimes_needed = frozenset({"kind", "review_on", "text"})

    def __init__(self, data: Any = None, *, item: AgendaItem, scenario: Scenario | None, today: date) -> None:
        self.has_scenario = scenario is not None
        super().__init__(data, case=item.case, today=today)
        sent = self["outcome"].value()
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            (outcome.value, outcome.label)
            for outcome in Outcome
            if outcome not in meetings.ANSWERS and (outcome.value == sent or self._fits(outcome))
        ]
        which = "herzien" if self.has_scenario else "vastgesteld"
        self.fields["kind"].help_text = f"Nodig bij een {which} scenario."
        self.fields["review_on"].help_text = f"Nodig bij een {which} scenario."
        if scenario is not None:
            self.fields["review_on"].help_text = (
                "Nodig bij een herzien scenario. Blijft het scenario? Dan kunt u hier een nieuwe datum kiezen. "
                f"Nu is dat {date_format(scenario.review_on, 'j F Y')}."
            )

    def _fits(self, outcome: Outcome) -> bool:
        if outcome in {Outcome.REVISED, Outcome.KEPT}:
            return self.has_scenario
        return outcome != Outcome.ADOPTED or not self.has_scenario
