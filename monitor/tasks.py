"""The monitor's tasks on the timetable. A task reads the clock and passes the moment on; nothing below it does."""

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from monitor.rounds import statements


@shared_task(name="monitor.withdraw_touched")
def withdraw_touched() -> None:
    """Record that statements lapsed, with the rights of one member of each municipality."""
    staff.act_for_each(Permission.STATE_FIGURES, statements.withdraw_touched, "Statements", at=timezone.now())


@shared_task(name="monitor.keep_settled")
def keep_settled() -> None:
    """Hand over corrected exits and withdraw what lapsed, with the rights of one member of each municipality."""
    staff.act_for_each(Permission.STATE_FIGURES, statements.keep_settled, "Settlements", at=timezone.now())
