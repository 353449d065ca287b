"""Forms of the team: assign a seat, invite a guest, release a seat, ask for a waiver and judge it."""

from collections.abc import Iterable
from typing import Any

from django import forms

from cases.forms import ActForm, TextField
from mrt.forms.base import EscalationForm, MemberForm
from mrt.models import Seat, SeatRole
from mrt.team import role_of


class AssignForm(MemberForm):
    """The role of the seat follows from the organisation of the member."""

    declared_uninvolved = forms.BooleanField(
        label="Dit lid verklaart niet eerder bij deze zaak betrokken te zijn geweest",
        required=False,
        help_text="Nodig bij leden van IND en DT&V.",
    )

    submit_label = "Zetel toewijzen"

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return {**values, "role": role_of(values["organisation"])}


class InviteForm(MemberForm):
    submit_label = "Uitnodigen"

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["member"].label = "Wie nodigt u uit?"

    @property
    def values(self) -> dict[str, Any]:
        return {**super().values, "role": SeatRole.GUEST}


class WaiverForm(MemberForm):
    reason = TextField(
        label="Waarom is toch dit lid nodig?",
        max_length=1000,
        lines=4,
        help_text="De voorzitter van het LSO leest dit, samen met de gevonden betrokkenheid.",
    )

    submit_label = "Uitzondering vragen"


class JudgeForm(ActForm):
    is_granted = forms.TypedChoiceField(
        label="Mag dit lid een zetel krijgen?",
        choices=[("ja", "Ja, ondanks de eerdere betrokkenheid"), ("nee", "Nee")],
        coerce=lambda value: value == "ja",
        widget=forms.RadioSelect,
    )
    judgement = TextField(label="Waarom?", max_length=1000, lines=4)

    submit_label = "Beslissen"


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
