"""Reads the cells of a list that was made by hand, and says in Dutch what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.formats import number_format

from core.spreadsheets import Line

EARLIEST = date(1900, 1, 1)  # an earlier day is a mistake in the year
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
EMPTY = "Vul dit in."


@dataclass(frozen=True)
class Finding:
    """What is wrong with, or worth a look at, one cell of a list. `column` may be empty: the whole line."""

    line: int
    column: str
    text: str
    is_error: bool = True


@dataclass(frozen=True)
class Column:
    """A column of a list. `help` says what may stand in it; `example` is its cell in the template file."""

    name: str
    help: str
    example: str = ""
    is_required: bool = False


@dataclass
class Cells:
    """Reads one line. A cell that can't be right adds a finding, and is read as if it were empty."""

    line: Line
    today: date
    findings: list[Finding] = field(default_factory=list)

    def fault(self, column: str, text: str, *, is_error: bool = True) -> None:
        self.findings.append(Finding(self.line.number, column, text, is_error))

    def text(self, column: str, *, longest: int, is_required: bool = False) -> str:
        text = self.line.text(column)
        if is_required and not text:
            self.fault(column, EMPTY)
        elif len(text) > longest:
            self.fault(column, f"Gebruik hoogstens {longest} tekens.")
        elif _CONTROL.search(text):
            self.fault(column, "Hier staat een teken dat niet kan. Typ de tekst opnieuw.")
        else:
            return text
        return ""

    def day(self, column: str, *, is_required: bool = False) -> date | None:
        """A day since 1900, up to today."""
        try:
            day = self.line.day(column)
        except ValidationError:
            self.fault(column, "Dit is geen datum. Schrijf dag, maand en jaar, zoals 17-11-2020.")
            return None
        if day is None:
            if is_required:
                self.fault(column, EMPTY)
        elif day < EARLIEST:
            self.fault(column, "Deze datum ligt vóór 1900. Controleer het jaar.")
        elif day > self.today:
            self.fault(column, "Deze datum ligt in de toekomst.")
        else:
            return day
        return None

    def count(self, column: str, *, most: int, is_required: bool = False) -> int | None:
        """A whole number from 0 to `most`."""
        text = self.line.text(column)
        if not text:
            if is_required:
                self.fault(column, EMPTY)
            return None
        if not re.fullmatch("[0-9]{1,9}", text) or int(text) > most:
            self.fault(column, f"Vul een heel getal in van 0 tot en met {number_format(most)}.")
            return None
        return int(text)

    def choice(self, column: str, words: Mapping[str, str], *, empty: str | None = "", repair: str) -> str:
        """The code of the word in this cell. `words`: from the word in lower case to its code.

        `repair` is the finding for another word. An empty cell counts as `empty`; when that is None it is a fault.
        """
        word = self.line.text(column).casefold()
        if not word:
            if empty is None:
                self.fault(column, EMPTY)
            return empty or ""
        if word not in words:
            self.fault(column, repair)
            return ""
        return words[word]


@cache
def words_of(choices: type[TextChoices]) -> Mapping[str, str]:
    """From each way to write a choice to its code: its Dutch label, or the code itself."""
    return {word.casefold(): choice.value for choice in choices for word in (str(choice.label), choice.value)}


@cache
def choose_from(choices: type[TextChoices]) -> str:
    """The advice for a cell that holds none of the choices."""
    return f"Kies uit: {', '.join(str(choice.label) for choice in choices)}."
