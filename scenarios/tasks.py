"""What the timetable asks of the LSO. Here is a clock; the rest gets the moment handed."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from accounts.walls import acting_as
from scenarios import positions

logger = logging.getLogger(__name__)


@shared_task(name="scenarios.record_missed")
def record_missed() -> None:
    """Record who gave no position before the deadline, under the rights of one member of each municipality."""
    now = timezone.now()
    for user in staff.one_of_each(Permission.SET_AGENDA, timezone.localdate(now)):
        try:
            with acting_as(user):
                positions.record_missed(by=user, at=now)
        except Exception as error:
            logger.error("Positions of user %s's municipality: %s", user.pk, type(error).__name__)
