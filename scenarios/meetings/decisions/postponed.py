"""The LSO postpones its decision, and says why."""

from scenarios.meetings.decisions.forms import ResolutionForm, explanation
from scenarios.meetings.decisions.kinds import Kind, bring


class PostponementForm(ResolutionForm):
    text = explanation("Reden van aanhouden")


POSTPONED = bring(Kind("postponed", "Geen besluit: aangehouden", place=110, form=PostponementForm, is_explained=True))
