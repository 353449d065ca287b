"""Which kinds of lists can be taken over, and the worker's part in it."""

from django.utils import timezone

from accounts import imports
from accounts.acting import acting_as
from accounts.imports import Kind
from accounts.models import Import, ImportState, User
from cases import takeover
from core.models import Effect
from monitor.rounds import reported

KINDS: dict[str, Kind] = {kind.code: kind for kind in (takeover.KIND, reported.KIND)}


def carry_out(effect: Effect) -> None:
    """Take over the list that somebody said may be taken over, under their rights; nothing when it was stopped."""
    by = User.objects.get(pk=effect.payload["by"])
    with acting_as(by):
        one = Import.objects.visible_to(by).filter(pk=effect.payload["import"], state=ImportState.RUNNING).first()
        if one is None:
            return
        at = timezone.now()
        with imports.reporting_progress(one, by=by) as tick:
            imports.carry_out(KINDS[one.kind], one, by=by, on=timezone.localdate(at), at=at, tick=tick)
