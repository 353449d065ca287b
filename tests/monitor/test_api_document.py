"""The API's document keeps the NL API Design Rules; and each rule here flags a bad example.

These are the rules of the official linter, and rules that it can't check (standards D-1). Rules that only a running
system can break are tested in `test_api.py` and `tests/lvv/test_problems.py`.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from drf_spectacular.validation import validate_schema

from monitor.api.description import document

Document = dict[str, Any]
Rule = Callable[[Document], Iterator[str]]

METHODS = {"get", "post", "put", "patch", "delete"}
CAMEL = re.compile(r"[a-z]+([A-Z0-9][a-z0-9]*)*")
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*|\{[a-z]+([A-Z][a-z0-9]*)*\}")
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
# RFC 6749 prescribes these names.
OAUTH_FIELDS = {
    "access_token", "token_type", "expires_in", "scope", "grant_type", "client_id", "client_assertion",
    "client_assertion_type",
}  # fmt: skip
# These segments were reviewed: they are nouns, and collections are in the plural. Others were not reviewed yet.
REVIEWED_SEGMENTS = {
    "figures", "series", "review-analysis", "definition-sets", "reference-lists", "{name}", "token", "openapi.json",
    "editions", "releases", "{release}", "proofs", "{place}", "signing-keys",
}  # fmt: skip
# An address may hold nothing about a person, because addresses end up in logs.
DENIED_KEYS = re.compile(r"bsn|vnummer|vnumber|birth|geboorte|achternaam|familyname|person|persoon|case|zaak", re.I)


def operations(doc: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in doc["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def responses(doc: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, operation in operations(doc):
        for status, response in operation["responses"].items():
            yield name, status, response


def parameters(doc: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations(doc):
        for parameter in operation.get("parameters", []):
            yield name, parameter


def properties(node: Any) -> Iterator[tuple[str, Any]]:
    """Every named property anywhere below a node, and every parameter."""
    if isinstance(node, list):
        for item in node:
            yield from properties(item)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("properties"), dict):
        yield from node["properties"].items()
    if "in" in node and "name" in node and "schema" in node:
        yield node["name"], node["schema"]
    for item in node.values():
        yield from properties(item)


def resolve(doc: Document, reference: str) -> Any:
    node: Any = doc
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def no_trailing_slash(doc: Document) -> Iterator[str]:
    yield from (path for path in doc["paths"] if path.endswith("/"))


def kebab_case_segments(doc: Document) -> Iterator[str]:
    for path in doc["paths"]:
        yield from (s for s in path.strip("/").split("/") if s != "openapi.json" and not KEBAB.fullmatch(s))


def reviewed_segments(doc: Document) -> Iterator[str]:
    for path in doc["paths"]:
        yield from (s for s in path.strip("/").split("/") if s not in REVIEWED_SEGMENTS)


def camel_case_keys(doc: Document) -> Iterator[str]:
    yield from (p["name"] for _, p in parameters(doc) if p["in"] == "query" and not CAMEL.fullmatch(p["name"]))


def camel_case_fields(doc: Document) -> Iterator[str]:
    headers = {p["name"] for _, p in parameters(doc) if p["in"] == "header"}
    for name, _ in properties(doc):
        if name not in headers and not CAMEL.fullmatch(name) and name not in OAUTH_FIELDS:
            yield name


def nothing_of_a_person_in_addresses(doc: Document) -> Iterator[str]:
    yield from (path for path in doc["paths"] if DENIED_KEYS.search(path))
    yield from (p["name"] for _, p in parameters(doc) if DENIED_KEYS.search(p["name"]))


def days_are_dates(doc: Document) -> Iterator[str]:
    for name, schema in properties(doc):
        if re.search(r"(date|datum)$", name, re.I) and schema.get("format") != "date":
            yield name


def moments_are_date_times(doc: Document) -> Iterator[str]:
    for name, schema in properties(doc):
        if re.search(r"[a-z](At|Time|Tijd)$", name) and schema.get("format") != "date-time":
            yield name


def known_methods(doc: Document) -> Iterator[str]:
    for path, methods in doc["paths"].items():
        yield from (f"{method} {path}" for method in methods if method not in METHODS)


def refusals_are_problem_details(doc: Document) -> Iterator[str]:
    for name, status, response in responses(doc):
        if not status.startswith(("4", "5")):
            continue
        content = response.get("content", {})
        schema = content.get("application/problem+json", {}).get("schema", {})
        if "$ref" in schema:
            schema = resolve(doc, schema["$ref"])
        wanted = {"type", "title", "status", "detail", "instance", "errors"}
        if list(content) != ["application/problem+json"] or not wanted.issubset(schema.get("required", [])):
            yield f"{status} {name}"


def exact_statuses(doc: Document) -> Iterator[str]:
    yield from (f"{status} {name}" for name, status, _ in responses(doc) if not re.fullmatch(r"[2-5]\d\d", status))


def wrong_input_is_400(doc: Document) -> Iterator[str]:
    yield from (name for name, operation in operations(doc) if "400" not in operation["responses"])


def version_header_everywhere(doc: Document) -> Iterator[str]:
    for name, status, response in responses(doc):
        if "API-Version" not in response.get("headers", {}):
            yield f"{status} {name}"


def open_api_three_one(doc: Document) -> Iterator[str]:
    if not re.fullmatch(r"3\.1\.\d+", doc["openapi"]):
        yield doc["openapi"]


def contact(doc: Document) -> Iterator[str]:
    yield from (key for key in ("name", "url", "email") if not doc["info"].get("contact", {}).get(key))


def semantic_version(doc: Document) -> Iterator[str]:
    if not SEMVER.fullmatch(doc["info"]["version"]):
        yield doc["info"]["version"]


def major_version_in_the_address(doc: Document) -> Iterator[str]:
    urls = [server["url"] for server in doc.get("servers", [])]
    yield from (url for url in urls or [""] if not re.search(r"/v\d+$", url) or url.startswith("http:"))


def document_is_published(doc: Document) -> Iterator[str]:
    if "/openapi.json" not in doc["paths"]:
        yield "/openapi.json"


def references_resolve(doc: Document) -> Iterator[str]:
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(doc)):
        try:
            resolve(doc, reference)
        except KeyError:
            yield reference


def everything_is_explained(doc: Document) -> Iterator[str]:
    yield from (name for name, op in operations(doc) if not (op.get("summary") and op.get("description")))
    yield from (p["name"] for _, p in parameters(doc) if not p.get("description"))
    for schema in doc["components"]["schemas"].values():
        yield from (name for name, field in properties(schema) if not field.get("description"))


def every_operation_is_named_and_guarded(doc: Document) -> Iterator[str]:
    for name, operation in operations(doc):
        if not operation.get("operationId") or "security" not in operation:
            yield name


def _at(*steps: str, value: Any) -> Callable[[Document], None]:
    """A function that spoils a document: it sets the value at a path, or removes it (None)."""

    def spoil(doc: Document) -> None:
        node: Any = doc
        for step in steps[:-1]:
            node = node[step]
        if value is None:
            del node[steps[-1]]
        else:
            node[steps[-1]] = value

    return spoil


FIGURES = ("paths", "/figures", "get")
OPERATION: Document = {"responses": {}}
RULES: list[tuple[Rule, Callable[[Document], None]]] = [
    (no_trailing_slash, _at("paths", "/figures/", value={})),
    (kebab_case_segments, _at("paths", "/definitionSets", value={})),
    (kebab_case_segments, _at("paths", "/definition_sets", value={})),
    (reviewed_segments, _at("paths", "/get-figures", value={})),
    (camel_case_keys, _at(*FIGURES, "parameters", value=[{"in": "query", "name": "known_at", "schema": {}}])),
    (camel_case_fields, _at("components", "schemas", "Cell", "properties", "known_value", value={})),
    (nothing_of_a_person_in_addresses, _at(*FIGURES, "parameters", value=[{"in": "query", "name": "bsn"}])),
    (days_are_dates, _at("components", "schemas", "Figures", "properties", "referenceDate", "format", value=None)),
    (days_are_dates, _at("components", "schemas", "Cell", "properties", "peildatum", value={"format": "date-time"})),
    (moments_are_date_times, _at("components", "schemas", "Figures", "properties", "knownAt", "format", value=None)),
    (known_methods, _at("paths", "/figures", "trace", value=OPERATION)),
    (refusals_are_problem_details, _at(*FIGURES, "responses", "400", "content", value=None)),
    (
        refusals_are_problem_details,
        _at(*FIGURES, "responses", "404", value={"content": {"application/json": {"schema": {}}}}),
    ),
    (refusals_are_problem_details, _at("components", "schemas", "Problem", "required", value=["title"])),
    (exact_statuses, _at(*FIGURES, "responses", "default", value={})),
    (wrong_input_is_400, _at(*FIGURES, "responses", "400", value=None)),
    (version_header_everywhere, _at(*FIGURES, "responses", "200", "headers", value=None)),
    (version_header_everywhere, _at(*FIGURES, "responses", "401", "headers", "API-Version", value=None)),
    (open_api_three_one, _at("openapi", value="3.0.3")),
    (contact, _at("info", "contact", "email", value="")),
    (semantic_version, _at("info", "version", value="1.0")),
    (major_version_in_the_address, _at("servers", value=[{"url": "/v+"}])),
    (major_version_in_the_address, _at("servers", value=[{"url": "/v1.2"}])),
    (major_version_in_the_address, _at("servers", value=None)),
    (document_is_published, _at("paths", "/openapi.json", value=None)),
    (references_resolve, _at("components", "schemas", "Cell", value=None)),
    (everything_is_explained, _at(*FIGURES, "description", value="")),
    (everything_is_explained, _at("components", "schemas", "Cell", "properties", "count", "description", value=None)),
    (every_operation_is_named_and_guarded, _at(*FIGURES, "security", value=None)),
]


@pytest.fixture
def doc(client: Client, db: None) -> Document:
    response = client.get("/v1/openapi.json")
    assert response.status_code == 200
    served: Document = response.json()
    return served


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _ in RULES), ids=lambda rule: rule.__name__)
def test_the_served_document_keeps_the_rule(doc: Document, rule: Rule) -> None:
    assert list(rule(doc)) == []


@pytest.mark.parametrize(("rule", "spoil"), RULES, ids=[rule.__name__ for rule, _ in RULES])
def test_the_rule_flags_a_bad_example(rule: Rule, spoil: Callable[[Document], None]) -> None:
    bad = json.loads(json.dumps(document()))
    spoil(bad)
    assert list(rule(bad)) != []


def test_the_document_is_valid_openapi(doc: Document) -> None:
    validate_schema(doc)


def test_the_document_is_open_to_every_site_and_everybody(client: Client, db: None) -> None:
    response = client.get("/v1/openapi.json", headers={"origin": "https://elders.example"})
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert response["Content-Type"] == "application/json"
    assert response["API-Version"] == response.json()["info"]["version"] == settings.API_VERSION


def test_the_document_hides_how_it_is_made(doc: Document) -> None:
    for word in ("django", "rest_framework", "spectacular", "postgres", "select ", "is_present"):
        assert word not in json.dumps(doc).lower()
