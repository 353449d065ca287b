"""The ids of the tests are names: short, of plain signs, and the same in every run.

Without this, pytest writes a text that is a parameter into the id as it is, be it ten megabytes, or a file with the
clock in it. Two workers that collect at two moments then disagree about which tests there are.
"""

import re
import unicodedata
from collections.abc import Iterable

LONGEST, LONGEST_PART = 80, 30


def name_of(text: str | bytes) -> str:
    """What can be read of the beginning of a text, without accents; empty if nothing can."""
    spelled = unicodedata.normalize("NFKD", text.decode("latin-1") if isinstance(text, bytes) else text)
    plain = spelled.encode("ascii", "ignore").decode()
    beginning = re.match(r"[ -\[\]-~]*", plain)  # any printable sign but the backslash
    return beginning[0][:LONGEST_PART].strip() if beginning else ""


def no_names(ids: Iterable[str]) -> list[str]:
    """The ids that are no names, each shortened to what a console can show."""
    return [ascii(one[:LONGEST]) for one in ids if len(one) > LONGEST or not re.fullmatch(r"[ -\[\]-~]*", one)]
