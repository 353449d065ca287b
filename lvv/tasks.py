"""The tasks that perform the effects of the outbox and queue the morning mails.

They read the clock and pass the time on to the acts.
"""

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

# In seconds. A task is stopped before the lease of an effect that it claimed can end, so that no second worker performs
# the same effect at the same time.
LEASE = settings.EFFECT_LEASE.total_seconds()
LONG_LEASE = settings.LONG_EFFECT_LEASE.total_seconds()


@shared_task(name=outbox.RUN_EFFECTS, soft_time_limit=LEASE * 0.8, time_limit=LEASE)
def run_effects() -> None:
    """Perform the effects that are due.

    After half a lease this task ends and wakes another one. So each effect that it claims has at least the other half.
    """
    until = time.monotonic() + LEASE / 2
    outbox.park_exhausted(at=timezone.now())
    while time.monotonic() < until:
        if not _perform_next(HANDLERS.keys() - LONG, settings.EFFECT_LEASE):
            return
    outbox.waker.wake()


@shared_task(name=outbox.RUN_LONG_EFFECTS, soft_time_limit=LONG_LEASE * 0.8, time_limit=LONG_LEASE)
def run_long_effects() -> None:
    """Perform one slow effect, with a longer lease. Another task performs the next."""
    if _perform_next(LONG, settings.LONG_EFFECT_LEASE):
        outbox.waker.wake(outbox.RUN_LONG_EFFECTS)


def _perform_next(kinds: Iterable[str], lease: timedelta) -> bool:
    """Claim and perform the next effect of these kinds. False when none is due."""
    effect = outbox.claim(kinds, at=timezone.now(), lease=lease)
    if effect is None:
        return False
    outbox.perform(effect, HANDLERS[effect.kind], at=timezone.now())
    return True


@shared_task(name="lvv.remind")
def remind() -> None:
    """Queue a mail for each user for whom a deadline waits. When one fails, the others still get theirs."""
    now = timezone.now()
    for user in reminders.addressees(timezone.localdate(now)):
        try:
            reminders.queue_for(user, on=timezone.localdate(now), at=now)
        except Exception as error:
            logger.error("No reminder for user %s: %s", user.pk, type(error).__name__)
