"""Small numbers: a row of counts that add up, published so that no count under the threshold can be worked out.

Pure. Where a row holds a count from 1 up to and including 4, only its total is shown; where the total is that small,
nothing is. To hide single counts leaks: who knows the rule by which more are hidden beside them finds them again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

THRESHOLD = 5


@dataclass(frozen=True)
class Published:
    """The counts of a row in their order, and their total; None is hidden."""

    counts: tuple[int | None, ...]
    total: int | None


def protect(counts: Sequence[int]) -> Published:
    """What of a row may be shown."""
    total = sum(counts)
    shown: tuple[int | None, ...] = (None,) * len(counts) if any(map(is_small, counts)) else tuple(counts)
    return Published(shown, None if is_small(total) else total)


def is_small(count: int) -> bool:
    return 0 < count < THRESHOLD
