"""The discussions and the advice of the MRT, the remarks of a minority, and the answer of the LSO."""

import uuid
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, User
from accounts.permissions import Role
from cases.models import Case, CaseFact, CaseParty, CaseRowQuerySet, PartyBasis
from cases.models.rows import Row
from mrt.models.requests import Escalation
from mrt.models.team import Seat
from scenarios.models import Decision, Direction


class Obstacle(models.TextChoices):
    """What stands in the way of a durable solution (letter: an analysis of these is missing)."""

    IDENTITY = "identity", "Identiteit of nationaliteit niet vastgesteld"
    MEDICAL = "medical", "Medisch"
    DOCUMENTS = "documents", "Documenten"
    COUNTRY = "country", "Land van herkomst werkt niet mee"
    FAMILY = "family", "Gezin"
    WILLINGNESS = "willingness", "Bereidheid"
    LAW = "law", "Recht"
    OTHER = "other", "Anders"


class Discussion(CaseFact):
    """The case was discussed in the MRT on `valid_from`."""

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="discussions")
    text = models.TextField("besproken", max_length=8000, blank=True)


class TeamQuerySet(CaseRowQuerySet[Row]):
    def visible_to(self, user: User) -> Self:
        """Rows that the team and its coordinator see; once the advice stands, everybody who sees the case.

        The second wall holds the same rule (`before_the_advice` in mrt/security.py).
        """
        parts = CaseParty.objects.held_by(user).filter(case=OuterRef("case"), basis=PartyBasis.MRT)
        coordinates = Membership.objects.held_by(user).filter(
            role=Role.MRT_COORDINATOR, organisation=OuterRef("organisation")
        )
        of_the_team = Exists(parts.filter(Q(user=user) | Q(Exists(coordinates), user=None)))
        is_advised = Exists(Advice.objects.standing().filter(escalation=OuterRef("escalation")))
        return super().visible_to(user).filter(of_the_team | is_advised)


class Presence(models.Model):
    """Whether the holder of a seat was at a discussion."""

    discussion = models.ForeignKey(Discussion, models.PROTECT, related_name="presences")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    seat = models.ForeignKey(Seat, models.PROTECT, related_name="presences")
    is_present = models.BooleanField("aanwezig")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["discussion", "seat"], name="a_seat_is_present_or_not")]


class Opinion(models.Model):
    """The fields that a draft and an advice share: a direction under conditions, or that no durable solution is
    possible.
    """

    direction = models.CharField("richting", max_length=20, choices=Direction, blank=True)
    no_durable_solution = models.BooleanField("geen bestendige oplossing mogelijk")
    obstacles = ArrayField(
        models.CharField(max_length=20, choices=Obstacle), verbose_name="belemmeringen", default=list
    )
    text = models.CharField("advies", max_length=4000)
    conditions = models.TextField("voorwaarden", max_length=2000, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(no_durable_solution=True, direction="") | (Q(no_durable_solution=False) & ~Q(direction="")),
                name="%(class)s_names_a_direction_or_none",
            )
        ]


class Draft(Opinion):
    """The advice while it is written. Saving it is the first signature, of `edited_by`.

    The second signature, of somebody else, makes it an `Advice`. It holds only for the version that the signer read.
    The database checks that an advice equals its draft and has two signers (mrt/security.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.OneToOneField(Escalation, models.PROTECT, related_name="draft")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    objects = TeamQuerySet["Draft"].as_manager()


class Advice(Opinion, CaseFact):
    """The joint advice of the MRT, from `valid_from`: `drafted_by` signed first, `recorded_by` second."""

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="advices")
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta(Opinion.Meta, CaseFact.Meta):
        abstract = False
        constraints = [
            *CaseFact.Meta.constraints,
            *Opinion.Meta.constraints,
            models.UniqueConstraint(fields=["escalation"], condition=Q(withdrawn_at=None), name="one_standing_advice"),
        ]


class Remark(models.Model):
    """Where a member of the team disagrees with the joint advice. It changes only while the advice is a draft."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="remarks")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    seat = models.OneToOneField(Seat, models.PROTECT, related_name="remark")
    text = models.TextField("minderheidsopmerking", max_length=2000)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects = TeamQuerySet["Remark"].as_manager()


class Answer(models.Model):
    """The LSO adopts the advice, or deviates from it with reasons."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.OneToOneField(Escalation, models.PROTECT, related_name="answer")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="answer")
    is_adopted = models.BooleanField("overgenomen")
    reason = models.CharField("reden om af te wijken", max_length=2000, blank=True)
    answered_on = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(is_adopted=True) | ~Q(reason=""), name="deviation_has_a_reason")
        ]
