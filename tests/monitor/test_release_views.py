"""The pages of releases: who may read them and when, the files, and what the audit trail records."""

import io
import json
import re
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import AuditEntry, User
from cases import stays
from cases.models import Case
from monitor.models import Edition, Release, Round
from monitor.publishing import letters, verifier
from monitor.rounds import rounds
from tests.conftest import CaseOf, as_owner
from tests.monitor.rounds import closed, released

HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - 2 * HOUR


@pytest.fixture
def case(sheltered: CaseOf, worker: User) -> Case:
    with as_owner():
        return sheltered(worker)


@pytest.fixture
def of_round(monitor_coordinator: User, case: Case, today: date) -> Round:
    return closed(monitor_coordinator, today, timezone.now())


@pytest.fixture
def release(of_round: Round, monitor_coordinator: User) -> Release:
    return released(of_round, monitor_coordinator, timezone.now())


@pytest.fixture
def embargoed(of_round: Round, monitor_coordinator: User) -> Release:
    at = timezone.now()
    return released(of_round, monitor_coordinator, at, publish_at=at + HOUR)


def _ask(client: Client, user: User, name: str, *args: object, query: str = "") -> Any:
    client.force_login(user)
    return client.get(reverse(name, args=args) + query)


def _send(client: Client, sender: User, name: str, *args: object, **typed: str) -> Any:
    client.force_login(sender)
    return client.post(reverse(name, args=args), {**typed, "submission": str(uuid.uuid4())})


def test_the_story_of_a_release(
    client: Client, of_round: Round, monitor_coordinator: User, chair: User, counsellor: User
) -> None:
    assert "Er is nog geen uitgave" in _ask(client, chair, "monitor:release_list").content.decode()
    assert "Cijfers uitgeven" in _ask(client, monitor_coordinator, "monitor:round_detail", of_round.pk).content.decode()
    sent = _send(client, monitor_coordinator, "monitor:release_make", of_round.pk, kind="provisional")
    assert sent.status_code == 302
    with acting_as(monitor_coordinator):
        release = Release.objects.get()
    for user in (chair, counsellor, monitor_coordinator):
        assert "Voorlopig" in _ask(client, user, "monitor:release_list").content.decode()
        html = _ask(client, user, "monitor:release_detail", release.pk, query="?controle=1").content.decode()
        assert "Deze uitgave klopt" in html
    assert not AuditEntry.objects.filter(verb="release.read_early").exists()


def test_an_impossible_release_is_refused_with_the_reason(
    client: Client, of_round: Round, monitor_coordinator: User
) -> None:
    sent = _send(client, monitor_coordinator, "monitor:release_make", of_round.pk, kind="final")
    assert sent.status_code == 400
    assert "Nog niet verklaard en akkoord" in sent.content.decode()


def test_a_release_under_embargo_answers_as_if_it_did_not_exist(
    client: Client, embargoed: Release, chair: User, monitor_coordinator: User
) -> None:
    for name, args in (
        ("monitor:release_detail", [embargoed.pk]),
        ("monitor:release_file_json", [embargoed.pk]),
        ("monitor:release_proof_json", [embargoed.pk, 0]),
    ):
        answer, nothing = _ask(client, chair, name, *args), _ask(client, chair, name, uuid.uuid4(), *args[1:])
        assert answer.status_code == nothing.status_code == 404
        plain = [
            re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content) for response in (answer, nothing)
        ]
        assert plain[0] == plain[1]
    assert "Er is nog geen uitgave" in _ask(client, chair, "monitor:release_list").content.decode()
    assert "Onder embargo" in _ask(client, monitor_coordinator, "monitor:release_detail", embargoed.pk).content.decode()


def test_an_early_reader_reads_and_stands_in_the_trail(
    client: Client, embargoed: Release, chair: User, monitor_coordinator: User
) -> None:
    added = _send(
        client, monitor_coordinator, "monitor:reader_add", embargoed.pk, user=str(chair.pk), reason="Woordvoering."
    )
    assert added.status_code == 302
    assert _ask(client, chair, "monitor:release_detail", embargoed.pk).status_code == 200
    read = AuditEntry.objects.filter(verb="release.read_early", subject_id=str(embargoed.pk))
    assert list(read.values_list("user_id", flat=True)) == [chair.pk]
    html = _ask(client, monitor_coordinator, "monitor:release_detail", embargoed.pk).content.decode()
    assert "Woordvoering." in html
    with acting_as(monitor_coordinator):
        reader = embargoed.early_readers.get()
    assert _ask(client, chair, "monitor:reader_stop", reader.pk).status_code == 403
    assert _send(client, monitor_coordinator, "monitor:reader_stop", reader.pk).status_code == 302
    assert _ask(client, chair, "monitor:release_detail", embargoed.pk).status_code == 404


def test_publication_is_moved(client: Client, embargoed: Release, chair: User, monitor_coordinator: User) -> None:
    sent = _send(client, monitor_coordinator, "monitor:release_move", embargoed.pk, reason="Debat vervroegd.")
    assert sent.status_code == 302
    html = _ask(client, chair, "monitor:release_detail", embargoed.pk).content.decode()
    assert "Debat vervroegd." in html
    late = _send(client, monitor_coordinator, "monitor:release_move", embargoed.pk, reason="Toch later.")
    assert "al openbaar" in late.content.decode()


def test_the_files_are_the_signed_ones(client: Client, release: Release, chair: User) -> None:
    file = _ask(client, chair, "monitor:release_file_json", release.pk)
    keys = json.loads(_ask(client, chair, "public:keys_json").content)
    assert file.content == bytes(release.document)
    assert verifier.check(file.content, keys) == []
    proof = _ask(client, chair, "monitor:release_proof_json", release.pk, 3)
    assert verifier.check(proof.content, keys) == []
    assert _ask(client, chair, "monitor:release_proof_json", release.pk, 99_999).status_code == 404
    program = _ask(client, chair, "public:verifier_py")
    assert b"def check(" in program.content


def test_the_page_shows_the_cells_of_the_file(client: Client, release: Release, chair: User) -> None:
    response = _ask(client, chair, "monitor:release_detail", release.pk)
    cells = json.loads(bytes(release.document))["cells"]
    shown = {place: count for row in response.context["figures"] for place, count in row.counts if place >= 0}
    assert shown == {place: cell["count"] for place, cell in enumerate(cells)}


def test_a_revision_is_listed_on_the_page(
    client: Client, release: Release, of_round: Round, case: Case, worker: User, monitor_coordinator: User, today: date
) -> None:
    with acting_as(worker):
        stays.end(case, by=worker, on=today, at=timezone.now())
    moment = timezone.now()
    with acting_as(monitor_coordinator):
        of_round.refresh_from_db()
        rounds.move_cut_off(of_round, known_at=moment + timedelta(microseconds=1), by=monitor_coordinator, at=moment)
    later = released(of_round, monitor_coordinator, moment + HOUR)
    html = _ask(client, monitor_coordinator, "monitor:release_detail", later.pk).content.decode()
    assert "Wijzigingen sinds de vorige uitgave" in html
    assert "Nagekomen." in html


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_a_fixed_number_of_queries(
    client: Client,
    case: Case,
    chair: User,
    monitor_coordinator: User,
    today: date,
    number: int,
    django_assert_num_queries: Any,
) -> None:
    for days in range(number):
        at = timezone.now()
        released(closed(monitor_coordinator, today - timedelta(days=days), at), monitor_coordinator, at)
    client.force_login(chair)
    with django_assert_num_queries(10):
        response = client.get(reverse("monitor:release_list"))
    assert len(response.context["lines"]) == number


# The letter


def _check(client: Client, reader: User, release: Release, content: bytes) -> Any:
    client.force_login(reader)
    sent = {"submission": str(uuid.uuid4()), "attachment": SimpleUploadedFile("brief.docx", content)}
    return client.post(reverse("monitor:release_letter", args=[release.pk]), sent)


def test_the_letter_is_read_taken_along_and_checked(client: Client, release: Release, chair: User) -> None:
    shown = _ask(client, chair, "monitor:release_letter", release.pk)
    assert "een beschermd aantal" in shown.text
    paper = _ask(client, chair, "monitor:release_letter_file", release.pk, "pdf").content
    document = _ask(client, chair, "monitor:release_letter_file", release.pk, "docx").content
    for content in (paper, document):
        assert "Alle getallen kloppen" in _check(client, chair, release, content).text
    with acting_as(chair):
        edition = bytes(Edition.objects.get(release=release).document)
    figure = letters.compose(edition).figures[1]
    changed = _changed(document, figure.shown)
    answer = _check(client, chair, release, changed)
    assert "Niet alle getallen kloppen" in answer.text
    assert f"Bij [1] staat 9{figure.shown}" in answer.text


def test_only_the_first_of_many_wrong_numbers_are_shown(client: Client, release: Release, chair: User) -> None:
    document = docx.Document()
    document.add_paragraph(" ".join(str(number) for number in range(5000, 5100)))
    saved = io.BytesIO()
    document.save(saved)
    answer = _check(client, chair, release, saved.getvalue()).text
    assert answer.count("komt niet uit de uitgave") == 30
    assert "En nog 70." in answer


def _changed(document: bytes, shown: str) -> bytes:
    opened = docx.Document(io.BytesIO(document))
    run = next(run for paragraph in opened.paragraphs for run in paragraph.runs if run.text == shown)
    run.text = f"9{shown}"
    saved = io.BytesIO()
    opened.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("content", [b"x", b"%PDF-", b"PK\x03\x04"])
def test_what_is_no_letter_is_refused_in_words(client: Client, release: Release, chair: User, content: bytes) -> None:
    answer = _check(client, chair, release, content)
    assert answer.status_code == 400
    assert "Sla de brief op als docx of pdf" in answer.text


def test_a_letter_under_embargo_is_for_its_readers_and_on_record(
    client: Client, embargoed: Release, chair: User, monitor_coordinator: User
) -> None:
    for name, args in (("release_letter", []), ("release_letter_file", ["docx"])):
        assert _ask(client, chair, f"monitor:{name}", embargoed.pk, *args).status_code == 404
        assert _ask(client, monitor_coordinator, f"monitor:{name}", embargoed.pk, *args).status_code == 200
    assert AuditEntry.objects.filter(verb="release.read_early", user_id=monitor_coordinator.pk).count() == 2


def test_a_letter_has_two_forms(client: Client, release: Release, chair: User) -> None:
    assert _ask(client, chair, "monitor:release_letter_file", release.pk, "odt").status_code == 404


def test_a_release_without_an_edition_has_no_letter(client: Client, release: Release, chair: User) -> None:
    assert "Brief aan de Kamer" in _ask(client, chair, "monitor:release_detail", release.pk).text
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("alter table monitor_edition disable trigger user")
        Edition.objects.filter(release=release).delete()
    assert "Brief aan de Kamer" not in _ask(client, chair, "monitor:release_detail", release.pk).text
    assert _ask(client, chair, "monitor:release_letter", release.pk).status_code == 404


# The page of a figure


def _card(client: Client, reader: User, today: date) -> str:
    query = f"?on={today.isoformat()}"
    return re.sub(r"\s+", " ", _ask(client, reader, "monitor:figure", "present", query=query).text)


def test_a_figures_card_says_how_sure_it_is_with_the_proof(
    client: Client, release: Release, chair: User, counsellor: User, monitor_coordinator: User, today: date
) -> None:
    for reader, parties in ((chair, 1), (monitor_coordinator, 5), (counsellor, 0)):
        card = _card(client, reader, today)
        assert "Voorlopig</a> (openbaar)" in card
        assert "landelijk 1. <a href=" in card
        assert card.count("<dt>Gemeente ") == parties
        assert ("geen ronde waaraan u deelneemt" in card) == (parties == 0)
    proof = re.search(r'landelijk 1\. <a href="([^"]+)"', _card(client, chair, today))
    assert proof
    cell = json.loads(client.get(proof[1]).content)["cell"]
    assert (cell["indicator"], cell["scope"], cell["count"]) == ("present", "NL", 1)


def test_a_figures_card_tells_nothing_of_what_is_under_embargo(
    client: Client, embargoed: Release, chair: User, monitor_coordinator: User, today: date
) -> None:
    assert "Nog niet. Dit cijfer kan nog veranderen." in _card(client, chair, today)
    assert "(onder embargo)" in _card(client, monitor_coordinator, today)
    assert AuditEntry.objects.filter(verb="release.read_early").count() == 1


def test_a_figure_nobody_released_says_so(client: Client, case: Case, chair: User, today: date) -> None:
    card = _card(client, chair, today)
    assert "Nog niet. Dit cijfer kan nog veranderen." in card
    assert "geen ronde waaraan u deelneemt" in card
