"""Releases: made, signed, proven, published and corrected; and recomputed byte for byte."""

import base64
import json
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.acting import acting_as
from accounts.models import Municipality, User
from accounts.permissions import Role
from cases import corrections, exits, intake, stays
from cases.models import Case, Fact, Person, Stay
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import Measurement, measure
from monitor.models import EarlyReader, Release, Round, SigningKey
from monitor.publishing import documents, releases, signing, verifier
from monitor.publishing.export import FACT_SET, counted_columns
from monitor.publishing.releases import State
from monitor.rounds import rounds, statements
from tests.accounts.sql import run
from tests.conftest import CaseOf, Hire, as_owner
from tests.monitor.rounds import (
    accepted,
    closed,
    known_later,
    merged,
    opened,
    released,
    settled,
    settlement_of,
    stated,
    tally_of,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def bureau(monitor_coordinator: User) -> User:
    return monitor_coordinator


@pytest.fixture
def now() -> datetime:
    """Two hours ago: the world was recorded then, long before the cut-off of the round."""
    return timezone.now() - timedelta(hours=2)


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    with as_owner():
        return sheltered(worker, "Vingerhoed")


@pytest.fixture
def newcomer(sheltered: CaseOf, worker: User, now: datetime) -> Case:
    """A person who was admitted long ago, and whose stay is recorded only by `_arrives`."""
    with as_owner():
        case = sheltered(worker)
        with acting_as(worker):
            corrections.withdraw(Stay.objects.standing().get(case=case), reason="Nog niet.", by=worker, at=now)
    return case


def _arrives(case: Case, worker: User) -> None:
    with acting_as(worker):
        on = timezone.localdate() - timedelta(days=3)
        stays.place(case, location="Locatie Oost", by=worker, on=on, at=timezone.now())


@pytest.fixture
def double(sheltered: CaseOf, worker: User) -> Case:
    """A person whom a test may merge with another."""
    with as_owner():
        return sheltered(worker)


@pytest.fixture
def of_round(bureau: User, case: Case, today: date) -> Round:
    return closed(bureau, today, timezone.now())


@pytest.fixture
def release(of_round: Round, bureau: User) -> Release:
    return released(of_round, bureau, timezone.now())


def _stated_by_all(of_round: Round, hire: Hire, bureau: User) -> None:
    for name in Municipality.objects.values_list("name", flat=True):
        chair = hire(Role.CHAIR, f"Gemeente {name}", f"tekent@{name.lower()}.example")
        tally = tally_of(of_round, name, chair)
        stated(tally, chair, timezone.now())
        accepted(tally, bureau, timezone.now())


def _settled_by_all(of_round: Round, hire: Hire) -> None:
    for name in Municipality.objects.values_list("name", flat=True):
        for partner, role, office in (("ind", Role.IND_MEMBER, "IND"), ("dtv", Role.DTV_MEMBER, "DT&V")):
            member = hire(role, f"{office}, LSO {name}", f"{partner}@{name.lower()}.example")
            settled(settlement_of(of_round, name, partner, member), member, timezone.now())


def _keys(user: User) -> list[documents.Json]:
    with acting_as(user):
        return releases.keys()


def _faults(release: Release, user: User) -> list[str]:
    with acting_as(user):
        return releases.faults(release)


# When a release can be made.


def test_an_open_round_is_not_released(bureau: User, case: Case, today: date, now: datetime) -> None:
    with pytest.raises(ValidationError, match="De ronde is nog open"):
        released(opened(bureau, today, now), bureau, now)


def test_a_final_release_waits_for_every_municipality(of_round: Round, bureau: User, hire: Hire) -> None:
    with pytest.raises(ValidationError, match="Nog niet verklaard en akkoord: Amsterdam, Eindhoven"):
        released(of_round, bureau, timezone.now(), kind="final")
    _stated_by_all(of_round, hire, bureau)
    with pytest.raises(ValidationError, match="Nog niet afgestemd: Amsterdam met DT&V, Amsterdam met IND, Eindhoven"):
        released(of_round, bureau, timezone.now(), kind="final")
    _settled_by_all(of_round, hire)
    assert released(of_round, bureau, timezone.now(), kind="final").kind == "final"


def test_a_reference_date_is_released_by_one_definition_set(release: Release, bureau: User, today: date) -> None:
    """Two sets count different people: the difference of two figures could be a small count that neither shows."""
    at = timezone.now()
    with acting_as(bureau):
        rounds.open_round(on=today, known_at=at + MINUTE, definition_set="2019-04", by=bureau, at=at)
        other = Round.objects.get(definition_set="2019-04")
    with pytest.raises(ValidationError, match="al een uitgave volgens andere definities"):
        released(other, bureau, at + timedelta(hours=1))


def test_only_the_bureau_releases(of_round: Round, chair: User) -> None:
    with acting_as(chair):
        assert releases.making_blockers(of_round, "provisional", by=chair, at=timezone.now())


def test_without_a_key_nothing_is_released(of_round: Round, bureau: User, settings: Settings) -> None:
    for settings.RELEASE_KEY in ("", "kort", "geen base64!"):
        with pytest.raises(ValidationError, match="geen sleutel om mee te ondertekenen"):
            released(of_round, bureau, timezone.now())


def test_figures_that_fail_an_identity_are_not_released(
    of_round: Round, bureau: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = releases.measure

    def wrong(*arguments: object) -> object:
        measured = right(*arguments)  # type: ignore[arg-type]
        return type(measured)(
            measured.on,
            measured.known_at,
            measured.definition_set,
            measured.municipalities,
            {**measured.cells, ("present", "Amsterdam", ""): 7},
        )

    monkeypatch.setattr(releases, "measure", wrong)
    with pytest.raises(ValidationError, match=r"Aanwezig \(Amsterdam\) is 7, maar de delen samen zijn 1"):
        released(of_round, bureau, timezone.now())


def test_unchanged_figures_are_not_released_again(release: Release, of_round: Round, bureau: User) -> None:
    with pytest.raises(ValidationError, match="Er is niets nieuws sinds de vorige uitgave"):
        released(of_round, bureau, timezone.now())


# The content of a release.


def test_a_release_holds_the_figures_as_they_were_known(release: Release, of_round: Round, today: date) -> None:
    measured = measure(today, of_round.known_at)
    assert documents.figures(bytes(release.document)) == measured.cells
    assert measured.figure("present") == 1


def test_the_file_is_canonical_json_and_its_signature_is_ed25519(release: Release, bureau: User) -> None:
    content = json.loads(bytes(release.document))
    assert rfc8785.dumps(content) == release.document
    (key,) = _keys(bureau)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["publicKey"]))
    header = rfc8785.dumps(content["header"])
    public.verify(base64.b64decode(content["signature"]), header)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(content["signature"]), header + b" ")


def test_a_release_is_right_by_the_verifier_and_by_the_facts(release: Release, bureau: User) -> None:
    assert _faults(release, bureau) == []


def _unnoticed(document: bytes, places: Iterable[int], keys: list[documents.Json]) -> list[tuple[int, int]]:
    """(place, changed bits) for each change of a byte that the verifier does not find."""
    return [
        (place, bits)
        for place in places
        for bits in (1, 32)  # another letter; upper and lower case
        if not verifier.check(document[:place] + bytes([document[place] ^ bits]) + document[place + 1 :], keys)
    ]


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.long)])
def test_bytes_that_are_flipped_all_over_a_small_release_are_found(step: int) -> None:
    private = Ed25519PrivateKey.generate()
    public, at = signing.public_key(private), datetime(2020, 11, 17, 12, tzinfo=UTC)
    letter = DEFINITION_SETS["2020-11"]
    small = replace(letter, indicators=tuple(letter[code] for code in ("sheltered", "present")))
    cells = {(code, scope, ""): 1310 for code in ("sheltered", "present") for scope in ("Utrecht", "NL")}
    key = signing.key_id(public)
    document = documents.compose(
        Measurement(date(2020, 11, 1), at, small, ("Utrecht",), cells),
        documents.FactSet(1, "0" * 64),
        documents.Origin("1", "final", None, "1", at, key),
        notes=[],
        revision=None,
        sign=lambda header: signing.sign(private, header),
    )
    keys = [{"id": key, "publicKey": public, "since": documents.moment(at), "revokedAt": None}]
    assert verifier.check(document, keys) == []
    assert _unnoticed(document, range(0, len(document), step), keys) == []


def test_bytes_that_are_flipped_anywhere_are_found(release: Release, bureau: User) -> None:
    document = bytes(release.document)
    places = random.Random(2020).sample(range(len(document)), 200)
    assert _unnoticed(document, places, _keys(bureau)) == []


@pytest.mark.long
def test_every_byte_that_is_flipped_is_found(release: Release, bureau: User) -> None:
    assert _unnoticed(bytes(release.document), range(len(release.document)), _keys(bureau)) == []


def test_what_is_added_or_cut_off_is_found(release: Release, bureau: User) -> None:
    keys, document = _keys(bureau), bytes(release.document)
    for other in (document + b"\n", b" " + document, document[:-1], b"", b"[]", b"{}", b"null", b"\xff"):
        assert verifier.check(other, keys), other[:20]
    content = json.loads(document)
    for changed in ({**content, "extra": 1}, {name: content[name] for name in content if name != "notes"}):
        assert verifier.check(rfc8785.dumps(changed), keys)


def test_one_cell_is_proven_without_the_rest(release: Release, bureau: User) -> None:
    keys, cells = _keys(bureau), json.loads(bytes(release.document))["cells"]
    for place in (*range(0, len(cells), 7), len(cells) - 1):
        proof = documents.proof(bytes(release.document), place)
        assert verifier.check(proof, keys) == []
        proven = json.loads(proof)
        assert proven["cell"] == cells[place]
        assert set(proven) == {"header", "signature", "cell", "path"}
        wrong = {**proven, "cell": {**proven["cell"], "count": proven["cell"]["count"] + 1}}
        assert verifier.check(rfc8785.dumps(wrong), keys) == ["Dit cijfer staat niet in de uitgave."]


# Test vectors 1 to 3 of RFC 8032, section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_verifier_knows_the_signatures_of_the_standard(public: str, message: str, signature: str) -> None:
    signed = bytes.fromhex(signature)
    assert verifier.is_signed(bytes.fromhex(public), bytes.fromhex(message), signed)
    assert not verifier.is_signed(bytes.fromhex(public), bytes.fromhex(message) + b"x", signed)
    for place in range(64):
        other = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        assert not verifier.is_signed(bytes.fromhex(public), bytes.fromhex(message), other)


def test_the_verifier_needs_nothing_of_the_product(release: Release, bureau: User, tmp_path: Path) -> None:
    program, file, keys = tmp_path / "verifieer.py", tmp_path / "uitgave.json", tmp_path / "sleutels.json"
    program.write_bytes(Path(verifier.__file__).read_bytes())
    file.write_bytes(release.document)
    keys.write_text(json.dumps(_keys(bureau)))

    def checked(*arguments: Path) -> subprocess.CompletedProcess[str]:
        # -I and -S: the program can import neither from this folder nor from installed packages.
        command = [sys.executable, "-I", "-S", str(program), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    right = checked(file, keys)
    assert (right.returncode, right.stdout) == (0, "De uitgave is echt en ongewijzigd.\n")
    file.write_bytes(bytes(release.document).replace(b'"count":1', b'"count":2', 1))
    wrong = checked(file, keys)
    assert (wrong.returncode, "De cijfers zijn niet die" in wrong.stdout) == (1, True)
    assert checked(tmp_path / "weg.json", keys).returncode == 2
    assert checked().returncode == 2


# Recomputing.


def _late_entry(case: Case, newcomer: Case, worker: User) -> None:
    _arrives(newcomer, worker)


def _correction(case: Case, newcomer: Case, worker: User) -> None:
    with acting_as(worker):
        stay = Stay.objects.standing().get(case=case)
        corrections.withdraw(stay, reason="Dubbel.", by=worker, at=timezone.now())


def _another_identity(case: Case, newcomer: Case, worker: User) -> None:
    """The identity is stated again with another sex and nationality, which figures count."""
    with acting_as(worker):
        identity = intake.Identity(family_name="Anders", sex="female", nationality="AM")
        intake.restate_identity(case, identity=identity, by=worker, on=timezone.localdate(), at=timezone.now())


def _destruction(case: Case, newcomer: Case, worker: User) -> None:
    """Retention deletes the person; the facts stay, without a link to a person."""
    with as_owner(), acting_as(worker):
        person = Person.objects.get(cases=case)
        Case.objects.filter(pk=case.pk).update(person=None)
        run("delete from cases_identitystatement where person_id = %s", person.pk)
        run("delete from cases_person where id = %s", person.pk)


def _merge(case: Case, newcomer: Case, worker: User) -> None:
    """Two persons who counted as two are merged."""
    with acting_as(worker):
        double = Case.objects.exclude(pk__in=[case.pk, newcomer.pk]).get()
    merged(case, double, worker)


LATER = [_late_entry, _correction, _another_identity, _destruction, _merge]


@pytest.mark.parametrize("change", LATER)
def test_a_release_is_recomputed_byte_for_byte_after(
    change: Callable[[Case, Case, User], None],
    case: Case,
    newcomer: Case,
    double: Case,
    release: Release,
    worker: User,
    bureau: User,
    today: date,
) -> None:
    before = bytes(release.document)
    with acting_as(bureau):
        figures = measure(today, timezone.now()).cells
    change(case, newcomer, worker)
    with acting_as(bureau):
        assert (measure(today, timezone.now()).cells == figures) is (change is _destruction)
        assert releases.recomputed(release) == before
        assert releases.faults(release) == []


def test_a_release_stays_when_a_merge_of_back_then_is_undone(
    case: Case, double: Case, worker: User, bureau: User, today: date, now: datetime
) -> None:
    with as_owner():
        merge = merged(case, double, worker, now)
    release = released(closed(bureau, today, timezone.now()), bureau, timezone.now())
    assert documents.figures(bytes(release.document))["sheltered", "NL", ""] == 1
    with acting_as(worker):
        corrections.withdraw(merge, reason="Toch een ander.", by=worker, at=timezone.now())
    with acting_as(bureau):
        assert measure(today, timezone.now()).figure("sheltered") == 2
        assert releases.recomputed(release) == bytes(release.document)
        assert releases.faults(release) == []


def test_a_changed_past_is_found(release: Release, case: Case, bureau: User, worker: User) -> None:
    """Somebody with full power over the database rewrites an old fact."""
    with as_owner(), acting_as(worker):
        run("set constraints all immediate")
        run("alter table cases_stay disable trigger user")
        run("update cases_stay set valid_from = '2020-01-01' where case_id = %s", case.pk)
        run("alter table cases_stay enable trigger user")
    assert _faults(release, bureau) == ["De feiten van toen geven nu andere cijfers dan deze uitgave."]


def test_a_release_vouches_for_every_kind_of_fact() -> None:
    """A new column that is counted needs another form of release; a new kind of fact needs an entry in FACT_SET."""
    kinds = {model._meta.model_name: model for model in apps.get_models() if issubclass(model, Fact)}
    assert set(FACT_SET) == set(kinds)
    for name, columns in FACT_SET.items():
        assert set(columns) <= set(counted_columns(kinds[name]))


def test_a_fact_recorded_in_time_may_come_in_shortly_after_the_cut_off(bureau: User, case: Case, today: date) -> None:
    """An act may begin before the cut-off and be committed after it; a release in between would miss its facts."""
    at = timezone.now()
    of_round = opened(bureau, today, at, closes=MINUTE)
    for moment, may in ((at + 2 * MINUTE, False), (at + 15 * MINUTE, False), (at + 16 * MINUTE, True)):
        with acting_as(bureau):
            assert (not releases.making_blockers(of_round, "provisional", by=bureau, at=moment)) is may


# Revisions.


def test_each_changed_cell_is_listed_with_what_moved_it(
    release: Release, of_round: Round, case: Case, newcomer: Case, worker: User, bureau: User, today: date
) -> None:
    _arrives(newcomer, worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today, at=timezone.now())
        exits.record_exit(case, category="azc_hasa", by=worker, on=today, at=timezone.now())
    revised = released(of_round, bureau, known_later(of_round, bureau))
    revision = json.loads(bytes(revised.document))["revision"]
    before, after = documents.figures(bytes(release.document)), documents.figures(bytes(revised.document))
    listed = {(c["indicator"], c["scope"], c["value"]): (c["before"], c["after"]) for c in revision["changes"]}
    assert listed == {
        cell: (before.get(cell, 0), after.get(cell, 0))
        for cell in before.keys() | after.keys()
        if before.get(cell, 0) != after.get(cell, 0)
    }
    causes = {(c["indicator"], c["scope"]): c["causes"] for c in revision["changes"] if not c["value"]}
    assert causes["sheltered", "Amsterdam"] == {"late": 1, "corrected": 0, "withdrawn": 0}
    # The stay of the person who left was withdrawn and recorded again with its end.
    assert causes["exit_azc_hasa", "NL"] == {"late": 0, "corrected": 1, "withdrawn": 0}
    assert revision["kind"] == "regular"


def test_a_withdrawal_is_listed_as_a_withdrawal(
    release: Release, of_round: Round, case: Case, worker: User, bureau: User
) -> None:
    _correction(case, case, worker)
    revision = json.loads(bytes(released(of_round, bureau, known_later(of_round, bureau)).document))["revision"]
    causes = {(c["indicator"], c["scope"]): c["causes"] for c in revision["changes"]}
    assert causes["present", "NL"] == {"late": 0, "corrected": 0, "withdrawn": 1}


def test_figures_that_differ_need_a_reason(
    newcomer: Case, release: Release, of_round: Round, worker: User, bureau: User
) -> None:
    _arrives(newcomer, worker)
    at = known_later(of_round, bureau)
    with acting_as(bureau), pytest.raises(ValidationError, match="verschillen van de vorige uitgave. Zeg waardoor"):
        releases.make(of_round, kind="provisional", publish_at=None, reason="", by=bureau, at=at)


def test_after_a_final_release_only_a_correction_follows(
    of_round: Round, case: Case, bureau: User, chair: User, hire: Hire, today: date
) -> None:
    _stated_by_all(of_round, hire, bureau)
    _settled_by_all(of_round, hire)
    final = released(of_round, bureau, timezone.now(), kind="final")
    with pytest.raises(ValidationError, match="volgt alleen nog een gecorrigeerde"):
        released(of_round, bureau, timezone.now(), kind="final")
    with pytest.raises(ValidationError, match="niets nieuws"):
        released(of_round, bureau, timezone.now(), kind="corrected")
    with acting_as(chair):
        stays.end(case, by=chair, on=today, at=timezone.now())
    at = known_later(of_round, bureau)
    with pytest.raises(ValidationError, match="Nog niet verklaard en akkoord: Amsterdam"):
        released(of_round, bureau, at, kind="corrected")
    signer = User.objects.get(email="tekent@amsterdam.example")
    tally = tally_of(of_round, "Amsterdam", signer)
    stated(tally, signer, timezone.now())
    accepted(tally, bureau, timezone.now())
    corrected = released(of_round, bureau, at, kind="corrected")
    assert json.loads(bytes(corrected.document))["revision"]["kind"] == "correction"
    with acting_as(bureau):
        states = {release.pk: releases.state(release, at=at) for release in Release.objects.with_publication()}
    assert states == {final.pk: State.SUPERSEDED, corrected.pk: State.PUBLISHED}


# Who may read a release, and when.


def _sees(user: User, release: Release) -> tuple[bool, bool]:
    """Whether the user sees a release: by the filter of the queryset, and by the row policy alone."""
    with acting_as(user):
        matching = Release.objects.filter(pk=release.pk)
        return matching.visible_to(user).exists(), matching.exists()


def test_under_embargo_only_the_bureau_and_the_list_read(
    of_round: Round, bureau: User, chair: User, counsellor: User
) -> None:
    now = timezone.now()
    release = released(of_round, bureau, now, publish_at=now + timedelta(days=1))
    assert _sees(bureau, release) == (True, True)
    assert _sees(chair, release) == _sees(counsellor, release) == (False, False)
    with acting_as(bureau):
        reader = releases.let_read(release, user=chair, reason="Woordvoering.", by=bureau, at=now)
    assert _sees(chair, release) == (True, True)
    assert _sees(counsellor, release) == (False, False)
    with acting_as(bureau):
        releases.stop_reading(reader, by=bureau, at=now)
    assert _sees(chair, release) == (False, False)


def test_a_release_is_public_at_its_moment_without_anybody_doing_anything(
    of_round: Round, bureau: User, chair: User
) -> None:
    now = timezone.now()
    release = released(of_round, bureau, now, publish_at=now + timedelta(seconds=1))
    assert _sees(chair, release) == (False, False)
    time.sleep(1.1)
    # The database's clock, at the start of the statement: a new transaction is not even needed.
    assert _sees(chair, release)[1] is True


def test_publication_is_moved_with_a_reason_until_it_is_public(of_round: Round, bureau: User) -> None:
    now = timezone.now()
    release = released(of_round, bureau, now, publish_at=now + timedelta(days=1))
    with acting_as(bureau):
        with pytest.raises(ValidationError, match="Zeg waarom"):
            releases.move_publication(release, publish_at=None, reason="", by=bureau, at=now)
        with pytest.raises(ValidationError, match="al voorbij"):
            releases.move_publication(release, publish_at=now - MINUTE, reason="Eerder.", by=bureau, at=now)
        releases.move_publication(release, publish_at=None, reason="Eerder.", by=bureau, at=now)
        for act in (
            lambda: releases.move_publication(release, publish_at=now + MINUTE, reason="Later.", by=bureau, at=now),
            lambda: releases.let_read(release, user=bureau, reason="Laat.", by=bureau, at=now),
        ):
            with pytest.raises(ValidationError, match="al openbaar"):
                act()
        assert EarlyReader.objects.count() == 0


# Keys.


def test_old_releases_stay_right_when_the_key_is_another(
    release: Release, of_round: Round, bureau: User, settings: Settings
) -> None:
    settings.RELEASE_KEY = secrets.token_urlsafe(32)
    later = released(of_round, bureau, known_later(of_round, bureau))
    assert len(_keys(bureau)) == 2
    assert _faults(release, bureau) == _faults(later, bureau) == []


def test_what_a_stolen_key_signs_after_its_revocation_is_refused(
    release: Release, of_round: Round, bureau: User
) -> None:
    with as_owner():
        SigningKey.objects.update(revoked_at=release.made_at + MINUTE, revocation="Gestolen.")
    assert _faults(release, bureau) == []
    with as_owner():
        SigningKey.objects.update(revoked_at=release.made_at)
    assert _faults(release, bureau) == ["De sleutel was al ingetrokken toen de uitgave werd ondertekend."]
    at = known_later(of_round, bureau)
    with pytest.raises(ValidationError, match="sleutel van deze website is ingetrokken"):
        released(of_round, bureau, at)


def test_a_key_that_nobody_knows_proves_nothing(release: Release) -> None:
    assert verifier.check(bytes(release.document), []) == ["De sleutel waarmee is ondertekend, staat niet in de lijst."]


def test_a_release_holds_the_statements_with_their_explanation(
    bureau: User, case: Case, chair: User, today: date
) -> None:
    with as_owner(), acting_as(chair):
        stays.end(case, by=chair, on=today, at=timezone.now() - timedelta(hours=1))
    of_round = closed(bureau, today, timezone.now())
    tally = tally_of(of_round, "Amsterdam", chair)
    with acting_as(chair):
        seen = statements.fingerprint(tally, at=timezone.now())
        statements.state(
            tally, seen=seen, explanation="Zonder bericht weg.", remarks="Nagelopen.", by=chair, at=timezone.now()
        )
    notes = json.loads(bytes(released(of_round, bureau, timezone.now()).document))["notes"]
    assert notes[0] == {
        "scope": "Amsterdam",
        "residual": 1,
        "explanation": "Zonder bericht weg.",
        "remarks": "Nagelopen.",
    }
