"""Operations on releases: public editions for everybody, and exact figures for users and clients with a token.

A release or edition is a file: the answer is that file, byte for byte as it was signed, with its hash as ETag. The
cells can also be read as a list, each with the address of its proof.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.machines import Dataset
from accounts.models import User
from monitor.api.base import OpenOperation, Operation, PageQuery, field, moment, page_shape, shape
from monitor.api.reference import CODE, SCOPE, VALUE
from monitor.figures.definitions import DEFINITION_SETS
from monitor.models import Edition, Release, ReleaseKind
from monitor.publishing import documents, releases
from monitor.publishing.documents import Json
from monitor.publishing.releases import State

RELEASE = OpenApiParameter("release", OpenApiTypes.UUID, "path", description="Het nummer van de uitgave.")
PLACE = OpenApiParameter("place", int, "path", description="De plaats van het cijfer in de uitgave, geteld vanaf nul.")
CONDITIONAL = [
    OpenApiParameter(
        "If-None-Match", str, "header", description="De ETag die u al hebt. Is er niets veranderd, dan volgt 304."
    ),
    OpenApiParameter(
        "ETag", str, "header", description="Verandert alleen als de inhoud verandert.", response=[200, 304]
    ),
]
UNCHANGED = OpenApiResponse(description="U hebt deze inhoud al.")

_KIND = "De soort: provisional (voorlopig), final (definitief) of corrected (gecorrigeerd)."
_HEADER = {
    "id": field(serializers.UUIDField, "Het nummer van de uitgave."),
    "kind": field(serializers.ChoiceField, _KIND, choices=ReleaseKind.values),
    "replaces": field(serializers.UUIDField, "De uitgave die hierdoor is vervangen, of null.", allow_null=True),
    "referenceDate": field(serializers.DateField, "De peildatum."),
    "knownAt": field(serializers.DateTimeField, "Het moment van kennis."),
    "definitionSet": field(serializers.CharField, "De set van definities."),
    "signedAt": field(serializers.DateTimeField, "Wanneer de uitgave is ondertekend."),
}
_TREE = shape(
    "CellTree",
    {
        "count": field(serializers.IntegerField, "Hoeveel cijfers er zijn."),
        "root": field(serializers.CharField, "SHA-256 over alle cijfers samen, als boom (RFC 6962)."),
    },
    help_text="Waarmee een los cijfer te bewijzen is.",
)
_SIGNED = {
    **_HEADER,
    "format": field(serializers.CharField, "De vorm van het bestand."),
    "scopes": serializers.ListField(child=serializers.CharField(), help_text="De gemeenten en het hele land."),
    "cells": _TREE,
    "content": field(serializers.CharField, "SHA-256 over alle overige inhoud."),
    "software": field(serializers.CharField, "De versie waarmee is geteld."),
    "key": field(serializers.CharField, "De sleutel waarmee is ondertekend. Zie /v1/signing-keys."),
}
_PROTECTION = shape(
    "Protection",
    {
        "threshold": field(serializers.IntegerField, "Kleinere aantallen dan dit staan er niet in."),
        "base": field(serializers.IntegerField, "Andere aantallen zijn afgerond op een veelvoud hiervan."),
    },
    help_text="Hoe kleine aantallen zijn beschermd.",
)
_FACTS = shape(
    "FactSet",
    {
        "count": field(serializers.IntegerField, "Op hoeveel feiten de cijfers rusten."),
        "digest": field(serializers.CharField, "SHA-256 over die feiten."),
    },
    help_text="De feiten achter de cijfers.",
)
_CELL = {
    "indicator": field(serializers.CharField, CODE),
    "scope": field(serializers.CharField, SCOPE),
    "value": field(serializers.CharField, VALUE),
}
_NAMED = {
    "code": field(serializers.CharField, CODE),
    "title": field(serializers.CharField, "De naam van de indicator."),
    "definition": field(serializers.CharField, "Wat de indicator telt, in gewone woorden."),
    "unit": field(serializers.CharField, "Wat er geteld wordt."),
    "population": field(serializers.CharField, "Onder wie er geteld wordt."),
    "partOf": field(serializers.CharField, "De indicator waar deze een deel van is, of leeg."),
    "isExit": field(serializers.BooleanField, "Of dit een van de uitstroomregels van de balans is."),
}
_NOTE = {
    "scope": field(serializers.CharField, SCOPE),
    "explanation": field(serializers.CharField, "Waarom de gemeente niet iedereen kan verklaren."),
    "remarks": field(serializers.CharField, "Wat de gemeente bij haar cijfers opmerkt."),
}
_SIGNATURE = field(serializers.CharField, "De handtekening onder de kop (Ed25519, base64).")
_HIDDEN = "Het cijfer; null als het beschermd is."
_EDITION_HEADER = shape(
    "EditionHeader", {**_SIGNED, "protection": _PROTECTION}, help_text="De kop, die ondertekend is."
)
_EDITION_CELL = {
    **_CELL,
    "count": field(serializers.IntegerField, _HIDDEN, allow_null=True),
    "isExact": field(serializers.BooleanField, "Of het cijfer niet is afgerond."),
}
_RELEASE_HEADER = shape("ReleaseHeader", {**_SIGNED, "facts": _FACTS}, help_text="De kop, die ondertekend is.")
_RELEASE_CELL = {**_CELL, "count": field(serializers.IntegerField, "Het cijfer.")}
EDITION = shape(
    "Edition",
    {
        "header": _EDITION_HEADER,
        "signature": _SIGNATURE,
        "cells": shape("EditionCell", _EDITION_CELL, many=True, help_text="De cijfers, zoals iedereen ze mag lezen."),
        "indicators": shape("EditionIndicator", _NAMED, many=True, help_text="Wat er gemeten is."),
        "notes": shape("EditionNote", _NOTE, many=True, help_text="Wat gemeenten erbij schreven."),
        "exceptions": shape(
            "EditionException",
            {
                **_CELL,
                "reason": field(serializers.CharField, "Waarom dit cijfer er toch precies staat."),
                "decidedBy": field(serializers.CharField, "Wie dat besloot."),
                "decidedOn": field(serializers.DateField, "Wanneer dat is besloten."),
            },
            many=True,
            help_text="De cijfers die niet zijn beschermd, volgens een besluit.",
        ),
    },
)
_CAUSES = shape(
    "Causes",
    {
        name: field(serializers.IntegerField, text)
        for name, text in {
            "late": "Hoeveel door feiten die later zijn vastgelegd.",
            "corrected": "Hoeveel door verbeterde feiten.",
            "withdrawn": "Hoeveel door ingetrokken feiten.",
        }.items()
    },
    help_text="Waardoor het cijfer anders werd.",
)
SIGNED_RELEASE = shape(
    "SignedRelease",
    {
        "header": _RELEASE_HEADER,
        "signature": _SIGNATURE,
        "cells": shape("ReleaseCell", _RELEASE_CELL, many=True, help_text="De cijfers."),
        "indicators": shape(
            "ReleaseIndicator",
            {
                **_NAMED,
                "overlap": field(
                    serializers.IntegerField, "De gemeenten samen min het hele land, of null.", allow_null=True
                ),
            },
            many=True,
            help_text="Wat er gemeten is.",
        ),
        "notes": shape(
            "ReleaseNote",
            {**_NOTE, "residual": field(serializers.IntegerField, "Hoeveel personen niet zijn verklaard.")},
            many=True,
            help_text="Wat gemeenten erbij schreven.",
        ),
        "revision": shape(
            "Revision",
            {
                "kind": field(
                    serializers.ChoiceField, "Gewone herziening of correctie.", choices=["regular", "correction"]
                ),
                "reason": field(serializers.CharField, "Waarom cijfers anders zijn."),
                "changes": shape(
                    "Change",
                    {
                        **_CELL,
                        "before": field(serializers.IntegerField, "Het cijfer in de vorige uitgave."),
                        "after": field(serializers.IntegerField, "Het cijfer in deze uitgave."),
                        "causes": _CAUSES,
                    },
                    many=True,
                    help_text="Elk cijfer dat verschilt.",
                ),
            },
            allow_null=True,
            help_text="Wat er anders is dan in de vorige uitgave; null bij de eerste.",
        ),
    },
)
_FIGURE = {
    "place": field(serializers.IntegerField, "De plaats in de uitgave, geteld vanaf nul."),
    "release": field(serializers.UUIDField, "Het nummer van de uitgave."),
    "kind": field(serializers.ChoiceField, _KIND, choices=ReleaseKind.values),
    "referenceDate": field(serializers.DateField, "De peildatum."),
    "knownAt": field(serializers.DateTimeField, "Het moment van kennis."),
    "definitionSet": field(serializers.CharField, "De set van definities."),
    **_CELL,
    "title": field(serializers.CharField, "De naam van de indicator."),
    "unit": field(serializers.CharField, "Wat er geteld wordt."),
    "population": field(serializers.CharField, "Onder wie er geteld wordt."),
    "count": field(serializers.IntegerField, _HIDDEN, allow_null=True),
    "isHidden": field(serializers.BooleanField, "Of het cijfer beschermd is."),
    "isExact": field(serializers.BooleanField, "Of het cijfer niet is afgerond."),
    "proof": field(serializers.CharField, "Het adres van het bewijs bij dit cijfer."),
}
_PATH = shape(
    "ProofStep",
    {
        "side": field(serializers.ChoiceField, "Aan welke kant deze hash staat.", choices=["left", "right"]),
        "hash": field(serializers.CharField, "De hash die ernaast staat."),
    },
    many=True,
    help_text="De weg van het cijfer naar de top van de boom, het naaste eerst.",
)


class ListQuery(PageQuery):
    """The parameters of a list of releases: all of them, or one kind."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "kind": serializers.ChoiceField(
                choices=ReleaseKind.values,
                required=False,
                help_text=f"{_KIND} Zonder keuze: alle.",
                error_messages={"invalid_choice": "Kies provisional, final of corrected."},
            ),
            **super().get_fields(),
        }


class FigureQuery(PageQuery):
    """The parameters of a list of figures of one release: all of them, or those of one indicator or scope."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            name: serializers.CharField(
                required=False, help_text=f"{text} Zonder keuze: alle.", error_messages={"blank": "Vul dit in."}
            )
            for name, text in (("indicator", CODE), ("scope", SCOPE))
        } | super().get_fields()


class Editions(OpenOperation):
    query_class = ListQuery

    @extend_schema(
        operation_id="listEditions",
        summary="De openbare uitgaven",
        description="Wat iedereen mag lezen, ook zonder token: de uitgaven die gepubliceerd zijn, de nieuwste eerst.",
        tags=["Openbare uitgaven"],
        parameters=[ListQuery],
        responses={200: page_shape("Editions", "EditionReference", _HEADER)},
    )
    def get(self, request: Request) -> Response:
        parameters = self.query(request, timezone.now())
        headers = [documents.read(bytes(edition.document))["header"] for edition in Edition.objects.published()]
        rows = sorted(
            (
                {name: header[name] for name in _HEADER}
                for header in headers
                if parameters.get("kind") in (None, header["kind"])
            ),
            key=_order,
            reverse=True,
        )
        after = parameters.get("cursor")
        rows = [row for row in rows if after is None or _order(row) < after]
        return self.page(request, rows, _order, parameters["pageSize"])


class OneEdition(OpenOperation):
    @extend_schema(
        operation_id="getEdition",
        summary="Eén openbare uitgave",
        description="Het ondertekende bestand, byte voor byte. Kleine aantallen zijn beschermd: die zijn null.",
        tags=["Openbare uitgaven"],
        parameters=[RELEASE, *CONDITIONAL],
        responses={200: EDITION, 304: UNCHANGED},
    )
    def get(self, request: Request, release: UUID) -> HttpResponse:
        self.query(request, timezone.now())
        return _file(request, _edition(release))


class EditionFigures(OpenOperation):
    query_class = FigureQuery

    @extend_schema(
        operation_id="listEditionFigures",
        summary="De cijfers van een openbare uitgave",
        description="Elk cijfer met wat het betekent en waar het bewijs staat.",
        tags=["Openbare uitgaven"],
        parameters=[RELEASE, FigureQuery],
        responses={200: page_shape("EditionFigures", "EditionFigure", _FIGURE)},
    )
    def get(self, request: Request, release: UUID) -> Response:
        parameters = self.query(request, timezone.now())
        return _figures(self, request, _edition(release), parameters)


class EditionProof(OpenOperation):
    @extend_schema(
        operation_id="getEditionProof",
        summary="Het bewijs bij een openbaar cijfer",
        description="Eén cijfer met de weg naar de handtekening. Controleer het met de verifieer op /openbaar/.",
        tags=["Openbare uitgaven"],
        parameters=[RELEASE, PLACE],
        responses={
            200: shape(
                "EditionProof",
                {
                    "header": _EDITION_HEADER,
                    "signature": _SIGNATURE,
                    "cell": shape("ProvenEditionCell", _EDITION_CELL, help_text="Het cijfer."),
                    "path": _PATH,
                },
            )
        },
    )
    def get(self, request: Request, release: UUID, place: int) -> HttpResponse:
        self.query(request, timezone.now())
        return _proof(_edition(release), place)


class SigningKeys(OpenOperation):
    @extend_schema(
        operation_id="listSigningKeys",
        summary="De publieke sleutels",
        description="Waarmee handtekeningen te controleren zijn. Een ingetrokken sleutel blijft in de lijst.",
        tags=["Openbare uitgaven"],
        responses={
            200: shape(
                "SigningKeys",
                {
                    "results": shape(
                        "SigningKey",
                        {
                            "id": field(serializers.CharField, "De naam van de sleutel."),
                            "publicKey": field(serializers.CharField, "De sleutel (Ed25519, base64)."),
                            "since": field(serializers.DateTimeField, "Sinds wanneer ermee is ondertekend."),
                            "revokedAt": field(
                                serializers.DateTimeField, "Wanneer zij is ingetrokken, of null.", allow_null=True
                            ),
                        },
                        many=True,
                        help_text="Alle sleutels, de oudste eerst.",
                    )
                },
            )
        },
    )
    def get(self, request: Request) -> Response:
        self.query(request, timezone.now())
        return Response({"results": releases.keys()})


class Releases(Operation):
    dataset = Dataset.RELEASES
    query_class = ListQuery

    @extend_schema(
        operation_id="listReleases",
        summary="De uitgaven met precieze cijfers",
        description="De uitgaven die u mag lezen, de laatst ondertekende eerst. Kleine aantallen staan er precies in: "
        "verspreid deze cijfers niet verder.",
        tags=["Uitgaven"],
        parameters=[ListQuery],
        responses={
            200: page_shape(
                "Releases",
                "ReleaseReference",
                {
                    **_HEADER,
                    "publishedAt": field(serializers.DateTimeField, "Vanaf wanneer de uitgave openbaar is."),
                    "state": field(
                        serializers.ChoiceField,
                        "Onder embargo (embargoed), openbaar (published) of vervangen (superseded).",
                        choices=[state.value for state in State],
                    ),
                },
            )
        },
    )
    def get(self, request: Request) -> Response:
        now = timezone.now()
        parameters = self.query(request, now)
        visible = Release.objects.visible_to(_reader(request)).with_publication().select_related("round")
        if "kind" in parameters:
            visible = visible.filter(kind=parameters["kind"])
        if "cursor" in parameters:
            made_at, pk = parameters["cursor"]
            visible = visible.filter(Q(made_at__lt=made_at) | Q(made_at=made_at, pk__lt=pk))
        ordered = visible.defer("document").order_by("-made_at", "-pk")[: parameters["pageSize"] + 1]
        rows = [
            {
                "id": str(release.pk),
                "kind": release.kind,
                "replaces": str(release.replaces_id) if release.replaces_id else None,
                "referenceDate": release.round.on.isoformat(),
                "knownAt": moment(release.known_at),
                "definitionSet": release.round.definition_set,
                "signedAt": moment(release.made_at),
                "publishedAt": moment(release.public_at),  # type: ignore[attr-defined]
                "state": releases.state(release, at=now).value,
            }
            for release in ordered
        ]
        return self.page(request, rows, lambda row: [str(row["signedAt"]), str(row["id"])], parameters["pageSize"])


class OneRelease(Operation):
    dataset = Dataset.RELEASES

    @extend_schema(
        operation_id="getRelease",
        summary="Eén uitgave met precieze cijfers",
        description="Het ondertekende bestand, byte voor byte. Verspreid deze cijfers niet verder.",
        tags=["Uitgaven"],
        parameters=[RELEASE, *CONDITIONAL],
        responses={200: SIGNED_RELEASE, 304: UNCHANGED},
    )
    def get(self, request: Request, release: UUID) -> HttpResponse:
        self.query(request, timezone.now())
        return _file(request, _release(request, release))


class ReleaseFigures(Operation):
    dataset = Dataset.RELEASES
    query_class = FigureQuery

    @extend_schema(
        operation_id="listReleaseFigures",
        summary="De precieze cijfers van een uitgave",
        description="Elk cijfer met wat het betekent en waar het bewijs staat.",
        tags=["Uitgaven"],
        parameters=[RELEASE, FigureQuery],
        responses={200: page_shape("ReleaseFigures", "ReleaseFigure", _FIGURE)},
    )
    def get(self, request: Request, release: UUID) -> Response:
        parameters = self.query(request, timezone.now())
        return _figures(self, request, _release(request, release), parameters)


class ReleaseProof(Operation):
    dataset = Dataset.RELEASES

    @extend_schema(
        operation_id="getReleaseProof",
        summary="Het bewijs bij een cijfer",
        description="Eén cijfer met de weg naar de handtekening.",
        tags=["Uitgaven"],
        parameters=[RELEASE, PLACE],
        responses={
            200: shape(
                "ReleaseProof",
                {
                    "header": _RELEASE_HEADER,
                    "signature": _SIGNATURE,
                    "cell": shape("ProvenReleaseCell", _RELEASE_CELL, help_text="Het cijfer."),
                    "path": _PATH,
                },
            )
        },
    )
    def get(self, request: Request, release: UUID, place: int) -> HttpResponse:
        self.query(request, timezone.now())
        return _proof(_release(request, release), place)


def _reader(request: Request) -> User:
    assert isinstance(request.user, User)  # the gate refuses everybody else
    return request.user


def _edition(release: UUID) -> bytes:
    edition = Edition.objects.published().filter(release=release).first()
    if edition is None:
        raise Http404
    return bytes(edition.document)


def _release(request: Request, pk: UUID) -> bytes:
    """The file of a release that the user may read; reading it under embargo is recorded in the audit trail."""
    release = Release.objects.visible_to(_reader(request)).with_publication().filter(pk=pk).first()
    if release is None:
        raise Http404
    releases.record_if_early(release, by=_reader(request), at=timezone.now())
    return bytes(release.document)


def _file(request: Request, document: bytes) -> HttpResponse:
    etag = f'"{hashlib.sha256(document).hexdigest()}"'
    response = HttpResponse(document, content_type="application/json", headers={"ETag": etag})
    return get_conditional_response(request._request, etag=etag, response=response) or response


def _proof(document: bytes, place: int) -> HttpResponse:
    if place >= len(documents.read(document)["cells"]):
        raise Http404
    return HttpResponse(documents.proof(document, place), content_type="application/json")


def _figures(operation: Operation, request: Request, document: bytes, parameters: Mapping[str, Any]) -> Response:
    content = documents.read(document)
    after = parameters.get("cursor", [-1])[0]
    rows = [
        _figure(content, place, cell, request.path)
        for place, cell in enumerate(content["cells"])
        if place > after and all(parameters.get(name) in (None, cell[name]) for name in ("indicator", "scope"))
    ]
    return operation.page(request, rows, lambda row: [row["place"]], parameters["pageSize"])


def _figure(content: Json, place: int, cell: Json, path: str) -> Json:
    header = content["header"]
    item = DEFINITION_SETS[header["definitionSet"]][cell["indicator"]]
    return {
        "place": place,
        "release": header["id"],
        **{name: header[name] for name in ("kind", "referenceDate", "knownAt", "definitionSet")},
        **{name: cell[name] for name in ("indicator", "scope", "value", "count")},
        "title": item.title,
        "unit": item.unit.value,
        "population": item.population.value,
        "isHidden": cell["count"] is None,
        "isExact": cell.get("isExact", True),
        "proof": f"{path.rpartition('/')[0]}/proofs/{place}",
    }


def _order(row: Json) -> list[str]:
    """The key by which editions are sorted and paged."""
    return [row["referenceDate"], row["signedAt"], row["id"]]
