"""What was said at a meeting: saved while it is typed, never over a text of somebody else that was not seen."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import User
from cases.locking import refuse
from scenarios.models import AgendaItem, ItemMinutes, Meeting, MeetingStatus, Topic

# Of one writer who types on, the log keeps one line per quarter of an hour.
ONE_SITTING = timedelta(minutes=15)


@dataclass(frozen=True)
class Text:
    """The minutes of an item as somebody has them before them."""

    discussion: str = ""
    conclusion: str = ""


class StaleText(ValidationError):
    """Somebody else saved meanwhile. `standing` is what stands now; the writer keeps the text that was sent."""

    def __init__(self, standing: ItemMinutes | Topic) -> None:
        super().__init__(
            "Iemand anders heeft deze tekst intussen gewijzigd. Vergelijk beide teksten en kies welke blijft.",
            code="stale",
        )
        self.standing = standing


def writing_blockers(meeting: Meeting) -> list[str]:
    """Why nothing can be written in the minutes of a meeting."""
    if meeting.status == MeetingStatus.CLOSED:
        return ["Dit overleg is afgesloten. Stel een correctie voor, of heropen het overleg."]
    if meeting.status != MeetingStatus.HELD:
        return ["Leg eerst vast dat het overleg is gehouden."]
    return []


@transaction.atomic
def write(item: AgendaItem, text: Text, *, version: int, by: User, at: datetime) -> ItemMinutes:
    """Save the text of an item. `version` is what the writer saw: 0 as long as nothing was written.

    Raises `StaleText` when somebody else saved since; saving the text that stands is never stale.
    """
    # Under lock, so that nobody closes the meeting meanwhile.
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
    """The row under lock; made empty, as version 0, when it is not there. Two first writers meet on its unique item."""
    ItemMinutes.objects.bulk_create(
        [ItemMinutes(item=item, case_id=item.case_id, version=0, edited_by=by, edited_at=at)], ignore_conflicts=True
    )
    return ItemMinutes.objects.select_for_update(of=("self",)).select_related("edited_by").get(item=item)


@transaction.atomic
def write_topic(topic: Topic, text: str, *, version: int, by: User, at: datetime) -> Topic:
    """Save the text of an item that is about no case."""
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
