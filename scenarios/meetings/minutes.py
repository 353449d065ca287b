"""The minutes of a meeting: saved while they are typed, and never over a text that the writer did not see.

Each text has a version. A writer sends the version that was on their screen. If another version stands by then, the
act raises `StaleText` and saves nothing; the room shows both texts (`scenarios/meetings/room/views.py`).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from cases.locking import refuse
from scenarios.models import AgendaItem, ItemMinutes, Meeting, MeetingStatus, Topic

# While one writer types on, the log gets one line per quarter of an hour and not one per save.
ONE_SITTING = timedelta(minutes=15)


@dataclass(frozen=True)
class Text:
    """The text of an item, as it is on the writer's screen."""

    discussion: str = ""
    conclusion: str = ""


class StaleText(ValidationError):
    """Somebody else saved meanwhile. `standing` is the row as it is now."""

    def __init__(self, standing: ItemMinutes | Topic) -> None:
        super().__init__(
            "Iemand anders heeft deze tekst intussen gewijzigd. Vergelijk beide teksten en kies welke blijft.",
            code="stale",
        )
        self.standing = standing


def writing_blockers(meeting: Meeting) -> list[str]:
    """Why the minutes of a meeting can't be written."""
    if meeting.status == MeetingStatus.CLOSED:
        return ["Dit overleg is afgesloten. Stel een correctie voor, of heropen het overleg."]
    if meeting.status != MeetingStatus.HELD:
        return ["Leg eerst vast dat het overleg is gehouden."]
    return []


@transaction.atomic
def write(item: AgendaItem, text: Text, *, version: int, by: User, at: datetime) -> ItemMinutes:
    """Save the text of an item. `version` is the version that the writer saw, 0 for an item without text.

    Raises `StaleText` when somebody else saved since, unless the text is the one that stands.
    """
    # `_meeting` locks the meeting, which keeps others from closing it meanwhile.
    refuse(writing_blockers(_meeting(item.meeting_id)))
    standing = _locked(item, by, at)
    if (standing.discussion, standing.conclusion) == (text.discussion, text.conclusion):
        return standing
    if standing.version != version:
        raise StaleText(standing)
    if standing.version == 0 or standing.edited_by_id != by.pk or at - standing.edited_at > ONE_SITTING:
        audit.record("case.minutes_written", item.case, by=by, at=at, meeting=str(item.meeting_id))
    standing.discussion, standing.conclusion = text.discussion, text.conclusion
    standing.version, standing.edited_by, standing.edited_at = version + 1, by, at
    standing.save(update_fields=["discussion", "conclusion", "version", "edited_by", "edited_at"])
    return standing


def _meeting(key: uuid.UUID) -> Meeting:
    return Meeting.objects.select_for_update().get(pk=key)


def _locked(item: AgendaItem, by: User, at: datetime) -> ItemMinutes:
    """The row under lock. If there is none, an empty one is made with version 0.

    When two write first at the same time, the unique item lets one of them insert; both then read the same row.
    """
    ItemMinutes.objects.bulk_create(
        [ItemMinutes(item=item, case_id=item.case_id, version=0, edited_by=by, edited_at=at)], ignore_conflicts=True
    )
    return ItemMinutes.objects.select_for_update(of=("self",)).select_related("edited_by").get(item=item)


@transaction.atomic
def write_topic(topic: Topic, text: str, *, version: int, by: User, at: datetime) -> Topic:
    """Save the text of a topic; `version` as in `write`. Raises `StaleText`."""
    refuse(writing_blockers(_meeting(topic.meeting_id)))
    topic = Topic.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=topic.pk)
    if topic.text == text:
        return topic
    if topic.version != version:
        raise StaleText(topic)
    topic.text, topic.version = text, version + 1
    topic.save(update_fields=["text", "version"])
    audit.record("meeting.topic_written", topic.meeting, by=by, at=at, topic=str(topic.pk))
    return topic
