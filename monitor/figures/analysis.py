"""Why cases get stuck: what stands in the way, by municipality, direction, year and ending; and how long it takes.

The letter missed it. Counted in advices of the MRT up to the end of the last whole quarter, so that a figure of today
beside one of yesterday says nothing of one case; small numbers are protected (small_numbers.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from accounts.models import Municipality
from core.exports import Cell, Column, Sheet
from monitor.figures.reviews import Conclusion, Ending, Review, reviews
from monitor.figures.small_numbers import Published, is_small, protect
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
    """One obstacle, or all advices together: its code, its name, and the protected numbers."""

    code: str
    title: str
    published: Published


@dataclass(frozen=True)
class Table:
    """The advices of each row by the columns (code -> name); a row adds up to its total, the rows to nothing."""

    code: str
    title: str
    columns: Mapping[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Step:
    """How long a step took: of how many escalations, and the median in days; both hidden where they are few."""

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
        """Each obstacle with its national number."""
        return [(row.title, row.published.total) for row in self.tables[0].rows if row.code != ALL]


def last_whole_quarter(today: date) -> date:
    """The last day of the quarter before this one."""
    return date(today.year, (today.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)


def analyse(today: date) -> Analysis:
    """The analysis as it stood at the end of the last whole quarter."""
    on = last_whole_quarter(today)
    return analysis_of(reviews(on), list(Municipality.objects.order_by("name").values_list("name", flat=True)), on)


def analysis_of(found: Sequence[Review], municipalities: Sequence[str], on: date) -> Analysis:
    """The analysis of these escalations."""
    advised = [review for review in found if review.advised_on is not None]
    return Analysis(on, tuple(_tables(advised, municipalities)), tuple(_steps(found)))


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
        those = [review for review in advised if obstacle in review.obstacles]
        rows.append(_row(obstacle, obstacle.label, columns, those, column_of))
    return Table(code, title, {str(key): name for key, name in columns.items()}, tuple(rows))


def _row(
    code: str, title: str, columns: Mapping[str, str], those: Sequence[Review], column_of: Callable[[Review], str]
) -> Row:
    counts = [sum(column_of(review) == column for review in those) for column in columns]
    return Row(str(code), str(title), protect(counts))


def _year(review: Review) -> int:
    assert review.advised_on is not None
    return review.advised_on.year


def _answer(review: Review) -> str:
    if review.is_adopted is None:
        return "open"
    return "adopted" if review.is_adopted else "deviated"


def _steps(found: Sequence[Review]) -> Iterator[Step]:
    """How long each step took that was taken: from one day to the next, weekends included."""
    taken: Mapping[tuple[str, str], Callable[[Review], tuple[date | None, date | None]]] = {
        ("composing", "Team samenstellen"): lambda review: (review.requested_on, review.composed_on),
        ("discussing", "Zaak bespreken"): lambda review: (review.composed_on, review.discussed_on),
        ("advising", "Advies geven"): lambda review: (review.discussed_on, review.advised_on),
        ("answering", "Advies beantwoorden"): lambda review: (review.advised_on, review.answered_on),
        ("whole", "Van aanvraag tot antwoord"): lambda review: (review.requested_on, review.answered_on),
    }
    for (code, title), ends in taken.items():
        lasted = [(end - start).days for start, end in map(ends, found) if start is not None and end is not None]
        is_hidden = is_small(len(lasted))
        yield Step(
            code,
            title,
            None if is_hidden else len(lasted),
            None if is_hidden or not lasted else float(median(lasted)),
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
    """The whole analysis, to be written as a file; an empty number is protected."""
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
        yield ["steps", step.code, step.title, "median_days", "Mediaan in dagen", _plain(step.median_days), on]


def _plain(number: float | None) -> Cell:
    """A whole number of days without a comma."""
    return int(number) if number is not None and number.is_integer() else number


@dataclass(frozen=True)
class Prior:
    """An earlier advice, in codes: nothing of it says whose case it was, or where."""

    year: int
    conclusion: str
    obstacles: tuple[str, ...]
    shared: int
    answer: str
    ending: str


def prior_advices(on: date, obstacles: Sequence[str]) -> list[Prior]:
    """Advices with one of these obstacles, or all when none is named; the most alike on top, then the latest."""
    wanted = set(obstacles)
    found = [
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
    return sorted((one for one in found if one.shared or not wanted), key=lambda one: (-one.shared, -one.year))
