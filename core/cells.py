"""What stands in the cells of a list that was made by hand, and what is wrong with it, in words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.formats import number_format

from core.spreadsheets import Line

EARLIEST = date(1900, 1, 1)  # before it no day can be meant
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
    """`help` says what may stand in it, and `example` is what stands in the template."""

    name: str
    help: str
    example: str = ""
    is_required: bool = False


@dataclass
class Cells:
    """Reads one line: what can't be right becomes a finding, and reads as if nothing stood there."""

    line: Line
    today: date
    findings: list[Finding] = field(default_factory=list)

    def fault(self, column: str, text: str, *, is_error: bool = True) -> None:
        self.findings.append(Finding(self.line.number, column, text, is_error))

    def text(self, column: str, *, longest: int, is_required: bool = False) -> str:
        found = self.line.text(column)
        if is_required and not found:
            self.fault(column, EMPTY)
        elif len(found) > longest:
            self.fault(column, f"Gebruik hoogstens {longest} tekens.")
        elif _CONTROL.search(found):
            self.fault(column, "Hier staat een teken dat niet kan. Typ de tekst opnieuw.")
        else:
            return found
        return ""

    def day(self, column: str, *, is_required: bool = False) -> date | None:
        """A day since 1900, up to today."""
        try:
            found = self.line.day(column)
        except ValidationError:
            self.fault(column, "Dit is geen datum. Schrijf dag, maand en jaar, zoals 17-11-2020.")
            return None
        if found is None:
            if is_required:
                self.fault(column, EMPTY)
        elif found < EARLIEST:
            self.fault(column, "Deze datum ligt vóór 1900. Controleer het jaar.")
        elif found > self.today:
            self.fault(column, "Deze datum ligt in de toekomst.")
        else:
            return found
        return None

    def count(self, column: str, *, most: int, is_required: bool = False) -> int | None:
        """A whole number from zero."""
        found = self.line.text(column)
        if not found:
            if is_required:
                self.fault(column, EMPTY)
            return None
        if not re.fullmatch("[0-9]{1,9}", found) or int(found) > most:
            self.fault(column, f"Vul een heel getal in van 0 tot en met {number_format(most)}.")
            return None
        return int(found)

    def choice(self, column: str, words: Mapping[str, str], *, empty: str | None = "", repair: str) -> str:
        """One of `words` (as written, in lower case -> code); `repair` says what to write instead of something else.

        Nothing written means `empty`; with None it is a fault.
        """
        found = self.line.text(column).casefold()
        if not found:
            if empty is None:
                self.fault(column, EMPTY)
            return empty or ""
        if found not in words:
            self.fault(column, repair)
            return ""
        return words[found]


@cache
def words_of(choices: type[TextChoices]) -> Mapping[str, str]:
    """How the choices may be written: as on the screens, or by their code."""
    return {word.casefold(): choice.value for choice in choices for word in (str(choice.label), choice.value)}


@cache
def one_of(choices: type[TextChoices]) -> str:
    """What to write instead."""
    return f"Kies uit: {', '.join(str(choice.label) for choice in choices)}."
