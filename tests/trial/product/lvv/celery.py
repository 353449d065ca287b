"""The worker and the clock of a product without tasks."""

import os

from celery import Celery

app = Celery("lvv", broker=os.environ["REDIS_URL"])
