"""Nobody can work out a small count from a published row: not by subtraction, and not by knowing the rule."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.figures.small_numbers import THRESHOLD, ShownRow, is_small, row_to_show

ROWS = st.lists(st.integers(0, 60), min_size=1, max_size=8)


@given(ROWS)
def test_what_is_published_is_true_and_never_small(counts: list[int]) -> None:
    published = row_to_show(counts)
    assert all(shown in (None, count) for shown, count in zip(published.counts, counts, strict=True))
    assert published.total in (None, sum(counts))
    assert not any(is_small(shown) for shown in (*published.counts, published.total) if shown is not None)


@given(ROWS)
def test_subtraction_gives_no_small_number(counts: list[int]) -> None:
    published = row_to_show(counts)
    if published.total is not None and None in published.counts:
        assert len(counts) >= 2
        assert published.total >= THRESHOLD
        assert set(published.counts) == {None}


@given(ROWS)
def test_a_row_without_small_numbers_is_published_whole(counts: list[int]) -> None:
    if not any(map(is_small, counts)):
        assert row_to_show(counts) == ShownRow(tuple(counts), sum(counts))


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_who_knows_the_rule_still_has_a_choice_for_every_hidden_count(length: int) -> None:
    """Among all rows that are published in the same way, every hidden count has at least two values."""
    largest = {1: 40, 2: 20, 3: 12, 4: 9}[length]
    alike: defaultdict[ShownRow, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(largest + 1), repeat=length):
        alike[row_to_show(counts)].append(counts)
    for published, rows in alike.items():
        for place, shown in enumerate(published.counts):
            if shown is None:
                assert len({row[place] for row in rows}) > 1, (published, rows)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([], ShownRow((), 0)),
        ([0, 0], ShownRow((0, 0), 0)),
        ([4, 0], ShownRow((None, None), None)),
        ([2, 7, 9], ShownRow((None, None, None), 18)),
        ([1, 4, 0], ShownRow((None, None, None), 5)),
        ([5, 6], ShownRow((5, 6), 11)),
    ],
)
def test_by_hand(counts: list[int], expected: ShownRow) -> None:
    assert row_to_show(counts) == expected
