"""Questions from one party of a case to another: for the file of IND or DT&V, or for something to find out."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation, User
from cases.models import Case, CaseRowQuerySet


class QuestionKind(models.TextChoices):
    """The kinds of question. Delivery of the file starts the rest period (domain 2.1, state 5)."""

    FILE = "file", "Dossier opvragen"
    RESEARCH = "research", "Onderzoeksvraag"


class QuestionQuerySet(CaseRowQuerySet["Question"]):
    def unanswered(self) -> Self:
        return self.filter(answered_on=None, withdrawn_on=None)

    def with_person(self) -> Self:
        """Select case, person, leading identity and both organisations too."""
        return super().with_person().select_related("organisation", "asker")


class Question(models.Model):
    """A question of `asker` to `organisation`. It waits until it is answered or withdrawn."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="questions")
    kind = models.CharField("soort", max_length=20, choices=QuestionKind)
    asker = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="gevraagd aan")
    text = models.CharField("vraag", max_length=1000)
    asked_on = models.DateField("gevraagd op")
    due_on = models.DateField("uiterlijk")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answer = models.TextField("antwoord", max_length=4000, blank=True)
    answered_on = models.DateField("beantwoord op", null=True, blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    withdrawn_on = models.DateField("ingetrokken op", null=True, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(due_on__gte=F("asked_on")), name="question_is_due_after_asking"),
            models.CheckConstraint(
                condition=(Q(answered_on=None, answered_by=None, answer=""))
                | (
                    Q(
                        answered_on__isnull=False,
                        answered_on__gte=F("asked_on"),
                        answered_by__isnull=False,
                        withdrawn_on=None,
                    )
                    & ~Q(answer="")
                ),
                name="answer_has_a_day_and_a_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} bij {self.case}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)
