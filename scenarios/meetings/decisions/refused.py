"""The LSO refuses to admit a person, and gives its reasons."""

from scenarios.meetings.decisions import on_admission
from scenarios.meetings.decisions.forms import ResolutionForm, explanation
from scenarios.meetings.decisions.kinds import Kind, bring


class RefusalForm(ResolutionForm):
    text = explanation("Motivering")


REFUSED = bring(
    Kind(
        "refused",
        "Niet toegelaten",
        is_about_admission=True,
        place=30,
        form=RefusalForm,
        fits=on_admission.fits,
        rule=on_admission.rule,
        carry_out=on_admission.carry_out,
    )
)
