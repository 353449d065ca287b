from django.apps import AppConfig

from lvv.celery import app


class Lvv(AppConfig):
    name = "lvv"
    # Every process knows the broker, so that an act anywhere can wake a worker.
    celery = app
