"""The LSO admits a person who does not meet all criteria, on a ground of the covenant, and gives its reasons."""

from django import forms

from cases.forms import options
from cases.models import ExceptionGround
from scenarios.meetings.decisions import on_admission
from scenarios.meetings.decisions.forms import explanation
from scenarios.meetings.decisions.kinds import Kind, bring


class ExceptionForm(on_admission.AdmissionForm):
    exception_ground = forms.ChoiceField(label="Grond", choices=options(ExceptionGround.choices))

    text = explanation("Motivering")


EXCEPTION = bring(
    Kind(
        "exception",
        "Toegelaten bij uitzondering",
        is_about_admission=True,
        place=20,
        form=ExceptionForm,
        fits=on_admission.fits,
        takes=frozenset({"exception_ground"}),
        rule=on_admission.rule,
        carry_out=on_admission.carry_out,
    )
)
