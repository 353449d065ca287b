"""The LSO adopts the first guidance scenario of a person who was admitted."""

from scenarios.meetings.decisions.kinds import Kind, Resolution, bring
from scenarios.meetings.decisions.with_scenario import TAKES, ScenarioForm, adopt, reasons
from scenarios.models import AgendaItem


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    return reasons(item, resolution, is_revision=False)


ADOPTED = bring(
    Kind(
        "adopted",
        "Scenario vastgesteld",
        adopts_scenario=True,
        place=40,
        form=ScenarioForm,
        fits=lambda situation: situation.scenario is None and situation.is_admitted,
        takes=TAKES,
        rule=rule,
        carry_out=adopt,
    )
)
