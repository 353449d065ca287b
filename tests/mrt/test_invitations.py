"""The mail to the team: about a seat and about the meeting, without a person or a case."""

from datetime import date, datetime, timedelta

from django.core import mail
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from core import outbox
from core.models import Effect
from mrt import escalation as mrt
from mrt import invitations, team
from mrt.models import Escalation, Seat
from tests.mrt.review import QUESTION, seated


def delivered() -> list[mail.EmailMessage]:
    """Send all queued mail now."""
    mail.outbox.clear()
    at = timezone.now() + timedelta(minutes=1)
    while effect := outbox.claim([invitations.INVITE], at=at, lease=timedelta(seconds=20)):
        outbox.perform(effect, invitations.send, at=at)
    return list(mail.outbox)


def convened(coordinator: User, escalation: Escalation, meets_at: datetime) -> None:
    with acting_as(coordinator):
        mrt.convene(escalation, meets_at=meets_at, place="Jaarbeurs", by=coordinator, at=timezone.now())


def test_a_new_member_gets_a_mail_that_names_no_case(
    requested: Escalation, stuck: Case, coordinator: User, ind_specialist: User
) -> None:
    seated(coordinator, requested, "ind", ind_specialist)
    (sent,) = delivered()
    assert sent.to == [ind_specialist.email]
    assert sent.subject == "LVV: u bent gevraagd voor een MRT"
    assert "De datum van het overleg volgt." in sent.body
    assert f"/mrt/{requested.pk}/" in sent.body
    for secret in (stuck.number, "Vastgelopen", QUESTION):
        assert secret not in sent.subject + str(sent.body)


def test_the_team_gets_a_mail_when_the_meeting_is_planned_or_moved(
    requested: Escalation, coordinator: User, ind_specialist: User, today: date
) -> None:
    seated(coordinator, requested, "ind", ind_specialist)
    delivered()
    for days in (3, 9):
        meets_at = timezone.make_aware(datetime.combine(today + timedelta(days=days), datetime.min.time()))
        convened(coordinator, requested, meets_at.replace(hour=10))
        (sent,) = delivered()
        assert sent.subject == "LVV: het MRT komt bijeen"
        assert "om 10:00 uur, Jaarbeurs." in sent.body
        assert str((today + timedelta(days=days)).day) in sent.body


def test_who_left_the_team_meanwhile_gets_no_mail(
    requested: Escalation, coordinator: User, ind_specialist: User
) -> None:
    seated(coordinator, requested, "ind", ind_specialist)
    with acting_as(coordinator):
        team.release(Seat.objects.get(), by=coordinator, at=timezone.now())
    assert delivered() == []
    assert not Effect.objects.filter(kind=invitations.INVITE, done_at=None).exists()
