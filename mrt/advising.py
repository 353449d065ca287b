"""The work of the team: its discussion, its joint advice with two signatures, and the remarks of a minority."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import User
from cases import recording
from cases.locking import refuse
from mrt import locking, progress, team
from mrt.models import Advice, Discussion, Draft, Escalation, Presence, Remark, Seat
from mrt.stages import MOVES, Stage
from scenarios.models import Direction


@dataclass(frozen=True)
class Conclusion:
    """What an advice says: a direction, or that no durable solution is possible."""

    text: str
    direction: str = ""
    no_durable_solution: bool = False
    obstacles: tuple[str, ...] = ()
    conditions: str = ""


def discussion_blockers(escalation: Escalation) -> list[str]:
    """Why no discussion can be recorded, whatever the day."""
    stage = progress.standing_of(escalation).stage
    if stage == Stage.REQUESTED:
        return [f"Het MRT is niet compleet. {seat}." for seat in team.missing_seats(escalation)]
    return MOVES["discuss"].refusal(stage)


@transaction.atomic
def discuss(
    escalation: Escalation,
    *,
    by: User,
    on: date,
    at: datetime,
    text: str = "",
    absent: Iterable[Seat] = (),
    version: int | None = None,
) -> Discussion:
    """Record that the MRT discussed the case, which members were present, and what was said."""
    escalation = locking.lock(escalation, version=version)
    reasons = discussion_blockers(escalation)
    if on < escalation.requested_on:
        reasons.append(f"De bespreking kan niet vóór de aanvraag van {escalation.requested_on:%d-%m-%Y} liggen.")
    if Discussion.objects.standing().filter(escalation=escalation, valid_from=on).exists():
        reasons.append(f"De bespreking van {on:%d-%m-%Y} is al vastgelegd.")
    seats = list(Seat.objects.filter(escalation=escalation, until=None))
    away = {seat.pk for seat in absent}
    if seats and away >= {seat.pk for seat in seats}:
        reasons.append("Er was niemand van het team. Dan is de zaak niet besproken.")
    refuse(reasons)
    discussed = recording.record(
        Discussion, escalation.case, by=by, at=at, valid_from=on, escalation=escalation, text=text
    )
    Presence.objects.bulk_create(
        Presence(discussion=discussed, case=escalation.case, seat=seat, is_present=seat.pk not in away)
        for seat in seats
    )
    audit.record("case.mrt_discussed", escalation.case, by=by, at=at, on=on.isoformat())
    return discussed


def conclusion_blockers(conclusion: Conclusion) -> list[str]:
    """Why this conclusion can't be given as advice. Empty means it can."""
    reasons = []
    if not conclusion.text:
        reasons.append("Schrijf het advies op.")
    if conclusion.no_durable_solution == (conclusion.direction in Direction.values):
        reasons.append("Kies een richting, of geef aan dat geen bestendige oplossing mogelijk is.")
    if conclusion.no_durable_solution and not conclusion.obstacles:
        reasons.append("Kies welke belemmeringen een bestendige oplossing in de weg staan.")
    return reasons


@transaction.atomic
def draft(
    escalation: Escalation, conclusion: Conclusion, *, by: User, at: datetime, version: int | None = None
) -> Draft:
    """Write the draft of the advice, or rewrite it. Saving is the first signature, of the user who saves."""
    escalation = locking.lock(escalation, version=version)
    refuse(locking.refusal(escalation, "draft") or conclusion_blockers(conclusion))
    content = _content(conclusion) | {"edited_by": by, "edited_at": at}
    written = Draft.objects.filter(escalation=escalation).first()
    if written is None:
        written = Draft.objects.create(escalation=escalation, case=escalation.case, **content)
    else:
        _rewrite(written, **content)
    audit.record("case.mrt_advice_drafted", escalation.case, by=by, at=at, draft=written.version)
    return written


def remark_blockers(escalation: Escalation, member: User) -> list[str]:
    """Why somebody can't write a minority remark."""
    return locking.refusal(escalation, "remark") or _membership_blockers(escalation, member)


def _membership_blockers(escalation: Escalation, member: User) -> list[str]:
    is_member = team.seat_of(escalation, member) is not None
    return [] if is_member else ["Alleen wie een zetel in dit team heeft, kan dit doen."]


@transaction.atomic
def remark(escalation: Escalation, *, text: str, by: User, at: datetime, version: int | None = None) -> Remark | None:
    """Record where a member disagrees with the joint advice. A member has one remark: a new text replaces the old one,
    and an empty text takes it back.
    """
    escalation = locking.lock(escalation, version=version)
    refuse(remark_blockers(escalation, by))
    seat = team.seat_of(escalation, by)
    assert seat is not None
    Remark.objects.filter(seat=seat).delete()
    audit.record("case.mrt_remark", escalation.case, by=by, at=at, is_taken_back=not text)
    if not text:
        return None
    return Remark.objects.create(
        escalation=escalation, case=escalation.case, seat=seat, text=text, written_by=by, written_at=at
    )


def signing_blockers(escalation: Escalation, member: User) -> list[str]:
    """Why this member can't sign second."""
    if reasons := locking.refusal(escalation, "sign"):
        return reasons
    if escalation.draft.edited_by_id == member.pk:
        return ["U heeft dit advies zelf opgesteld. De tweede handtekening is van een ander."]
    return _membership_blockers(escalation, member)


@transaction.atomic
def sign(
    escalation: Escalation, *, by: User, at: datetime, on: date | None = None, version: int | None = None
) -> Advice:
    """Sign the draft as the second person. The advice then stands, the seats end, and their holders lose sight of the
    case.

    `version` is the version that the signer read. The act refuses when the draft was edited since: a signature holds
    for one text only. `on` is the day of the advice, if it is recorded later.
    """
    escalation = locking.lock(escalation, version=version)
    refuse(signing_blockers(escalation, by))
    written, on = escalation.draft, on or timezone.localdate(at)
    discussed = Discussion.objects.standing().filter(escalation=escalation).earliest("valid_from")
    if on < discussed.valid_from:
        refuse([f"Het advies kan niet vóór de bespreking van {discussed.valid_from:%d-%m-%Y} liggen."])
    content = {name: getattr(written, name) for name in _CONTENT}
    advice = recording.record(
        Advice,
        escalation.case,
        by=by,
        at=at,
        valid_from=on,
        escalation=escalation,
        drafted_by=written.edited_by,
        **content,
    )
    audit.record("case.mrt_advised", escalation.case, by=by, at=at, on=on.isoformat(), draft=written.version)
    team.end(escalation, by=by, at=at)
    return advice


@transaction.atomic
def revise(escalation: Escalation, *, reason: str, by: User, at: datetime, version: int | None = None) -> Draft:
    """Take a signed advice back to rewrite it. The second signature lapses, and a member has to sign again."""
    escalation = locking.lock(escalation, version=version)
    refuse(locking.refusal(escalation, "revise"))
    refuse([] if reason else ["Zeg waarom het advies opnieuw wordt geschreven."])
    advice = Advice.objects.standing().get(escalation=escalation)
    recording.withdraw(advice, by=by, at=at, reason=reason)
    written = escalation.draft
    _rewrite(written, edited_by=by, edited_at=at)
    audit.record("case.mrt_advice_reopened", escalation.case, by=by, at=at, draft=written.version)
    return written


def _rewrite(written: Draft, **changes: object) -> None:
    """Save these fields of a draft and raise its version by one."""
    for name, value in changes.items():
        setattr(written, name, value)
    written.version += 1
    written.save(update_fields=["version", *changes])


# The fields that an advice copies from its draft.
_CONTENT = tuple(field.name for field in fields(Conclusion))


def _content(conclusion: Conclusion) -> dict[str, object]:
    return {name: getattr(conclusion, name) for name in _CONTENT} | {"obstacles": list(conclusion.obstacles)}
