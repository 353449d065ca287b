from mrt.models.advices import Advice, Answer, Discussion, Draft, Obstacle, Opinion, Presence, Remark
from mrt.models.ladder import Level, Ruling, Rung
from mrt.models.requests import ADVICE_ADOPTED, ADVICE_DEVIATED, ESCALATED, Escalation, Preparation
from mrt.models.team import COMPOSITION, Seat, SeatRole, Waiver
from mrt.stages import Stage

__all__ = [
    "ADVICE_ADOPTED",
    "ADVICE_DEVIATED",
    "ESCALATED",
    "COMPOSITION",
    "Advice",
    "Answer",
    "Discussion",
    "Draft",
    "Escalation",
    "Level",
    "Obstacle",
    "Opinion",
    "Preparation",
    "Presence",
    "Remark",
    "Ruling",
    "Rung",
    "Seat",
    "SeatRole",
    "Stage",
    "Waiver",
]
