"""Why cases get stuck: the obstacles that the MRT names in its advices, and how long each step of a review takes.

The letter to Parliament has no such figures. Advices count up to the end of the last whole quarter: a reader who
compares the figures of two days then learns nothing about a single case. Small numbers are hidden
(`small_numbers.py`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from accounts.models import Municipality
from core.exports import Cell, Column, Sheet
from monitor.figures.reviews import Conclusion, Ending, Review, reviews
from monitor.figures.small_numbers import ShownRow, is_small, row_to_show
from mrt.models import Obstacle

ALL = "all"
CONCLUSIONS: Mapping[str, str] = {
    Conclusion.DEPARTURE: "Vertrek",
    Conclusion.STAY: "Verblijf",
    Conclusion.NONE: "Geen bestendige oplossing",
}
ENDINGS: Mapping[str, str] = {
    Ending.DEPARTED: "Vertrokken",
    Ending.GRANTED: "Verblijf gekregen",
    Ending.OTHERWISE: "Op een andere manier weg",
    Ending.UNDER_WAY: "Loopt nog",
}
ANSWERS: Mapping[str, str] = {"adopted": "Overgenomen", "deviated": "Afgeweken", "open": "Nog niet beantwoord"}


@dataclass(frozen=True)
class Row:
    """The counts of one obstacle, or of all advices together (`code` is then `ALL`), without small numbers."""

    code: str
    title: str
    published: ShownRow


@dataclass(frozen=True)
class Table:
    """Numbers of advices, for each row by column (code -> name).

    The counts of a row add up to its total. The rows do not add up: one advice may name more than one obstacle.
    """

    code: str
    title: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Step:
    """The median duration of a step in days, and of how many escalations; both are None when those are few."""

    code: str
    title: str
    number: int | None
    median_days: float | None


@dataclass(frozen=True)
class Analysis:
    on: date
    tables: tuple[Table, ...]
    steps: tuple[Step, ...]

    @property
    def obstacles(self) -> list[tuple[str, int | None]]:
        """(title, number of advices in the country) for each obstacle."""
        return [(row.title, row.published.total) for row in self.tables[0].rows if row.code != ALL]


def last_whole_quarter(today: date) -> date:
    """The last day of the quarter before the one that `today` is in."""
    return date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)


def analyse(today: date) -> Analysis:
    """The analysis as it stood at the end of the last whole quarter."""
    on = last_whole_quarter(today)
    return analysis_of(reviews(on), list(Municipality.objects.order_by("name").values_list("name", flat=True)), on)


def analysis_of(all_reviews: Sequence[Review], municipalities: Sequence[str], on: date) -> Analysis:
    """The analysis of these reviews; the tables count those with an advice, the steps count all of them."""
    advised = [review for review in all_reviews if review.advised_on is not None]
    return Analysis(on, tuple(_tables(advised, municipalities)), tuple(_steps(all_reviews)))


def _tables(advised: Sequence[Review], municipalities: Sequence[str]) -> Iterator[Table]:
    towns = {name: name for name in municipalities}
    years = {str(year): str(year) for year in sorted({_year(review) for review in advised})}
    yield _table("municipality", "Naar gemeente", towns, advised, lambda review: review.municipality)
    yield _table("conclusion", "Naar advies", CONCLUSIONS, advised, lambda review: str(review.conclusion))
    yield _table("year", "Naar jaar van het advies", years, advised, lambda review: str(_year(review)))
    yield _table("ending", "Naar wat er gebeurde", ENDINGS, advised, lambda review: review.ending)
    yield _table("answer", "Naar wat het LSO ermee deed", ANSWERS, advised, _answer)


def _table(
    code: str,
    title: str,
    columns: Mapping[str, str],
    advised: Sequence[Review],
    column_of: Callable[[Review], str],
) -> Table:
    rows = [_row(ALL, "Alle adviezen", columns, advised, column_of)]
    for obstacle in Obstacle:
        with_obstacle = [review for review in advised if obstacle in review.obstacles]
        rows.append(_row(obstacle, obstacle.label, columns, with_obstacle, column_of))
    return Table(code, title, {str(key): name for key, name in columns.items()}, tuple(rows))


def _row(
    code: str, title: str, columns: Mapping[str, str], advised: Sequence[Review], column_of: Callable[[Review], str]
) -> Row:
    counts = [sum(column_of(review) == column for review in advised) for column in columns]
    return Row(str(code), str(title), row_to_show(counts))


def _year(review: Review) -> int:
    assert review.advised_on is not None
    return review.advised_on.year


def _answer(review: Review) -> str:
    if review.is_adopted is None:
        return "open"
    return "adopted" if review.is_adopted else "deviated"


def _steps(all_reviews: Sequence[Review]) -> Iterator[Step]:
    """The duration of each step in calendar days, over the reviews that have both its first and its last day."""
    steps: Mapping[tuple[str, str], Callable[[Review], tuple[date | None, date | None]]] = {
        ("composing", "Team samenstellen"): lambda review: (review.requested_on, review.composed_on),
        ("discussing", "Zaak bespreken"): lambda review: (review.composed_on, review.discussed_on),
        ("advising", "Advies geven"): lambda review: (review.discussed_on, review.advised_on),
        ("answering", "Advies beantwoorden"): lambda review: (review.advised_on, review.answered_on),
        ("whole", "Van aanvraag tot antwoord"): lambda review: (review.requested_on, review.answered_on),
    }
    for (code, title), ends in steps.items():
        durations = [
            (end - start).days for start, end in map(ends, all_reviews) if start is not None and end is not None
        ]
        is_hidden = is_small(len(durations))
        yield Step(
            code,
            title,
            None if is_hidden else len(durations),
            None if is_hidden or not durations else float(median(durations)),
        )


COLUMNS = (
    Column("tabel", "De code van de tabel"),
    Column("rij", "De code van de rij"),
    Column("omschrijving", "De rij in woorden"),
    Column("kolom", "De code van de kolom"),
    Column("naam", "De kolom in woorden"),
    Column("aantal", "Het aantal, of een mediaan in dagen; leeg als het beschermd is", "decimal"),
    Column("tot_en_met", "De laatste dag die meetelt", "date"),
)


def as_sheet(analysis: Analysis) -> Sheet:
    """The whole analysis as a sheet; a hidden number is an empty cell."""
    title = f"Waarom zaken vastlopen, tot en met {analysis.on:%d-%m-%Y}"
    return Sheet(f"lvv-belemmeringen-{analysis.on:%Y-%m-%d}", title, COLUMNS, _rows(analysis))


def _rows(analysis: Analysis) -> Iterator[list[Cell]]:
    on = analysis.on.isoformat()
    for table in analysis.tables:
        for row in table.rows:
            for (column, name), count in zip(table.columns.items(), row.published.counts, strict=True):
                yield [table.code, row.code, row.title, column, name, count, on]
            yield [table.code, row.code, row.title, ALL, "Samen", row.published.total, on]
    for step in analysis.steps:
        yield ["steps", step.code, step.title, "number", "Aantal zaken", step.number, on]
        yield [
            "steps",
            step.code,
            step.title,
            "median_days",
            "Mediaan in dagen",
            _without_fraction(step.median_days),
            on,
        ]


def _without_fraction(number: float | None) -> Cell:
    """A median that is a whole number goes out as 12, not as 12.0."""
    return int(number) if number is not None and number.is_integer() else number


@dataclass(frozen=True)
class Prior:
    """An earlier advice, in codes. Nothing in it says whose case it was, or in which municipality.

    `shared` is the number of obstacles that it has in common with the ones that were asked for.
    """

    year: int
    conclusion: str
    obstacles: tuple[str, ...]
    shared: int
    answer: str
    ending: str


def prior_advices(on: date, obstacles: Sequence[str]) -> list[Prior]:
    """Advices with at least one of these obstacles, or all advices when none is named.

    Those that share most obstacles come first, and among equals the latest.
    """
    wanted = set(obstacles)
    advices = [
        Prior(
            year=_year(review),
            conclusion=CONCLUSIONS[review.conclusion],
            obstacles=tuple(Obstacle(code).label for code in review.obstacles),
            shared=len(wanted & set(review.obstacles)),
            answer=ANSWERS[_answer(review)],
            ending=ENDINGS[review.ending],
        )
        for review in reviews(on)
        if review.advised_on is not None and review.conclusion is not None
    ]
    return sorted(
        (advice for advice in advices if advice.shared or not wanted), key=lambda advice: (-advice.shared, -advice.year)
    )
