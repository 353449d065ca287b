"""Reads the query string of an address, such as `?punt=3`, so that no address can break a page.

A stranger may write anything there. A value that makes no sense counts as absent. Forms read their own fields, and
Django's `Paginator.get_page` reads page numbers.
"""

import re
from collections.abc import Container

from django.http import HttpRequest

# No number of ours has more digits. Python's `int` raises ValueError on some thousands of them.
NUMBER = re.compile(r"[0-9]{1,9}")


def number(request: HttpRequest, name: str, *, most: int) -> int | None:
    """A number from 1 to `most`, or None."""
    text = request.GET.get(name, "")
    value = int(text) if NUMBER.fullmatch(text) else 0
    return value if 1 <= value <= most else None


def choice(request: HttpRequest, name: str, choices: Container[str], default: str = "") -> str:
    """One of the choices, or the default."""
    text = request.GET.get(name, "")
    return text if text in choices else default


def is_asked(request: HttpRequest, name: str) -> bool:
    """Whether the name stands in the address, whatever its value."""
    return name in request.GET
