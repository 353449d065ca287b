"""The LSO ends a stay on a day, which may lie ahead."""

from datetime import datetime

from accounts.models import User
from cases import stays
from cases.forms import DayField
from scenarios import table
from scenarios.guidance import actions
from scenarios.guidance.actions import Undertaking
from scenarios.meetings.decisions.forms import ResolutionForm, explanation
from scenarios.meetings.decisions.kinds import Kind, Resolution, bring
from scenarios.models import AgendaItem, Decision


class EndingForm(ResolutionForm):
    ends_on = DayField(
        label="Laatste dag van het verblijf",
        is_ahead=True,
        help_text="De gemeente krijgt de actie om het verblijf dan te beëindigen.",
    )

    text = explanation("Reden")


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    if stays.current_stay(item.case) is None:
        return ["Deze persoon verblijft nu niet in de LVV."]
    if resolution.ends_on is None:
        return ["Kies de laatste dag van het verblijf."]
    if resolution.ends_on < item.meeting.held_on:
        return ["De laatste dag van het verblijf ligt niet vóór het overleg."]
    return []


def end_stay(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    """Give the municipality the action to end the stay on that day. The stay itself ends when that is recorded: a day
    that lies ahead is no fact yet.
    """
    assert resolution.ends_on is not None
    municipality = table.seated(decision.case.municipality)[0]
    task = Undertaking(municipality, "Verblijf beëindigen en de uitstroom vastleggen", resolution.ends_on)
    actions.agree_on(decision, [task], by=by, at=at, on=decision.decided_on)


ENDING = bring(
    Kind(
        "ending",
        "Verblijf beëindigen",
        place=100,
        form=EndingForm,
        fits=lambda situation: situation.is_sheltered,
        takes=frozenset({"ends_on"}),
        is_explained=True,
        rule=rule,
        carry_out=end_stay,
    )
)
