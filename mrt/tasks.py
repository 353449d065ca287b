"""What the timetable asks of the MRT. Here is a clock; the rest gets the moment handed."""

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from mrt import answering


@shared_task(name="mrt.put_on_agendas")
def put_on_agendas() -> None:
    """Put what waits for an LSO on its next agenda, under the rights of one member of each municipality."""
    staff.act_for_each(Permission.SET_AGENDA, answering.put_on_agendas, "Advices", at=timezone.now())
