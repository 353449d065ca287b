"""What the three decisions on admission share. `cases/admission.py` has their rules; here the LSO takes them."""

from datetime import datetime

from django import forms

from accounts.models import User
from cases import admission
from cases.models import Body
from scenarios.meetings.decisions.forms import ResolutionForm
from scenarios.meetings.decisions.kinds import Resolution, Situation
from scenarios.models import AgendaItem, Decision


class AdmissionForm(ResolutionForm):
    """Asks whether the admission is inside the covenant."""

    inside_covenant = forms.BooleanField(
        label="Binnen het convenant",
        required=False,
        initial=True,
        help_text="Wie erbuiten valt, telt niet mee in de meetset.",
    )


def fits(situation: Situation) -> bool:
    """Whether no decision on admission is in force on the day of the meeting."""
    return situation.admission is None


def is_inside(resolution: Resolution) -> bool:
    """Whether the admission is inside the covenant; a refusal never is."""
    return resolution.inside_covenant and resolution.outcome != "refused"


def rule(item: AgendaItem, resolution: Resolution) -> list[str]:
    case, on = item.case, item.meeting.held_on
    if admission.in_force(case, on) is not None:
        return ["Op de dag van het overleg geldt al een besluit over toelating."]
    return admission.deciding_blockers(
        case,
        admission.latest_test(case),
        resolution.outcome,
        on=on,
        inside_covenant=is_inside(resolution),
        exception_ground=resolution.exception_ground,
        reason=resolution.text,
    )


def carry_out(decision: Decision, resolution: Resolution, by: User, at: datetime) -> None:
    admission.decide(
        decision.case,
        outcome=resolution.outcome,
        by=by,
        on=decision.decided_on,
        at=at,
        body=Body.LSO,
        inside_covenant=is_inside(resolution),
        exception_ground=resolution.exception_ground,
        reason=resolution.text,
    )
