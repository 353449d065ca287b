"""The catalogue of the public editions, for data portals: DCAT-AP-NL 3.0 as JSON-LD."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core import exports
from monitor.publishing.documents import Json

_EU = "http://publications.europa.eu/resource/authority"
LICENSE = "http://creativecommons.org/publicdomain/zero/1.0/deed.nl"
_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_FILE_TYPES = {"csv": "CSV", "xlsx": "XLSX", "ods": "ODS", "json": "JSON"}
# The kind of a release, as a code of the EU's list of dataset statuses.
_STATUSES = {"provisional": "DEVELOP", "final": "COMPLETED", "corrected": "COMPLETED"}

# (release, form) -> address: form "page" is the page of the edition, "" the signed file, and another form that table.
Address = Callable[[str, str], str]


def describe(headers: Iterable[Json], *, site: str, address: Address, contact: Mapping[str, str]) -> Json:
    """The catalogue, with a dataset for the header of each edition. `contact` has the keys "name" and "email"."""
    common = _common(contact)
    service = {
        "@id": f"{site}/v1",
        "@type": "dcat:DataService",
        **common,
        "dct:identifier": f"{site}/v1",
        "dct:title": _nl("Interface van de LVV-monitor"),
        "dct:description": _nl("Haalt openbare uitgaven op, met het bewijs bij elk cijfer."),
        "dct:license": _id(LICENSE),
        "dcat:endpointURL": _id(f"{site}/v1"),
        "dcat:endpointDescription": _id(f"{site}/v1/openapi.json"),
        "foaf:page": _id(f"{site}/openbaar/api/"),
    }
    return {
        "@context": _PREFIXES,
        "@id": f"{site}/openbaar/catalogus.jsonld",
        "@type": "dcat:Catalog",
        **{name: common[name] for name in ("dct:publisher", "dct:language", "dcat:contactPoint")},
        "dct:title": _nl("Cijfers van de Landelijke Vreemdelingenvoorzieningen"),
        "dct:description": _nl("De openbare uitgaven van de landelijke monitor, met kleine aantallen beschermd."),
        "dct:license": _id(LICENSE),
        "foaf:homepage": _id(f"{site}/openbaar/"),
        "dcat:service": [service],
        "dcat:dataset": [_dataset(header, address, common) for header in headers],
    }


def _dataset(header: Json, address: Address, common: Json) -> Json:
    on = header["referenceDate"]
    forms = {"": "application/json", **{form: media for form, (media, _) in exports.FORMATS.items()}}
    return {
        "@id": address(header["id"], "page"),
        "@type": "dcat:Dataset",
        **common,
        "dct:identifier": header["id"],
        "dct:title": _nl(f"Cijfers van de LVV’s op {on}"),
        "dct:description": _nl(
            f"De landelijke meetset op {on}, volgens de definities {header['definitionSet']}, zoals bekend op "
            f"{header['knownAt']}. Aantallen onder de {header['protection']['threshold']} zijn beschermd, andere "
            f"afgerond op {header['protection']['base']}."
        ),
        "dct:creator": common["dct:publisher"],
        "dct:issued": {"@value": header["signedAt"], "@type": "xsd:dateTime"},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": on, "@type": "xsd:date"},
            "dcat:endDate": {"@value": on, "@type": "xsd:date"},
        },
        "adms:status": _concept("dataset-status", _STATUSES[header["kind"]]),
        "dcat:landingPage": _id(address(header["id"], "page")),
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": _nl("Ondertekend bestand" if not form else f"Tabel ({form})"),
                "dct:format": {
                    "@id": f"{_EU}/file-type/{_FILE_TYPES[form or 'json']}",
                    "@type": "dct:MediaTypeOrExtent",
                },
                "dcat:mediaType": _id(f"http://www.iana.org/assignments/media-types/{media.partition(';')[0]}"),
                "dct:license": _id(LICENSE),
                "dcat:accessURL": _id(address(header["id"], "page")),
                "dcat:downloadURL": _id(address(header["id"], form)),
            }
            for form, media in forms.items()
        ],
    }


def _common(contact: Mapping[str, str]) -> Json:
    return {
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": _nl("Programmabureau LVV")},
        "dct:language": {"@id": f"{_EU}/language/NLD", "@type": "dct:LinguisticSystem"},
        "dct:accessRights": {"@id": f"{_EU}/access-right/PUBLIC", "@type": "dct:RightsStatement"},
        "dcat:contactPoint": {
            "@type": "vcard:Organization",
            "vcard:fn": contact["name"],
            "vcard:hasEmail": _id(f"mailto:{contact['email']}"),
        },
        "dcat:theme": [_concept("data-theme", "SOCI"), _concept("data-theme", "GOVE")],
    }


def _concept(of: str, code: str) -> Json:
    return {"@id": f"{_EU}/{of}/{code}", "@type": "skos:Concept"}


def _nl(text: str) -> Any:
    return {"@value": text, "@language": "nl"}


def _id(address: str) -> Any:
    return {"@id": address}
