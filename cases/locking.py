"""The lock on a case. One act at a time changes a case, and nobody overwrites a change they have not seen."""

from django.core.exceptions import ValidationError

from cases.models import Case


class Stale(ValidationError):
    """The subject of a form changed after the form was opened, perhaps in another tab.

    `current_version` is what the form would have to be opened on now. A subclass about another subject than a case
    has its own sentence in `says`.
    """

    says = (
        "Deze zaak is gewijzigd nadat u dit formulier opende. Uw invoer staat nog in het formulier. "
        "Kijk wat er is veranderd en verzend het formulier dan opnieuw."
    )

    def __init__(self, current_version: int | str) -> None:
        super().__init__(self.says, code="stale")
        self.current_version = current_version


def lock(case: Case, *, version: int | None = None) -> Case:
    """Lock the case until the transaction ends, and raise its version by one.

    `version` is the one that the form was opened on; Stale is raised when the case has another. Without it nothing is
    compared. The case that returns has the new values; use it instead of the one that was passed in.
    """
    # One statement locks and counts. A refusal rolls back the act, and the count with it.
    counted = Case.objects.raw("update cases_case set version = version + 1 where id = %s returning *", [case.pk])
    locked = next(iter(counted), None)
    if locked is None:
        raise Case.DoesNotExist
    if version is not None and version != locked.version - 1:
        raise Stale(locked.version - 1)
    locked.municipality = case.municipality
    return locked


def refuse(reasons: list[str]) -> None:
    """Raise ValidationError with these reasons, if there are any."""
    if reasons:
        raise ValidationError(reasons)
