"""Notes in compartments: for the own organisation, shared in the LSO, or medical (design 3)."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, Organisation, User
from accounts.permissions import Role
from cases.models.cases import Case
from cases.models.rows import CaseRowQuerySet


class Compartment(models.TextChoices):
    OWN = "own", "Alleen mijn organisatie"
    SHARED = "shared", "Gedeeld in het LSO"
    MEDICAL = "medical", "Medisch: alleen zorgprofessionals"


class NoteQuerySet(CaseRowQuerySet["Note"]):
    def visible_to(self, user: User) -> Self:
        """The notes of the cases that the user sees, in the compartments that are open to them.

        The second wall applies the same rule (cases/security.py).
        """
        memberships = Membership.objects.held_by(user)
        own = memberships.filter(organisation=OuterRef("organisation"))
        return (
            super()
            .visible_to(user)
            .filter(
                Q(compartment=Compartment.SHARED)
                | (Q(compartment=Compartment.OWN) & Exists(own))
                | (Q(compartment=Compartment.MEDICAL) & Exists(own.filter(role=Role.CARE_PROFESSIONAL)))
            )
        )


class Note(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    compartment = models.CharField("voor wie", max_length=10, choices=Compartment)
    text = models.TextField("notitie", max_length=4000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects = NoteQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Notitie bij {self.case}"
