"""What all rows about a case have in common: who sees them, and how the person comes along."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch

from accounts.models import User
from cases.models.cases import Case
from cases.models.persons import IdentityStatement

Row = TypeVar("Row", bound=models.Model, covariant=True)


class CaseRowQuerySet(models.QuerySet[Row]):
    """Rows of a model with a `case`."""

    def visible_to(self, user: User) -> Self:
        """Of the cases that the user sees, each with its case: the gate asks that. The second wall says the same."""
        cases = Case.objects.visible_to(user).filter(pk=OuterRef("case"))
        return self.filter(Exists(cases)).select_related("case")

    def with_person(self) -> Self:
        """Bring case, municipality, person and leading identity along."""
        leading = Prefetch("case__person__statements", IdentityStatement.objects.leading(), to_attr="leading")
        return self.select_related("case__person", "case__municipality").prefetch_related(leading)
