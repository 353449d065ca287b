"""The request of the LSO to the MRT, and what has to be ready when the MRT meets."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Organisation, User
from cases.models import Case, CaseRowQuerySet
from scenarios.models import Decision, Disagreement, EscalationGround

# The codes of the decisions of the LSO that the MRT brings (mrt/decisions/).
ESCALATED = "escalated"
ADVICE_ADOPTED, ADVICE_DEVIATED = "advice_adopted", "advice_deviated"


class EscalationQuerySet(CaseRowQuerySet["Escalation"]):
    def open(self) -> Self:
        """Escalations that the LSO has not answered yet."""
        return self.filter(answer=None)


class Escalation(models.Model):
    """A case that the LSO puts before the MRT, with exactly one central question.

    The parties elaborate the request together: `agreed_facts`, `tried`, and what is in dispute in each kind of
    disagreement (`points`: kind -> text). The stage is no column; `mrt/progress.py` derives it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="escalations")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="escalation")
    ground = models.CharField("grond", max_length=20, choices=EscalationGround)
    disagreements = ArrayField(
        models.CharField(max_length=20, choices=Disagreement), verbose_name="waarover", default=list
    )
    central_question = models.CharField("centrale vraag", max_length=500)
    agreed_facts = models.TextField("waarover partijen het eens zijn", max_length=4000, blank=True)
    points = models.JSONField("punten van verschil", default=dict, blank=True)
    tried = models.TextField("wat is geprobeerd", max_length=4000, blank=True)
    meets_at = models.DateTimeField("overleg op", null=True, blank=True)
    place = models.CharField("plaats", max_length=200, blank=True)
    requested_on = models.DateField("aangevraagd op")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ground="complexity", disagreements=[]) | (Q(ground="disagreement") & ~Q(disagreements=[])),
                name="disagreement_says_about_what",
            ),
            models.CheckConstraint(
                condition=Q(meets_at=None, place="") | (Q(meets_at__isnull=False) & ~Q(place="")),
                name="a_planned_review_has_a_place",
            ),
        ]

    def __str__(self) -> str:
        return f"MRT {self.case}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)


class PreparationQuerySet(CaseRowQuerySet["Preparation"]):
    def open(self) -> Self:
        return self.filter(done_on=None)


class Preparation(models.Model):
    """One thing that `organisation` has to have ready before the MRT meets. `is_help`: another party asked for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="preparations")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="wie")
    text = models.CharField("wat", max_length=300)
    is_help = models.BooleanField("hulp", default=False)
    due_on = models.DateField("uiterlijk")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("gevraagd op")
    note = models.CharField("toelichting", max_length=2000, blank=True)
    done_on = models.DateField("klaar op", null=True, blank=True)
    done_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)

    objects = PreparationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done_on=None, done_by=None, note="") | Q(done_on__isnull=False, done_by__isnull=False),
                name="prepared_line_has_a_day_and_a_hand",
            )
        ]

    def __str__(self) -> str:
        return self.text

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)
