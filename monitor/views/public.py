"""The pages that everybody may read without logging in: the public edition of each release, once it is published.

No view here asks who the visitor is. The row policies of the database let through only what is published.
"""

import json
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import machines
from core import exports
from monitor.api.description import SUBJECTS, DescribedOperation, document
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.models import Edition
from monitor.models.releases import EditionQuerySet, ReleaseKind
from monitor.publishing import catalogue, documents, editions, releases, verifier
from monitor.views.base import download


@require_safe
def edition_list(request: HttpRequest) -> HttpResponse:
    """All published editions, the latest reference date first."""
    headers = _headers()
    replaced = {header["replaces"] for header in headers}
    newest_first = sorted(headers, key=lambda header: (header["referenceDate"], header["signedAt"]), reverse=True)
    lines = [{**_header_context(header), "is_replaced": header["id"] in replaced} for header in newest_first]
    return render(request, "monitor/edition_list.html", {"lines": lines})


@require_safe
def edition_detail(request: HttpRequest, release: UUID) -> HttpResponse:
    """The figures of one public edition."""
    edition = _edition(release)
    content = documents.read(bytes(edition.document))
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    newer = next((header["id"] for header in _headers() if header["replaces"] == str(release)), None)
    context = {
        **_header_context(content["header"]),
        "header": content["header"],
        "rule": content["header"]["protection"],
        "definition_set": definition_set,
        "figures": tables.released_rows(content),
        "scopes": content["header"]["scopes"],
        "notes": [note for note in content["notes"] if note["explanation"] or note["remarks"]],
        "exceptions": [
            {
                **exception,
                "cell": editions.cell_name(
                    definition_set[exception["indicator"]], exception["scope"], exception["value"]
                ),
                "on": documents.day(exception["decidedOn"]),
            }
            for exception in content["exceptions"]
        ],
        "newer": newer,
    }
    return render(request, "monitor/edition_detail.html", context)


@require_safe
def edition_file_json(request: HttpRequest, release: UUID) -> HttpResponse:
    """The signed file, byte for byte."""
    edition = _edition(release)
    header = documents.read(bytes(edition.document))["header"]
    name = f"lvv-cijfers-{header['referenceDate']}-{header['kind']}.json"
    return download(bytes(edition.document), name, "application/json")


@require_safe
def edition_table_file(request: HttpRequest, release: UUID, form: str) -> HttpResponseBase:
    """The figures of an edition as a table file."""
    return exports.as_file(tables.edition_sheet(documents.read(bytes(_edition(release).document))), form)


@require_safe
def catalogue_json(request: HttpRequest) -> HttpResponse:
    """The catalogue for data portals: all editions that were not replaced by another."""
    headers = _headers()
    replaced = {header["replaces"] for header in headers}

    def address(release: str, form: str) -> str:
        name, args = ("edition_table_file", [release, form]) if form else ("edition_file_json", [release])
        if form == "page":
            name, args = "edition_detail", [release]
        return request.build_absolute_uri(reverse(f"public:{name}", args=args))

    described = catalogue.describe(
        sorted(
            (header for header in headers if header["id"] not in replaced), key=lambda header: header["referenceDate"]
        ),
        site=request.build_absolute_uri("/").rstrip("/"),
        address=address,
        contact=settings.CONTACT,
    )
    response = HttpResponse(json.dumps(described, ensure_ascii=False, indent=1), content_type="application/ld+json")
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def api(request: HttpRequest) -> HttpResponse:
    """The documentation of the API, for programmers; made from the OpenAPI document."""
    doc = document()
    operations = [
        DescribedOperation.from_document(doc, path, method, operation)
        for path, methods in doc["paths"].items()
        for method, operation in methods.items()
    ]
    context = {
        "doc": doc,
        "origin": request.build_absolute_uri("/").rstrip("/"),
        "assertion_type": machines.ASSERTION_TYPE,
        "subjects": {name: [operation for operation in operations if operation.subject == name] for name in SUBJECTS},
        "problems": doc["x-problems"],
        "changes": [{**change, "on": documents.day(change["date"])} for change in doc["x-changes"]],
    }
    return render(request, "monitor/api.html", context)


@require_safe
def keys_json(request: HttpRequest) -> HttpResponse:
    """The public keys, in the form that the verifier reads."""
    return download(json.dumps(releases.keys(), indent=1).encode(), "sleutels.json", "application/json")


@require_safe
def verifier_py(request: HttpRequest) -> HttpResponse:
    """The program that checks a release or an edition without this system."""
    return download(Path(verifier.__file__).read_bytes(), "verifieer.py", "text/x-python; charset=utf-8")


def _published() -> EditionQuerySet:
    return Edition.objects.published()


def _headers() -> list[documents.Json]:
    """The headers of all published editions. They say which replaces which: the table of releases is not public."""
    return [documents.read(bytes(edition.document))["header"] for edition in _published()]


def _edition(release: UUID) -> Edition:
    edition: Edition = get_object_or_404(_published(), release=release)
    return edition


def _header_context(header: documents.Json) -> dict[str, object]:
    """The parts of a header that a page shows."""
    return {
        "release": header["id"],
        "on": documents.day(header["referenceDate"]),
        "known_at": documents.instant(header["knownAt"]),
        "signed_at": documents.instant(header["signedAt"]),
        "kind": ReleaseKind(header["kind"]).label,
    }
