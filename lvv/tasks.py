"""What the timetable and the outbox ask of the whole. Here is a clock; the rest gets the moment handed."""

import logging
import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts import outbox
from lvv import reminders
from lvv.effects import HANDLERS

logger = logging.getLogger(__name__)

# A task is stopped before the lease of an effect that it claimed can end, so that no second copy runs beside it.
LEASE = settings.EFFECT_LEASE.total_seconds()


@shared_task(name=outbox.RUN_EFFECTS, soft_time_limit=LEASE * 0.8, time_limit=LEASE)
def run_effects() -> None:
    """Carry out what is due. After half a lease another task goes on, so that each effect has the other half."""
    until = time.monotonic() + LEASE / 2
    outbox.park_exhausted(at=timezone.now())
    while time.monotonic() < until:
        effect = outbox.claim(HANDLERS, at=timezone.now(), lease=settings.EFFECT_LEASE)
        if effect is None:
            return
        outbox.perform(effect, HANDLERS[effect.kind], at=timezone.now())
    outbox.waker.wake()


@shared_task(name="lvv.remind")
def remind() -> None:
    """One mail a day for everybody for whom a deadline waits. One user's trouble is not another's."""
    now = timezone.now()
    for user in reminders.addressees(timezone.localdate(now)):
        try:
            reminders.queue_for(user, on=timezone.localdate(now), at=now)
        except Exception as error:
            logger.error("No reminder for user %s: %s", user.pk, type(error).__name__)
