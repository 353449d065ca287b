"""The OpenAPI document of the API, and its operations in a form that a page can show."""

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

# The tags of the operations, in the order of the page.
SUBJECTS = ("Openbare uitgaven", "Aanmelden", "Cijfers", "Uitgaven", "Definities", "Beschrijving")


class Schema(AutoSchema):
    """Adds to each operation who may use it: everybody, or clients with a token for its dataset."""

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
    """The OpenAPI document, made once from the operations."""
    schema: dict[str, Any] = SchemaGenerator(urlconf="monitor.api_urls").get_schema(request=None, public=True)
    return schema


@dataclass(frozen=True)
class Field:
    """A field of an answer. `name` is its path, such as header.id or cells[].count; `kind` is its type in Dutch."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class DescribedOperation:
    """One operation as a page shows it; `sent` are the fields of a request body, `answered` those of the answer."""

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
    def from_document(cls, doc: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Self:
        return cls(
            name=operation["operationId"],
            subject=operation["tags"][0],
            method=method.upper(),
            address=f"{doc['servers'][0]['url']}{path}",
            summary=operation["summary"],
            description=operation["description"],
            datasets=tuple(
                scope for requirement in operation["security"] for scopes in requirement.values() for scope in scopes
            ),
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
    """Every field of a body, in the first of its media types."""
    for content in list(body.get("content", {}).values())[:1]:
        yield from _fields_below(doc, content["schema"], "")


def _fields_below(doc: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[Field]:
    """The fields of a schema and of the schemas in it; `path` is the path of the schema itself."""
    schema = _resolved(doc, schema)
    for name, prop in schema.get("properties", {}).items():
        inner, is_list = _resolved(doc, prop), False
        if "items" in inner:
            inner, is_list = {**_resolved(doc, inner["items"]), "description": inner.get("description", "")}, True
        text = prop.get("description") or inner.get("description", "")
        yield Field(f"{path}{name}", _kind(inner, is_list=is_list), text)
        yield from _fields_below(doc, inner, f"{path}{name}{'[]' if is_list else ''}.")


def _resolved(doc: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without references. Of a choice between something and null, it is that something."""
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            not_null = next(
                option for option in schema[choice] if option.get("type") != "null" and "Null" not in str(option)
            )
            schema = {**not_null, "description": schema.get("description", "")}
    if "$ref" in schema:
        component = doc["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return {**component, "description": schema.get("description") or component.get("description", "")}
    return schema


def _kind(schema: dict[str, Any], *, is_list: bool) -> str:
    types = schema.get("type", "string")
    names = [name for name in ([types] if isinstance(types, str) else types) if name != "null"]
    kind = _KINDS.get(schema.get("format", ""), _KINDS.get(names[0], "")) if names else ""
    if "properties" in schema:
        kind = "groep"
    return f"lijst: {kind}" if is_list else kind
