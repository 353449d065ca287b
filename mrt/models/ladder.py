"""The bodies above the LSO and the MRT: stuurgroep, programmaraad, bestuurlijk overleg (domain 1.3)."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Case as CaseExpression
from django.db.models import F, Q, When

from accounts.models import Organisation, User
from cases.models import Case, CaseRowQuerySet
from mrt.models.requests import Escalation
from scenarios.models import Direction


class Level(models.TextChoices):
    """The rungs, lowest first."""

    STEERING = "steering", "Stuurgroep"
    PROGRAMME = "programme", "Programmaraad"
    ADMINISTRATIVE = "administrative", "Bestuurlijk overleg"

    @property
    def in_a_sentence(self) -> str:
        article = "het" if self == Level.ADMINISTRATIVE else "de"
        return f"{article} {self.label.lower()}"


class Ruling(models.TextChoices):
    """What a body can decide. The LSO carries the ruling out, unless it is passed on to the next body."""

    CONFIRMED = "confirmed", "Bevestigt het advies van het MRT"
    OTHER = "other", "Kiest een andere richting"
    PASSED_ON = "passed_on", "Komt er niet uit: naar het volgende niveau"


class RungQuerySet(CaseRowQuerySet["Rung"]):
    def from_below(self) -> Self:
        """The lowest level first. A case comes before each body once, so this is also the order in time."""
        order = CaseExpression(*(When(level=level, then=number) for number, level in enumerate(Level)))
        return self.order_by(order.asc())


class Rung(models.Model):
    """A case that was put before a body above the LSO: by whom, when, why, and the ruling."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="rungs")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    level = models.CharField("niveau", max_length=20, choices=Level)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="wie brengt in")
    reason = models.CharField("waarom", max_length=2000)
    raised_on = models.DateField("ingebracht op")
    raised_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ruling = models.CharField("uitkomst", max_length=20, choices=Ruling, blank=True)
    direction = models.CharField("richting", max_length=20, choices=Direction, blank=True)
    text = models.CharField("toelichting", max_length=2000, blank=True)
    ruled_on = models.DateField("uitkomst van", null=True, blank=True)
    ruled_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)

    objects = RungQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escalation", "level"], name="each_rung_once"),
            models.UniqueConstraint(fields=["escalation"], condition=Q(ruling=""), name="one_rung_at_a_time"),
            models.CheckConstraint(
                condition=Q(ruling="", direction="", text="", ruled_on=None, ruled_by=None)
                | (
                    ~Q(ruling="")
                    & ~Q(text="")
                    & Q(ruled_on__isnull=False, ruled_on__gte=F("raised_on"), ruled_by__isnull=False)
                ),
                name="ruling_has_a_day_and_a_hand",
            ),
            models.CheckConstraint(
                condition=(Q(ruling="other") & ~Q(direction="")) | (~Q(ruling="other") & Q(direction="")),
                name="another_direction_is_named",
            ),
            models.CheckConstraint(
                condition=~Q(ruling="passed_on", level="administrative"), name="nothing_above_the_highest_rung"
            ),
        ]

    def __str__(self) -> str:
        return self.get_level_display()

    def organisations_of(self, user: User) -> Iterable[int]:
        """Only the organisation that brings the case to the body records its ruling. Called by the gate."""
        return set(self.case.organisations_of(user)) & {self.organisation_id}
