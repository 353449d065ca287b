"""How acts change an escalation: under a lock, on the version that the user saw, and as its stage allows."""

from cases.locking import Stale
from mrt import progress
from mrt.models import Escalation
from mrt.stages import MOVES


def lock(escalation: Escalation, *, version: int | None = None) -> Escalation:
    """Lock the escalation and raise its version by one. Raises `Stale` when `version`, on which the form was opened, is
    no longer the current one.
    """
    locked = Escalation.objects.select_for_update(of=("self",)).select_related("case").get(pk=escalation.pk)
    if version is not None and version != locked.version:
        raise Stale(locked.version)
    locked.version += 1
    locked.save(update_fields=["version"])
    return locked


def refusal(escalation: Escalation, move: str) -> list[str]:
    """Why the stage does not allow this move (a key of `MOVES`). Empty means it does."""
    return MOVES[move].refusal(progress.standing_of(escalation).stage)
