"""Adds to the OpenAPI document what holds for every operation: how to log in, which refusals there are, the version.

It names the version of the product beside the version of the contract.
"""

from typing import Any

from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from accounts.machines import Dataset
from lvv.problems import BASE, KINDS, MEDIA_TYPE

_TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "Wat er mis is, volgens RFC 9457.",
    "properties": {
        "type": {**_TEXT, "format": "uri-reference", "description": "Waar dit soort probleem wordt uitgelegd."},
        "title": {**_TEXT, "description": "Het probleem in het kort."},
        "status": {"type": "integer", "description": "De statuscode."},
        "detail": {**_TEXT, "description": "Wat er mis is en hoe u het herstelt."},
        "instance": {**_TEXT, "format": "uri", "description": "Het nummer van deze aanvraag, voor een melding."},
        "errors": {
            "type": "array",
            "description": "Alle fouten in de aanvraag, samen.",
            "items": {
                "type": "object",
                "properties": {
                    "in": {**_TEXT, "enum": ["query"], "description": "Waar de fout zit."},
                    "location": {
                        "type": "object",
                        "description": "De naam van de parameter, of haar plaats als we haar niet kennen.",
                        "properties": {
                            "name": {**_TEXT, "description": "De naam van de parameter."},
                            "index": {"type": "integer", "description": "De plaats, geteld vanaf nul."},
                        },
                        "additionalProperties": False,
                    },
                    "code": {**_TEXT, "description": "De soort fout, voor een programma."},
                    "detail": {**_TEXT, "description": "De fout, voor een mens."},
                },
                "required": ["in", "location", "code", "detail"],
                "additionalProperties": False,
            },
        },
        "error": {**_TEXT, "description": "Alleen bij het aanvragen van een token: de foutcode van OAuth 2."},
    },
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "additionalProperties": False,
}
# All versions that were ever served, the newest first. Each version has a line here.
CHANGES = [
    {
        "version": "1.2.0",
        "date": "2026-11-28",
        "description": "Nieuw: openbare uitgaven zonder token, uitgaven met precieze cijfers, bewijzen, sleutels, "
        "reeksen en referentielijsten. Lijsten gaan per pagina. Aanmelden gaat met een eigen sleutel in plaats van "
        "een geheim; een token geldt voor de gegevens die u kiest.",
    },
    {"version": "1.1.0", "date": "2026-11-25", "description": "Nieuw: waarom zaken vastlopen."},
    {"version": "1.0.0", "date": "2026-11-24", "description": "De eerste versie: cijfers en definities."},
]
VERSION_HEADER = {"description": "De volledige versie van deze interface.", "schema": _TEXT}
EXTRA_HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": "Hoe u zich aanmeldt."},
    429: {"Retry-After": "Over hoeveel seconden het weer kan."},
}


def complete(result: dict[str, Any], generator: SchemaGenerator, **_: Any) -> dict[str, Any]:
    """The hook that drf-spectacular calls with the finished document (`POSTPROCESSING_HOOKS`)."""
    components = result["components"]
    components["headers"] = {"ApiVersion": VERSION_HEADER}
    components["schemas"]["Problem"] = PROBLEM
    components["securitySchemes"] = {
        "machine": {
            "type": "oauth2",
            "description": "Een token van tien minuten, voor afnemers met een client-id en een sleutel.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": f"{BASE}/token",
                    "scopes": {dataset.value: f"{dataset.label} lezen." for dataset in Dataset},
                }
            },
        }
    }
    for path, operations in result["paths"].items():
        for operation in operations.values():
            _complete(operation, has_key="{" in path)
    # The contract has a version of its own. This is the version of the product, which stands on every page.
    result["info"]["x-product-version"] = settings.VERSION
    result["x-changes"] = CHANGES
    result["x-problems"] = {kind.code: {"title": kind.title, "description": kind.detail} for kind in KINDS.values()}
    return result


def _complete(operation: dict[str, Any], *, has_key: bool) -> None:
    is_open = not operation.setdefault("security", [])
    statuses = {400, 406, 429, 500}
    statuses |= set() if is_open else {401, 403}
    statuses |= {404} if has_key else set()
    # The request for a token has a form that says who asks, so it can be refused for that, or for its media type.
    statuses |= {401, 415} if "requestBody" in operation else set()
    for status in sorted(statuses):
        operation["responses"][str(status)] = _refusal(status)
    for response in operation["responses"].values():
        response.setdefault("headers", {})["API-Version"] = {"$ref": "#/components/headers/ApiVersion"}
        response["description"] = response.get("description") or "Gelukt."


def _refusal(status: int) -> dict[str, Any]:
    kind = KINDS[status]
    headers = {name: {"description": text, "schema": _TEXT} for name, text in EXTRA_HEADERS.get(status, {}).items()}
    return {
        "description": f"{kind.title}. {kind.detail}",
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
