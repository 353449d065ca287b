"""What may be shown of a row of counts that add up to a total, so that nobody can work out a small count.

A count from 1 up to and including 4 is small. When a row holds one, all counts of the row are hidden and only the
total is shown; when the total is small too, nothing is shown. Hiding only the small counts would not be enough: a
reader subtracts the others from the total, and a reader who knows which others are hidden with them can undo that.

Publications of the monitor follow a stricter rule with a threshold of ten: see `monitor/publishing/suppression.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

THRESHOLD = 5


@dataclass(frozen=True)
class ShownRow:
    """The counts of a row, in the order in which they came, and their total. A hidden number is None."""

    counts: tuple[int | None, ...]
    total: int | None


def row_to_show(counts: Sequence[int]) -> ShownRow:
    """The row as it may be shown: whole, the total alone, or nothing."""
    total = sum(counts)
    shown: tuple[int | None, ...] = (None,) * len(counts) if any(map(is_small, counts)) else tuple(counts)
    return ShownRow(shown, None if is_small(total) else total)


def is_small(count: int) -> bool:
    return 0 < count < THRESHOLD
