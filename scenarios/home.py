"""The LSO on the start page: the meetings to come."""

from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from accounts.access import Visit
from accounts.home import Column, Part, bring
from accounts.permissions import Permission
from scenarios.models import Meeting, MeetingStatus

MOST_MEETINGS = 5


@dataclass(frozen=True)
class Coming:
    meetings: list[Meeting]

    @classmethod
    def of(cls, visit: Visit) -> "Coming":
        visible = Meeting.objects.visible_to(visit.user)
        coming = visible.filter(status=MeetingStatus.PLANNED, held_on__gte=timezone.localdate())
        return cls(list(coming.annotate(item_count=Count("items")).order_by("held_on")[:MOST_MEETINGS]))


bring(
    Part(
        "meetings",
        frozenset({Permission.SEE_MEETINGS}),
        {Column.ASIDE: "scenarios/home/meetings.html"},
        30,
        Coming.of,
    )
)
