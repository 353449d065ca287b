"""The agenda before the meeting: its order, its topics, who gets it, and which passages each reader sees."""

import uuid
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Organisation, User
from accounts.permissions import Role
from core import outbox
from core.models import Effect
from lvv.effects import HANDLERS
from scenarios.meetings import agenda, invitations, minutes, passages, planning
from scenarios.models import AgendaItem, Meeting, Passage, Topic
from tests.conftest import CaseOf, Hire, as_owner
from tests.paper import Paper
from tests.scenarios.agreed import brought_in
from tests.scenarios.agreements import agree, ours
from tests.scenarios.browse import errors_of, opened, queries_of, status_of
from tests.scenarios.lso import on_agenda, planned

PLANTED = "Zaalgeheim"


@pytest.fixture
def three(chair: User, worker: User, case_of: CaseOf, today: date) -> list[AgendaItem]:
    meeting = planned(chair, today + timedelta(days=9))
    return [on_agenda(chair, case_of(worker), today, meeting) for _ in range(3)]


def order_of(chair: User, meeting: Meeting) -> list[uuid.UUID]:
    with acting_as(chair):
        return list(meeting.items.order_by("order").values_list("pk", flat=True))


def test_a_case_moves_down_by_its_button(chair: User, three: list[AgendaItem]) -> None:
    first, second, third = (item.pk for item in three)
    meeting = three[0].meeting
    form = opened(chair, "scenarios:agenda_order", meeting.pk)
    assert form.send(item=first, place="2").status_code == 302
    assert order_of(chair, meeting) == [second, first, third]


def test_the_second_of_two_who_order_at_once_is_refused(
    chair: User, second_chair: User, three: list[AgendaItem]
) -> None:
    meeting = three[0].meeting
    forms = [opened(user, "scenarios:agenda_order", meeting.pk) for user in (chair, second_chair)]
    assert forms[0].send(item=three[0].pk, place="2").status_code == 302
    after = order_of(chair, meeting)
    assert forms[1].send(item=three[2].pk, place="2").status_code == 409
    assert order_of(chair, meeting) == after


def test_any_order_takes_one_update(chair: User, three: list[AgendaItem]) -> None:
    meeting = three[0].meeting
    back = [item.pk for item in reversed(three)]
    with acting_as(chair), CaptureQueriesContext(connection) as asked:
        agenda.put_in_order(meeting, back, by=chair, at=timezone.now())
    assert sum(query["sql"].startswith('UPDATE "scenarios_agendaitem"') for query in asked) == 1
    assert order_of(chair, meeting) == back


@pytest.mark.parametrize(
    ("item", "place", "after"),
    [(0, 2, [1, 0, 2]), (2, 2, [0, 2, 1]), (2, 1, [2, 0, 1]), (0, 1, [0, 1, 2]), (1, 9, [0, 2, 1])],
)
def test_a_place_past_the_end_means_the_end_of_the_agenda(item: int, place: int, after: list[int]) -> None:
    order = [uuid.UUID(int=number) for number in range(3)]
    assert agenda.with_item_moved(order, order[item], place) == [order[number] for number in after]


def topics_of(chair: User, meeting: Meeting) -> list[tuple[str, bool]]:
    with acting_as(chair):
        return list(meeting.topics.order_by("is_after_cases", "order").values_list("title", "is_after_cases"))


def test_topics_are_added_moved_and_removed(chair: User, today: date) -> None:
    agree(chair, seats=[], may=[])
    meeting = planned(chair, today + timedelta(days=9))
    form = opened(chair, "scenarios:agenda_topics", meeting.pk)
    assert form.send(opening="Mededelingen\nJaarplan\nOpening", closing="").status_code == 302
    assert topics_of(chair, meeting) == [("Mededelingen", False), ("Jaarplan", False), ("Opening", False)]
    page = opened(chair, "scenarios:meeting_detail", meeting.pk).text
    assert "Jaarplan" in page
    assert "Rondvraag" not in page
    assert form.send(opening="Iets anders").status_code == 409


def test_a_topic_with_text_is_not_removed(chair: User, today: date) -> None:
    agree(chair, seats=[], may=[])
    meeting = planned(chair, today)
    with acting_as(chair):
        planning.hold(meeting, present=[], by=chair, at=timezone.now())
        topic = Topic.objects.get(meeting=meeting, title="Mededelingen")
        minutes.write_topic(topic, "Er is nieuws", version=topic.version, by=chair, at=timezone.now())
    refused = opened(chair, "scenarios:agenda_topics", meeting.pk).send(opening="Opening", closing="Rondvraag")
    assert refused.status_code == 400
    assert "heeft al tekst" in errors_of(refused)
    twice = opened(chair, "scenarios:agenda_topics", meeting.pk).send(opening="Mededelingen\nEen\nEen", closing="")
    assert "staat er twee keer" in errors_of(twice)
    assert ("Mededelingen", False) in topics_of(chair, meeting)


def performed() -> None:
    """Carry out every effect that waits in the outbox."""
    while effect := outbox.claim(HANDLERS, at=timezone.now(), lease=timedelta(minutes=1)):
        outbox.perform(effect, HANDLERS[effect.kind], at=timezone.now())
    assert not Effect.objects.filter(done_at=None).exists()


def test_sending_mails_the_table_and_marks_items_added_later(
    chair: User, worker: User, ind_member: User, counsellor: User, outsider: User, case_of: CaseOf, today: date
) -> None:
    early = on_agenda(chair, case_of(worker, PLANTED), today + timedelta(days=9))
    page = opened(chair, "scenarios:agenda_send", early.meeting_id)
    assert page.send().status_code == 302
    performed()
    assert {message.to[0] for message in mail.outbox} == {worker.email, ind_member.email, counsellor.email}
    for message in mail.outbox:
        written = f"{message.subject} {message.body}"
        assert PLANTED not in written
        assert early.case.number not in written
        assert str(early.meeting_id) in written
    with acting_as(chair):
        meeting = Meeting.objects.get(pk=early.meeting_id)
        sent_at = meeting.agenda_sent_at
    late = on_agenda(chair, case_of(worker), today, meeting)
    with acting_as(chair):
        assert [item.is_late for item in meeting.items.select_related("meeting").order_by("order")] == [False, True]
    assert opened(chair, "scenarios:meeting_detail", late.meeting_id).text.count("Later toegevoegd") == 1
    mail.outbox.clear()
    assert opened(chair, "scenarios:agenda_send", late.meeting_id).send().status_code == 302
    performed()
    assert {message.subject for message in mail.outbox} == {"LVV: de agenda van het overleg is gewijzigd"}
    with acting_as(chair):
        assert Meeting.objects.get(pk=early.meeting_id).agenda_sent_at == sent_at


def test_an_empty_agenda_is_not_sent(chair: User, today: date) -> None:
    meeting = planned(chair, today + timedelta(days=9))
    with acting_as(chair), pytest.raises(ValidationError, match="nog leeg"):
        agenda.send(meeting, by=chair, at=timezone.now())
    assert not Effect.objects.exists()


def test_a_cancelled_meeting_is_mailed_to_the_table_if_its_agenda_was_sent(
    chair: User, worker: User, case_of: CaseOf, today: date
) -> None:
    silent, announced = (on_agenda(chair, case_of(worker), today + timedelta(days=n)).meeting for n in (9, 16))
    with acting_as(chair):
        agenda.send(announced, by=chair, at=timezone.now())
        for meeting in (silent, announced):
            planning.cancel(meeting, by=chair, at=timezone.now())
    performed()
    # The mail that the agenda is ready is no longer true and is not sent. The other agenda was never sent.
    assert [message.subject for message in mail.outbox] == ["LVV: het overleg gaat niet door"]


def test_a_user_who_left_the_table_meanwhile_gets_no_mail(
    chair: User, worker: User, case_of: CaseOf, today: date
) -> None:
    item = on_agenda(chair, case_of(worker), today + timedelta(days=9))
    with acting_as(chair):
        agenda.send(item.meeting, by=chair, at=timezone.now())
        assert worker in invitations.addressees(item.meeting)
    with as_owner():
        worker.memberships.update(until=today)
    performed()
    assert mail.outbox == []


@pytest.fixture
def guest(hire: Hire, ngo: Organisation, amsterdam: object) -> User:
    """A user of an organisation without a standing seat."""
    return hire(Role.COUNSELLOR, ngo.name, "gast@lvv.example")


def test_a_guest_for_one_case_sees_that_case_and_is_in_the_attendance(
    chair: User, worker: User, ind_member: User, guest: User, case_of: CaseOf, today: date
) -> None:
    agree(chair, seats=[ours(ind_member)], may=[])
    own, other = case_of(worker, "Gastzaak"), case_of(worker, PLANTED)
    item = on_agenda(chair, own, today)
    on_agenda(chair, other, today, item.meeting)
    assert status_of(guest, "case", own.pk) == 404
    brought_in(worker, own, ours(guest))
    page = opened(guest, "scenarios:meeting_detail", item.meeting_id).text
    assert "Gastzaak" in page
    assert PLANTED not in page
    assert ours(guest).name in opened(chair, "scenarios:meeting_detail", item.meeting_id).text
    held = opened(chair, "scenarios:meeting_hold", item.meeting_id)
    assert held.send(present=[str(ours(guest).pk)]).status_code == 302
    with acting_as(chair):
        there = {a.organisation.name: a.is_present for a in item.meeting.attendances.select_related("organisation")}
    assert there == {"Gemeente Amsterdam": True, "IND, LSO Amsterdam": False, ours(guest).name: True}


def test_only_its_readers_read_a_passage(
    chair: User, worker: User, ind_member: User, dtv_member: User, counsellor: User, case_of: CaseOf, today: date
) -> None:
    item = on_agenda(chair, case_of(worker), today + timedelta(days=9))
    form = opened(worker, "scenarios:passage_write", item.pk)
    assert form.send(text=PLANTED, readers=[str(ours(ind_member).pk)]).status_code == 302
    assert opened(worker, "scenarios:passage_write", item.pk).send(text="Voor allen").status_code == 302
    addresses = ("scenarios:meeting_detail", "scenarios:preparation", "scenarios:agenda_pdf")
    for user, reads in ((worker, True), (chair, True), (ind_member, True), (dtv_member, False), (counsellor, False)):
        for name in addresses:
            found = text_of(user, name, item.meeting_id)
            assert (PLANTED in found) is reads, (user, name)
            assert "Voor allen" in found, (user, name)
        with acting_as(user):
            assert Passage.objects.filter(text=PLANTED).exists() is reads, user
    assert "alleen voor IND, LSO Amsterdam" in text_of(ind_member, "scenarios:agenda_pdf", item.meeting_id)


def text_of(user: User, name: str, pk: uuid.UUID) -> str:
    client = Client()
    client.force_login(user)
    page = client.get(reverse(name, args=[pk]))
    return Paper(page.content).text if name.endswith("_pdf") else page.content.decode()


def test_only_parties_of_the_case_can_be_readers(
    chair: User, ind_member: User, worker: User, outsider: User, case_of: CaseOf, today: date
) -> None:
    item = on_agenda(chair, case_of(worker), today + timedelta(days=9))
    with acting_as(worker), pytest.raises(ValidationError, match="partij zijn bij deze zaak"):
        passages.write(
            item, organisation=ours(worker), text="Tekst", readers=[ours(outsider)], by=worker, at=timezone.now()
        )
    refused = opened(worker, "scenarios:passage_write", item.pk).send(text="Tekst", readers=[str(ours(outsider).pk)])
    assert refused.status_code == 400
    with acting_as(worker):
        assert not Passage.objects.exists()


def test_a_passage_is_removed_before_the_meeting_and_not_after(
    chair: User, worker: User, case_of: CaseOf, today: date
) -> None:
    item = on_agenda(chair, case_of(worker), today)
    with acting_as(worker):
        first, second = (
            passages.write(item, organisation=ours(worker), text=text, readers=[], by=worker, at=timezone.now())
            for text in ("Eerste", "Tweede")
        )
    assert opened(worker, "scenarios:passage_remove", first.pk).send().status_code == 302
    late = opened(worker, "scenarios:passage_remove", second.pk)
    with acting_as(chair):
        planning.hold(item.meeting, present=[], by=chair, at=timezone.now())
    assert "niet meer gepland" in errors_of(late.send())
    assert "niet meer gepland" in opened(worker, "scenarios:passage_write", item.pk).text
    with acting_as(worker):
        assert list(Passage.objects.values_list("text", flat=True)) == ["Tweede"]


def test_passages_cost_no_more_queries_for_three_cases_than_for_one(
    chair: User, worker: User, case_of: CaseOf, today: date
) -> None:
    item = on_agenda(chair, case_of(worker), today + timedelta(days=9))
    explained(worker, item)
    names = ("scenarios:meeting_detail", "scenarios:preparation", "scenarios:agenda_pdf")
    one = {name: queries_of(chair, name, item.meeting_id) for name in names}
    for _ in range(2):
        explained(worker, on_agenda(chair, case_of(worker), today, item.meeting))
    assert {name: queries_of(chair, name, item.meeting_id) for name in names} == one
    assert max(one.values()) <= 20


def explained(worker: User, item: AgendaItem) -> None:
    with acting_as(worker):
        readers = passages.possible_readers(item)[:1]
        passages.write(item, organisation=ours(worker), text="Tekst", readers=readers, by=worker, at=timezone.now())
