"""What the MRT discussed and advised, who thought otherwise, and what the LSO answered."""

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
        """For the team and who coordinates it; once the advice stands, for all who see the case.

        The second wall says the same.
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
    """What the MRT can advise: a direction under conditions, or that no durable solution is possible."""

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
    """The advice as it is written. Who saved it last stands for it: that is its first signature.

    The second one, of somebody else, makes it an `Advice`; it is put under the version that its signer read, and
    under no other. The database holds both (mrt/security.py).
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
    """What a member of the team wants said beside the joint advice. It stays with it, and changes only in the draft."""

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
