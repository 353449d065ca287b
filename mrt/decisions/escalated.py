"""The LSO puts a case before the MRT, with its one central question (letter; domain 1.3)."""

from datetime import datetime
from typing import Any

from accounts.models import User
from mrt import escalation
from mrt.forms.request import QuestionFields
from mrt.models import ESCALATED
from scenarios.meetings.decisions.forms import ResolutionForm, explanation
from scenarios.meetings.decisions.kinds import Kind, bring
from scenarios.models import AgendaItem


class EscalationForm(QuestionFields, ResolutionForm):
    submit_label = "Besluiten en voorleggen aan het MRT"
    text = explanation("Toelichting")

    @property
    def request(self) -> dict[str, Any]:
        """The cleaned values, as arguments of `decide_to_escalate`."""
        return {name: self.cleaned_data[name] for name in ("text", "ground", "disagreements", "question")}


def decide(item: AgendaItem, form: EscalationForm, *, by: User, at: datetime, version: int | None) -> None:
    """Record the decision and the request to the MRT in one act."""
    escalation.decide_to_escalate(item, **form.request, by=by, at=at, version=version)


bring(
    Kind(
        ESCALATED,
        "Naar het MRT",
        place=90,
        form=EscalationForm,
        is_explained=True,
        act=decide,
    )
)
