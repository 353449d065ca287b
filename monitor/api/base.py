"""The base of all operations of the API: the query string is checked completely, and lists are paged by key.

A cursor holds the key of the row after which a page starts. So a row that is added between two pages is not shown
twice, and does not make the client miss another one. The cursor is signed together with the question it belongs to, so
that a client can't invent one or use it for another list.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from django.core import signing
from django.utils import timezone
from drf_spectacular.utils import inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.machines import Dataset
from accounts.permissions import Permission
from monitor.forms.figures import FIRST_DAY

LARGEST_PAGE = 100
PAGE = 50
_SALT = "monitor.api.cursor"
Row = TypeVar("Row")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DATE.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?(Z|[+-][0-9]{{2}}:[0-9]{{2}})")


class InvalidQuery(exceptions.ValidationError):
    """All errors in a query string together. An error names its parameter, and never repeats the value."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


class ReferenceDate(serializers.DateField):
    """A full-date of RFC 3339, not later than today. The parent class also accepts 2020-1-1; this one does not."""

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
    """The parameters of an operation. This base class has none."""


class PageQuery(Query):
    """The parameters of a list that is read a page at a time."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        text = f"Vul een heel getal in van 1 tot en met {LARGEST_PAGE}."
        return {
            "pageSize": serializers.IntegerField(
                min_value=1,
                max_value=LARGEST_PAGE,
                required=False,
                default=PAGE,
                help_text=f"Hoeveel regels op een pagina staan: hoogstens {LARGEST_PAGE}, zonder keuze {PAGE}.",
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value", "max_string_length"), text),
            ),
            "cursor": serializers.CharField(
                required=False,
                help_text="Waar de pagina begint. Neem het adres in next over.",
                error_messages={"blank": "Neem het adres in next over, of laat de cursor weg."},
            ),
        }


class Operation(APIView):
    """A read-only operation. A parameter that its query class does not name is refused before anything is read."""

    permission: ClassVar[Permission | None] = Permission.READ_FIGURES
    dataset: ClassVar[Dataset | None] = None
    query_class: ClassVar[type[Query]] = Query
    http_method_names = ["get", "head"]

    def query(self, request: Request, now: datetime) -> dict[str, Any]:
        """The checked parameters, with a cursor as the key that it holds; raises InvalidQuery with all errors."""
        sent = request.query_params
        query = self.query_class(data={key: sent[key] for key in sent}, context={"now": now})
        known = query.get_fields()
        errors = [_unknown(place, known) for place, key in enumerate(sent) if key not in known]
        errors += [_error(key, "duplicate", "Geef dit één keer.") for key in known if len(sent.getlist(key)) > 1]
        if not query.is_valid():
            errors += [_error(key, e.code, str(e)) for key, details in query.errors.items() for e in details]
        if errors:
            raise InvalidQuery(errors)
        parameters = dict(query.validated_data)
        if "cursor" in parameters:
            parameters["cursor"] = _read_cursor(parameters["cursor"], self._bound_to(request))
        return parameters

    def page(
        self, request: Request, rows: Sequence[Row], key: Callable[[Row], Sequence[str | int]], size: int
    ) -> Response:
        """A page of a list.

        `rows` are those of the page and, if there is a next page, at least one more. `key` gives the key of a row.
        """
        shown, rest = rows[:size], rows[size:]
        following = None
        if rest:
            filters = {name: value for name, value in request.query_params.items() if name != "cursor"}
            cursor = signing.dumps([self._bound_to(request), list(key(shown[-1]))], salt=_SALT)
            following = f"{request.path}?{urlencode({**filters, 'cursor': cursor})}"
        return Response({"results": shown, "next": following})

    def _bound_to(self, request: Request) -> list[str]:
        """The question that a cursor belongs to: this list with these filters."""
        filters = {name: value for name, value in request.query_params.items() if name not in ("cursor", "pageSize")}
        return [request.path, urlencode(sorted(filters.items()))]


class OpenOperation(Operation):
    """An operation for everybody, also without a token, and for scripts of every site."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    permission = None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return super().finalize_response(request, response, *args, **kwargs)


def invalid(name: str, code: str, detail: str) -> InvalidQuery:
    """An InvalidQuery for one parameter."""
    return InvalidQuery([_error(name, code, detail)])


def _read_cursor(written: str, bound_to: Sequence[str]) -> list[Any]:
    """The key of the last row before the page; raises InvalidQuery for a cursor of another question."""
    try:
        question, key = signing.loads(written, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        question, key = None, []
    if question != bound_to:
        raise invalid("cursor", "cursor", "Deze cursor hoort niet bij deze vraag. Neem het adres in next over.")
    return list(key)


def _unknown(place: int, known: Mapping[str, object]) -> dict[str, Any]:
    text = f"Deze parameter kennen we niet. Wel: {', '.join(known)}." if known else "Hier horen geen parameters bij."
    return {"in": "query", "location": {"index": place}, "code": "unknown", "detail": text}


def _error(name: str, code: str, detail: str) -> dict[str, Any]:
    return {"in": "query", "location": {"name": name}, "code": code, "detail": detail}


def moment(at: datetime) -> str:
    """A moment as the API writes it: in UTC, with a Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def field(kind: type[serializers.Field[Any, Any, Any, Any]], text: str, **kwargs: Any) -> Any:
    """A field of an answer with its explanation, for the OpenAPI document."""
    return kind(help_text=text, **kwargs)


def shape(name: str, fields: Mapping[str, Any], **kwargs: Any) -> Any:
    """The shape of an answer, or of a part of it, for the OpenAPI document."""
    return inline_serializer(name, dict(fields), **kwargs)


def page_shape(name: str, row_name: str, row: Mapping[str, Any]) -> Any:
    """The shape of a page of a list, for the OpenAPI document."""
    text = "Het adres van de volgende pagina; null op de laatste."
    return shape(
        name,
        {
            "results": shape(row_name, row, many=True, help_text="De regels van deze pagina."),
            "next": field(serializers.CharField, text, allow_null=True),
        },
    )
