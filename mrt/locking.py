"""Changing an escalation: one at a time, never over somebody else's unseen change, and only as its stage allows."""

from cases.locking import Stale
from mrt import progress
from mrt.models import Escalation
from mrt.stages import MOVES


def lock(escalation: Escalation, *, version: int | None = None) -> Escalation:
    """The escalation under lock, one version up. With `version` (what the form was opened on), refuses a stale form."""
    locked = Escalation.objects.select_for_update(of=("self",)).select_related("case").get(pk=escalation.pk)
    if version is not None and version != locked.version:
        raise Stale(locked.version)
    locked.version += 1
    locked.save(update_fields=["version"])
    return locked


def refusal(escalation: Escalation, move: str) -> list[str]:
    """Why the stage does not allow this move. Empty means it does."""
    return MOVES[move].refusal(progress.standing_of(escalation).stage)
