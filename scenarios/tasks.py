"""What the timetable asks of the LSO. Here is a clock; the rest gets the moment handed."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts.models import Membership, User
from accounts.permissions import GRANTS, Permission, Role
from accounts.walls import acting_as
from scenarios import positions

logger = logging.getLogger(__name__)


@shared_task(name="scenarios.record_missed")
def record_missed() -> None:
    """Record who gave no position before the deadline, under the rights of one member of each municipality."""
    now = timezone.now()
    for user in _one_of_each_municipality():
        try:
            with acting_as(user):
                positions.record_missed(by=user, at=now)
        except Exception as error:
            logger.error("Positions of user %s's municipality: %s", user.pk, type(error).__name__)


def _one_of_each_municipality() -> list[User]:
    roles = [role for role in Role if Permission.SET_AGENDA in GRANTS[role]]
    running = Membership.objects.running_on(timezone.localdate()).filter(role__in=roles, user__is_active=True)
    found = {m.organisation_id: m.user for m in running.select_related("user").order_by("-pk")}
    return list(found.values())
