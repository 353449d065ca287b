"""The order of an agenda, before the meeting."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Case, IntegerField, Value, When

from accounts import audit
from accounts.models import User
from cases.dossier import refuse
from scenarios import meetings
from scenarios.models import AgendaItem, Meeting, MeetingStatus


def ordering_blockers(meeting: Meeting) -> list[str]:
    """Why the order of an agenda can't be changed any more."""
    return [] if meeting.status == MeetingStatus.PLANNED else ["Dit overleg is niet meer gepland."]


def order_blockers(meeting: Meeting, order: list[uuid.UUID]) -> list[str]:
    """Why this is no order of the agenda of this meeting. Cases that the user does not see keep their place."""
    known = set(meeting.items.values_list("pk", flat=True))
    if len(set(order)) != len(order) or not set(order) <= known:
        return ["De agenda is intussen gewijzigd. Laad de pagina opnieuw."]
    return []


@transaction.atomic
def put_in_order(
    meeting: Meeting, order: list[uuid.UUID], *, by: User, at: datetime, version: int | None = None
) -> None:
    """Put the items in this order, in one statement, on the places that they take together."""
    meeting = meetings.lock_meeting(meeting, version=version)
    refuse(ordering_blockers(meeting) + order_blockers(meeting, order))
    places = sorted(AgendaItem.objects.filter(pk__in=order).values_list("order", flat=True))
    moved = [When(pk=pk, then=Value(place)) for pk, place in zip(order, places, strict=True)]
    AgendaItem.objects.filter(pk__in=order).update(order=Case(*moved, output_field=IntegerField()))
    meetings.touch(meeting)
    audit.record("meeting.agenda_ordered", meeting, by=by, at=at, items=[str(pk) for pk in order])


def moved(order: list[uuid.UUID], item: uuid.UUID, by: int) -> list[uuid.UUID]:
    """The order with one item `by` places further down (negative: up), as far as that goes."""
    rest = [pk for pk in order if pk != item]
    place = min(max(order.index(item) + by, 0), len(rest))
    return [*rest[:place], item, *rest[place:]]
