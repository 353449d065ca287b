"""Positions: hidden until their round opens for all at once, and asked again in a next round."""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Organisation, User
from accounts.permissions import Role
from cases.models import Case
from scenarios import tasks
from scenarios.meetings import planning, positions
from scenarios.models import AgendaItem, Position, PositionFile, PositionRound
from tests.accounts.sql import refused, run, value
from tests.conftest import CaseOf, Hire, as_owner
from tests.lvv.addresses import addresses
from tests.paper import Paper
from tests.scenarios.asked import ask_positions, give, pass_the_deadline, request_to
from tests.scenarios.browse import errors_of, opened, queries_of, status_of
from tests.scenarios.lso import on_agenda

SECRET = "Zwijgwoord"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def item(chair: User, worker: User, ind_member: User, sheltered: CaseOf, today: date) -> AgendaItem:
    """A case on the agenda of a meeting in ten days. The municipality and the IND sit at the table and see it."""
    return on_agenda(chair, sheltered(worker), today + timedelta(days=10))


def draft(user: User, position_round: PositionRound, text: str, *, version: int = 0) -> Position:
    request = request_to(position_round, user)
    with acting_as(user):
        return positions.save_draft(request, stance="", text=text, version=version, by=user, at=timezone.now())


def reasons(refusal: Any) -> str:
    return " ".join(refusal.value.messages)


def test_every_party_at_the_table_is_asked(chair: User, ind_member: User, item: AgendaItem) -> None:
    made = ask_positions(chair, item)
    with acting_as(chair):
        organisations = set(made.requests.values_list("organisation__kind", flat=True))
        parties = set(item.case.parties.running().filter(user=None).values_list("organisation__kind", flat=True))
    assert {"municipality", "ind"} <= organisations <= parties


@pytest.mark.parametrize(("days", "words"), [(-1, "al voorbij"), (11, "dan al begonnen")])
def test_the_deadline_lies_between_now_and_the_meeting(chair: User, item: AgendaItem, days: int, words: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        ask_positions(chair, item, due_at=timezone.now() + timedelta(days=days))
    assert words in reasons(refusal)


def test_nobody_is_asked_twice_at_once_and_again_only_with_a_reason(
    chair: User, item: AgendaItem, ind_member: User
) -> None:
    ask_positions(chair, item)
    with pytest.raises(ValidationError) as refusal:
        ask_positions(chair, item, reason="Nieuws")
    assert "Er loopt al een vraag" in reasons(refusal)
    pass_the_deadline(chair)
    with pytest.raises(ValidationError) as refusal:
        ask_positions(chair, item)
    assert "wat er is veranderd" in reasons(refusal)
    assert ask_positions(chair, item, reason="Nieuws").number == 2


ROLE_OF = {"dtv": Role.DTV_MEMBER, "avim": Role.AVIM_MEMBER, "ngo": Role.COUNSELLOR}


def test_a_position_of_another_party_is_readable_once_all_gave_theirs(
    chair: User, ind_member: User, hire: Hire, item: AgendaItem
) -> None:
    made = ask_positions(chair, item)
    give(ind_member, made, text=SECRET)
    with acting_as(chair):
        others = made.requests.exclude(organisation__kind__in=["municipality", "ind"])
        missing = list(others.values_list("organisation__kind", "organisation__name"))
    for number, (kind, name) in enumerate(missing):
        assert not _reads(chair)
        give(hire(ROLE_OF[kind], name, f"lid{number}@lvv.example"), made)
    assert not _reads(chair)  # the municipality itself is still missing
    give(chair, made)
    assert _reads(chair)
    assert SECRET in opened(chair, "scenarios:preparation", item.meeting_id).text


def _by_the_program(user: User) -> bool:
    with acting_as(user):
        return Position.objects.visible_to(user).filter(text=SECRET).exists()


def _by_the_wall(user: User) -> bool:
    with acting_as(user):
        return bool(value("select count(*) from scenarios_position where text = %s", SECRET))


def _reads(user: User) -> bool:
    assert _by_the_program(user) == _by_the_wall(user)
    return _by_the_wall(user)


@pytest.mark.parametrize("reads", [_by_the_program, _by_the_wall])
def test_the_round_opens_at_the_very_moment_of_the_deadline(
    chair: User, ind_member: User, item: AgendaItem, reads: Callable[[User], bool]
) -> None:
    """The clock of the database decides: no job has to run, and none can run early."""
    made = ask_positions(chair, item)
    give(ind_member, made, text=SECRET)
    with acting_as(chair):
        run("set local role none")
        run("update scenarios_positionround set due_at = clock_timestamp() + interval '600 milliseconds'")
        run("set local role lvv_web")
    read_at, closed_at = None, None
    while read_at is None:
        before = _database_clock(chair)
        if reads(chair):
            read_at = _database_clock(chair)
        else:
            closed_at = before
    with acting_as(chair):
        due_at = PositionRound.objects.get(pk=made.pk).due_at
    assert closed_at is not None
    assert closed_at < due_at <= read_at


def _database_clock(user: User) -> datetime:
    time.sleep(0.02)
    with acting_as(user):
        moment = value("select clock_timestamp()")
    assert isinstance(moment, datetime)
    return moment


def test_a_draft_that_was_not_given_stays_hidden(chair: User, ind_member: User, item: AgendaItem) -> None:
    made = ask_positions(chair, item)
    draft(ind_member, made, SECRET)
    pass_the_deadline(chair)
    assert not _reads(chair)
    assert _reads(ind_member)
    assert "Niet gegeven" in opened(chair, "scenarios:preparation", item.meeting_id).text


@pytest.fixture
def hidden(chair: User, ind_member: User, item: AgendaItem) -> PositionRound:
    """A round that is not open yet, with a position and a file of the IND."""
    made = ask_positions(chair, item)
    request = request_to(made, ind_member)
    draft(ind_member, made, SECRET)
    with acting_as(ind_member):
        positions.attach(request, name=f"{SECRET}.png", content=PNG, by=ind_member, at=timezone.now())
    give(ind_member, made, stance="disagree", text=SECRET, version=1)
    return made


def _readers(chair: User, hire: Hire, ngo: Organisation, case: Case) -> dict[str, User]:
    counsellor = hire(Role.COUNSELLOR, ngo.name)
    dtv = hire(Role.DTV_MEMBER, "DT&V, LSO Amsterdam")
    privacy = hire(Role.PRIVACY_OFFICER, "Gemeente Amsterdam", "fg@lvv.example")
    with as_owner():
        run("update accounts_membership set since = '2020-01-01'")
    return {"chair": chair, "counsellor": counsellor, "dtv": dtv, "privacy officer": privacy}


def _pages_of(item: AgendaItem, position_round: PositionRound, file: uuid.UUID) -> Iterator[str]:
    """Every page that can be reached with the rows of this test."""
    ids = {
        "scenarios:position_file": file,
        "scenarios:position_file_remove": file,
        "scenarios:position_write": position_round.requests.first().pk,  # type: ignore[union-attr]
    }
    for address in addresses():
        name, on = address.name, address.on
        if set(address.keys) == {"pk"}:
            by_model = {"Case": item.case_id, "Meeting": item.meeting_id, "AgendaItem": item.pk}
            key = ids.get(name) or by_model.get(on.__name__ if on else "")
            if key:
                yield reverse(name, args=[key])
        elif not address.keys and name not in {"account_logout"}:
            yield reverse(name)


def test_no_page_paper_search_or_log_shows_a_hidden_position(
    chair: User, ind_member: User, hire: Hire, ngo: Organisation, item: AgendaItem, hidden: PositionRound
) -> None:
    with acting_as(ind_member):
        file = PositionFile.objects.get()
        pages = list(_pages_of(item, hidden, file.pk))
    assert len(pages) > 30
    told = []
    for name, user in _readers(chair, hire, ngo, item.case).items():
        client = Client()
        client.force_login(user)
        told += [(name, page) for page in pages if _tells(client, page)]
        for search in ("cases:case_search", "cases:person_search"):
            found = client.post(reverse(search), {"zoek-name": SECRET, "words": SECRET, "q": SECRET})
            told += [(name, search)] if _shows_position(found.content.decode(errors="replace")) else []
    assert told == []
    own = Client()
    own.force_login(ind_member)
    assert any(_tells(own, page) for page in pages)  # or this test could not fail


def _tells(client: Client, page: str) -> bool:
    answer = client.get(page)
    if answer.status_code != 200:
        return False
    if answer.get("Content-Type") == "application/pdf":
        return SECRET in Paper(answer.content).text
    content = answer.content
    return SECRET.encode() in content or content == PNG


def _shows_position(text: str) -> bool:
    """Whether a page shows the secret more often than the two times that a search form repeats what was typed."""
    return text.count(SECRET) > 2


def test_the_audit_trail_holds_no_text_of_a_position(ind_member: User, hidden: PositionRound, chair: User) -> None:
    with as_owner():
        lines = value("select coalesce(string_agg(details::text || verb, ' '), '') from accounts_auditentry")
    assert "position_given" in str(lines)
    assert SECRET not in str(lines)
    assert "disagree" not in str(lines)


def test_a_hidden_file_is_absent_for_others_and_downloaded_by_its_owner(
    chair: User, ind_member: User, hidden: PositionRound
) -> None:
    with acting_as(ind_member):
        file = PositionFile.objects.get()
    assert status_of(chair, "scenarios:position_file", file.pk) == 404
    client = Client()
    client.force_login(ind_member)
    answer = client.get(reverse("scenarios:position_file", args=[file.pk]))
    assert answer.content == PNG
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_given_position_is_final(ind_member: User, hidden: PositionRound) -> None:
    with pytest.raises(ValidationError, match="heeft haar standpunt gegeven"):
        draft(ind_member, hidden, "Anders", version=2)


def test_after_the_deadline_nothing_is_written_not_even_straight_at_the_database(
    chair: User, ind_member: User, item: AgendaItem
) -> None:
    made = ask_positions(chair, item)
    draft(ind_member, made, "Half")
    pass_the_deadline(chair)
    with pytest.raises(ValidationError, match="uiterste datum is voorbij"):
        draft(ind_member, made, "Te laat", version=1)
    with acting_as(ind_member):
        assert "verandert niet" in refused("update scenarios_position set text = 'Te laat'")
        assert "al geopend" in refused("update scenarios_positionrequest set given_at = now() where given_at is null")


def test_nobody_opens_a_round_early(chair: User, ind_member: User, hidden: PositionRound) -> None:
    with acting_as(chair):
        assert "allen hun standpunt" in refused("update scenarios_positionround set opened_at = now()")
        assert "permission denied" in refused("update scenarios_positionround set due_at = now()")
    with pytest.raises(DatabaseError), acting_as(chair):
        run("update scenarios_positionrequest set given_at = now()")
        run("update scenarios_positionround set opened_at = now()")


def test_two_colleagues_who_write_at_once_see_both_texts(
    chair: User, ind_member: User, hire: Hire, item: AgendaItem
) -> None:
    made = ask_positions(chair, item)
    colleague = hire(Role.IND_MEMBER, "IND, LSO Amsterdam", "collega@lvv.example")
    request = request_to(made, ind_member)
    first = opened(ind_member, "scenarios:position_write", request.pk)
    second = opened(colleague, "scenarios:position_write", request.pk)
    assert first.send(stance="agree", text="Van de een", concept="1").status_code == 302
    answer = second.send(stance="disagree", text="Van de ander", concept="1")
    assert answer.status_code == 409
    assert "Van de een" in answer.content.decode()
    assert "Van de ander" in answer.content.decode()
    with acting_as(ind_member):
        assert Position.objects.get().text == "Van de een"


def test_after_a_clash_the_form_can_be_sent_again(chair: User, ind_member: User, hire: Hire, item: AgendaItem) -> None:
    request = request_to(ask_positions(chair, item), ind_member)
    colleague = hire(Role.IND_MEMBER, "IND, LSO Amsterdam", "collega@lvv.example")
    first = opened(ind_member, "scenarios:position_write", request.pk)
    second = opened(colleague, "scenarios:position_write", request.pk)
    first.send(stance="agree", text="Van de een", concept="1")
    refused = second.send(stance="disagree", text="Van de ander", concept="1")
    version = refused.context["form"]["version"].value()
    again = opened(colleague, "scenarios:position_write", request.pk)
    assert again.send(stance="disagree", text="Van de ander", concept="1", version=version).status_code == 302
    with acting_as(colleague):
        assert Position.objects.get().text == "Van de ander"


def test_a_missed_position_is_recorded_once_by_the_scheduled_task(
    chair: User, ind_member: User, item: AgendaItem
) -> None:
    made = ask_positions(chair, item)
    give(ind_member, made)
    tasks.record_missed()
    with acting_as(chair):
        assert not made.requests.exclude(missed_at=None).exists()
    pass_the_deadline(chair)
    tasks.record_missed()
    with acting_as(chair):
        missed = dict(made.requests.exclude(missed_at=None).values_list("pk", "missed_at"))
    tasks.record_missed()
    with acting_as(chair):
        assert dict(made.requests.exclude(missed_at=None).values_list("pk", "missed_at")) == missed
        assert set(missed) == set(made.requests.filter(given_at=None).values_list("pk", flat=True))


def test_the_earlier_position_stays_readable_in_a_second_round(chair: User, ind_member: User, item: AgendaItem) -> None:
    give(ind_member, ask_positions(chair, item), text=SECRET)
    pass_the_deadline(chair)
    again = ask_positions(chair, item, reason="Nieuw paspoort")
    text = opened(chair, "scenarios:preparation", item.meeting_id).text
    assert "Nieuw paspoort" in text
    assert SECRET in text
    give(ind_member, again, stance="none")
    with acting_as(chair):
        assert Position.objects.filter(text=SECRET).exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"stance": ""}, "Kies een standpunt"),
        ({"stance": "disagree", "text": " "}, "Licht dit standpunt toe"),
        ({"stance": "agree", "text": "x" * 5000}, "4000"),
    ],
)
def test_a_position_with_a_mistake_changes_nothing(
    chair: User, ind_member: User, item: AgendaItem, typed: dict[str, str], words: str
) -> None:
    request = request_to(ask_positions(chair, item), ind_member)
    answer = opened(ind_member, "scenarios:position_write", request.pk).send(**typed)
    assert answer.status_code == 400
    assert words in errors_of(answer)
    with acting_as(ind_member):
        assert not Position.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("virus.exe", b"MZ\x90", "Alleen pdf"),
        ("archief.zip", b"PK\x03\x04", "Alleen pdf"),
        ("pagina.pdf", b"<html>", "Alleen pdf"),
        ("groot.pdf", b"%PDF-" + b"x" * (10 * 1024 * 1024), "groter dan 10 MB"),
    ],
)
def test_a_file_that_is_not_allowed_is_refused(
    chair: User, ind_member: User, item: AgendaItem, name: str, content: bytes, words: str
) -> None:
    made = ask_positions(chair, item)
    draft(ind_member, made, "Tekst")
    with acting_as(ind_member), pytest.raises(ValidationError) as refusal:
        positions.attach(request_to(made, ind_member), name=name, content=content, by=ind_member, at=timezone.now())
    assert words in reasons(refusal)


def test_positions_of_many_items_take_a_fixed_number_of_queries(
    chair: User, ind_member: User, worker: User, sheltered: CaseOf, item: AgendaItem, today: date
) -> None:
    ask_positions(chair, item)
    one = queries_of(chair, "scenarios:preparation", item.meeting_id)
    for _ in range(2):
        ask_positions(chair, on_agenda(chair, sheltered(worker), today, item.meeting))
    assert queries_of(chair, "scenarios:preparation", item.meeting_id) == one


def test_positions_are_asked_on_all_items_at_once_and_only_once(
    chair: User, worker: User, sheltered: CaseOf, item: AgendaItem, today: date
) -> None:
    on_agenda(chair, sheltered(worker), today, item.meeting)
    form = opened(chair, "scenarios:positions_ask_all", item.meeting_id)
    due_on = (today + timedelta(days=3)).isoformat()
    assert form.send(due_on=due_on, due_time="12:00").status_code == 302
    with acting_as(chair):
        assert PositionRound.objects.count() == 2
        with pytest.raises(ValidationError, match="al een standpunt gevraagd"):
            positions.ask_all(item.meeting, due_at=timezone.now() + timedelta(days=1), by=chair, at=timezone.now())


def test_an_item_with_positions_stays_on_the_agenda(chair: User, item: AgendaItem) -> None:
    ask_positions(chair, item)
    with acting_as(chair), pytest.raises(ValidationError, match="standpunten gevraagd"):
        planning.take_off(item, by=chair, at=timezone.now())


def test_the_program_hides_a_position_without_the_wall_of_the_database(chair: User, hidden: PositionRound) -> None:
    with acting_as(chair), transaction.atomic():
        run("set constraints all immediate")
        run("set local role none")
        for table in ("scenarios_position", "scenarios_positionfile"):
            run(f"alter table {table} no force row level security")
        assert value("select count(*) from scenarios_position where text = %s", SECRET) == 1
        assert not Position.objects.visible_to(chair).filter(text=SECRET).exists()
        assert not PositionFile.objects.visible_to(chair).exists()
        transaction.set_rollback(True)
