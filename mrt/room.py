"""The MRT's part of the meeting screen: the advice that waits for an answer of the LSO."""

from mrt import answering
from mrt.models import Advice
from scenarios.meetings.room.parts import Part, bring
from scenarios.models import AgendaItem, Purpose


def advice_to_answer(item: AgendaItem) -> Advice | None:
    return answering.to_answer(item.case) if item.purpose == Purpose.MRT_ADVICE else None


bring(Part("mrt/_advice_to_answer.html", advice_to_answer))
