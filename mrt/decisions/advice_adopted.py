"""The LSO adopts the advice of the MRT; recorded with the answer (mrt/answering.py)."""

from mrt.models import ADVICE_ADOPTED
from scenarios.meetings.decisions.kinds import Kind, bring

bring(
    Kind(
        ADVICE_ADOPTED,
        "MRT-advies overgenomen",
        answers_advice=True,
        elsewhere="Beantwoord het advies van het MRT bij de MRT-zaak.",
    )
)
