"""The decisions of the LSO on the items of its agenda."""

import uuid
from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import User
from cases.models import Case, CaseRowQuerySet
from core.fields import CodeField
from scenarios.models.meetings import AgendaItem
from scenarios.models.outcomes import OUTCOMES, Outcome, choices


class EscalationGround(models.TextChoices):
    """Why the LSO is stuck (letter: complexity or disagreement)."""

    COMPLEXITY = "complexity", "Complexiteit"
    DISAGREEMENT = "disagreement", "Geen overeenstemming"


class Disagreement(models.TextChoices):
    """What the parties disagree about."""

    FACTS = "facts", "Feiten"
    DOCUMENTS = "documents", "Documenten"
    LAW = "law", "Recht"
    FEASIBILITY = "feasibility", "Haalbaarheid"
    PERSPECTIVE = "perspective", "Perspectief"
    WILLINGNESS = "willingness", "Bereidheid"


class Decision(models.Model):
    """What the LSO decided on an item: at most one decision, and only in a meeting that was held."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.OneToOneField(AgendaItem, models.PROTECT, related_name="decision")
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    outcome = CodeField("besluit", max_length=20, choices=choices)
    text = models.CharField("toelichting", max_length=2000, blank=True)
    disagreements = ArrayField(
        models.CharField(max_length=20, choices=Disagreement), verbose_name="verschil over", default=list, blank=True
    )
    ends_on = models.DateField("verblijf eindigt op", null=True, blank=True)
    decided_on = models.DateField("besloten op")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = CaseRowQuerySet["Decision"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "case"], name="decision_key_of_scenarios"),
            models.CheckConstraint(
                condition=~Q(outcome="no_agreement") | ~Q(disagreements=[]), name="no_agreement_says_about_what"
            ),
            models.CheckConstraint(
                condition=Q(outcome="ending", ends_on__isnull=False) | (~Q(outcome="ending") & Q(ends_on=None)),
                name="ending_of_stay_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()

    @property
    def kind(self) -> Outcome:
        return OUTCOMES[self.outcome]

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)
