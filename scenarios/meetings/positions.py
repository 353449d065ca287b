"""Positions: what each party of a case thinks of an item, asked before the meeting.

The parties are asked in rounds. A position is hidden from the other parties until its round opens, so that nobody can
wait for somebody else's. A round opens for all at the same moment: when the last party gives its position (`give` then
sets `opened_at`), or at the deadline `due_at`, by the clock of the database and without a job. After that nothing in
the round can be written. A draft that was not given before the opening stays hidden for good.

`scenarios/models/positions.py` says in Python and in queries when a round is open; `scenarios/security.py` says it once
more in the database, which refuses to open a round early or to change a position in an open one.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Organisation, User
from cases.locking import refuse
from cases.models import Case, CaseParty
from scenarios import table
from scenarios.models import (
    AgendaItem,
    Decision,
    Meeting,
    MeetingStatus,
    Position,
    PositionFile,
    PositionRequest,
    PositionRound,
    Stance,
)

CLOSES_AT = time(17)
# The stances that need a text.
EXPLAINED = frozenset({Stance.AGREE_IF, Stance.RESERVED, Stance.DISAGREE, Stance.INFORMATION})
STATUS_OF_STANCE = {
    Stance.AGREE: "ok",
    Stance.AGREE_IF: "active",
    Stance.RESERVED: "warning",
    Stance.DISAGREE: "error",
    Stance.INFORMATION: "info",
    Stance.NONE: "neutral",
}
MOST_FILES = 5
LARGEST_FILE = 10 * 1024 * 1024  # bytes
TOO_LARGE = "Dit bestand is groter dan 10 MB. Maak het kleiner en probeer het opnieuw."
# The content type of an allowed file, by its first bytes.
KINDS_OF_FILE = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"PK\x03\x04": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


class StalePosition(ValidationError):
    """A colleague saved meanwhile. `standing` is the row as it is now, `current_version` its version."""

    def __init__(self, standing: Position) -> None:
        super().__init__(
            "Een collega heeft dit standpunt intussen gewijzigd. Vergelijk beide teksten en verzend opnieuw.",
            code="stale",
        )
        self.standing, self.current_version = standing, standing.version


def usual_deadline(meeting: Meeting, at: datetime) -> datetime:
    """The deadline that the municipality agreed; if that has passed, one hour before the meeting."""
    day = meeting.held_on - timedelta(days=table.rules(meeting.municipality).position_days)
    usual = timezone.make_aware(datetime.combine(day, CLOSES_AT))
    return usual if usual > at else meeting.started_at - timedelta(hours=1)


def asking_blockers(item: AgendaItem, *, at: datetime) -> list[str]:
    """Why the parties can't be asked for positions on an item now, whatever the deadline."""
    reasons = []
    if item.meeting.status != MeetingStatus.PLANNED:
        reasons.append("Dit overleg is niet meer gepland.")
    if item.case.closed_on is not None:
        reasons.append("Deze zaak is gesloten.")
    if Decision.objects.filter(item=item).exists():
        reasons.append("Op deze zaak is in dit overleg al besloten.")
    latest = item.rounds.order_by("-number").first()
    if latest is not None and not latest.is_open(at):
        reasons.append(f"Er loopt al een vraag, tot {timezone.localtime(latest.due_at):%d-%m-%Y %H:%M}.")
    return reasons


def _deadline_blockers(meeting: Meeting, due_at: datetime, at: datetime) -> list[str]:
    if due_at <= at:
        return ["De uiterste datum is al voorbij. Kies een later moment."]
    if due_at > meeting.started_at:
        return ["Het overleg is dan al begonnen. Kies een moment ervoor."]
    return []


@transaction.atomic
def ask(item: AgendaItem, *, due_at: datetime, by: User, at: datetime, reason: str = "") -> PositionRound:
    """Open a round: ask every party of the case at this table for its position. A second round needs a reason."""
    item = (
        AgendaItem.objects.select_for_update(of=("self",))
        .select_related("meeting__municipality", "case")
        .get(pk=item.pk)
    )
    earlier = item.rounds.count()
    organisations = parties_at_the_table(item)
    refuse(asking_blockers(item, at=at) + _deadline_blockers(item.meeting, due_at, at))
    refuse(["Zeg wat er is veranderd, zodat partijen weten waarom u opnieuw vraagt."] if earlier and not reason else [])
    refuse([] if organisations else ["Aan deze tafel zit geen partij bij deze zaak."])
    new_round = PositionRound.objects.create(
        item=item, case=item.case, number=earlier + 1, reason=reason, asked_by=by, asked_at=at, due_at=due_at
    )
    PositionRequest.objects.bulk_create(
        PositionRequest(round=new_round, case=item.case, organisation=organisation) for organisation in organisations
    )
    audit.record("case.positions_asked", item.case, by=by, at=at, round=str(new_round.pk), number=new_round.number)
    return new_round


@transaction.atomic
def ask_all(meeting: Meeting, *, due_at: datetime, by: User, at: datetime) -> int:
    """Ask for positions on every item that has no round yet. Returns the number of items."""
    items = AgendaItem.objects.filter(meeting=meeting, rounds=None, decision=None, case__closed_on=None)
    unasked = list(items.order_by("order"))
    refuse([] if unasked else ["Over elke zaak op deze agenda is al een standpunt gevraagd."])
    for item in unasked:
        ask(item, due_at=due_at, by=by, at=at)
    return len(unasked)


def parties_at_the_table(item: AgendaItem) -> list[Organisation]:
    """The organisations that are asked: parties of the case from this municipality, with or without a standing seat."""
    running = CaseParty.objects.running().filter(case=item.case_id, user=None)
    parties = running.filter(organisation__municipality=item.meeting.municipality_id).select_related("organisation")
    return sorted({party.organisation for party in parties}, key=str)


def writing_blockers(request: PositionRequest, *, at: datetime) -> list[str]:
    """Why the position of this request can't be written any more."""
    if request.given_at is not None:
        return ["Uw organisatie heeft haar standpunt gegeven."]
    if request.round.is_open(at):
        return ["De uiterste datum is voorbij: alle standpunten zijn geopend."]
    return []


def giving_blockers(stance: str, text: str) -> list[str]:
    """Why this can't be given as a position."""
    if stance not in Stance.values:
        return ["Kies een standpunt."]
    if Stance(stance) in EXPLAINED and not text:
        return ["Licht dit standpunt toe."]
    return []


@transaction.atomic
def save_draft(request: PositionRequest, *, stance: str, text: str, version: int, by: User, at: datetime) -> Position:
    """Save a draft, which only the own organisation reads. `version` is the version that the writer saw, 0 for none.

    Raises `StalePosition` when a colleague saved since.
    """
    request = _locked(request)
    refuse(writing_blockers(request, at=at))
    return _write(request, stance=stance, text=text, version=version, by=by, at=at)


@transaction.atomic
def give(request: PositionRequest, *, stance: str, text: str, version: int, by: User, at: datetime) -> Position:
    """Give a position, which is final. If it was the last one of the round, the round opens for all."""
    request = _locked(request)
    refuse(writing_blockers(request, at=at) or giving_blockers(stance, text))
    position = _write(request, stance=stance, text=text, version=version, by=by, at=at)
    request.given_at = at
    request.save(update_fields=["given_at"])
    if not request.round.requests.filter(given_at=None).exists():
        request.round.opened_at = at
        request.round.save(update_fields=["opened_at"])
    audit.record("case.position_given", request.case, by=by, at=at, request=str(request.pk))
    return position


@transaction.atomic
def hand_in(
    request: PositionRequest,
    *,
    stance: str,
    text: str,
    version: int,
    attachment: tuple[str, bytes] | None,
    is_final: bool,
    by: User,
    at: datetime,
) -> Position:
    """Save a draft, attach a file (name and content) and give the position if `is_final`, in one act.

    The order matters: nothing can be attached to a position that was given.
    """
    saved = save_draft(request, stance=stance, text=text, version=version, by=by, at=at)
    if attachment is not None:
        attach(request, name=attachment[0], content=attachment[1], by=by, at=at)
    if not is_final:
        return saved
    return give(request, stance=stance, text=text, version=saved.version, by=by, at=at)


def _locked(request: PositionRequest) -> PositionRequest:
    """Read the request anew, with its round under lock.

    Without it, two parties that give last at the same time would each see the other as missing, and nobody would open
    the round.
    """
    PositionRound.objects.select_for_update(of=("self",)).get(pk=request.round_id)
    return PositionRequest.objects.select_related("round", "case", "organisation").get(pk=request.pk)


def _write(request: PositionRequest, *, stance: str, text: str, version: int, by: User, at: datetime) -> Position:
    Position.objects.bulk_create(
        [
            Position(
                request=request,
                case_id=request.case_id,
                organisation_id=request.organisation_id,
                version=0,
                edited_by=by,
                edited_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    position = Position.objects.select_for_update(of=("self",)).select_related("edited_by").get(request=request)
    if (position.stance, position.text) == (stance, text):
        return position
    if position.version != version:
        raise StalePosition(position)
    position.stance, position.text, position.version = stance, text, version + 1
    position.edited_by, position.edited_at = by, at
    position.save(update_fields=["stance", "text", "version", "edited_by", "edited_at"])
    return position


def file_blockers(name: str, content: bytes, *, number: int) -> list[str]:
    """Why this file can't be attached to a position that has `number` files."""
    reasons = []
    if number >= MOST_FILES:
        reasons.append(f"Er kunnen hoogstens {MOST_FILES} bijlagen bij een standpunt. Verwijder er eerst een.")
    if len(content) > LARGEST_FILE:
        reasons.append(TOO_LARGE)
    if not content:
        reasons.append("Dit bestand is leeg.")
    elif not _kind(name, content):
        reasons.append("Alleen pdf, png, jpg en docx kunnen als bijlage.")
    return reasons


def _kind(name: str, content: bytes) -> str:
    """The content type of a file, by its first bytes; empty when the kind is not allowed."""
    kind = next((kind for start, kind in KINDS_OF_FILE.items() if content.startswith(start)), "")
    is_zip = content.startswith(b"PK\x03\x04")
    return "" if is_zip and not name.lower().endswith(".docx") else kind


@transaction.atomic
def attach(request: PositionRequest, *, name: str, content: bytes, by: User, at: datetime) -> PositionFile:
    """Attach a file to a draft."""
    request = _locked(request)
    refuse(writing_blockers(request, at=at))
    position = Position.objects.get(request=request)
    refuse(file_blockers(name, content, number=position.files.count()))
    added = PositionFile.objects.create(
        position=position,
        case_id=request.case_id,
        name=name[-120:],
        kind=_kind(name, content),
        size=len(content),
        content=content,
        added_by=by,
        added_at=at,
    )
    audit.record("case.position_file_added", request.case, by=by, at=at, file=str(added.pk), size=added.size)
    return added


@transaction.atomic
def remove_file(attached: PositionFile, *, by: User, at: datetime) -> None:
    """Remove a file from a draft."""
    request = _locked(attached.position.request)
    refuse(writing_blockers(request, at=at))
    audit.record("case.position_file_removed", request.case, by=by, at=at, file=str(attached.pk))
    attached.delete()


def record_missed(*, by: User, at: datetime) -> int:
    """Record which requests got no position before the deadline, in cases that this user directs. Returns how many."""
    with transaction.atomic():
        late = PositionRequest.objects.filter(given_at=None, missed_at=None, round__due_at__lte=at)
        own = {m.organisation.municipality_id for m in by.memberships.select_related("organisation")}
        missed = list(late.filter(round__opened_at=None, case__municipality__in=own).select_for_update(of=("self",)))
        for request in missed:
            request.missed_at = at
            request.save(update_fields=["missed_at"])
            audit.record_by_system(
                "case.position_missed", "cases.case", str(request.case_id), at=at, request=str(request.pk)
            )
    return len(missed)


@dataclass(frozen=True)
class Side:
    """The part of one party in the latest round on an item, and its positions in the rounds before."""

    request: PositionRequest
    state: str  # "readable", "given", "missed" or "writing"
    position: Position | None
    earlier: list[Position] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The kind of the status label."""
        return STATUS_OF_STANCE[Stance(self.position.stance)] if self.position else "neutral"

    @property
    def organisation(self) -> Organisation:
        return self.request.organisation


def sides(items: Iterable[AgendaItem], user: User, at: datetime) -> dict[uuid.UUID, list[Side]]:
    """The sides by item, with the positions that this user may read now. Three queries for any number of items."""
    visible = PositionRequest.objects.visible_to(user).filter(round__item__in=[item.pk for item in items])
    requests = list(visible.select_related("round", "organisation").order_by("-round__number", "organisation__name"))
    readable = {position.request_id: position for position in _readable(requests, user)}
    latest: dict[uuid.UUID, int] = {}
    by_item: dict[uuid.UUID, list[Side]] = {}
    for request in requests:
        item, number = request.round.item_id, request.round.number
        if latest.setdefault(item, number) == number:
            position = readable.get(request.pk)
            by_item.setdefault(item, []).append(
                Side(request, _state(request, at), _visible_position(request, position, at))
            )
        else:
            _add_earlier(by_item[item], request, readable.get(request.pk))
    return by_item


def last_sides(case: Case, user: User, at: datetime) -> list[Side]:
    """The last position of each party on a case, of those in open rounds that this user may read. Three queries."""
    visible = PositionRequest.objects.visible_to(user).filter(case=case)
    ordered = visible.select_related("round", "organisation").order_by("organisation__name", "-given_at")
    latest: dict[int, PositionRequest] = {}
    for request in ordered:
        if request.is_readable(at):
            latest.setdefault(request.organisation_id, request)
    readable = {position.request_id: position for position in _readable(list(latest.values()), user)}
    return [Side(request, "readable", readable.get(request.pk)) for request in latest.values()]


def _readable(requests: list[PositionRequest], user: User) -> QuerySet[Position]:
    visible = Position.objects.visible_to(user).filter(request__in=[request.pk for request in requests])
    return visible.select_related("edited_by").prefetch_related("files")


def _visible_position(request: PositionRequest, position: Position | None, at: datetime) -> Position | None:
    """The position if it is readable for all parties. One's own draft is not shown beside the positions of others."""
    return position if request.is_readable(at) else None


def _state(request: PositionRequest, at: datetime) -> str:
    if request.given_at is not None:
        return "readable" if request.is_readable(at) else "given"
    return "missed" if request.round.is_open(at) else "writing"


def _add_earlier(sides: list[Side], request: PositionRequest, position: Position | None) -> None:
    if position is None or request.given_at is None:
        return
    for side in sides:
        if side.request.organisation_id == request.organisation_id:
            side.earlier.append(position)
