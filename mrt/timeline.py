"""The events of the MRT in the timeline of a case."""

from collections.abc import Iterator

from cases.models import Case
from cases.timeline import Event, bring, of_fact
from mrt.models import Advice, Answer, Discussion, Escalation, Level, Obstacle, Opinion, Ruling, Rung


def events(case: Case) -> list[Event]:
    """The requests, discussions, advices, rulings of the bodies above, and answers."""
    return [*_requests(case), *_discussions(case), *_advices(case), *_rungs(case), *_answers(case)]


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


def _rungs(case: Case) -> Iterator[Event]:
    for rung in Rung.objects.filter(case=case).select_related("raised_by", "ruled_by"):
        body = Level(rung.level).in_a_sentence
        title = f"Voorgelegd aan {body}"
        yield Event(rung.raised_on, None, title, rung.reason, kind="rung", by=str(rung.raised_by), is_key=True)
        if rung.ruled_on is not None:
            title = f"Uitkomst van {body}: {_outcome(rung)}"
            yield Event(rung.ruled_on, None, title, rung.text, kind="ruling", by=str(rung.ruled_by), is_key=True)


def _outcome(rung: Rung) -> str:
    if rung.ruling == Ruling.OTHER:
        return f"inzetten op {rung.get_direction_display().lower()}"
    return rung.get_ruling_display().lower()


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


def obstacles(opinion: Opinion) -> list[str]:
    """The obstacles, in words."""
    return [Obstacle(code).label for code in opinion.obstacles]


def conclusion(advice: Opinion) -> str:
    """The conclusion of an advice or a draft, in one phrase."""
    if advice.no_durable_solution:
        return f"Geen bestendige oplossing mogelijk ({', '.join(obstacles(advice)).lower()})"
    return f"Inzetten op {advice.get_direction_display().lower()}"


bring(lambda case, user: events(case))
