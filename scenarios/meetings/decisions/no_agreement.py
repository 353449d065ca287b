"""The parties do not agree. The decision records what they disagree about, and what each of them thinks.

Nothing follows at once. After an advice of the MRT this decision lets the case go to a body above the LSO
(`mrt/ladder.py::climbing_blockers`).
"""

from django import forms

from scenarios.meetings.decisions.forms import ResolutionForm, explanation
from scenarios.meetings.decisions.kinds import Kind, Resolution, bring
from scenarios.models import AgendaItem, Disagreement


class DisagreementForm(ResolutionForm):
    disagreements = forms.MultipleChoiceField(
        label="Waarover verschilt u?", choices=Disagreement.choices, widget=forms.CheckboxSelectMultiple
    )

    text = explanation("Wat vindt wie?")


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    return [] if resolution.disagreements else ["Kies waarover geen overeenstemming is."]


NO_AGREEMENT = bring(
    Kind(
        "no_agreement",
        "Geen overeenstemming",
        place=80,
        form=DisagreementForm,
        takes=frozenset({"disagreements"}),
        is_explained=True,
        rule=rule,
    )
)
