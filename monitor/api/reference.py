"""Operations that say what the figures mean: the definition sets, and the lists of codes."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.machines import Dataset
from accounts.models import Municipality
from cases.countries import NATIONALITIES
from monitor.api.base import Operation, field, shape
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator, Population, Unit
from monitor.figures.measurement import NATIONAL
from monitor.models import ReleaseKind
from monitor.publishing import editions
from mrt.models import Obstacle

CODE = "De code van de indicator."
SCOPE = f"Een gemeente of {NATIONAL} voor het hele land."
VALUE = "De waarde binnen de uitsplitsing; leeg als de indicator niet is uitgesplitst."
INDICATOR = {
    "code": field(serializers.CharField, CODE),
    "title": field(serializers.CharField, "De naam van de indicator."),
    "unit": field(serializers.CharField, "Wat er geteld wordt."),
    "population": field(serializers.CharField, "Onder wie er geteld wordt."),
}
_SET = {
    "id": field(serializers.CharField, "De naam van de set."),
    "title": field(serializers.CharField, "Waar de set vandaan komt, in een paar woorden."),
    "validFrom": field(serializers.DateField, "De eerste peildatum waarvoor de set geldt."),
    "change": field(serializers.CharField, "Wat er anders wordt geteld dan in de set ervoor."),
}
DEFINITION_SET = shape(
    "DefinitionSet",
    {
        **_SET,
        "indicators": shape(
            "Indicator",
            {
                **INDICATOR,
                "definition": field(serializers.CharField, "Wat de indicator telt, in gewone woorden."),
                "breakdown": field(serializers.BooleanField, "Of de indicator is uitgesplitst naar waarden."),
                "values": shape(
                    "IndicatorValue",
                    {
                        "code": field(serializers.CharField, "De waarde zoals die in de cijfers staat."),
                        "title": field(serializers.CharField, "Wat de waarde betekent."),
                    },
                    many=True,
                    help_text="De waarden van de uitsplitsing; leeg als het landen zijn. Zie dan /v1/reference-lists.",
                ),
                "partOf": field(serializers.CharField, "De indicator waar deze een deel van is, of leeg."),
                "exit": field(serializers.BooleanField, "Of dit een van de uitstroomregels van de balans is."),
            },
            many=True,
            help_text="De indicatoren, in vaste volgorde.",
        ),
    },
)
_LIST = {
    "id": field(serializers.CharField, "De naam van de lijst."),
    "title": field(serializers.CharField, "Wat er in de lijst staat."),
}
REFERENCE_LISTS = shape(
    "ReferenceLists",
    {"results": shape("ReferenceListReference", _LIST, many=True, help_text="Alle referentielijsten.")},
)
REFERENCE_LIST = shape(
    "ReferenceList",
    {
        **_LIST,
        "entries": shape(
            "ReferenceEntry",
            {
                "code": field(serializers.CharField, "De code die in de cijfers staat."),
                "title": field(serializers.CharField, "Wat de code betekent."),
            },
            many=True,
            help_text="De codes, met hun betekenis.",
        ),
    },
)
DEFINITION_SETS_LIST = shape(
    "DefinitionSets",
    {
        "results": shape(
            "DefinitionSetReference",
            _SET,
            many=True,
            help_text="Alle sets, de oudste eerst.",
        )
    },
)


class DefinitionSets(Operation):
    dataset = Dataset.REFERENCE

    @extend_schema(
        operation_id="listDefinitionSets",
        summary="De sets van definities",
        description="Welke sets van definities er zijn.",
        tags=["Definities"],
        responses={200: DEFINITION_SETS_LIST},
    )
    def get(self, request: Request) -> Response:
        self.query(request, timezone.now())
        return Response({"results": [_set_reference(definition_set) for definition_set in DEFINITION_SETS.values()]})


class OneDefinitionSet(Operation):
    dataset = Dataset.REFERENCE

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
        definition_set = DEFINITION_SETS[name]
        return Response(
            {
                **_set_reference(definition_set),
                "indicators": [_defined(item, definition_set) for item in definition_set.indicators],
            }
        )


class ReferenceLists(Operation):
    dataset = Dataset.REFERENCE

    @extend_schema(
        operation_id="listReferenceLists",
        summary="De referentielijsten",
        description="Welke lijsten met codes er zijn.",
        tags=["Definities"],
        responses={200: REFERENCE_LISTS},
    )
    def get(self, request: Request) -> Response:
        self.query(request, timezone.now())
        return Response({"results": [{"id": name, "title": title} for name, title in _TITLES.items()]})


class OneReferenceList(Operation):
    dataset = Dataset.REFERENCE

    @extend_schema(
        operation_id="getReferenceList",
        summary="Eén referentielijst",
        description="De codes van een lijst, met hun betekenis.",
        tags=["Definities"],
        parameters=[OpenApiParameter("name", str, "path", description="De naam van de lijst, zoals municipalities.")],
        responses={200: REFERENCE_LIST},
    )
    def get(self, request: Request, name: str) -> Response:
        self.query(request, timezone.now())
        if name not in _TITLES:
            raise Http404
        entries = [{"code": code, "title": title} for code, title in _entries(name).items()]
        return Response({"id": name, "title": _TITLES[name], "entries": entries})


_TITLES = {
    "municipalities": "Gemeenten met een convenant: de CBS-code en de naam waarmee zij in de cijfers staat",
    "countries": "Landen en nationaliteiten (ISO 3166-1), en wat erbij hoort",
    "obstacles": "Wat een bestendige oplossing in de weg staat",
    "release-kinds": "Hoe zeker de cijfers van een uitgave zijn",
    "units": "Wat een cijfer telt",
    "populations": "Onder wie een cijfer telt",
}


def _entries(name: str) -> Mapping[str, str]:
    """code -> meaning, of one reference list."""
    if name == "municipalities":
        return dict(Municipality.objects.order_by("name").values_list("code", "name"))
    fixed: dict[str, Mapping[str, str]] = {
        "countries": {**NATIONALITIES, editions.OTHER: "Overige"},
        "obstacles": dict(Obstacle.choices),
        "release-kinds": dict(ReleaseKind.choices),
        "units": {unit.value: unit.value for unit in Unit},
        "populations": {population.value: population.value for population in Population},
    }
    return fixed[name]


def measured_indicator(item: Indicator) -> dict[str, Any]:
    """The fields of an indicator that go along with its figures; the definition itself is in the definition set."""
    return {
        "code": item.code,
        "title": item.title,
        "unit": item.unit.value,
        "population": item.population.value,
    }


def _set_reference(definition_set: DefinitionSet) -> dict[str, Any]:
    return {
        "id": definition_set.code,
        "title": definition_set.title,
        "validFrom": definition_set.since.isoformat(),
        "change": definition_set.change,
    }


def _defined(item: Indicator, of: DefinitionSet) -> dict[str, Any]:
    return {
        **measured_indicator(item),
        "definition": item.definition,
        "breakdown": bool(item.by),
        "values": [{"code": value, "title": tables.label(item, value)} for value in item.values],
        "partOf": item.part_of,
        "exit": item.code in of.exits,
    }
