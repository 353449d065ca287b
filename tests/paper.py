"""A paper that a visitor got, read back: what a screen reader finds in it."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import DictionaryObject


class Paper:
    def __init__(self, content: bytes) -> None:
        self.reader = PdfReader(io.BytesIO(content))
        self.root: Any = self.reader.root_object
        self.pages = [page.extract_text() for page in self.reader.pages]

    @property
    def text(self) -> str:
        """All of it on one line, without the places where a long word may break."""
        return re.sub(r"\s+", " ", " ".join(self.pages).replace("\u200b", ""))

    @property
    def title(self) -> str | None:
        return self.reader.metadata.title if self.reader.metadata else None

    @property
    def tags(self) -> Counter[str]:
        """How often each kind of part occurs in the structure."""
        return Counter(_tags(self.root["/StructTreeRoot"]))

    def is_accessible(self) -> bool:
        """Tagged as PDF/UA-1, in Dutch, and shown under its title."""
        return (
            self.root["/MarkInfo"]["/Marked"].value is True
            and self.root["/Lang"] == "nl"
            and self.root["/ViewerPreferences"]["/DisplayDocTitle"].value is True
            and b"<pdfuaid:part>1</pdfuaid:part>" in self.root["/Metadata"].get_data()
            and bool(self.title)
        )

    def footers(self) -> list[str]:
        """What each page says from its foot on."""
        return [re.sub(r"\s+", " ", page[page.rindex("Afgedrukt door") :]).strip() for page in self.pages]


def _tags(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _tags(each.get_object())
    elif isinstance(part, DictionaryObject):
        if "/S" in part:
            yield str(part["/S"])[1:]
        if "/K" in part:
            yield from _tags(part["/K"])
