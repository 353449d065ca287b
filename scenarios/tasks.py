"""The scheduled tasks of the LSO. Only tasks and views read the clock; the acts get the moment as an argument."""

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from scenarios.meetings import positions


@shared_task(name="scenarios.record_missed")
def record_missed() -> None:
    """Record which organisations missed the deadline of a position, as one member of each municipality."""
    staff.act_for_each(Permission.SET_AGENDA, positions.record_missed, "Positions", at=timezone.now())
