"""The page of trends: figures over time in a municipality or in the country, as charts and as a table."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from accounts.access import Visit, page, permitted
from accounts.models import Municipality
from accounts.permissions import Permission
from monitor.figures import charts, pictures, series
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import NATIONAL, Measurement, measure
from monitor.figures.series import Point
from monitor.forms.figures import ScopeForm
from monitor.views.base import tabs


@permitted(Permission.SEE_MONITOR)
def trends(request: Visit) -> HttpResponse:
    """Stock, inflow, outflow, occupancy and waiting list by quarter; exits, scenarios and destinations of today."""
    form = ScopeForm(request.GET)
    context: dict[str, Any] = {"tabs": tabs(request), "form": form}
    if not form.is_valid():
        return page(request, "monitor/trends.html", context, persons=(), status=400)
    now = timezone.now()
    today, scope = timezone.localdate(now), form.cleaned_data["scope"] or NATIONAL
    history, current = series.measure_quarters(today, now), measure(today, now)
    lines = _lines(history, scope, now)
    place = "landelijk" if scope == NATIONAL else scope
    context |= {
        "place": place,
        "charts": [
            (title, _over_time(code, title, [line[code] for line in lines], place))
            for code, title in COLUMNS
            if code in DRAWN
        ],
        "today": [
            ("Uitstroom tot en met vandaag", pictures.exits(current, scope)),
            ("Aanwezig, naar scenario", pictures.directions(current, scope)),
            ("Vertrokken, naar land van bestemming", pictures.destinations(current, scope)),
        ],
        "columns": [title for _, title in COLUMNS],
        "lines": [
            {
                "on": line["present"].on,
                "cells": [line[code] for code, _ in COLUMNS],
                "broken": _new_definitions(line["present"].on) if any(p.is_broken for p in line.values()) else None,
            }
            for line in reversed(lines)
        ],
    }
    return page(request, "monitor/trends.html", context, persons=())


COLUMNS = (
    ("present", "Aanwezig"),
    ("occupancy", "Bezetting per 100 plaatsen"),
    ("inflow", "Ingestroomd in het kwartaal"),
    ("outflow", "Uitgestroomd in het kwartaal"),
    ("durable", "Bestendige oplossingen in het kwartaal"),
    ("scenario", "Aanwezig met een scenario"),
    ("waiting", "Op de wachtlijst"),
    ("waited", "Mediaan van dagen op de wachtlijst"),
)
DRAWN = frozenset({"present", "occupancy", "inflow", "outflow", "durable", "waiting", "waited"})


def _lines(history: Sequence[Measurement], scope: str, known_at: datetime) -> list[dict[str, Point]]:
    """The points of every quarter, by column."""
    present, places = (series.series(history, code, scope) for code in ("present", "capacity"))
    columns = {
        "present": present,
        "occupancy": [
            Point(stock.on, _occupancy(stock.number, places_then.number), stock.is_broken or places_then.is_broken)
            for stock, places_then in zip(present, places, strict=True)
        ],
        "inflow": series.growth(series.series(history, "sheltered", scope)),
        "outflow": series.growth(series.exits(history, scope)),
        "durable": series.growth(series.series(history, "durable", scope)),
        "scenario": series.series(history, "scenario", scope),
        "waiting": series.series(history, "waiting", scope),
        "waited": series.median_waits([measurement.on for measurement in history], known_at, _municipality(scope)),
    }
    return [{code: points[place] for code, points in columns.items()} for place in range(len(history))]


def _municipality(scope: str) -> Municipality | None:
    return Municipality.objects.filter(name=scope).first()


def _occupancy(present: int | None, places: int | None) -> int | None:
    """Persons present for every hundred agreed places, rounded; None when either is unknown or there are no places."""
    return round(100 * present / places) if present is not None and places else None


def _new_definitions(on: date) -> str:
    """The definition set that begins in this quarter, and what it changes, in Dutch."""
    newest = max(
        (definition_set for definition_set in DEFINITION_SETS.values() if definition_set.since <= on),
        key=lambda definition_set: definition_set.since,
    )
    return f"{newest.code}: {newest.change}"


def _over_time(code: str, title: str, points: Sequence[Point], place: str) -> SafeString:
    last = next((p for p in reversed(points) if p.number is not None), None)
    latest = f" Op {date_format(last.on, 'j F Y')}: {last.number}." if last else ""
    return charts.column_chart(
        f"verloop-{code}",
        title=f"{title}, {place}",
        description=f"{title} per kwartaal, {place}.{latest} De aantallen staan in de tabel.",
        columns=[
            charts.Column(p.number, mark=str(p.on.year) if p.on.month == 1 else "", is_broken=p.is_broken)
            for p in points
        ],
    )
