"""Imports the modules in which each app registers its parts of the page of a case and of the start page."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Cases(AppConfig):
    name = "cases"

    def ready(self) -> None:
        autodiscover_modules("sections", "timeline", "deadlines", "home")
