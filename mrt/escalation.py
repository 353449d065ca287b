"""The request to the MRT: escalate a case, elaborate the request, set the day of the meeting (letter; domain 1.3)."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, OrganisationKind, User
from cases import parties
from cases.locking import lock, refuse
from cases.models import PartyBasis
from mrt import invitations, locking, preparation
from mrt.models import ESCALATED, Escalation
from scenarios.meetings import decisions
from scenarios.models import AgendaItem, Decision, EscalationGround


def request_blockers(decision: Decision, *, on: date) -> list[str]:
    """Why a decision of the LSO can't be put before the MRT, whatever the question."""
    reasons = []
    if decision.outcome != ESCALATED:
        reasons.append("Alleen een besluit om op te schalen leidt naar het MRT.")
    if decision.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if Escalation.objects.filter(decision=decision).exists():
        reasons.append("Dit besluit is al uitgewerkt.")
    elif Escalation.objects.filter(case=decision.case, answer=None).exists():
        reasons.append("Voor deze zaak loopt al een MRT.")
    if on < decision.decided_on:
        reasons.append(f"De aanvraag kan niet vóór het besluit van {decision.decided_on:%d-%m-%Y} liggen.")
    return reasons


def escalation_blockers(
    decision: Decision, *, on: date, ground: str, disagreements: list[str], question: str
) -> list[str]:
    """Why a case can't be put before the MRT with this question. Empty means it can."""
    reasons = request_blockers(decision, on=on)
    if ground not in EscalationGround.values:
        reasons.append("Kies de grond: complexiteit of geen overeenstemming.")
    if ground == EscalationGround.DISAGREEMENT and not disagreements:
        reasons.append("Kies waarover geen overeenstemming is.")
    if ground == EscalationGround.COMPLEXITY and disagreements:
        reasons.append("Bij complexiteit horen geen punten van verschil. Kies anders 'geen overeenstemming'.")
    if question.count("?") != 1:
        reasons.append("Stel precies één centrale vraag, met één vraagteken.")
    return reasons


@transaction.atomic
def escalate(
    decision: Decision,
    *,
    ground: str,
    disagreements: list[str],
    question: str,
    by: User,
    on: date,
    at: datetime,
    version: int | None = None,
) -> Escalation:
    """Put a case before the MRT; the Multidisciplinair Team, which composes the team, sees the case from now on.

    Each party gets its line of the preparation.
    """
    case = lock(decision.case, version=version)
    decision.case = case
    refuse(escalation_blockers(decision, on=on, ground=ground, disagreements=disagreements, question=question))
    escalation = Escalation.objects.create(
        case=case,
        decision=decision,
        ground=ground,
        disagreements=disagreements,
        central_question=question,
        requested_on=on,
        requested_by=by,
    )
    preparation.start(escalation, by=by, at=at)
    parties.bring_in(case, coordinating_team(), by=by, at=at, basis=PartyBasis.MRT)
    audit.record("case.escalated", case, by=by, at=at, escalation=str(escalation.pk), version=case.version)
    return escalation


@transaction.atomic
def decide_to_escalate(
    item: AgendaItem,
    *,
    text: str,
    ground: str,
    disagreements: list[str],
    question: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Escalation:
    """Record that the LSO decides to escalate, and put its question to the MRT, in one act. `text` explains the
    decision.
    """
    resolution = decisions.Resolution(ESCALATED, text)
    decision = decisions.decide(item, resolution, by=by, at=at, version=version)
    return escalate(
        decision,
        ground=ground,
        disagreements=disagreements,
        question=question,
        by=by,
        on=decision.decided_on,
        at=at,
    )


def coordinating_team() -> Organisation:
    """The Multidisciplinair Team, which composes the MRT of every case."""
    return Organisation.objects.get(kind=OrganisationKind.MDT)


@transaction.atomic
def elaborate(
    escalation: Escalation,
    *,
    agreed_facts: str,
    points: Mapping[str, str],
    tried: str,
    by: User,
    at: datetime,
    version: int | None = None,
) -> Escalation:
    """Elaborate the request: what the parties agree on, what was tried, and per kind of disagreement what is in dispute
    (`points`: kind -> text).
    """
    escalation = locking.lock(escalation, version=version)
    refuse(locking.refusal(escalation, "elaborate"))
    foreign = set(points) - set(escalation.disagreements)
    refuse(["Werk alleen de punten uit waarover het LSO geen overeenstemming had."] if foreign else [])
    escalation.agreed_facts, escalation.points, escalation.tried = agreed_facts, dict(points), tried
    escalation.save(update_fields=["agreed_facts", "points", "tried"])
    audit.record("case.mrt_request_elaborated", escalation.case, by=by, at=at)
    return escalation


def gaps(escalation: Escalation) -> list[str]:
    """What a request still lacks before the MRT can work with it, in words."""
    lacking = []
    if not escalation.agreed_facts:
        lacking.append("Waarover partijen het eens zijn")
    if any(not escalation.points.get(kind) for kind in escalation.disagreements):
        lacking.append("Wat er precies in geschil is")
    if not escalation.tried:
        lacking.append("Wat is geprobeerd")
    return lacking


@transaction.atomic
def convene(
    escalation: Escalation, *, meets_at: datetime, place: str, by: User, at: datetime, version: int | None = None
) -> Escalation:
    """Set the moment and the place at which the MRT discusses the case. A second call moves the meeting."""
    escalation = locking.lock(escalation, version=version)
    refuse(locking.refusal(escalation, "convene"))
    refuse([] if place else ["Vul de plaats in, of hoe men online deelneemt."])
    refuse([] if meets_at > at else ["Dit moment is al voorbij. Kies een later moment."])
    escalation.meets_at, escalation.place = meets_at, place
    escalation.save(update_fields=["meets_at", "place"])
    invitations.tell_team(escalation, by=by, at=at)
    on = timezone.localdate(meets_at)
    audit.record("case.mrt_convened", escalation.case, by=by, at=at, on=on.isoformat())
    return escalation
