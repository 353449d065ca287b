"""The description of the API by itself: the OpenAPI document, made from the operations."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from monitor.api.base import OpenOperation

# What the operations are about, in the order of the page.
SUBJECTS = ("Openbare uitgaven", "Aanmelden", "Cijfers", "Uitgaven", "Definities", "Beschrijving")


class Schema(AutoSchema):
    """Who may ask: everybody, or whose token is for the operation's dataset."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        dataset = getattr(self.view, "dataset", None)
        return [{"machine": [dataset.value]}] if dataset else []


class OpenApi(OpenOperation):
    @extend_schema(
        operation_id="getOpenApi",
        summary="Deze beschrijving",
        description="De beschrijving van de interface, als OpenAPI-document.",
        tags=["Beschrijving"],
        responses={200: {"type": "object", "description": "Een OpenAPI-document."}},
    )
    def get(self, request: Request) -> Response:
        self.query(request, timezone.now())
        return Response(document())


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, made once from the operations themselves."""
    made: dict[str, Any] = SchemaGenerator(urlconf="monitor.api_urls").get_schema(request=None, public=True)
    return made


@dataclass(frozen=True)
class Field:
    """A field of an answer: `name` with the names around it, `kind` in Dutch."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class Described:
    """One operation, as a page shows it."""

    name: str
    subject: str
    method: str
    address: str
    summary: str
    description: str
    datasets: tuple[str, ...]
    parameters: tuple[dict[str, Any], ...]
    sent: tuple[Field, ...]
    answered: tuple[Field, ...]

    @classmethod
    def of(cls, doc: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Self:
        """Read out of the document."""
        return cls(
            name=operation["operationId"],
            subject=operation["tags"][0],
            method=method.upper(),
            address=f"{doc['servers'][0]['url']}{path}",
            summary=operation["summary"],
            description=operation["description"],
            datasets=tuple(scope for one in operation["security"] for scopes in one.values() for scope in scopes),
            parameters=tuple(operation.get("parameters", ())),
            sent=tuple(_fields(doc, operation.get("requestBody", {}))),
            answered=tuple(_fields(doc, operation["responses"]["200"])),
        )


_KINDS = {
    "string": "tekst",
    "integer": "heel getal",
    "number": "getal",
    "boolean": "ja of nee",
    "date": "datum",
    "date-time": "moment",
    "uuid": "nummer",
}


def _fields(doc: dict[str, Any], body: dict[str, Any]) -> Iterator[Field]:
    """Every field of the first form that a body has."""
    for content in list(body.get("content", {}).values())[:1]:
        yield from _below(doc, content["schema"], "")


def _below(doc: dict[str, Any], schema: dict[str, Any], start: str) -> Iterator[Field]:
    schema = _resolved(doc, schema)
    for name, prop in schema.get("properties", {}).items():
        of, is_list = _resolved(doc, prop), False
        if "items" in of:
            of, is_list = {**_resolved(doc, of["items"]), "description": of.get("description", "")}, True
        text = prop.get("description") or of.get("description", "")
        yield Field(f"{start}{name}", _kind(of, is_list=is_list), text)
        yield from _below(doc, of, f"{start}{name}{'[]' if is_list else ''}.")


def _resolved(doc: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without references; of "this or null" what is no null."""
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            some = next(one for one in schema[choice] if one.get("type") != "null" and "Null" not in str(one))
            schema = {**some, "description": schema.get("description", "")}
    if "$ref" in schema:
        found = doc["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return {**found, "description": schema.get("description") or found.get("description", "")}
    return schema


def _kind(schema: dict[str, Any], *, is_list: bool) -> str:
    types = schema.get("type", "string")
    found = [one for one in ([types] if isinstance(types, str) else types) if one != "null"]
    kind = _KINDS.get(schema.get("format", ""), _KINDS.get(found[0], "")) if found else ""
    if "properties" in schema:
        kind = "groep"
    return f"lijst: {kind}" if is_list else kind
