"""The LSO agrees on one or more intermediate steps, without a scenario yet."""

from scenarios.meetings.decisions.forms import SteppedForm
from scenarios.meetings.decisions.kinds import Kind, Resolution, bring
from scenarios.models import AgendaItem


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    return [] if resolution.steps else ["Spreek ten minste één stap af: wie doet wat, voor wanneer?"]


STEP_SET = bring(
    Kind(
        "step_set",
        "Tussenstap afgesproken, nog geen scenario",
        place=70,
        form=SteppedForm,
        fits=lambda situation: situation.scenario is None,
        rule=rule,
    )
)
