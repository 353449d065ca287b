"""What the timetable asks of the LSO. Here is a clock; the rest gets the moment handed."""

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from scenarios.meetings import positions


@shared_task(name="scenarios.record_missed")
def record_missed() -> None:
    """Record who gave no position before the deadline, under the rights of one member of each municipality."""
    staff.act_for_each(Permission.SET_AGENDA, positions.record_missed, "Positions", at=timezone.now())
