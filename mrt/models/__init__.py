from mrt.models.advices import Advice, Answer, Discussion, Draft, Obstacle, Opinion, Presence, Remark
from mrt.models.ladder import Level, Ruling, Rung
from mrt.models.requests import Escalation, Preparation
from mrt.models.team import COMPOSITION, Seat, SeatRole, Waiver
from mrt.stages import Stage

__all__ = [
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
