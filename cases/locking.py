"""Changing a case: one at a time, and never over somebody else's unseen change."""

from django.core.exceptions import ValidationError

from cases.models import Case


class Stale(ValidationError):
    """What a form is about was changed after it was opened, maybe in another tab; `found` is what stands now.

    `says` is the sentence for it; here it is about a case.
    """

    says = (
        "Deze zaak is gewijzigd nadat u dit formulier opende. Uw invoer staat nog in het formulier. "
        "Kijk wat er is veranderd en verzend het formulier dan opnieuw."
    )

    def __init__(self, found: int | str) -> None:
        super().__init__(self.says, code="stale")
        self.found = found


def lock(case: Case, *, version: int | None = None) -> Case:
    """The case under lock, one version up. With `version` (what the form was opened on), refuses a stale form."""
    # One statement takes the lock and counts up. A refusal rolls the act back, and with it the count.
    counted = Case.objects.raw("update cases_case set version = version + 1 where id = %s returning *", [case.pk])
    locked = next(iter(counted), None)
    if locked is None:
        raise Case.DoesNotExist
    if version is not None and version != locked.version - 1:
        raise Stale(locked.version - 1)
    locked.municipality = case.municipality
    return locked


def refuse(reasons: list[str]) -> None:
    """Raise the reasons of a rule, if there are any."""
    if reasons:
        raise ValidationError(reasons)
