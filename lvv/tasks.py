"""What the timetable and the outbox ask of the whole. Here is a clock; the rest gets the moment handed."""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from core import outbox
from lvv import reminders
from lvv.effects import HANDLERS, LONG

logger = logging.getLogger(__name__)

# A task is stopped before the lease of an effect that it claimed can end, so that no second copy runs beside it.
LEASE = settings.EFFECT_LEASE.total_seconds()
LONG_LEASE = settings.LONG_EFFECT_LEASE.total_seconds()


@shared_task(name=outbox.RUN_EFFECTS, soft_time_limit=LEASE * 0.8, time_limit=LEASE)
def run_effects() -> None:
    """Carry out what is due. After half a lease another task goes on, so that each effect has the other half."""
    until = time.monotonic() + LEASE / 2
    outbox.park_exhausted(at=timezone.now())
    while time.monotonic() < until:
        if not _carry_out_one(HANDLERS.keys() - LONG, settings.EFFECT_LEASE):
            return
    outbox.waker.wake()


@shared_task(name=outbox.RUN_LONG_EFFECTS, soft_time_limit=LONG_LEASE * 0.8, time_limit=LONG_LEASE)
def run_long_effects() -> None:
    """Carry out one thing that takes long, with a lease to match; another task does the next."""
    if _carry_out_one(LONG, settings.LONG_EFFECT_LEASE):
        outbox.waker.wake(outbox.RUN_LONG_EFFECTS)


def _carry_out_one(kinds: Iterable[str], lease: timedelta) -> bool:
    """Whether there was something to do."""
    effect = outbox.claim(kinds, at=timezone.now(), lease=lease)
    if effect is None:
        return False
    outbox.perform(effect, HANDLERS[effect.kind], at=timezone.now())
    return True


@shared_task(name="lvv.remind")
def remind() -> None:
    """One mail a day for everybody for whom a deadline waits. One user's trouble is not another's."""
    now = timezone.now()
    for user in reminders.addressees(timezone.localdate(now)):
        try:
            reminders.queue_for(user, on=timezone.localdate(now), at=now)
        except Exception as error:
            logger.error("No reminder for user %s: %s", user.pk, type(error).__name__)
