"""What the tasks of the timetable delete, and what they leave."""

import uuid
from datetime import datetime, timedelta

from allauth.idp.oidc.models import Client, Token
from django.contrib.sessions.models import Session

from accounts.models import Submission, User
from accounts.tasks import remove_old_rows


def test_submissions_are_kept_for_a_week(worker: User, now: datetime) -> None:
    def sent(at: datetime) -> Submission:
        return Submission.objects.create(token=uuid.uuid4(), user=worker, page="case", at=at)

    sent(now - timedelta(days=7, minutes=1))
    fresh = sent(now - timedelta(days=6, hours=23))
    remove_old_rows()
    assert list(Submission.objects.all()) == [fresh]


def test_a_session_that_has_ended_is_removed(now: datetime, db: None) -> None:
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="running", session_data="", expire_date=now + timedelta(hours=1))
    remove_old_rows()
    assert [session.session_key for session in Session.objects.all()] == ["running"]


def test_a_machine_clients_token_that_has_ended_is_removed(now: datetime, owner: object) -> None:
    with owner():  # type: ignore[operator]
        client = Client.objects.create(id="machine", name="Machine", secret="x")
    for key, minutes in (("old", -1), ("running", 9)):
        Token.objects.create(
            client=client,
            type=Token.Type.ACCESS_TOKEN,
            hash=key,
            expires_at=now + timedelta(minutes=minutes),
        )
    remove_old_rows()
    assert [token.hash for token in Token.objects.all()] == ["running"]
