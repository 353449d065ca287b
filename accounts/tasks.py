"""The tasks of this app that the timetable runs. They read the clock and pass the time on to the acts."""

from datetime import timedelta

from allauth.idp.oidc.models import Token
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import imports, sealing, staff
from accounts.models import Submission
from accounts.permissions import Permission
from core import sealing as core_sealing

KEPT_SUBMISSIONS = timedelta(days=7)


@shared_task(name="accounts.seal_audit")
def seal_audit() -> None:
    while sealing.TRAIL.seal(at=timezone.now()) == core_sealing.BATCH:
        pass


@shared_task(name="accounts.verify_audit")
def verify_audit() -> None:
    now = timezone.now()
    checked, broken = sealing.TRAIL.verify(at=now)
    sealing.note(checked, broken, at=now)


@shared_task(name="accounts.forget_lists")
def forget_lists() -> None:
    """Throw away the lists whose import nobody started, because they hold personal data."""
    staff.act_for_each(Permission.IMPORT_LISTS, imports.forget, "Forgetting the lists", at=timezone.now())


@shared_task(name="accounts.remove_old_rows")
def remove_old_rows() -> None:
    """Delete forms, sessions and tokens that are too old to be of use."""
    now = timezone.now()
    Submission.objects.filter(at__lt=now - KEPT_SUBMISSIONS).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    Token.objects.filter(expires_at__lt=now).delete()
