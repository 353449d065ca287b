"""What a reader sees of a page."""

from typing import Any


def words(response: Any) -> str:
    """The page with each line break and indent as one space, as a browser shows it."""
    return " ".join(response.content.decode().split())
