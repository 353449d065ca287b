"""The charts of one measurement: how persons left, on which scenarios those present are, and where they went."""

from django.utils.safestring import SafeString

from monitor.figures import charts, tables
from monitor.figures.indicators import numbers
from monitor.figures.measurement import NATIONAL, Measurement

DIRECTIONS = ("scenario_departure", "scenario_stay", "no_scenario")
MOST_COUNTRIES = 10


def exits(measured: Measurement, scope: str = NATIONAL) -> SafeString:
    """All exits in a scope, and the persons unexplained."""
    return charts.bar_chart(
        "uitstroom",
        title=f"Uitstroom, {'landelijk' if scope == NATIONAL else scope}",
        description=f"Hoe personen de LVV verlieten, tot en met {measured.on:%d-%m-%Y}.",
        bars=_bars(measured, (*measured.definition_set.exits, "unexplained"), scope),
    )


def directions(measured: Measurement, scope: str) -> SafeString:
    """Who is present in a scope, by the direction of their scenario."""
    return charts.bar_chart(
        "scenarios",
        title="Aanwezig, naar scenario",
        description="Aanwezige personen naar de richting van hun scenario.",
        bars=_bars(measured, DIRECTIONS, scope),
    )


def directions_by_municipality(measured: Measurement) -> SafeString:
    """Who is present in each municipality, by the direction of their scenario."""
    return charts.stacked_bar_chart(
        "scenarios",
        title="Aanwezig per gemeente, naar scenario",
        description=f"Aanwezige personen op {measured.on:%d-%m-%Y} naar de richting van hun scenario.",
        series=[measured.definition_set[code].title for code in DIRECTIONS],
        groups=[
            charts.Group(name, numbers([measured.quantity(code, name) for code in DIRECTIONS]))
            for name in measured.municipalities
        ],
    )


def destinations(measured: Measurement, scope: str) -> SafeString:
    """The countries to which most persons departed."""
    rows = list(tables.values(measured, measured.definition_set["departure_destination"], scope))[:MOST_COUNTRIES]
    return charts.bar_chart(
        "bestemmingen",
        title="Vertrokken, naar land van bestemming",
        description=f"De landen waarheen de meeste personen vertrokken, hoogstens {MOST_COUNTRIES}.",
        bars=[charts.Bar(row.title, row.figures[0].number) for row in rows],
    )


def _bars(measured: Measurement, codes: tuple[str, ...], scope: str) -> list[charts.Bar]:
    titles = [measured.definition_set[code].title for code in codes]
    return list(map(charts.Bar, titles, numbers([measured.quantity(code, scope) for code in codes])))
