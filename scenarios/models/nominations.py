"""Nominations: cases that wait for a place on an agenda."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Organisation, User
from cases.models import Case, CaseRowQuerySet
from scenarios.models.meetings import Purpose


class NominationState(models.TextChoices):
    WAITING = "waiting", "Wacht op een agenda"
    PLACED = "placed", "Staat op een agenda"
    WITHDRAWN = "withdrawn", "Ingetrokken"


class NominationQuerySet(CaseRowQuerySet["Nomination"]):
    def waiting(self) -> Self:
        return self.filter(state=NominationState.WAITING)

    def with_person(self) -> Self:
        """Select case, person, leading identity and who nominated too."""
        return super().with_person().select_related("organisation", "nominated_by")


class Nomination(models.Model):
    """The wish of an organisation to discuss a case, with its question (domain 1.2: municipality and/or NGO)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="nominations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    purpose = models.CharField("doel", max_length=20, choices=Purpose)
    question = models.CharField("vraag", max_length=500, blank=True)
    state = models.CharField("stand", max_length=20, choices=NominationState, default=NominationState.WAITING)
    nominated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    nominated_at = models.DateTimeField("voorgedragen op")

    objects = NominationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state="waiting"), name="a_case_waits_once_for_an_agenda"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case} voor het LSO"

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)
