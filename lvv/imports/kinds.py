"""The kinds of lists that can be imported, and the effect that carries out an import."""

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
    """Carry out an import, acting as the user who started it. Nothing happens when it was stopped meanwhile."""
    by = User.objects.get(pk=effect.payload["by"])
    with acting_as(by):
        upload = Import.objects.visible_to(by).filter(pk=effect.payload["import"], state=ImportState.RUNNING).first()
        if upload is None:
            return
        at = timezone.now()
        with imports.reporting_progress(upload, by=by) as tick:
            imports.carry_out(KINDS[upload.kind], upload, by=by, on=timezone.localdate(at), at=at, tick=tick)
