"""Loads what each app adds to the meeting: its decisions (`decisions`), and its parts of the screen (`room`)."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Scenarios(AppConfig):
    name = "scenarios"

    def ready(self) -> None:
        import_module("scenarios.meetings.decisions")
        autodiscover_modules("decisions", "room")
