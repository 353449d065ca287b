"""The LSO replaces the running guidance scenario by another one."""

from scenarios.meetings.decisions.kinds import Kind, Resolution, bring
from scenarios.meetings.decisions.with_scenario import TAKES, ScenarioForm, adopt, reasons
from scenarios.models import AgendaItem


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    return reasons(item, resolution, is_revision=True)


REVISED = bring(
    Kind(
        "revised",
        "Scenario herzien",
        adopts_scenario=True,
        place=50,
        form=ScenarioForm,
        fits=lambda situation: situation.scenario is not None,
        takes=TAKES,
        rule=rule,
        carry_out=adopt,
    )
)
