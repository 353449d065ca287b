"""Mail about a meeting to everybody at its table: the agenda is ready, it was changed, or the meeting is cancelled.

A mail names day, time and place, and where to read the agenda. It names no person and no case.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format, time_format

from accounts.acting import acting_as
from accounts.models import TODAY, Membership, User
from accounts.permissions import GRANTS, Permission, Role
from core import mail, outbox
from core.models import Effect
from scenarios import table
from scenarios.models import Meeting, MeetingStatus

CONVENE = "agenda"

READY, CHANGED, OFF = "ready", "changed", "off"
SUBJECTS = {
    READY: "de agenda van het overleg staat klaar",
    CHANGED: "de agenda van het overleg is gewijzigd",
    OFF: "het overleg gaat niet door",
}
SENTENCES = {
    READY: "De agenda van dit overleg staat klaar. U ziet de zaken waarbij uw organisatie betrokken is.",
    CHANGED: "De agenda van dit overleg is gewijzigd. U ziet de zaken waarbij uw organisatie betrokken is.",
    OFF: "Dit overleg gaat niet door.",
}

BODY = """Goedendag,

{meeting}, {day}, {start} tot {end}, {place}

{sentence}

Bekijk het overleg: {address}

Deze mail is automatisch verstuurd aan wie aan deze tafel zit.
"""


def addressees(meeting: Meeting) -> list[User]:
    """The users who see meetings and work for an organisation at this table."""
    roles = [role for role in Role if Permission.SEE_MEETINGS in GRANTS[role]]
    running = Membership.objects.running_on(TODAY).filter(role__in=roles, organisation__in=table.at(meeting))
    return list(User.objects.filter(is_active=True, pk__in=running.values("user")).order_by("full_name"))


def convene(meeting: Meeting, *, is_first: bool, by: User, at: datetime) -> None:
    """Queue the mail that the agenda is ready, or was changed. Called by the act that sends the agenda."""
    _queue(meeting, READY if is_first else CHANGED, by=by, at=at)


def call_off(meeting: Meeting, *, by: User, at: datetime) -> None:
    """Queue the mail that a meeting is cancelled. Called by the act that cancels it."""
    _queue(meeting, OFF, by=by, at=at)


def _queue(meeting: Meeting, news: str, *, by: User, at: datetime) -> None:
    for user in addressees(meeting):
        if user != by:
            payload = {"user": user.pk, "meeting": str(meeting.pk), "news": news}
            outbox.queue(CONVENE, payload, key=f"{CONVENE}:{meeting.pk}:{meeting.version}:{news}:{user.pk}", at=at)


def send(effect: Effect) -> None:
    """Send the mail, unless the user left the table or the news is no longer true."""
    user = User.objects.filter(pk=effect.payload["user"], is_active=True).first()
    if user is None:
        return
    with acting_as(user):
        meeting = Meeting.objects.visible_to(user).filter(pk=effect.payload["meeting"]).first()
    news = effect.payload["news"]
    status = MeetingStatus.CANCELLED if news == OFF else MeetingStatus.PLANNED
    if meeting is None or meeting.status != status:
        return
    body = BODY.format(
        meeting=meeting,
        day=date_format(meeting.held_on, "l j F Y"),
        start=time_format(meeting.starts_at, "H:i"),
        end=time_format(meeting.ended_at.time(), "H:i"),
        place=meeting.place,
        sentence=SENTENCES[news],
        address=settings.SITE_URL + reverse("scenarios:meeting_detail", args=[meeting.pk]),
    )
    mail.send(effect, user.email, subject=f"LVV: {SUBJECTS[news]}", body=body)
