"""The base of the querysets of all rows about a case."""

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
        """The rows of the cases that the user sees, each with its case. The second wall applies the same rule."""
        cases = Case.objects.visible_to(user).filter(pk=OuterRef("case"))
        return self.filter(Exists(cases)).select_related("case")

    def with_person(self) -> Self:
        """Load case, municipality, person and leading statement with the rows."""
        leading = Prefetch("case__person__statements", IdentityStatement.objects.leading(), to_attr="leading")
        return self.select_related("case__person", "case__municipality").prefetch_related(leading)
