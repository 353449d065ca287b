"""The workers and their timetable. The work itself is in the `tasks.py` of each room and in the outbox."""

import os

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvv.settings")

SWEEP_EVERY = 10.0  # seconds
SEAL_EVERY = 60.0

# The hours are in the time zone of the site. Each task may run twice or late without harm.
TIMETABLE = {
    "sweep the outbox": {
        "task": "lvv.run_effects",
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY},
    },
    "sweep what takes long": {
        "task": "lvv.run_long_effects",
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY},
    },
    "seal the audit trail": {
        "task": "accounts.seal_audit",
        "schedule": SEAL_EVERY,
        "options": {"expires": SEAL_EVERY},
    },
    "verify the audit trail": {"task": "accounts.verify_audit", "schedule": crontab(hour="3", minute="30")},
    "forget lists": {"task": "accounts.forget_lists", "schedule": crontab(hour="4", minute="15")},
    "remove old rows": {"task": "accounts.remove_old_rows", "schedule": crontab(hour="4", minute="0")},
    # At their deadline, positions open without a task. This task only records who gave none.
    "record missed positions": {"task": "scenarios.record_missed", "schedule": crontab(minute="5")},
    # A statement stops counting as soon as its facts change, without a task. This task only records that.
    "keep settlements": {"task": "monitor.keep_settled", "schedule": crontab(minute="*/10")},
    "withdraw touched statements": {"task": "monitor.withdraw_touched", "schedule": crontab(minute="*/10")},
    "put advices on agendas": {"task": "mrt.put_on_agendas", "schedule": crontab(minute="*/10")},
    # Three times, so that no day is skipped when the scheduler stood still at seven. A user gets one mail a day.
    "remind": {"task": "lvv.remind", "schedule": crontab(hour="7-9", minute="0")},
}

app = Celery("lvv")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    beat_schedule=TIMETABLE,
    beat_max_loop_interval=5,
    broker_connection_max_retries=None,
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    timezone=settings.TIME_ZONE,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
)
app.autodiscover_tasks()
