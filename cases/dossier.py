"""Changing a case: one at a time, and never over somebody else's unseen change."""

from django.core.exceptions import ValidationError

from cases.models import Case


class Stale(ValidationError):
    """Somebody else changed the case after this form was opened; `found` is the version now."""

    def __init__(self, found: int) -> None:
        super().__init__(
            "Iemand anders heeft deze zaak intussen gewijzigd. Uw invoer staat nog in het formulier. "
            "Kijk wat er is veranderd en verzend het formulier dan opnieuw.",
            code="stale",
        )
        self.found = found


def lock(case: Case, *, version: int | None = None) -> Case:
    """The case under lock, one version up. With `version` (what the form was opened on), refuses a stale form."""
    locked = Case.objects.select_for_update(of=("self",)).select_related("municipality").get(pk=case.pk)
    if version is not None and version != locked.version:
        raise Stale(locked.version)
    locked.version += 1
    locked.save(update_fields=["version"])
    return locked


def refuse(reasons: list[str]) -> None:
    """Raise the reasons of a rule, if there are any."""
    if reasons:
        raise ValidationError(reasons)
