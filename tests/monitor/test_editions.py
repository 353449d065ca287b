"""The public edition of a release: protected and signed, readable from its publication on and not before."""

import json
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import Unit
from monitor.models import Edition, Exemption, Release, Round
from monitor.publishing import documents, editions, releases, verifier
from monitor.publishing.editions import OTHER, public_counts
from monitor.publishing.suppression import PARAMETERS
from tests.accounts.sql import run
from tests.conftest import CaseOf, as_owner
from tests.monitor.rounds import closed, known_later, released
from tests.monitor.test_suppression import Independent, narrowed
from tests.reading import words

HOUR = timedelta(hours=1)
NOWHERE = uuid.UUID(int=0)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - 2 * HOUR


@pytest.fixture
def bureau(monitor_coordinator: User) -> User:
    return monitor_coordinator


@pytest.fixture
def cases(sheltered: CaseOf, worker: User) -> list[Case]:
    with as_owner():
        return [sheltered(worker, "Vingerhoed") for _ in range(12)]


@pytest.fixture
def of_round(bureau: User, cases: list[Case], today: Any) -> Round:
    return closed(bureau, today, timezone.now())


@pytest.fixture
def public(of_round: Round, bureau: User) -> Release:
    return released(of_round, bureau, timezone.now())


@pytest.fixture
def secret(of_round: Round, bureau: User) -> Release:
    at = timezone.now()
    return released(of_round, bureau, at, publish_at=at + HOUR)


def _edition(release: Release, user: User) -> bytes:
    with acting_as(user):
        return bytes(Edition.objects.get(release=release).document)


def _get(client: Client, name: str, *args: object) -> Any:
    return client.get(reverse(f"public:{name}", args=args))


# The content.


def test_small_counts_are_hidden_and_others_rounded(public: Release, bureau: User) -> None:
    content = documents.read(_edition(public, bureau))
    shown = {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in content["cells"]}
    assert shown["sheltered", "Amsterdam", ""] == 10
    assert shown["sheltered", "Utrecht", ""] is None  # zero, which is hidden too
    places = "capacity", "Amsterdam", ""
    assert shown[places] == documents.figures(bytes(public.document))[places]
    exact = public_counts(documents.read(bytes(public.document)))
    assert shown.keys() == exact.keys()
    for cell, count in shown.items():
        if count is not None and DEFINITION_SETS["2022-01"][cell[0]].unit is not Unit.PLACES:
            assert (count % PARAMETERS.base, abs(count - exact[cell]) <= PARAMETERS.slack) == (0, True), cell
            assert exact[cell] >= PARAMETERS.threshold


def test_nothing_else_in_an_edition_gives_a_number_away(public: Release, bureau: User) -> None:
    content = documents.read(_edition(public, bureau))
    assert set(content) == {"header", "signature", "cells", "indicators", "notes", "exceptions"}
    assert all(set(note) == {"scope", "explanation", "remarks"} for note in content["notes"])
    assert all("overlap" not in item for item in content["indicators"])
    assert "facts" not in content["header"]


def test_an_edition_has_every_fixed_value_and_takes_rare_countries_together(public: Release, bureau: User) -> None:
    content = documents.read(bytes(public.document))
    counts = public_counts(content)
    for item in DEFINITION_SETS[content["header"]["definitionSet"]].indicators:
        if item.by:
            values = {value for code, _, value in counts if code == item.code}
            shown_values = {cell["value"] for cell in content["cells"] if cell["indicator"] == item.code}
            assert values >= shown_values if item.values else OTHER in values
            for scope in content["header"]["scopes"]:
                added = sum(counts[item.code, scope, value] for value in values)
                assert added == counts[item.part_of, scope, ""]


def test_the_verifier_accepts_an_edition_and_finds_every_byte_flip(public: Release, bureau: User) -> None:
    document = _edition(public, bureau)
    with acting_as(bureau):
        keys = releases.keys()
    assert verifier.check(document, keys) == []
    for _ in range(200):
        place = secrets.randbelow(len(document))
        flipped = bytearray(document)
        flipped[place] ^= 1 << secrets.randbelow(8)
        assert verifier.check(bytes(flipped), keys) != [], place


def test_a_later_release_of_the_round_tells_no_more_together_with_the_first(
    public: Release, of_round: Round, bureau: User
) -> None:
    """The cut-off moves and no count changes; the attacker combines both editions."""
    later = released(of_round, bureau, known_later(of_round, bureau))
    attacker = Independent(DEFINITION_SETS[of_round.definition_set])
    counts = public_counts(documents.read(bytes(later.document)))
    for name, release in (("first", public), ("later", later)):
        cells = documents.read(_edition(release, bureau))["cells"]
        shown = {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in cells}
        attacker.reads(shown, name)
    for cell in counts:
        attacker.equal({("first", cell): 1, ("later", cell): -1})
    assert narrowed(attacker, counts, edition="later") == []


# Exceptions.


def _exempt(of_round: Round, bureau: User, **changed: Any) -> Exemption:
    values = {
        "indicator": "waiting",
        "scope": "Utrecht",
        "reason": "De Kamer vroeg ernaar.",
        "decided_by": "A. Proefpersoon",
    }
    with acting_as(bureau):
        return editions.exempt(
            of_round, **{**values, "decided_on": of_round.on, **changed}, by=bureau, at=timezone.now()
        )


def test_an_exception_is_shown_as_it_is_with_who_decided_it(client: Client, of_round: Round, bureau: User) -> None:
    _exempt(of_round, bureau)
    release = released(of_round, bureau, timezone.now())
    content = documents.read(_edition(release, bureau))
    (cell,) = [
        candidate
        for candidate in content["cells"]
        if (candidate["indicator"], candidate["scope"]) == ("waiting", "Utrecht")
    ]
    assert (cell["count"], cell["isExact"]) == (0, True)
    (exception,) = content["exceptions"]
    assert (exception["decidedBy"], exception["reason"]) == ("A. Proefpersoon", "De Kamer vroeg ernaar.")
    page = words(_get(client, "edition_detail", release.pk))
    assert "“Op de wachtlijst” (Utrecht)" in page
    assert "Besluit van A. Proefpersoon" in page


def test_an_exception_that_gives_another_small_number_away_stops_the_release(of_round: Round, bureau: User) -> None:
    """If nobody in the country was discussed, nobody in any city was: then each city needs a decision of its own."""
    _exempt(of_round, bureau, indicator="mrt_discussed", scope="NL")
    with pytest.raises(ValidationError, match="is niet te beschermen: uit een uitzondering"):
        released(of_round, bureau, timezone.now())


def test_an_exception_that_ended_is_protected_again(of_round: Round, bureau: User) -> None:
    exemption = _exempt(of_round, bureau)
    with acting_as(bureau):
        editions.end(exemption, by=bureau, at=timezone.now())
        with pytest.raises(ValidationError, match="geldt niet meer"):
            editions.end(exemption, by=bureau, at=timezone.now())
    content = documents.read(_edition(released(of_round, bureau, timezone.now()), bureau))
    assert content["exceptions"] == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"indicator": "verzonnen"}, "bestaat niet in deze definitieset"),
        ({"indicator": "capacity"}, "staat in de convenanten"),
        ({"scope": "Verweg"}, "kennen we niet"),
        ({"value": "male"}, "Kies een waarde bij een uitsplitsing"),
        ({"indicator": "present_by_sex"}, "Kies een waarde bij een uitsplitsing"),
        ({"indicator": "present_by_sex", "value": "verzonnen"}, "Deze waarde bestaat niet"),
        ({}, "geldt al een uitzondering"),
    ],
)
def test_an_impossible_exception_is_refused(of_round: Round, bureau: User, changed: dict[str, Any], says: str) -> None:
    _exempt(of_round, bureau)
    with pytest.raises(ValidationError, match=says):
        _exempt(of_round, bureau, **changed)


def test_only_the_bureau_records_an_exception(of_round: Round, worker: User) -> None:
    with pytest.raises(ValidationError, match="Alleen het programmabureau"):
        _exempt(of_round, worker)


def test_the_bureau_records_and_ends_an_exception_on_a_page(client: Client, of_round: Round, bureau: User) -> None:
    client.force_login(bureau)
    typed = {"figure": "present_by_sex|male", "scope": "Amsterdam", "decided_by": "A. Proefpersoon", "reason": "Zo."}
    typed |= {"decided_on": of_round.on.isoformat(), "submission": str(uuid.uuid4())}
    assert client.post(reverse("monitor:round_exempt", args=[of_round.pk]), typed).status_code == 302
    shown = client.get(reverse("monitor:round_detail", args=[of_round.pk])).content.decode()
    assert "“Aanwezig naar geslacht: Man” (Amsterdam): niet beschermd" in shown
    with acting_as(bureau):
        exemption = Exemption.objects.get()
    sent = client.post(reverse("monitor:exemption_end", args=[exemption.pk]), {"submission": str(uuid.uuid4())})
    assert sent.status_code == 302
    assert "niet beschermd" not in client.get(reverse("monitor:round_detail", args=[of_round.pk])).content.decode()


# Who may read it, and when.


def test_everybody_reads_what_is_published(client: Client, public: Release, bureau: User) -> None:
    assert str(public.pk) in _get(client, "edition_list").content.decode()
    page = _get(client, "edition_detail", public.pk).content.decode()
    assert "Aantallen zijn afgerond op een veelvoud van 5" in page
    assert "beschermd" in page
    file = _get(client, "edition_file_json", public.pk)
    assert file.content == _edition(public, bureau)
    assert verifier.check(file.content, json.loads(_get(client, "keys_json").content)) == []
    assert b"RFC 8785" in _get(client, "verifier_py").content


def test_under_embargo_nobody_from_outside_learns_that_it_is_there(client: Client, secret: Release) -> None:
    assert "Er zijn nog geen cijfers gepubliceerd" in _get(client, "edition_list").content.decode()
    for name in ("edition_detail", "edition_file_json"):
        there, nowhere = (_get(client, name, key) for key in (secret.pk, NOWHERE))
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert there.content.replace(str(secret.pk).encode(), b"") == nowhere.content.replace(
            str(NOWHERE).encode(), b""
        )


def test_the_filter_shows_what_is_published_also_without_the_policy(secret: Release, bureau: User) -> None:
    """The filter of the queryset alone; the red team tests the policy alone."""
    with as_owner():
        run("set constraints all immediate")
        run("alter table monitor_edition no force row level security")
        assert (Edition.objects.count(), Edition.objects.published().count()) == (1, 0)
        run("alter table monitor_edition force row level security")


def test_an_edition_is_there_from_its_moment_of_publication(client: Client, secret: Release, bureau: User) -> None:
    assert _get(client, "edition_detail", secret.pk).status_code == 404
    with acting_as(bureau):
        releases.move_publication(secret, publish_at=None, reason="Nu al.", by=bureau, at=timezone.now())
    assert _get(client, "edition_detail", secret.pk).status_code == 200


def test_a_replaced_edition_stays_and_says_so(client: Client, public: Release, of_round: Round, bureau: User) -> None:
    assert "Vervangen" not in _get(client, "edition_list").content.decode()
    later = released(of_round, bureau, known_later(of_round, bureau))
    assert "Vervangen" not in _get(client, "edition_list").content.decode()  # it is public in an hour
    with acting_as(bureau):
        releases.move_publication(later, publish_at=None, reason="Nu al.", by=bureau, at=timezone.now())
    assert "Vervangen" in _get(client, "edition_list").content.decode()
    page = _get(client, "edition_detail", public.pk).content.decode()
    assert reverse("public:edition_detail", args=[later.pk]) in page


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_an_edition_takes_no_input(client: Client, public: Release, method: str) -> None:
    assert getattr(client, method)(reverse("public:edition_detail", args=[public.pk])).status_code == 405
