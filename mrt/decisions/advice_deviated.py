"""The LSO deviates from the advice of the MRT, with reasons; recorded with the answer (mrt/answering.py)."""

from mrt.models import ADVICE_DEVIATED
from scenarios.meetings.decisions.kinds import Kind, bring

bring(
    Kind(
        ADVICE_DEVIATED,
        "Afgeweken van het MRT-advies",
        answers_advice=True,
        elsewhere="Beantwoord het advies van het MRT bij de MRT-zaak.",
    )
)
