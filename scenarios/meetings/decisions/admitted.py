"""The LSO admits a person who meets all criteria."""

from scenarios.meetings.decisions import on_admission
from scenarios.meetings.decisions.kinds import Kind, bring

ADMITTED = bring(
    Kind(
        "admitted",
        "Toegelaten",
        is_about_admission=True,
        place=10,
        form=on_admission.AdmissionForm,
        fits=on_admission.fits,
        rule=on_admission.rule,
        carry_out=on_admission.carry_out,
    )
)
