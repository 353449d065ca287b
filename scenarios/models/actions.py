"""Actions: who does what before which day. The steps of a scenario's track are actions too."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Count, Q

from accounts.models import Organisation, User
from cases.models import Case, CaseRowQuerySet
from scenarios.models.decisions import Decision
from scenarios.models.meetings import Meeting


class ActionKind(models.TextChoices):
    """The tracks inside a scenario (letter; domain 2.4), and what belongs to none of them."""

    STABILISATION = "stabilisation", "Stabilisatie en gezondheid"
    LEGAL_SCREENING = "legal_screening", "Juridische screening"
    ACTIVATION = "activation", "Activering"
    SOCIAL_GUIDANCE = "social_guidance", "Sociale begeleiding"
    FUTURE_ORIENTATION = "future_orientation", "Toekomstoriëntatie"
    IDENTITY = "identity", "Identiteit en nationaliteit"
    TRAVEL_DOCUMENTS = "travel_documents", "Reisdocumenten"
    APPLICATION = "application", "Aanvraag indienen"
    DEPARTURE = "departure", "Vertrek voorbereiden"
    OTHER = "other", "Andere actie"


class ActionResult(models.TextChoices):
    OPEN = "open", "Loopt"
    DONE = "done", "Gedaan"
    IMPOSSIBLE = "impossible", "Niet meer mogelijk"


class ActionQuerySet(CaseRowQuerySet["Action"]):
    def open(self) -> Self:
        return self.filter(result=ActionResult.OPEN)

    def with_carried(self) -> Self:
        """Annotate `carried`: how often a meeting found the action not done."""
        return self.annotate(carried=Count("reviews", filter=Q(reviews__result=ReviewResult.NOT_DONE)))

    def with_person(self) -> Self:
        """Select case, person, leading identity and owner too."""
        return super().with_person().select_related("organisation")


class Action(models.Model):
    """Something that an organisation agreed to do for a case. It is open until it is done or became impossible."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="actions")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="actions", null=True, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="wie")
    kind = models.CharField("soort", max_length=20, choices=ActionKind, default=ActionKind.OTHER)
    text = models.CharField("wat", max_length=300)
    agreed_on = models.DateField("afgesproken op")
    due_on = models.DateField("uiterlijk")
    result = models.CharField("resultaat", max_length=20, choices=ActionResult, default=ActionResult.OPEN)
    result_text = models.CharField("toelichting", max_length=500, blank=True)
    settled_on = models.DateField("afgerond op", null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = ActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(result="open", settled_on=None, settled_by=None)
                | (~Q(result="open") & Q(settled_on__isnull=False, settled_by__isnull=False)),
                name="settled_action_has_a_day_and_a_hand",
            ),
            models.CheckConstraint(condition=~Q(result="impossible") | ~Q(result_text=""), name="impossible_says_why"),
        ]

    def __str__(self) -> str:
        return self.text

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)


class ReviewResult(models.TextChoices):
    """The findings that a meeting can have on an action (SafeLives' action review)."""

    DONE = "done", "Gedaan"
    NOT_DONE = "not_done", "Niet gedaan: schuift door"
    IMPOSSIBLE = "impossible", "Niet meer mogelijk"


class ActionReview(models.Model):
    """The finding of one meeting on one action. Not done: the action is carried over."""

    action = models.ForeignKey(Action, models.PROTECT, related_name="reviews")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="+")
    result = models.CharField("bevinding", max_length=20, choices=ReviewResult)
    text = models.CharField("toelichting", max_length=500, blank=True)
    was_due_on = models.DateField("was uiterlijk")  # without it, a new day would hide how long the action took
    due_on = models.DateField("nieuwe datum", null=True, blank=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["action", "meeting"], name="an_action_is_reviewed_once_a_meeting")
        ]
