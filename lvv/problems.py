"""The answers of the API to refusals and errors: always problem details (RFC 9457), in Dutch.

A problem repeats no value of the request, which may be personal data. Its `type` points to the explanation in the API's
own document. Its `instance` is the number of the request in the log.
"""

import json
import logging
import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.views import set_rollback

from monitor.api.base import InvalidQuery

BASE = "/v1"
MEDIA_TYPE = "application/problem+json"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """A kind of problem. `code` is its key in the document of the API."""

    code: str
    title: str
    detail: str


KINDS: dict[int, Kind] = {
    400: Kind(
        "bad-request",
        "De aanvraag klopt niet",
        "Iets in de aanvraag ontbreekt of is onjuist. Staan er fouten in errors, herstel die dan allemaal.",
    ),
    401: Kind(
        "unauthorized",
        "U bent niet aangemeld",
        "Er is geen geldig bewijs meegestuurd. Vraag een token aan met POST /v1/token. "
        "Stuur het mee in de header Authorization.",
    ),
    403: Kind("forbidden", "U mag dit niet", "U bent aangemeld, maar u hebt geen toestemming voor deze gegevens."),
    404: Kind(
        "not-found", "Dit bestaat niet", "Op dit adres is niets te vinden. De adressen staan in /v1/openapi.json."
    ),
    405: Kind(
        "method-not-allowed",
        "Deze methode kan hier niet",
        "Dit adres kent deze methode niet. De header Allow noemt de methoden die wel kunnen.",
    ),
    406: Kind(
        "not-acceptable",
        "Dit formaat kan niet",
        "Antwoorden zijn er alleen als JSON. Vraag om application/json of laat de header Accept weg.",
    ),
    413: Kind("content-too-large", "De aanvraag is te groot", "Stuur minder gegevens mee."),
    415: Kind(
        "unsupported-media-type",
        "Dit soort invoer kan niet",
        "De inhoud heeft een soort die dit adres niet leest. Kijk in /v1/openapi.json welke soort wel kan.",
    ),
    429: Kind(
        "too-many-requests",
        "U vraagt te vaak",
        "Het aantal aanvragen is voor nu op. De header Retry-After zegt over hoeveel seconden het weer kan.",
    ),
    500: Kind(
        "internal-server-error",
        "Er ging iets mis",
        "De fout ligt bij ons. Probeer het later opnieuw. Blijft het misgaan, meld dan het nummer in instance.",
    ),
    503: Kind("service-unavailable", "Even niet beschikbaar", "Probeer het over enkele minuten opnieuw."),
}


def problem(status: int, instance: str, errors: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The body of a problem. A status without a text of its own gets that of 400 or 500."""
    kind = KINDS.get(status) or KINDS[500 if status >= 500 else 400]
    return {
        "type": f"{BASE}/openapi.json#/x-problems/{kind.code}",
        "title": kind.title,
        "status": status,
        "detail": kind.detail,
        "instance": instance,
        "errors": list(errors),
    }


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to a refusal. None for any other exception, which Django logs and `ApiAnswers` answers with 500."""
    if isinstance(exception, Http404):
        exception = exceptions.NotFound()
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    if not isinstance(exception, exceptions.APIException):
        return None
    request = context["request"]
    # A read has written nothing but the throttle's count, which must not be rolled back.
    if request.method not in SAFE_METHODS:
        set_rollback()
    errors = exception.errors if isinstance(exception, InvalidQuery) else ()
    body = problem(exception.status_code, request.api_instance, errors)
    return Response(body, exception.status_code, headers=_headers(exception), content_type=MEDIA_TYPE)


def _headers(exception: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exception, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    return headers


def is_api(request: HttpRequest) -> bool:
    """Whether the address is below /v1, even if no operation has it."""
    return request.path_info == BASE or request.path_info.startswith(f"{BASE}/")


class ApiAnswers:
    """Gives every answer below /v1 its version, and every refusal problem details.

    It is a middleware around all others, because unknown addresses, unknown hosts and errors never reach the API's own
    code.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request):
            return self.respond(request)
        instance = uuid.uuid4().urn
        request.api_instance = instance  # type: ignore[attr-defined]
        response = self.respond(request)
        if response.status_code >= 400 and response.get("Content-Type") != MEDIA_TYPE:
            _reword(response, instance)
        if response.status_code >= 500:
            logger.error("API: antwoord %s op aanvraag %s", response.status_code, instance)
        response["API-Version"] = settings.API_VERSION
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _reword(response: HttpResponse, instance: str) -> None:
    """Replace the body by problem details. The headers stay, and so does the error code of OAuth."""
    body = problem(response.status_code, instance)
    data = getattr(response, "data", None)
    if isinstance(data, dict) and "error" in data:
        body["error"] = data["error"]
    response.content = json.dumps(body, ensure_ascii=False).encode()
    response["Content-Type"] = MEDIA_TYPE
    response["Content-Length"] = str(len(response.content))
