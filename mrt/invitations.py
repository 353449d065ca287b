"""Mail to the members of the team: that they have a seat, and when the MRT meets. It names no person and no case."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.acting import acting_as
from accounts.models import User
from cases.models import Case
from core import mail, outbox
from core.models import Effect
from mrt.models import Escalation, Seat

INVITE = "review"

SEATED, MEETS = "seated", "meets"
SUBJECTS = {
    SEATED: "u bent gevraagd voor een MRT",
    MEETS: "het MRT komt bijeen",
}

BODY = """Goedendag,

{sentence}

Bekijk de aanvraag: {address}

Deze mail is automatisch verstuurd aan wie in dit team zit.
"""


def tell_member(seat: Seat, *, by: User, at: datetime) -> None:
    """Queue the mail to a new member. Called by the act that gives the seat."""
    _queue(seat, SEATED, key=f"{INVITE}:{SEATED}:{seat.pk}", by=by, at=at)


def tell_team(escalation: Escalation, *, by: User, at: datetime) -> None:
    """Queue the mail that the meeting was planned or moved. Called by the act that plans it."""
    for seat in Seat.objects.filter(escalation=escalation, until=None).select_related("user"):
        key = f"{INVITE}:{MEETS}:{escalation.pk}:{escalation.version}:{seat.pk}"
        _queue(seat, MEETS, key=key, by=by, at=at)


def _queue(seat: Seat, news: str, *, key: str, by: User, at: datetime) -> None:
    if seat.user_id != by.pk:
        outbox.queue(INVITE, {"user": seat.user_id, "seat": str(seat.pk), "news": news}, key=key, at=at)


def send(effect: Effect) -> None:
    """Send the mail, unless the member left the team after it was queued."""
    user = User.objects.filter(pk=effect.payload["user"], is_active=True).first()
    if user is None:
        return
    with acting_as(user):
        seats = Seat.objects.filter(pk=effect.payload["seat"], until=None, case__in=Case.objects.visible_to(user))
        seat = seats.select_related("escalation").first()
    if seat is None:
        return
    news, address = effect.payload["news"], reverse("mrt:escalation_detail", args=[seat.escalation_id])
    body = BODY.format(sentence=_sentence(seat, news), address=settings.SITE_URL + address)
    mail.send(effect, user.email, subject=f"LVV: {SUBJECTS[news]}", body=body)


def _sentence(seat: Seat, news: str) -> str:
    opening = "U bent gevraagd voor een Multidisciplinair Review Team." if news == SEATED else ""
    if seat.escalation.meets_at is None:
        return f"{opening} De datum van het overleg volgt."
    moment = timezone.localtime(seat.escalation.meets_at)
    day, time = date_format(moment, "l j F Y"), date_format(moment, "H:i")
    return f"{opening} Het team komt bijeen op {day} om {time} uur, {seat.escalation.place}.".strip()
