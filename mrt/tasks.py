"""What the timetable asks of the MRT. Here is a clock; the rest gets the moment handed."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from accounts.walls import acting_as
from mrt import answering

logger = logging.getLogger(__name__)


@shared_task(name="mrt.put_on_agendas")
def put_on_agendas() -> None:
    """Put what waits for an LSO on its next agenda, under the rights of one member of each municipality."""
    now = timezone.now()
    for user in staff.one_of_each(Permission.SET_AGENDA, timezone.localdate(now)):
        try:
            with acting_as(user):
                answering.put_on_agendas(by=user, at=now)
        except Exception as error:
            logger.error("Advices for user %s's municipality: %s", user.pk, type(error).__name__)
