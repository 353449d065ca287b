"""A round: the figures for one reference date, stated by each municipality and accepted by the programme bureau."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Membership, Municipality, OrganisationKind, User
from accounts.permissions import Role

# The kinds of organisations that take part in a round.
KINDS_IN_A_ROUND = (
    OrganisationKind.MUNICIPALITY,
    OrganisationKind.IND,
    OrganisationKind.DTV,
    OrganisationKind.PROGRAMME,
)


def coordinates(user: User) -> Exists:
    """Condition: the user coordinates the monitor at the programme bureau. The row policies ask the same."""
    bureau = Membership.objects.held_by(user).filter(
        organisation__kind=OrganisationKind.PROGRAMME, role=Role.MONITOR_COORDINATOR
    )
    return Exists(bureau)


class RoundQuerySet(models.QuerySet["Round"]):
    def visible_to(self, user: User) -> Self:
        """All rounds, for every user with a membership; what is stated in a round is visible to few (see `Tally`)."""
        return self.filter(Exists(Membership.objects.held_by(user)))

    def standing(self) -> Self:
        return self.filter(cancelled_at=None)


class Round(models.Model):
    """Figures that are true on `on`, as known at the cut-off `known_at`, by one definition set.

    Facts may be corrected until the cut-off. What is recorded after it counts in a later round.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    on = models.DateField("peildatum")
    known_at = models.DateTimeField("kennismoment")
    definition_set = models.CharField("definitieset", max_length=10)
    opened_at = models.DateTimeField("geopend op")
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField("vervallen op", null=True, blank=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    cancellation = models.CharField("waarom vervallen", max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = RoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["on", "definition_set"], condition=Q(cancelled_at=None), name="one_round_for_a_date_and_set"
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None, cancellation="")
                | (Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancellation="")),
                name="cancelled_round_has_a_hand_and_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"Ronde {self.on:%d-%m-%Y}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: whoever sees it, sees it through all their organisations."""
        return Membership.objects.held_by(user).values_list("organisation", flat=True)


class TallyQuerySet(models.QuerySet["Tally"]):
    def visible_to(self, user: User) -> Self:
        """Those of the user's own municipality; for the programme bureau, which sees figures and no persons, all."""
        halls = Membership.objects.held_by(user).filter(
            organisation__kind=OrganisationKind.MUNICIPALITY, organisation__municipality=OuterRef("municipality")
        )
        return self.filter(Exists(halls) | coordinates(user))


class Tally(models.Model):
    """The part of one municipality in a round: it states its figures here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="tallies")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["round", "municipality"], name="one_tally_per_municipality")]

    def __str__(self) -> str:
        return f"Opgave {self.municipality}, {self.round.on:%d-%m-%Y}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: the municipality itself and the programme bureau."""
        ours = Q(organisation__kind=OrganisationKind.MUNICIPALITY, organisation__municipality=self.municipality_id)
        bureau = Q(organisation__kind=OrganisationKind.PROGRAMME)
        return Membership.objects.held_by(user).filter(ours | bureau).values_list("organisation", flat=True)


class Withdrawal(models.TextChoices):
    """Why a statement no longer stands."""

    TOUCHED = "touched", "Feiten achter de cijfers zijn gewijzigd"
    TAKEN_BACK = "taken_back", "Ingetrokken door de gemeente"
    SENT_BACK = "sent_back", "Teruggestuurd door het programmabureau"


class StatementQuerySet(models.QuerySet["Statement"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(tally__in=Tally.objects.visible_to(user))

    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class Statement(models.Model):
    """A municipality stated that its figures as known at `known_at` are right, and why some persons are unexplained.

    `fingerprint` is SHA-256 over the facts behind the figures (`monitor/rounds/footing.py`). The statement stands as
    long as those give the same fingerprint.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tally = models.ForeignKey(Tally, models.PROTECT, related_name="statements")
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    known_at = models.DateTimeField("zoals bekend op")
    fingerprint = models.CharField(max_length=64)
    residual = models.IntegerField("niet verklaard")
    explanation = models.CharField("toelichting op wat niet verklaard is", max_length=2000, blank=True)
    remarks = models.CharField("opmerkingen", max_length=4000, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    withdrawal = models.CharField("waarom vervallen", max_length=20, choices=Withdrawal, blank=True)
    withdrawal_reason = models.CharField("reden", max_length=500, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tally"], condition=Q(withdrawn_at=None), name="one_standing_statement_per_tally"
            ),
            models.CheckConstraint(condition=Q(residual=0) | ~Q(explanation=""), name="residual_is_explained"),
            # A statement that lapsed because a fact changed has no user and no reason. The other kinds have both.
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal="", withdrawal_reason="")
                | Q(
                    withdrawn_at__isnull=False,
                    withdrawn_at__gte=F("known_at"),
                    withdrawn_by=None,
                    withdrawal="touched",
                    withdrawal_reason="",
                )
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_at__gte=F("known_at"), withdrawn_by__isnull=False)
                    & Q(withdrawal__in=["taken_back", "sent_back"])
                    & ~Q(withdrawal_reason="")
                ),
                name="withdrawn_statement_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"Verklaring bij {self.tally}"
