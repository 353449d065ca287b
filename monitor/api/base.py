"""What every operation of the API has: a query that is read whole, and lists that are paged by key.

A cursor says after which row a page starts. It is signed and bound to what was asked, so that nobody makes one up. A
row that comes in meanwhile is neither shown twice nor makes another one be missed.
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
    """All that is wrong with a query string, together; says which parameter, never what was in it."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.errors = errors


class ReferenceDate(serializers.DateField):
    """A full-date of RFC 3339, not later than today, and nothing else: the parent also takes 2020-1-1."""

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
    """The parameters of an operation; this one has none."""


class PageQuery(Query):
    """A list, a page at a time."""

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
    """An operation that reads. What its query doesn't name is refused, before anything is read."""

    permission: ClassVar[Permission | None] = Permission.READ_FIGURES
    dataset: ClassVar[Dataset | None] = None
    query_class: ClassVar[type[Query]] = Query
    http_method_names = ["get", "head"]

    def query(self, request: Request, now: datetime) -> dict[str, Any]:
        """The parameters, read and checked; raises InvalidQuery with all errors. A cursor is read: a list."""
        sent = request.query_params
        query = self.query_class(data={key: sent[key] for key in sent}, context={"now": now})
        known = query.get_fields()
        errors = [_unknown(place, known) for place, key in enumerate(sent) if key not in known]
        errors += [_error(key, "duplicate", "Geef dit één keer.") for key in known if len(sent.getlist(key)) > 1]
        if not query.is_valid():
            errors += [_error(key, e.code, str(e)) for key, found in query.errors.items() for e in found]
        if errors:
            raise InvalidQuery(errors)
        asked = dict(query.validated_data)
        if "cursor" in asked:
            asked["cursor"] = _read_cursor(asked["cursor"], self._bound_to(request))
        return asked

    def page(
        self, request: Request, rows: Sequence[Row], key: Callable[[Row], Sequence[str | int]], size: int
    ) -> Response:
        """A page of a list. `rows` start where the page does, and may be one more than fit; `key` places a row."""
        shown, rest = rows[:size], rows[size:]
        following = None
        if rest:
            filters = {name: value for name, value in request.query_params.items() if name != "cursor"}
            cursor = signing.dumps([self._bound_to(request), list(key(shown[-1]))], salt=_SALT)
            following = f"{request.path}?{urlencode({**filters, 'cursor': cursor})}"
        return Response({"results": shown, "next": following})

    def _bound_to(self, request: Request) -> list[str]:
        """What a cursor belongs to: this list, with these filters."""
        named = {name: value for name, value in request.query_params.items() if name not in ("cursor", "pageSize")}
        return [request.path, urlencode(sorted(named.items()))]


class OpenOperation(Operation):
    """Open to everybody, who is not logged in as well, and to the scripts of every site."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    permission = None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Access-Control-Allow-Origin"] = "*"
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return super().finalize_response(request, response, *args, **kwargs)


def invalid(name: str, code: str, detail: str) -> InvalidQuery:
    """One parameter is wrong."""
    return InvalidQuery([_error(name, code, detail)])


def _read_cursor(written: str, bound_to: Sequence[str]) -> list[Any]:
    """The key of the row before the page."""
    try:
        of, key = signing.loads(written, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        of, key = None, []
    if of != bound_to:
        raise invalid("cursor", "cursor", "Deze cursor hoort niet bij deze vraag. Neem het adres in next over.")
    return list(key)


def _unknown(place: int, known: Mapping[str, object]) -> dict[str, Any]:
    text = f"Deze parameter kennen we niet. Wel: {', '.join(known)}." if known else "Hier horen geen parameters bij."
    return {"in": "query", "location": {"index": place}, "code": "unknown", "detail": text}


def _error(name: str, code: str, detail: str) -> dict[str, Any]:
    return {"in": "query", "location": {"name": name}, "code": code, "detail": detail}


def moment(at: datetime) -> str:
    """As it goes out: in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def field(kind: type[serializers.Field[Any, Any, Any, Any]], text: str, **kwargs: Any) -> Any:
    """A field of an answer, explained."""
    return kind(help_text=text, **kwargs)


def shape(name: str, fields: Mapping[str, Any], **kwargs: Any) -> Any:
    """The shape of an answer or a part of it, for the document."""
    return inline_serializer(name, dict(fields), **kwargs)


def page_shape(name: str, row_name: str, row: Mapping[str, Any]) -> Any:
    """A page of a list, for the document."""
    text = "Het adres van de volgende pagina; null op de laatste."
    return shape(
        name,
        {
            "results": shape(row_name, row, many=True, help_text="De regels van deze pagina."),
            "next": field(serializers.CharField, text, allow_null=True),
        },
    )
