"""What the timetable asks of this app. Here is a clock; the rest gets the moment handed."""

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
    """Lists that nobody took over go: they hold what should not lie about."""
    staff.act_for_each(Permission.IMPORT_LISTS, imports.forget, "Forgetting the lists", at=timezone.now())


@shared_task(name="accounts.remove_old_rows")
def remove_old_rows() -> None:
    """Rows that served for a while and have no use any more."""
    now = timezone.now()
    Submission.objects.filter(at__lt=now - KEPT_SUBMISSIONS).delete()
    Session.objects.filter(expire_date__lt=now).delete()
    Token.objects.filter(expires_at__lt=now).delete()
