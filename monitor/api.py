"""The figures for machine clients: the same measurement as on the page, and the definitions (design 3).

Every cell is counted anew; nothing is stored. Reading needs the permission and shows no person.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Permission
from monitor import analysis, tables
from monitor.definitions import DEFINITION_SETS
from monitor.forms.figures import FIRST_DAY
from monitor.indicators import DefinitionSet, Indicator
from monitor.measurement import NATIONAL, Measurement, measure
from monitor.protection import THRESHOLD

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})")


class InvalidQuery(exceptions.ValidationError):
    """All that is wrong with a query string, together; says which parameter, never what was in it."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


class ReferenceDate(serializers.DateField):
    """A full-date of RFC 3339, not later than today, and nothing else: the parent also takes 2020-1-1."""

    def to_internal_value(self, value: Any) -> date:
        if not _DATE.fullmatch(value):
            raise serializers.ValidationError("Schrijf de datum als jjjj-mm-dd, zoals 2020-11-01.", "date.format")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise serializers.ValidationError("Deze dag bestaat niet.", "date.value") from None
        if day < FIRST_DAY:
            raise serializers.ValidationError(f"Kies een peildatum vanaf {FIRST_DAY}.", "date.minimum")
        if day > timezone.localdate(self.context["now"]):
            raise serializers.ValidationError("Deze dag moet nog komen. Kies een peildatum tot en met nu.", "future")
        return day


class KnownAt(serializers.DateTimeField):
    """A date-time of RFC 3339 with any offset, not later than now."""

    def to_internal_value(self, value: Any) -> datetime:
        if not _MOMENT.fullmatch(value):
            text = "Schrijf het moment met een tijdzone, zoals 2026-11-24T10:00:00Z. Schrijf een plus als %2B."
            raise serializers.ValidationError(text, "date-time.format")
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise serializers.ValidationError("Dit moment bestaat niet.", "date-time.value") from None
        if moment > self.context["now"]:
            raise serializers.ValidationError("Dit moment is nog niet geweest. Kies een moment tot nu.", "future")
        return moment


class Query(serializers.Serializer[Any]):
    """The parameters of an operation; this one has none."""


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


class Operation(APIView):
    """An operation that reads. What its query doesn't name is refused, before anything is read."""

    permission: ClassVar[Permission | None] = Permission.READ_FIGURES
    query_class: ClassVar[type[Query]] = Query
    http_method_names = ["get", "head"]

    def query(self, request: Request, now: datetime) -> dict[str, Any]:
        """The parameters, read and checked; raises InvalidQuery with all errors."""
        sent = request.query_params
        query = self.query_class(data={key: sent[key] for key in sent}, context={"now": now})
        known = query.get_fields()
        errors = [_unknown(place, known) for place, key in enumerate(sent) if key not in known]
        errors += [_error(key, "duplicate", "Geef dit één keer.") for key in known if len(sent.getlist(key)) > 1]
        if not query.is_valid():
            errors += [_error(key, e.code, str(e)) for key, found in query.errors.items() for e in found]
        if errors:
            raise InvalidQuery(errors)
        return dict(query.validated_data)


def _unknown(place: int, known: Mapping[str, object]) -> dict[str, Any]:
    text = f"Deze parameter kennen we niet. Wel: {', '.join(known)}." if known else "Hier horen geen parameters bij."
    return {"in": "query", "location": {"index": place}, "code": "unknown", "detail": text}


def _error(name: str, code: str, detail: str) -> dict[str, Any]:
    return {"in": "query", "location": {"name": name}, "code": code, "detail": detail}


def _field(kind: type[serializers.Field[Any, Any, Any, Any]], text: str) -> Any:
    return kind(help_text=text)


_CODE = "De code van de indicator."
_SCOPE = f"Een gemeente of {NATIONAL} voor het hele land."
_VALUE = "De waarde binnen de uitsplitsing; leeg als de indicator niet is uitgesplitst."
_INDICATOR = {
    "code": _field(serializers.CharField, _CODE),
    "title": _field(serializers.CharField, "De naam van de indicator."),
    "unit": _field(serializers.CharField, "Wat er geteld wordt."),
    "population": _field(serializers.CharField, "Onder wie er geteld wordt."),
}
_BALANCE = {
    "scope": _field(serializers.CharField, _SCOPE),
    "sheltered": _field(serializers.IntegerField, "Ooit opgevangen."),
    "present": _field(serializers.IntegerField, "Aanwezig."),
    "exits": _field(serializers.IntegerField, "Uitgestroomd, alle categorieën samen."),
    "residual": _field(serializers.IntegerField, "Niet verklaard: opgevangen min aanwezig min uitgestroomd."),
}
FIGURES = inline_serializer(
    "Figures",
    {
        "referenceDate": _field(serializers.DateField, "De peildatum."),
        "knownAt": _field(serializers.DateTimeField, "Het moment van kennis, in UTC. Bewaar het om dit te herhalen."),
        "definitionSet": _field(serializers.CharField, "De set van definities."),
        "scopes": serializers.ListField(child=serializers.CharField(), help_text="De gemeenten en het hele land."),
        "indicators": inline_serializer(
            "MeasuredIndicator", dict(_INDICATOR), many=True, help_text="Wat er gemeten is."
        ),
        "cells": inline_serializer(
            "Cell",
            {
                "indicator": _field(serializers.CharField, _CODE),
                "scope": _field(serializers.CharField, _SCOPE),
                "value": _field(serializers.CharField, _VALUE),
                "count": _field(serializers.IntegerField, "Het cijfer."),
            },
            many=True,
            help_text="De cijfers.",
        ),
        "balances": inline_serializer("Balance", _BALANCE, many=True, help_text="De balans, met wat onverklaard is."),
        "overlaps": inline_serializer(
            "Overlap",
            {
                "indicator": _field(serializers.CharField, _CODE),
                "value": _field(serializers.CharField, _VALUE),
                "count": _field(serializers.IntegerField, "De gemeenten samen min het hele land."),
            },
            many=True,
            help_text="Wie in meer gemeenten telt, telt landelijk één keer: zoveel scheelt dat.",
        ),
    },
)
REVIEW_ANALYSIS = inline_serializer(
    "ReviewAnalysis",
    {
        "referenceDate": _field(serializers.DateField, "De laatste dag die meetelt: het einde van een kwartaal."),
        "threshold": _field(serializers.IntegerField, "Kleinere aantallen dan dit zijn beschermd, behalve nul."),
        "tables": inline_serializer(
            "ReviewTable",
            {
                "code": _field(serializers.CharField, "De code van de tabel."),
                "title": _field(serializers.CharField, "De naam van de tabel."),
                "columns": inline_serializer(
                    "ReviewColumn",
                    {
                        "code": _field(serializers.CharField, "De code van de kolom."),
                        "title": _field(serializers.CharField, "De naam van de kolom."),
                    },
                    many=True,
                    help_text="De kolommen.",
                ),
                "rows": inline_serializer(
                    "ReviewRow",
                    {
                        "obstacle": _field(serializers.CharField, "De belemmering, of all voor alle adviezen."),
                        "title": _field(serializers.CharField, "De naam van de rij."),
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
        "steps": inline_serializer(
            "ReviewStep",
            {
                "code": _field(serializers.CharField, "De code van de stap."),
                "title": _field(serializers.CharField, "De naam van de stap."),
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
_SET = {
    "id": _field(serializers.CharField, "De naam van de set."),
    "title": _field(serializers.CharField, "Waar de set vandaan komt, in een paar woorden."),
    "validFrom": _field(serializers.DateField, "De eerste peildatum waarvoor de set geldt."),
    "change": _field(serializers.CharField, "Wat er anders wordt geteld dan in de set ervoor."),
}
DEFINITION_SET = inline_serializer(
    "DefinitionSet",
    {
        **_SET,
        "indicators": inline_serializer(
            "Indicator",
            {
                **_INDICATOR,
                "definition": _field(serializers.CharField, "Wat de indicator telt, in gewone woorden."),
                "breakdown": _field(serializers.BooleanField, "Of de indicator is uitgesplitst naar waarden."),
                "partOf": _field(serializers.CharField, "De indicator waar deze een deel van is, of leeg."),
                "exit": _field(serializers.BooleanField, "Of dit een van de uitstroomregels van de balans is."),
            },
            many=True,
            help_text="De indicatoren, in vaste volgorde.",
        ),
    },
)
DEFINITION_SETS_LIST = inline_serializer(
    "DefinitionSets",
    {
        "results": inline_serializer(
            "DefinitionSetReference",
            dict(_SET),
            many=True,
            help_text="Alle sets, de oudste eerst.",
        )
    },
)


class Figures(Operation):
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
        asked = self.query(request, now)
        measured = measure(
            asked["referenceDate"], asked.get("knownAt", now), DEFINITION_SETS.get(asked.get("definitionSet", ""))
        )
        return Response(_figures(measured))


class ReviewAnalysis(Operation):
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


class DefinitionSets(Operation):
    @extend_schema(
        operation_id="listDefinitionSets",
        summary="De sets van definities",
        description="Welke sets van definities er zijn.",
        tags=["Definities"],
        responses={200: DEFINITION_SETS_LIST},
    )
    def get(self, request: Request) -> Response:
        self.query(request, timezone.now())
        return Response({"results": [_referred(one) for one in DEFINITION_SETS.values()]})


class OneDefinitionSet(Operation):
    @extend_schema(
        operation_id="getDefinitionSet",
        summary="Eén set van definities",
        description="Wat elke indicator telt, onder wie en in welke eenheid.",
        tags=["Definities"],
        parameters=[OpenApiParameter("name", str, "path", description="De naam van de set, zoals 2020-11.")],
        responses={200: DEFINITION_SET},
    )
    def get(self, request: Request, name: str) -> Response:
        self.query(request, timezone.now())
        if name not in DEFINITION_SETS:
            raise Http404
        one = DEFINITION_SETS[name]
        return Response({**_referred(one), "indicators": [_defined(item, one) for item in one.indicators]})


class OpenApi(Operation):
    """Open to everybody, and to every site: it says what can be asked, and shows nothing."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    permission = None

    @extend_schema(
        operation_id="getOpenApi",
        summary="Deze beschrijving",
        description="De beschrijving van de interface, als OpenAPI-document.",
        tags=["Beschrijving"],
        auth=[],
        responses={200: {"type": "object", "description": "Een OpenAPI-document."}},
    )
    def get(self, request: Request) -> Response:
        self.query(request, timezone.now())
        headers = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
        return Response(document(), headers=headers)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, made once from the operations themselves."""
    made: dict[str, Any] = SchemaGenerator(urlconf="monitor.api_urls").get_schema(request=None, public=True)
    return made


def _figures(measured: Measurement) -> dict[str, Any]:
    rows = [row for item in measured.definition_set.indicators for row in _rows(measured, item)]
    return {
        "referenceDate": measured.on.isoformat(),
        "knownAt": measured.known_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "definitionSet": measured.definition_set.code,
        "scopes": list(measured.scopes),
        "indicators": [_measured(item) for item in measured.definition_set.indicators],
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


def _analysis(found: analysis.Analysis) -> dict[str, Any]:
    return {
        "referenceDate": found.on.isoformat(),
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
            for table in found.tables
        ],
        "steps": [
            {"code": step.code, "title": step.title, "count": step.number, "medianDays": step.median_days}
            for step in found.steps
        ],
    }


def _rows(measured: Measurement, item: Indicator) -> list[tables.Row]:
    return list(tables.values(measured, item)) if item.by else [tables.row(measured, item)]


def _measured(item: Indicator) -> dict[str, Any]:
    return {
        "code": item.code,
        "title": item.title,
        "unit": item.unit.value,
        "population": item.population.value,
    }


def _referred(one: DefinitionSet) -> dict[str, Any]:
    return {"id": one.code, "title": one.title, "validFrom": one.since.isoformat(), "change": one.change}


def _defined(item: Indicator, of: DefinitionSet) -> dict[str, Any]:
    return {
        **_measured(item),
        "definition": item.definition,
        "breakdown": bool(item.by),
        "partOf": item.part_of,
        "exit": item.code in of.exits,
    }
