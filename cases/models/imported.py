"""The source of a case that came from a list."""

import uuid

from django.db import models

from accounts.models import Import, Municipality
from cases.models.cases import Case
from cases.models.persons import Person


class ImportedCase(models.Model):
    """The line of a list from which a case and its first facts were made.

    `reference` is the municipality's own name for the case: by it, a list that comes a second time finds the case.
    `digest` says whether the line has the same content as then. Both are deleted with the person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.OneToOneField(Case, models.PROTECT, related_name="imported")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    source = models.ForeignKey(Import, models.PROTECT, related_name="+")
    line = models.PositiveIntegerField("regel")
    reference = models.CharField("kenmerk", max_length=60)
    digest = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["municipality", "reference"], name="one_case_per_line_of_a_list"),
        ]

    def __str__(self) -> str:
        return f"{self.case}, regel {self.line}"
