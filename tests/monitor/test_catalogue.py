"""The catalogue has the properties that DCAT-AP-NL 3.0 requires, and every address in it works."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from monitor.models import Release
from tests.monitor.rounds import closed, known_later, released

# The properties that each type of resource must have (DEMANDED), and those that may occur only once (ONCE).
DEMANDED: dict[str, set[str]] = {
    "dcat:Catalog": {"dct:title", "dct:description", "dct:publisher", "dcat:contactPoint", "dcat:dataset"},
    "dcat:Dataset": {
        "dct:title", "dct:description", "dct:accessRights", "dcat:contactPoint", "dct:creator", "dct:identifier",
        "dct:publisher", "dcat:theme",
    },
    "dcat:Distribution": {"dcat:accessURL", "dct:license"},
    "dcat:DataService": {
        "dct:accessRights", "dcat:contactPoint", "dct:description", "dcat:endpointDescription", "dcat:endpointURL",
        "dct:identifier", "dct:license", "dct:publisher", "dcat:theme", "dct:title",
    },
    "foaf:Agent": {"foaf:name"},
    "vcard:Organization": {"vcard:fn", "vcard:hasEmail"},
}  # fmt: skip
ONCE = {
    "dcat:contactPoint", "dct:identifier", "dcat:accessURL", "dcat:downloadURL", "dcat:endpointDescription",
    "dcat:endpointURL", "dct:publisher", "adms:status",
}  # fmt: skip


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(hours=2)


@pytest.fixture
def release(monitor_coordinator: User, today: date) -> Release:
    return released(closed(monitor_coordinator, today, timezone.now()), monitor_coordinator, timezone.now())


def resources(node: Any) -> Iterator[dict[str, Any]]:
    """Every resource in a catalogue: each object with a type."""
    if isinstance(node, list):
        for child in node:
            yield from resources(child)
    elif isinstance(node, dict):
        if "@type" in node and "@value" not in node:
            yield node
        for name, child in node.items():
            if name != "@context":
                yield from resources(child)


def test_each_resource_has_the_required_properties(client: Client, release: Release) -> None:
    response = client.get("/openbaar/catalogus.jsonld")
    assert response["Content-Type"] == "application/ld+json"
    assert response["Access-Control-Allow-Origin"] == "*"
    nodes = list(resources(response.json()))
    assert {node["@type"] for node in nodes} >= set(DEMANDED)
    for node in nodes:
        assert DEMANDED.get(node["@type"], set()) <= node.keys(), node["@type"]
        assert not [name for name in ONCE & node.keys() if isinstance(node[name], list)]


def test_every_prefix_is_explained(client: Client, release: Release) -> None:
    whole = client.get("/openbaar/catalogus.jsonld").json()
    used = {name.partition(":")[0] for node in resources(whole) for name in (*node, node["@type"]) if ":" in name}
    assert used <= whole["@context"].keys()


def test_every_address_in_the_catalogue_opens_for_everybody(client: Client, release: Release) -> None:
    whole = client.get("/openbaar/catalogus.jsonld").json()
    (dataset,) = whole["dcat:dataset"]
    assert dataset["dct:identifier"] == str(release.pk)
    forms = [distribution["dcat:downloadURL"]["@id"] for distribution in dataset["dcat:distribution"]]
    assert len(forms) == len(set(forms)) == 5
    service = whole["dcat:service"][0]
    more = [dataset["dcat:landingPage"], service["dcat:endpointDescription"], service["foaf:page"]]
    for address in (*forms, *(link["@id"] for link in more)):
        response = client.get(urlsplit(address).path)
        assert response.status_code == 200, address


def test_replaced_and_unpublished_editions_are_not_in_the_catalogue(
    client: Client, release: Release, monitor_coordinator: User
) -> None:
    of_round = release.round
    at = known_later(of_round, monitor_coordinator)
    # Public a quarter of an hour from now, by the clock of the test.
    released(of_round, monitor_coordinator, at)
    (dataset,) = client.get("/openbaar/catalogus.jsonld").json()["dcat:dataset"]
    assert dataset["dct:identifier"] == str(release.pk)


def test_without_editions_the_catalogue_is_empty(client: Client, db: None) -> None:
    assert client.get("/openbaar/catalogus.jsonld").json()["dcat:dataset"] == []
