"""Loads what every room brings to the pages of a case and to the start page."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Cases(AppConfig):
    name = "cases"

    def ready(self) -> None:
        autodiscover_modules("sections", "timeline", "deadlines", "home")
