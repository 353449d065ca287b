from django.apps import AppConfig

from lvv.celery import app


class Lvv(AppConfig):
    name = "lvv"
    # Loaded in every process, so that an act in any of them can wake a worker.
    celery = app
