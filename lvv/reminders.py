"""The morning mail, which says how many deadlines wait for a user and where to find them."""

from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Membership, User
from accounts.permissions import GRANTS, Permission, Role
from cases.deadlines import Deadline, beside_cases, deadlines
from core import mail, outbox
from core.models import Effect

REMIND = "reminder"

BODY = """Goedemorgen,

In LVV wacht werk op u:

{lines}

Bekijk het overzicht: {address}

Deze mail is automatisch verstuurd. U krijgt hem op dagen waarop er iets op u wacht.
"""


def addressees(on: date) -> list[User]:
    """The users who work with cases or with rounds of the monitor on this day."""
    working = {Permission.SEE_CASES, Permission.MANAGE_ROUNDS}
    roles = [role for role in Role if working & GRANTS[role]]
    running = Membership.objects.running_on(on).filter(role__in=roles)
    return list(User.objects.filter(is_active=True, pk__in=running.values("user")).order_by("pk"))


def queue_for(user: User, *, on: date, at: datetime) -> None:
    """Queue the mail of this day for a user, if a deadline waits. Queued twice, it is sent once."""
    with acting_as(user):
        if deadlines(user, on) or beside_cases(user, at):
            outbox.queue(REMIND, {"user": user.pk, "on": on.isoformat()}, key=f"{REMIND}:{user.pk}:{on}", at=at)


def send(effect: Effect) -> None:
    """Send the mail with the present counts. Nothing is sent when the work was done meanwhile."""
    user = User.objects.filter(pk=effect.payload["user"], is_active=True).first()
    if user is None:
        return
    with acting_as(user):
        on = date.fromisoformat(effect.payload["on"])
        waiting = deadlines(user, on) + beside_cases(user, timezone.now())
    if waiting:
        lines = "\n".join(_lines(waiting, on))
        body = BODY.format(lines=lines, address=settings.SITE_URL + reverse("home"))
        mail.send(effect, user.email, subject="LVV: er wacht werk op u", body=body)


def _lines(waiting: list[Deadline], on: date) -> list[str]:
    """One line for each kind of deadline, in the order of their first days."""
    titles = dict.fromkeys(deadline.title for deadline in waiting)
    return [_line(title, [deadline for deadline in waiting if deadline.title == title], on) for title in titles]


def _line(title: str, waiting: list[Deadline], on: date) -> str:
    overdue = sum(deadline.on < on for deadline in waiting)
    return f"- {title}: {len(waiting)}" + (f", waarvan {overdue} te laat" if overdue else "")
