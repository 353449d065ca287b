"""The operation with which a machine client gets a token (RFC 6749, section 4.4, and RFC 7523, section 2.2)."""

from typing import Any

from allauth.idp.oidc.models import Client
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
FIELDS = frozenset({"grant_type", "scope", "client_id", "client_assertion_type", "client_assertion"})

_REQUEST = inline_serializer(
    "TokenRequest",
    {
        "grant_type": serializers.ChoiceField(choices=[GRANT], help_text="Altijd client_credentials."),
        "client_assertion_type": serializers.ChoiceField(
            choices=[machines.ASSERTION_TYPE], help_text="Altijd deze waarde: het soort bewijs."
        ),
        "client_assertion": serializers.CharField(
            help_text="Een JWT dat u ondertekent met uw geheime sleutel (EdDSA, ES256 of PS256). Er staan in: iss en "
            "sub (uw client-id), aud (dit adres), iat, exp (hoogstens vijf minuten later) en jti (elke keer anders)."
        ),
        "client_id": serializers.CharField(required=False, help_text="Mag worden weggelaten."),
        "scope": serializers.CharField(
            required=False,
            help_text=f"Waarvoor u het token wilt, met een spatie ertussen: {', '.join(machines.Dataset.values)}. "
            "Zonder keuze: alles wat uw koppeling mag lezen.",
        ),
    },
)
_ANSWER = inline_serializer(
    "Token",
    {
        "access_token": serializers.CharField(help_text="Het token. Stuur het mee als: Authorization: Bearer token."),
        "token_type": serializers.ChoiceField(choices=["Bearer"], help_text="Altijd Bearer."),
        "expires_in": serializers.IntegerField(help_text="Hoeveel seconden het token geldig is."),
        "scope": serializers.CharField(help_text="Waarvoor het token geldt, met een spatie ertussen."),
    },
)


class TokenThrottle(AnonRateThrottle):
    """Limits the requests per address. Checking a signature costs work, so wrong ones could wear out the processor."""

    scope = "token"


class Token(APIView):
    """Gives a machine client a token.

    It refuses with an answer, not with an exception: an exception would roll back the throttle's count.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (FormParser,)
    throttle_classes = (TokenThrottle,)
    http_method_names = ["post"]

    @extend_schema(
        operation_id="createToken",
        summary="Een token aanvragen",
        description="Geeft een token dat tien minuten geldt. U meldt zich aan met een JWT dat u zelf ondertekent "
        "(private_key_jwt, RFC 7523). Elk JWT werkt één keer.",
        tags=["Aanmelden"],
        auth=[],
        request={"application/x-www-form-urlencoded": _REQUEST},
        responses={200: _ANSWER},
    )
    def post(self, request: Request) -> Response:
        form = request.data if isinstance(request.data, QueryDict) else QueryDict()
        if request.META.get("QUERY_STRING") or _is_odd(form):
            return _refused("invalid_request")
        if form.get("grant_type") != GRANT:
            return _refused("unsupported_grant_type")
        client = _client(request, form)
        if client is None:
            # RFC 9110 wants a challenge with every 401, though HTTP has no scheme for this way to log in.
            return _refused("invalid_client", 401, {"WWW-Authenticate": 'Bearer realm="LVV"'})
        allowed = client.get_scopes()
        wanted = form.get("scope", "").split() or allowed
        if not set(wanted).issubset(allowed):
            return _refused("invalid_scope")
        datasets = [dataset for dataset in allowed if dataset in wanted]
        token = {
            "access_token": machines.issue(client, datasets, at=timezone.now()),
            "token_type": "Bearer",
            "expires_in": int(machines.TOKEN_LIFE.total_seconds()),
            "scope": " ".join(datasets),
        }
        return Response(token, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _is_odd(form: QueryDict) -> bool:
    """Whether the form has a field that doesn't belong here, or a field twice."""
    return not FIELDS.issuperset(form) or any(len(values) > 1 for _, values in form.lists())


def _client(request: Request, form: QueryDict) -> Client | None:
    """The client that signed the request. None when it is unknown, or tries two ways to log in at once."""
    if "Authorization" in request.headers or form.get("client_assertion_type") != machines.ASSERTION_TYPE:
        return None
    client = machines.client_of(form.get("client_assertion", ""), audience=request.build_absolute_uri(request.path))
    return client if client is not None and form.get("client_id", client.pk) == client.pk else None


def _refused(error: str, status: int = 400, headers: dict[str, Any] | None = None) -> Response:
    """A refusal with an error code of RFC 6749. `lvv/problems.py` turns it into problem details."""
    return Response({"error": error}, status, headers=headers)
