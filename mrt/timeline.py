"""What the MRT did with a case, for its timeline."""

from collections.abc import Iterator

from cases.models import Case
from cases.timeline import Event, of_fact
from mrt.models import Advice, Answer, Discussion, Escalation, Obstacle


def events(case: Case) -> list[Event]:
    """The request, the discussions, the advice and the LSO's answer."""
    return [*_requests(case), *_discussions(case), *_advices(case), *_answers(case)]


def _requests(case: Case) -> Iterator[Event]:
    for escalation in Escalation.objects.filter(case=case).select_related("requested_by"):
        yield Event(
            escalation.requested_on,
            None,
            "Voorgelegd aan het MRT",
            escalation.central_question,
            kind="escalation",
            by=str(escalation.requested_by),
            is_key=True,
        )


def _discussions(case: Case) -> Iterator[Event]:
    for discussion in Discussion.objects.filter(case=case, replaced_by=None).select_related("recorded_by"):
        yield of_fact(discussion, "Besproken in het MRT")


def _advices(case: Case) -> Iterator[Event]:
    for advice in Advice.objects.filter(case=case, replaced_by=None).select_related("recorded_by"):
        yield of_fact(advice, f"Advies van het MRT: {conclusion(advice).lower()}", advice.text, is_key=True)


def _answers(case: Case) -> Iterator[Event]:
    for answer in Answer.objects.filter(case=case).select_related("decision__recorded_by"):
        decision = answer.decision
        yield Event(
            answer.answered_on,
            decision.recorded_at,
            decision.get_outcome_display(),
            answer.reason,
            kind="answer",
            by=str(decision.recorded_by),
            is_key=True,
        )


def conclusion(advice: Advice) -> str:
    """What an advice says, in short."""
    if advice.no_durable_solution:
        obstacles = ", ".join(Obstacle(code).label.lower() for code in advice.obstacles)
        return f"Geen bestendige oplossing mogelijk ({obstacles})"
    return f"Inzetten op {advice.get_direction_display().lower()}"
