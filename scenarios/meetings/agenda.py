"""The agenda before the meeting: its order, its topics (items that are about no case), and sending it."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Case, IntegerField, Value, When

from accounts import audit
from accounts.models import User
from cases.locking import refuse
from scenarios.meetings import invitations, planning
from scenarios.models import AgendaItem, Meeting, MeetingStatus, Topic


def ordering_blockers(meeting: Meeting) -> list[str]:
    """Why the order of an agenda can't be changed any more."""
    return [] if meeting.status == MeetingStatus.PLANNED else ["Dit overleg is niet meer gepland."]


def order_blockers(meeting: Meeting, order: list[uuid.UUID]) -> list[str]:
    """Why this can't be the order of the agenda. It may leave items out: those that the user does not see."""
    known = set(meeting.items.values_list("pk", flat=True))
    if len(set(order)) != len(order) or not set(order) <= known:
        return ["De agenda is intussen gewijzigd. Laad de pagina opnieuw."]
    return []


@transaction.atomic
def put_in_order(
    meeting: Meeting, order: list[uuid.UUID], *, by: User, at: datetime, version: int | None = None
) -> None:
    """Put these items in this order, on the places that they have together. Items left out keep their place.

    One statement does it: the unique order is checked at its end (`agenda_has_one_order`).
    """
    meeting = planning.lock_meeting(meeting, version=version)
    refuse(ordering_blockers(meeting) + order_blockers(meeting, order))
    places = sorted(AgendaItem.objects.filter(pk__in=order).values_list("order", flat=True))
    new_places = [When(pk=pk, then=Value(place)) for pk, place in zip(order, places, strict=True)]
    AgendaItem.objects.filter(pk__in=order).update(order=Case(*new_places, output_field=IntegerField()))
    planning.touch(meeting)
    audit.record("meeting.agenda_ordered", meeting, by=by, at=at, items=[str(pk) for pk in order])


def with_item_moved(order: list[uuid.UUID], item: uuid.UUID, place: int) -> list[uuid.UUID]:
    """The order with one item moved to this place, counted from 1; a place past the end means the end."""
    rest = [pk for pk in order if pk != item]
    return [*rest[: place - 1], item, *rest[place - 1 :]]


def topic_blockers(meeting: Meeting) -> list[str]:
    """Why the topics can't be changed any more."""
    if meeting.status in (MeetingStatus.PLANNED, MeetingStatus.HELD):
        return []
    return [f"Dit overleg is {meeting.get_status_display().lower()}."]


@transaction.atomic
def set_topics(
    meeting: Meeting,
    *,
    opening: list[str],
    closing: list[str],
    by: User,
    at: datetime,
    version: int | None = None,
) -> None:
    """Set the topics before and after the cases, in this order. A topic that has text can't be removed."""
    meeting = planning.lock_meeting(meeting, version=version)
    wanted = [(False, title) for title in opening] + [(True, title) for title in closing]
    standing = {(topic.is_after_cases, topic.title): topic for topic in meeting.topics.all()}
    gone = [topic for key, topic in standing.items() if key not in wanted]
    refuse(topic_blockers(meeting) + _title_blockers(wanted, gone))
    Topic.objects.filter(pk__in=[topic.pk for topic in gone]).delete()
    kept, new = [], []
    for titles, is_after_cases in ((opening, False), (closing, True)):
        for order, title in enumerate(titles, 1):
            topic = standing.get((is_after_cases, title))
            if topic is None:
                new.append(Topic(meeting=meeting, title=title, is_after_cases=is_after_cases, order=order))
            else:
                topic.order = order
                kept.append(topic)
    Topic.objects.bulk_update(kept, ["order"])
    Topic.objects.bulk_create(new)
    planning.touch(meeting)
    audit.record("meeting.topics_set", meeting, by=by, at=at, number=len(wanted))


def _title_blockers(wanted: list[tuple[bool, str]], gone: Iterable[Topic]) -> list[str]:
    reasons = [f"“{topic.title}” heeft al tekst in het verslag en blijft staan." for topic in gone if topic.text]
    twice = {title for key in wanted for title in [key[1]] if wanted.count(key) > 1}
    return reasons + [f"“{title}” staat er twee keer." for title in sorted(twice)]


def sending_blockers(meeting: Meeting) -> list[str]:
    """Why the agenda of a meeting can't be sent."""
    if meeting.status != MeetingStatus.PLANNED:
        return [f"Dit overleg is {meeting.get_status_display().lower()}."]
    return [] if meeting.items.exists() else ["De agenda is nog leeg. Zet er eerst een zaak op."]


@transaction.atomic
def send(meeting: Meeting, *, by: User, at: datetime, version: int | None = None) -> None:
    """Mail the agenda to everybody at the table. Items that are added after the first time count as late."""
    meeting = planning.lock_meeting(meeting, version=version)
    refuse(sending_blockers(meeting))
    is_first = meeting.agenda_sent_at is None
    if is_first:
        meeting.agenda_sent_at = at
    planning.touch(meeting, "agenda_sent_at")
    invitations.convene(meeting, is_first=is_first, by=by, at=at)
    audit.record("meeting.agenda_sent", meeting, by=by, at=at, is_first=is_first)
