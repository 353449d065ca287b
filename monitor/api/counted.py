"""Operations that count from the facts at every request: figures, series, and the analysis of stuck cases.

They need a token for their dataset, and show no person.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.machines import Dataset
from monitor.api.base import KnownAt, Operation, Query, ReferenceDate, field, invalid, moment, shape
from monitor.api.reference import CODE, INDICATOR, SCOPE, VALUE, measured_indicator
from monitor.figures import analysis, series, tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import Indicator
from monitor.figures.measurement import NATIONAL, Measurement, measure
from monitor.figures.small_numbers import THRESHOLD

# The figures that a series can be asked of: those without a breakdown, of all sets.
_OVER_TIME = {
    item.code: item for definition_set in DEFINITION_SETS.values() for item in definition_set.indicators if not item.by
}


class FiguresQuery(Query):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "referenceDate": ReferenceDate(
                help_text="De peildatum: wat was waar op deze dag?",
                error_messages={"required": "Geef een peildatum, zoals referenceDate=2020-11-01."},
            ),
            "knownAt": KnownAt(
                required=False,
                help_text="Het moment van kennis: wat was toen bekend? Elke tijdzone mag. Zonder keuze: nu.",
            ),
            "definitionSet": serializers.ChoiceField(
                choices=sorted(DEFINITION_SETS),
                required=False,
                help_text="De set van definities. Zonder keuze: de set die op de peildatum geldt.",
                error_messages={"invalid_choice": "Deze set van definities kennen we niet. Zie /v1/definition-sets."},
            ),
        }


class SeriesQuery(Query):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "indicator": serializers.ChoiceField(
                choices=list(_OVER_TIME),
                help_text="De code van een indicator zonder uitsplitsing, zoals present.",
                error_messages={
                    "required": "Geef een indicator, zoals indicator=present.",
                    "invalid_choice": "Deze indicator kennen we niet, of hij is uitgesplitst. Zie /v1/definition-sets.",
                },
            ),
            "scope": serializers.CharField(
                required=False,
                default=NATIONAL,
                help_text=f"{SCOPE} Zonder keuze: het hele land.",
                error_messages={"blank": "Noem een gemeente, of laat dit weg voor het hele land."},
            ),
            "knownAt": KnownAt(
                required=False,
                help_text="Het moment van kennis: wat was toen bekend? Elke tijdzone mag. Zonder keuze: nu.",
            ),
        }


_BALANCE = {
    "scope": field(serializers.CharField, SCOPE),
    "sheltered": field(serializers.IntegerField, "Ooit opgevangen."),
    "present": field(serializers.IntegerField, "Aanwezig."),
    "exits": field(serializers.IntegerField, "Uitgestroomd, alle categorieën samen."),
    "residual": field(serializers.IntegerField, "Niet verklaard: opgevangen min aanwezig min uitgestroomd."),
}
FIGURES = shape(
    "Figures",
    {
        "referenceDate": field(serializers.DateField, "De peildatum."),
        "knownAt": field(serializers.DateTimeField, "Het moment van kennis, in UTC. Bewaar het om dit te herhalen."),
        "definitionSet": field(serializers.CharField, "De set van definities."),
        "scopes": serializers.ListField(child=serializers.CharField(), help_text="De gemeenten en het hele land."),
        "indicators": shape("MeasuredIndicator", INDICATOR, many=True, help_text="Wat er gemeten is."),
        "cells": shape(
            "Cell",
            {
                "indicator": field(serializers.CharField, CODE),
                "scope": field(serializers.CharField, SCOPE),
                "value": field(serializers.CharField, VALUE),
                "count": field(serializers.IntegerField, "Het cijfer."),
            },
            many=True,
            help_text="De cijfers.",
        ),
        "balances": shape("Balance", _BALANCE, many=True, help_text="De balans, met wat onverklaard is."),
        "overlaps": shape(
            "Overlap",
            {
                "indicator": field(serializers.CharField, CODE),
                "value": field(serializers.CharField, VALUE),
                "count": field(serializers.IntegerField, "De gemeenten samen min het hele land."),
            },
            many=True,
            help_text="Wie in meer gemeenten telt, telt landelijk één keer: zoveel scheelt dat.",
        ),
    },
)
REVIEW_ANALYSIS = shape(
    "ReviewAnalysis",
    {
        "referenceDate": field(serializers.DateField, "De laatste dag die meetelt: het einde van een kwartaal."),
        "threshold": field(serializers.IntegerField, "Kleinere aantallen dan dit zijn beschermd, behalve nul."),
        "tables": shape(
            "ReviewTable",
            {
                "code": field(serializers.CharField, "De code van de tabel."),
                "title": field(serializers.CharField, "De naam van de tabel."),
                "columns": shape(
                    "ReviewColumn",
                    {
                        "code": field(serializers.CharField, "De code van de kolom."),
                        "title": field(serializers.CharField, "De naam van de kolom."),
                    },
                    many=True,
                    help_text="De kolommen.",
                ),
                "rows": shape(
                    "ReviewRow",
                    {
                        "obstacle": field(serializers.CharField, "De belemmering, of all voor alle adviezen."),
                        "title": field(serializers.CharField, "De naam van de rij."),
                        "counts": serializers.ListField(
                            child=serializers.IntegerField(allow_null=True),
                            help_text="Aantal adviezen per kolom; null is beschermd.",
                        ),
                        "total": serializers.IntegerField(allow_null=True, help_text="Samen; null is beschermd."),
                    },
                    many=True,
                    help_text="De rijen. Een advies kan in meer rijen staan.",
                ),
            },
            many=True,
            help_text="De tabellen.",
        ),
        "steps": shape(
            "ReviewStep",
            {
                "code": field(serializers.CharField, "De code van de stap."),
                "title": field(serializers.CharField, "De naam van de stap."),
                "count": serializers.IntegerField(
                    allow_null=True, help_text="Hoeveel zaken de stap zetten; null is beschermd."
                ),
                "medianDays": serializers.FloatField(
                    allow_null=True, help_text="De mediaan in dagen; null is beschermd of er is niets."
                ),
            },
            many=True,
            help_text="Hoe lang stappen duren.",
        ),
    },
)
SERIES = shape(
    "Series",
    {
        "indicator": field(serializers.CharField, CODE),
        "scope": field(serializers.CharField, SCOPE),
        "unit": field(serializers.CharField, "Wat er geteld wordt."),
        "knownAt": field(serializers.DateTimeField, "Het moment van kennis, in UTC. Bewaar het om dit te herhalen."),
        "points": shape(
            "SeriesPoint",
            {
                "referenceDate": field(serializers.DateField, "De peildatum."),
                "definitionSet": field(serializers.CharField, "De set van definities die op die dag gold."),
                "count": field(
                    serializers.IntegerField, "Het cijfer; null als het toen niet bestond.", allow_null=True
                ),
                "isBroken": field(
                    serializers.BooleanField,
                    "Of hier iets anders wordt geteld dan ervoor. Vergelijk dan niet met het punt ervoor.",
                ),
            },
            many=True,
            help_text="Eén punt voor elk kwartaal, het oudste eerst.",
        ),
    },
)


class Figures(Operation):
    dataset = Dataset.FIGURES
    query_class = FiguresQuery

    @extend_schema(
        operation_id="getFigures",
        summary="De cijfers voor een peildatum",
        description="De hele meetset, zoals waar op de peildatum en bekend op het moment van kennis. Telt de "
        "vastgelegde feiten. Landen staan er als code van twee letters (ISO 3166-1).",
        tags=["Cijfers"],
        parameters=[FiguresQuery],
        responses={200: FIGURES},
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        parameters = self.query(request, now)
        measured = measure(
            parameters["referenceDate"],
            parameters.get("knownAt", now),
            DEFINITION_SETS.get(parameters.get("definitionSet", "")),
        )
        return Response(_figures(measured))


class ReviewAnalysis(Operation):
    dataset = Dataset.OBSTACLES

    @extend_schema(
        operation_id="getReviewAnalysis",
        summary="Waarom zaken vastlopen",
        description="Adviezen van het MRT tot en met het laatste hele kwartaal, naar wat een bestendige oplossing in "
        "de weg stond, en hoe lang de stappen duren. Kleine aantallen zijn beschermd: die zijn null.",
        tags=["Cijfers"],
        responses={200: REVIEW_ANALYSIS},
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        self.query(request, now)
        return Response(_analysis(analysis.analyse(timezone.localdate(now))))


class Series(Operation):
    dataset = Dataset.SERIES
    query_class = SeriesQuery

    @extend_schema(
        operation_id="getSeries",
        summary="Eén cijfer over de tijd",
        description="Een indicator op de eerste dag van elk kwartaal sinds april 2019, volgens de definities van die "
        "dag. Waar de definitie verandert, is de reeks gebroken.",
        tags=["Cijfers"],
        parameters=[SeriesQuery],
        responses={200: SERIES},
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        parameters = self.query(request, now)
        known_at = parameters.get("knownAt", now)
        measurements = series.measure_quarters(timezone.localdate(now), known_at)
        if parameters["scope"] not in measurements[-1].scopes:
            raise invalid("scope", "invalid_choice", "Deze gemeente kennen we niet. Zie /v1/reference-lists.")
        return Response(_series(measurements, parameters["indicator"], parameters["scope"], known_at))


def _figures(measured: Measurement) -> dict[str, Any]:
    rows = [row for item in measured.definition_set.indicators for row in _rows(measured, item)]
    return {
        "referenceDate": measured.on.isoformat(),
        "knownAt": moment(measured.known_at),
        "definitionSet": measured.definition_set.code,
        "scopes": list(measured.scopes),
        "indicators": [measured_indicator(item) for item in measured.definition_set.indicators],
        "cells": [
            {"indicator": row.item.code, "scope": figure.scope, "value": row.value, "count": figure.number}
            for row in rows
            for figure in row.figures
        ],
        "balances": [
            {"scope": b.scope, "sheltered": b.sheltered, "present": b.present, "exits": b.exits, "residual": b.residual}
            for b in tables.balances(measured)
        ],
        "overlaps": [{"indicator": row.item.code, "value": row.value, "count": row.overlap} for row in rows],
    }


def _analysis(result: analysis.Analysis) -> dict[str, Any]:
    return {
        "referenceDate": result.on.isoformat(),
        "threshold": THRESHOLD,
        "tables": [
            {
                "code": table.code,
                "title": table.title,
                "columns": [{"code": code, "title": title} for code, title in table.columns.items()],
                "rows": [
                    {
                        "obstacle": row.code,
                        "title": row.title,
                        "counts": list(row.published.counts),
                        "total": row.published.total,
                    }
                    for row in table.rows
                ],
            }
            for table in result.tables
        ],
        "steps": [
            {"code": step.code, "title": step.title, "count": step.number, "medianDays": step.median_days}
            for step in result.steps
        ],
    }


def _rows(measured: Measurement, item: Indicator) -> list[tables.Row]:
    return list(tables.values(measured, item)) if item.by else [tables.row(measured, item)]


def _series(measurements: Sequence[Measurement], code: str, scope: str, known_at: datetime) -> dict[str, Any]:
    points = series.series(measurements, code, scope)
    return {
        "indicator": code,
        "scope": scope,
        "unit": _OVER_TIME[code].unit.value,
        "knownAt": moment(known_at),
        "points": [
            {
                "referenceDate": point.on.isoformat(),
                "definitionSet": measurement.definition_set.code,
                "count": point.number,
                "isBroken": point.is_broken,
            }
            for point, measurement in zip(points, measurements, strict=True)
        ],
    }
