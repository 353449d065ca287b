"""The analysis of reviews by the MRT, compared with a count by hand."""

from datetime import date, timedelta
from statistics import median

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from monitor.figures.analysis import ALL, Analysis, analysis_of, last_whole_quarter
from monitor.figures.reviews import Conclusion, Ending, Review
from monitor.figures.small_numbers import THRESHOLD
from mrt.models import Obstacle

TOWNS = ["Amsterdam", "Utrecht"]
DAY = date(2024, 3, 1)


@st.composite
def escalations(draw: st.DrawFn) -> Review:
    """A random escalation that stopped after any of its steps."""
    days = [DAY + timedelta(days=draw(st.integers(0, 900)))]
    for _ in range(draw(st.integers(0, 4))):
        days.append(days[-1] + timedelta(days=draw(st.integers(0, 60))))
    composed, discussed, advised, answered = (days[1:] + [None] * 4)[:4]
    return Review(
        municipality=draw(st.sampled_from(TOWNS)),
        requested_on=days[0],
        composed_on=composed,
        discussed_on=discussed,
        advised_on=advised,
        conclusion=draw(st.sampled_from(Conclusion)) if advised else None,
        obstacles=tuple(draw(st.sets(st.sampled_from(Obstacle.values)))) if advised else (),
        answered_on=answered,
        is_adopted=draw(st.booleans()) if answered else None,
        ending=draw(st.sampled_from(Ending)) if advised else Ending.UNDER_WAY,
    )


def column_of(table: str, review: Review) -> str:
    """The column of a table in which an advice counts."""
    assert review.advised_on is not None
    assert review.conclusion is not None
    answer = {True: "adopted", False: "deviated", None: "open"}[review.is_adopted]
    return {
        "municipality": review.municipality,
        "conclusion": review.conclusion.value,
        "year": str(review.advised_on.year),
        "ending": review.ending.value,
        "answer": answer,
    }[table]


def by_hand(reviews: list[Review], table: str, row: str, columns: list[str]) -> list[int]:
    counts = dict.fromkeys(columns, 0)
    for review in reviews:
        if review.advised_on is not None and (row == ALL or row in review.obstacles):
            counts[column_of(table, review)] += 1
    return list(counts.values())


@given(st.lists(escalations(), max_size=60))
def test_every_cell_is_what_a_clerk_counts_or_hidden(reviews: list[Review]) -> None:
    analysis = analysis_of(reviews, TOWNS, DAY)
    for table in analysis.tables:
        assert [row.code for row in table.rows] == [ALL, *Obstacle.values]
        for row in table.rows:
            expected = by_hand(reviews, table.code, row.code, list(table.columns))
            small = [count for count in expected if 0 < count < THRESHOLD]
            assert row.published.counts == (tuple(expected) if not small else (None,) * len(expected))
            assert row.published.total == (None if 0 < sum(expected) < THRESHOLD else sum(expected))


STEPS: dict[str, tuple[str, str]] = {
    "composing": ("requested_on", "composed_on"),
    "discussing": ("composed_on", "discussed_on"),
    "advising": ("discussed_on", "advised_on"),
    "answering": ("advised_on", "answered_on"),
    "whole": ("requested_on", "answered_on"),
}


@given(st.lists(escalations(), max_size=40))
def test_every_step_lasts_as_long_as_a_clerk_counts(reviews: list[Review]) -> None:
    steps = {step.code: (step.number, step.median_days) for step in analysis_of(reviews, TOWNS, DAY).steps}
    expected: dict[str, tuple[int | None, float | None]] = {}
    for code, (first, last) in STEPS.items():
        pairs = [(getattr(review, first), getattr(review, last)) for review in reviews]
        lasted = [(end - start).days for start, end in pairs if start and end]
        shown = (len(lasted), float(median(lasted)) if lasted else None)
        expected[code] = (None, None) if 0 < len(lasted) < THRESHOLD else shown
    assert steps == expected


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2026-01-01", "2025-12-31"),
        ("2026-03-31", "2025-12-31"),
        ("2026-04-01", "2026-03-31"),
        ("2028-03-01", "2027-12-31"),
    ],
)
def test_the_analysis_ends_with_the_last_whole_quarter(today: str, expected: str) -> None:
    assert last_whole_quarter(date.fromisoformat(today)) == date.fromisoformat(expected)


def test_nothing_is_counted_where_nothing_happened(monitor_coordinator: User) -> None:
    client = Client()
    client.force_login(monitor_coordinator)
    page = client.get(reverse("monitor:review_analysis"))
    assert page.status_code == 200
    analysis: Analysis = page.context["analysis"]
    assert {count for table in analysis.tables for row in table.rows for count in row.published.counts} <= {0}
    assert "beschermd" not in page.content.decode()
