"""Forms of a release: make it, move its publication, and the list of who reads it before."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.forms import ActForm, TextField, options
from accounts.models import User
from monitor.forms.rounds import MomentField
from monitor.models import ReleaseKind

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
