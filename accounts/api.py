"""The operation with which a machine client gets a token (RFC 6749, section 4.4)."""

from typing import Any

from allauth.core.internal.httpkit import extract_basic_auth
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import AnonRateThrottle
from rest_framework.views import APIView

from accounts import machines

GRANT = "client_credentials"
FIELDS = frozenset({"grant_type", "scope", "client_id", "client_secret"})

_ASKED = inline_serializer(
    "TokenRequest",
    {
        "grant_type": serializers.ChoiceField(choices=[GRANT], help_text="Altijd client_credentials."),
        "scope": serializers.ChoiceField(choices=[machines.SCOPE], required=False, help_text="Mag worden weggelaten."),
        "client_id": serializers.CharField(required=False, help_text="Alleen zonder de header Authorization."),
        "client_secret": serializers.CharField(required=False, help_text="Alleen zonder de header Authorization."),
    },
)
_GIVEN = inline_serializer(
    "Token",
    {
        "access_token": serializers.CharField(help_text="Het token. Stuur het mee als: Authorization: Bearer token."),
        "token_type": serializers.ChoiceField(choices=["Bearer"], help_text="Altijd Bearer."),
        "expires_in": serializers.IntegerField(help_text="Hoeveel seconden het token geldig is."),
        "scope": serializers.ChoiceField(choices=[machines.SCOPE], help_text="Waarvoor het token geldt."),
    },
)


class TokenThrottle(AnonRateThrottle):
    """Per address: guessing a secret is slow, and so is wearing out the processor with guesses."""

    scope = "token"


class Token(APIView):
    """Every refusal is an answer and no exception, so that the throttle's count is kept when it is refused."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (FormParser,)
    throttle_classes = (TokenThrottle,)
    http_method_names = ["post"]

    @extend_schema(
        operation_id="createToken",
        summary="Een token aanvragen",
        description="Geeft een token dat tien minuten geldt. Meld u aan met uw client-id en geheim: bij voorkeur met "
        "HTTP Basic, anders als velden van het formulier.",
        tags=["Aanmelden"],
        auth=[],
        request={"application/x-www-form-urlencoded": _ASKED},
        responses={200: _GIVEN},
    )
    def post(self, request: Request) -> Response:
        form = request.data if isinstance(request.data, QueryDict) else QueryDict()
        if request.META.get("QUERY_STRING") or _is_odd(form):
            return _refused("invalid_request")
        if form.get("grant_type") != GRANT:
            return _refused("unsupported_grant_type")
        client = machines.client_of(*_credentials(request, form))
        if client is None:
            return _refused("invalid_client", 401, {"WWW-Authenticate": 'Basic realm="LVV"'})
        if form.get("scope", machines.SCOPE) != machines.SCOPE:
            return _refused("invalid_scope")
        given = {
            "access_token": machines.issue(client, at=timezone.now()),
            "token_type": "Bearer",
            "expires_in": int(machines.TOKEN_LIFE.total_seconds()),
            "scope": machines.SCOPE,
        }
        return Response(given, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _is_odd(form: QueryDict) -> bool:
    """Fields that don't belong here, or are sent twice."""
    return not FIELDS.issuperset(form) or any(len(values) > 1 for _, values in form.lists())


def _credentials(request: Request, form: QueryDict) -> tuple[str, str]:
    """From the header or, without one, from the form; two ways at a time is neither."""
    client_id, secret = extract_basic_auth(request.headers)
    if "Authorization" in request.headers:
        is_double = "client_secret" in form
        return ("", "") if is_double or client_id is None else (client_id, secret or "")
    return form.get("client_id", ""), form.get("client_secret", "")


def _refused(error: str, status: int = 400, headers: dict[str, Any] | None = None) -> Response:
    """The code is RFC 6749's; whoever answers makes problem details of it."""
    return Response({"error": error}, status, headers=headers)
