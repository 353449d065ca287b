"""The LSO: meetings, agendas, decisions, and the guidance scenarios that they adopt."""

from scenarios.models.decisions import Decision, Outcome
from scenarios.models.guidance import DIRECTION_OF, Direction, Scenario, ScenarioKind
from scenarios.models.meetings import AgendaItem, Attendance, Meeting, MeetingStatus, Purpose

__all__ = [
    "DIRECTION_OF",
    "AgendaItem",
    "Attendance",
    "Decision",
    "Direction",
    "Meeting",
    "MeetingStatus",
    "Outcome",
    "Purpose",
    "Scenario",
    "ScenarioKind",
]
