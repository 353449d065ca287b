"""A worker with one more kind of effect, for tests that kill it. The effect writes a line and waits for a release."""

import os
import time
from pathlib import Path

import django
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lvv.settings")
django.setup()

from accounts import audit  # noqa: E402
from core.models import Effect  # noqa: E402
from lvv.celery import app  # noqa: E402
from lvv.effects import HANDLERS  # noqa: E402

__all__ = ["app"]
HAPPENED = "probe.happened"


def leave_a_line(effect: Effect) -> None:
    audit.record_by_system(HAPPENED, "core.effect", str(effect.pk), at=timezone.now())
    place = Path(os.environ["PROBE_FOLDER"])
    (place / "entered").write_text(str(os.getpid()))
    while (place / "hold").exists():
        time.sleep(0.01)


HANDLERS["probe"] = leave_a_line
