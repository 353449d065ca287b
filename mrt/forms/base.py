"""The base of the forms that act on an escalation: it carries the version on which the form was opened."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from accounts.models import Membership
from cases.forms import ActForm, options
from core.forms import INCOMPLETE
from mrt.models import Escalation

Choices = list[tuple[str, str]]


class EscalationForm(ActForm):
    version = forms.IntegerField(
        widget=forms.HiddenInput, error_messages={"required": INCOMPLETE, "invalid": INCOMPLETE}
    )

    def __init__(self, data: Any = None, *, escalation: Escalation, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"version": escalation.version, **kwargs.get("initial", {})}
        super().__init__(data, today=today, **kwargs)


class MemberForm(EscalationForm):
    """Asks for one of `members`, grouped by organisation."""

    member = forms.ChoiceField(label="Lid")

    def __init__(self, data: Any = None, *, members: Iterable[Membership], **kwargs: Any) -> None:
        self.members = {str(membership.pk): membership for membership in members}
        super().__init__(data, **kwargs)
        groups: dict[str, Choices] = {}
        for key, membership in self.members.items():
            groups.setdefault(str(membership.organisation), []).append((key, membership.user.full_name))
        self.fields["member"].choices = options(list(groups.items()), empty="Kies een lid")  # type: ignore[attr-defined,arg-type]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        chosen = self.members[values.pop("member")]
        return {**values, "user": chosen.user, "organisation": chosen.organisation}
