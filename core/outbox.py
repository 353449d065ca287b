"""The outbox: what must happen after an act, written in the act's own transaction (standards B-2).

An act that sends mail, for instance, adds an `Effect` with `queue`. When the act is rolled back, so is the effect.
PostgreSQL keeps the effects; the broker only wakes a worker, so an emptied broker loses nothing. The timetable finds
whatever nobody was woken for.

A worker claims an effect before it works on it. The claim is a lease: until it ends, no other worker takes the effect.
A worker that dies lets its lease end, and then another one claims the effect. But a worker may also hang and wake up
after its lease has ended, when another one is at work or done. The fence stops it: each claim raises `Effect.fence`,
and `complete` changes the row only if it still has the fence of its own claim. A worker that was overtaken gets
`Overtaken` and writes nothing.

What an effect writes to the database therefore happens exactly once: its rows and its completion are one transaction.
What it does outside the database, such as sending a mail, happens at least once.

An effect that fails is tried again after a growing delay. After the last try it is parked, for a person to look at.
"""

import logging
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from core.models import Effect

logger = logging.getLogger(__name__)

Handler = Callable[[Effect], None]

RUN_EFFECTS = "lvv.run_effects"  # the name of the task that performs quick effects, such as mails
RUN_LONG_EFFECTS = "lvv.run_long_effects"  # the name of the task that performs the slow ones
MOST_ATTEMPTS = 12
# The delays add up to two days, because a mail server may be down for one.
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=8)
LATE_AFTER, LATE_AFTER_ATTEMPTS = timedelta(minutes=5), 3
# In seconds: how long the broker has to answer, and how long we leave it alone after it did not.
BROKER_PATIENCE = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3, "max_retries": 0}
SILENCE = 15.0


class Overtaken(Exception):
    """The lease of this worker has ended, and another worker may have claimed the effect."""


def queue(
    kind: str,
    payload: dict[str, Any],
    *,
    key: str,
    at: datetime,
    due_at: datetime | None = None,
    task: str = RUN_EFFECTS,
) -> None:
    """Add an effect that happens after this transaction. When an effect has the same `key`, nothing is added.

    `payload` holds ids, codes and dates, never a name or other personal data. `task` is the task that performs it.
    """
    effect = Effect(kind=kind, payload=payload, key=key, created_at=at, due_at=due_at or at)
    Effect.objects.bulk_create([effect], ignore_conflicts=True)
    transaction.on_commit(lambda: waker.wake(task), robust=True)


def waiting(at: datetime) -> QuerySet[Effect]:
    """Effects that are due and that no worker has claimed."""
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    return Effect.objects.filter(free, done_at=None, parked_at=None, due_at__lte=at)


def claim(kinds: Iterable[str], *, at: datetime, lease: timedelta) -> Effect | None:
    """Claim the effect that has waited longest, of the kinds that this worker knows. None: nothing waits.

    Until `lease` has passed no other worker can claim it.
    """
    with transaction.atomic():
        candidates = waiting(at).filter(kind__in=list(kinds), attempts__lt=MOST_ATTEMPTS)
        effect = candidates.select_for_update(skip_locked=True).order_by("due_at").first()
        if effect is None:
            return None
        effect.leased_until = at + lease
        effect.fence += 1
        effect.attempts += 1
        effect.save(update_fields=["leased_until", "fence", "attempts"])
        return effect


def perform(effect: Effect, handler: Handler, *, at: datetime) -> None:
    """Perform a claimed effect with `handler`, or plan its next try when that fails.

    The effect is completed before it is performed, in one transaction. Completing locks the row until the commit. So a
    worker that was overtaken stops before it does anything, and nobody can claim an effect that a worker is busy with.
    A worker that hangs longer than its lease loses its database session, which rolls everything back.
    """
    try:
        with transaction.atomic():
            _limit_idling(effect, at)
            complete(effect, at=at)
            handler(effect)
    except Overtaken:
        logger.warning("Effect %s was overtaken", effect.pk)
    except Exception as error:
        _plan_next_try(effect, error, at=at)


def complete(effect: Effect, *, at: datetime) -> None:
    """Mark an effect as done. Raises Overtaken when another worker claimed it after this claim."""
    ours = Effect.objects.filter(pk=effect.pk, fence=effect.fence, done_at=None, parked_at=None)
    if not ours.update(done_at=at, leased_until=None, error=""):
        raise Overtaken


@transaction.atomic
def park_exhausted(*, at: datetime) -> None:
    """Park the effects that have no tries left and that nobody works on: they took down their worker each time."""
    exhausted = waiting(at).filter(attempts__gte=MOST_ATTEMPTS)
    for effect in exhausted.select_for_update(skip_locked=True):
        Effect.objects.filter(pk=effect.pk, fence=effect.fence).update(
            parked_at=at, leased_until=None, error=effect.error or "the worker stopped"
        )


def late(at: datetime) -> QuerySet[Effect]:
    """Effects that wait for long or fail repeatedly, but are not given up yet. The site works; something is wrong."""
    is_late = Q(due_at__lte=at - LATE_AFTER) | Q(attempts__gte=LATE_AFTER_ATTEMPTS)
    return Effect.objects.filter(is_late, done_at=None, parked_at=None)


def parked() -> QuerySet[Effect]:
    """Effects that were given up, for a person to look at."""
    return Effect.objects.exclude(parked_at=None).order_by("parked_at")


def retry_parked(*, at: datetime) -> int:
    """Give all parked effects all their tries again, and return how many there were."""
    count = parked().update(parked_at=None, attempts=0, due_at=at)
    transaction.on_commit(waker.wake, robust=True)
    return count


def delay_after(attempts: int) -> timedelta:
    """How long an effect waits after this many failed tries."""
    return min(FIRST_DELAY * 4 ** (attempts - 1), LONGEST_DELAY)


def _plan_next_try(effect: Effect, error: Exception, *, at: datetime) -> None:
    is_last = effect.attempts >= MOST_ATTEMPTS
    label = _label(error)
    logger.error("Effect %s (%s) failed at try %s: %s", effect.pk, effect.kind, effect.attempts, label)
    Effect.objects.filter(pk=effect.pk, fence=effect.fence, done_at=None).update(
        leased_until=None,
        due_at=at + delay_after(effect.attempts),
        parked_at=at if is_last else None,
        error=label,
    )


def _label(error: Exception) -> str:
    """The kind of error and the line of our code where it failed, without the message: that may hold a name."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(settings.BASE_DIR)] or frames
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} in {place}"[:500]


def _limit_idling(effect: Effect, at: datetime) -> None:
    """Let the database end this session when the transaction stands idle for what is left of the lease."""
    milliseconds = int(((effect.leased_until or at) - at).total_seconds() * 1000)
    if milliseconds <= 0:
        raise Overtaken
    with connection.cursor() as cursor:
        cursor.execute("select set_config('idle_in_transaction_session_timeout', %s, true)", [str(milliseconds)])


class Waker:
    """Wakes a worker through the broker.

    It may fail, because the timetable finds what was missed. It is quick even when the broker does not answer, because
    a visitor waits for it.
    """

    def __init__(self) -> None:
        self._silent_until = 0.0

    def wake(self, task: str = RUN_EFFECTS) -> None:
        if not settings.REDIS_URL or time.monotonic() < self._silent_until:
            return
        try:
            with current_app.connection_for_write(settings.REDIS_URL, transport_options=BROKER_PATIENCE) as link:
                current_app.send_task(task, connection=link, retry=False, ignore_result=True, expires=60)
        except Exception as error:
            self._silent_until = time.monotonic() + SILENCE
            logger.warning("The broker does not answer (%s); the timetable wakes the workers", type(error).__name__)

    def reaches_broker(self) -> bool:
        """Whether the broker answers now."""
        try:
            with current_app.connection_for_read(settings.REDIS_URL, transport_options=BROKER_PATIENCE) as link:
                link.default_channel.client.ping()
        except Exception:
            return False
        return True


waker = Waker()
