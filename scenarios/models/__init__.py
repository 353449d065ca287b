"""The models of the LSO: meetings and their preparation, decisions, actions, minutes, and guidance scenarios."""

from scenarios.models.actions import Action, ActionKind, ActionQuerySet, ActionResult, ActionReview, ReviewResult
from scenarios.models.decisions import Decision, Disagreement, EscalationGround
from scenarios.models.guidance import DIRECTION_OF, Direction, Scenario, ScenarioKind
from scenarios.models.meetings import (
    TOOK_PLACE,
    Absence,
    AgendaItem,
    Attendance,
    Invitee,
    ItemAbsence,
    Meeting,
    MeetingMove,
    MeetingStatus,
    Passage,
    Purpose,
    TableRules,
    Topic,
)
from scenarios.models.minutes import Correction, CorrectionState, ItemMinutes
from scenarios.models.nominations import Nomination, NominationState
from scenarios.models.outcomes import OUTCOMES, Outcome
from scenarios.models.positions import Position, PositionFile, PositionRequest, PositionRound, Stance
from scenarios.models.questions import Question, QuestionKind

__all__ = [
    "DIRECTION_OF",
    "TOOK_PLACE",
    "Absence",
    "Action",
    "ActionKind",
    "ActionQuerySet",
    "ActionResult",
    "ActionReview",
    "AgendaItem",
    "Attendance",
    "Correction",
    "CorrectionState",
    "Decision",
    "Direction",
    "Disagreement",
    "EscalationGround",
    "Invitee",
    "ItemAbsence",
    "ItemMinutes",
    "Meeting",
    "MeetingMove",
    "MeetingStatus",
    "Nomination",
    "NominationState",
    "OUTCOMES",
    "Outcome",
    "Passage",
    "Position",
    "PositionFile",
    "PositionRequest",
    "PositionRound",
    "Purpose",
    "Question",
    "QuestionKind",
    "ReviewResult",
    "Scenario",
    "ScenarioKind",
    "Stance",
    "TableRules",
    "Topic",
]
