"""The scheduled tasks of the MRT. Only tasks and views read the clock; the acts get the moment as an argument."""

from celery import shared_task
from django.utils import timezone

from accounts import staff
from accounts.permissions import Permission
from mrt import answering


@shared_task(name="mrt.put_on_agendas")
def put_on_agendas() -> None:
    """Put advices and rulings that wait for an LSO on its next agenda, as one member of each municipality."""
    staff.act_for_each(Permission.SET_AGENDA, answering.put_on_agendas, "Advices", at=timezone.now())
