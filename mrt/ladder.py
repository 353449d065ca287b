"""The bodies above the LSO: stuurgroep, programmaraad, bestuurlijk overleg, each with an owner and a term.

A case goes there when the LSO still can't agree after the advice of the MRT. Each body is one rung of the ladder.
"""

from datetime import date, datetime

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, User
from cases import parties
from cases.locking import refuse
from mrt import locking, progress
from mrt.escalation import coordinating_team
from mrt.models import Escalation, Level, Ruling, Rung
from mrt.progress import Standing
from mrt.stages import MOVES
from scenarios.meetings.decisions.no_agreement import NO_AGREEMENT
from scenarios.models import Decision, Direction


def next_level(escalation: Escalation) -> Level | None:
    """The lowest level where the case has not been; None if it has been at the highest."""
    reached = set(Rung.objects.filter(escalation=escalation).values_list("level", flat=True))
    return next((level for level in Level if level not in reached), None)


def owner(escalation: Escalation, level: str) -> Organisation:
    """Who brings a case to this level: the municipality to its own stuurgroep, the MDT to the national bodies."""
    if level == Level.STEERING:
        return parties.directing_organisation(escalation.case)
    return coordinating_team()


def climbing_blockers(escalation: Escalation, *, on: date) -> list[str]:
    """Why the case can't go higher now. It can once the LSO is late, or decided that it can't agree."""
    standing = progress.standing_of(escalation)
    if reasons := MOVES["climb"].refusal(standing.stage):
        return reasons
    if next_level(escalation) is None:
        return ["Boven het bestuurlijk overleg is er geen niveau. Het LSO voert de uitspraak uit."]
    if standing.is_late(on) or _found_no_agreement(escalation, standing):
        return []
    return [
        f"Het LSO kan nog antwoorden tot en met {standing.due_on:%d-%m-%Y}. "
        "Eerder hogerop kan alleen als het LSO besluit dat er geen overeenstemming is."
    ]


def _found_no_agreement(escalation: Escalation, standing: Standing) -> bool:
    """Whether the LSO decided, since the advice or the ruling came back, that it can't agree."""
    decided = Decision.objects.filter(case=escalation.case_id, outcome=NO_AGREEMENT.code)
    return decided.filter(decided_on__gte=standing.since).exists()


@transaction.atomic
def climb(escalation: Escalation, *, reason: str, by: User, on: date, at: datetime, version: int | None = None) -> Rung:
    """Put the case before the next body."""
    escalation = locking.lock(escalation, version=version)
    refuse(climbing_blockers(escalation, on=on))
    refuse([] if reason else ["Zeg waarom de zaak hogerop moet."])
    level = next_level(escalation)
    assert level is not None
    return _put_before(escalation, level, reason=reason, by=by, on=on, at=at)


def _put_before(escalation: Escalation, level: Level, *, reason: str, by: User, on: date, at: datetime) -> Rung:
    rung = Rung.objects.create(
        escalation=escalation,
        case=escalation.case,
        level=level,
        organisation=owner(escalation, level),
        reason=reason,
        raised_on=on,
        raised_by=by,
    )
    audit.record("case.mrt_raised", escalation.case, by=by, at=at, level=level)
    return rung


def ruling_blockers(rung: Rung) -> list[str]:
    """Why no ruling at all can be recorded."""
    if rung.ruled_on is not None:
        return [f"De uitkomst van {Level(rung.level).in_a_sentence} is al vastgelegd."]
    return locking.refusal(rung.escalation, "rule")


def result_blockers(rung: Rung, *, ruling: str, direction: str, text: str, on: date) -> list[str]:
    """Why this ruling can't be recorded. Empty means it can."""
    reasons = []
    if ruling not in Ruling.values:
        reasons.append("Kies wat de uitkomst is.")
    if (ruling == Ruling.OTHER) != (direction in Direction.values):
        reasons.append("Kies een richting bij een andere richting, en alleen dan.")
    if ruling == Ruling.PASSED_ON and rung.level == Level.ADMINISTRATIVE:
        reasons.append("Boven het bestuurlijk overleg is er geen niveau.")
    if not text:
        reasons.append("Licht de uitkomst toe.")
    if on < rung.raised_on:
        reasons.append(f"De uitkomst kan niet vóór {rung.raised_on:%d-%m-%Y} liggen.")
    return reasons


@transaction.atomic
def rule(
    rung: Rung,
    *,
    ruling: str,
    text: str,
    by: User,
    on: date,
    at: datetime,
    direction: str = "",
    version: int | None = None,
) -> Rung:
    """Record the ruling of a body. The case goes back to the LSO, or on to the next body."""
    escalation = locking.lock(rung.escalation, version=version)
    rung = Rung.objects.select_related("escalation__case").get(pk=rung.pk)
    refuse(ruling_blockers(rung) or result_blockers(rung, ruling=ruling, direction=direction, text=text, on=on))
    rung.ruling, rung.direction, rung.text, rung.ruled_on, rung.ruled_by = ruling, direction, text, on, by
    rung.save(update_fields=["ruling", "direction", "text", "ruled_on", "ruled_by"])
    audit.record("case.mrt_ruled", escalation.case, by=by, at=at, level=rung.level, ruling=ruling)
    level = next_level(escalation)
    if ruling == Ruling.PASSED_ON and level is not None:
        _put_before(escalation, level, reason=text, by=by, on=on, at=at)
    return rung


def binding(escalation: Escalation) -> Rung | None:
    """The ruling that the LSO has to carry out; None when no body above it ruled."""
    ruled = Rung.objects.filter(escalation=escalation, ruling__in=[Ruling.CONFIRMED, Ruling.OTHER])
    return ruled.from_below().last()


def current(escalation: Escalation) -> Rung | None:
    """The rung that has no ruling yet; None if no body has the case now."""
    return Rung.objects.filter(escalation=escalation, ruling="").select_related("organisation").first()
