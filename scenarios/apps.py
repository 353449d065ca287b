"""Loads what the rooms bring to the meeting: each decision of the LSO, and the parts of its screen."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Scenarios(AppConfig):
    name = "scenarios"

    def ready(self) -> None:
        import_module("scenarios.meetings.decisions")
        autodiscover_modules("decisions", "room")
