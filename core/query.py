"""What a visitor asks in an address, such as `?punt=3`: read in one way, so that no address breaks a page.

Whatever stands there was written by a stranger. What is none of the answers that make sense counts as not asked.
Forms read their own fields; a page number is Django's `Paginator.get_page`.
"""

import re
from collections.abc import Container

from django.http import HttpRequest

# As many digits as a number of ours ever has: Python refuses to read thousands of them.
NUMBER = re.compile(r"[0-9]{1,9}")


def number(request: HttpRequest, name: str, *, most: int) -> int | None:
    """A number from 1 up to and with `most`, or None."""
    asked = request.GET.get(name, "")
    found = int(asked) if NUMBER.fullmatch(asked) else 0
    return found if 1 <= found <= most else None


def choice(request: HttpRequest, name: str, choices: Container[str], default: str = "") -> str:
    """One of the choices, or the default."""
    asked = request.GET.get(name, "")
    return asked if asked in choices else default


def is_asked(request: HttpRequest, name: str) -> bool:
    """Whether the name stands in the address, whatever its value."""
    return name in request.GET
