"""When the meeting is stuck: the escalation, the team, its advice and the LSO's answer (letter; domain 1.3)."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case as CaseWhen
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.lookups import Exact

from accounts.models import Organisation, User
from cases.models import Case, CaseFact, CaseRowQuerySet
from scenarios.models import Decision, Direction, Disagreement, EscalationGround


class Obstacle(models.TextChoices):
    IDENTITY = "identity", "Identiteit of nationaliteit niet vastgesteld"
    MEDICAL = "medical", "Medisch"
    DOCUMENTS = "documents", "Documenten"
    COUNTRY = "country", "Land van herkomst werkt niet mee"
    FAMILY = "family", "Gezin"
    WILLINGNESS = "willingness", "Bereidheid"
    LAW = "law", "Recht"
    OTHER = "other", "Anders"


class Stage(models.TextChoices):
    """How far the MRT is; the order is that of the work."""

    REQUESTED = "requested", "Aangevraagd"
    COMPOSED = "composed", "Team compleet"
    DISCUSSED = "discussed", "Besproken"
    ADVISED = "advised", "Advies gegeven"
    ANSWERED = "answered", "Beantwoord"
    CLOSED = "closed", "Zaak gesloten"


class EscalationQuerySet(CaseRowQuerySet["Escalation"]):
    def open(self) -> Self:
        """Not answered by the LSO yet."""
        return self.filter(answer=None)

    def with_stage(self) -> Self:
        """Bring `stage` along, and `answered_on`."""
        taken = Seat.objects.filter(escalation=OuterRef("pk"), until=None).order_by()
        number = taken.values("escalation").annotate(number=Count("pk")).values("number")
        discussed = Discussion.objects.standing().filter(escalation=OuterRef("pk"))
        advised = Advice.objects.standing().filter(escalation=OuterRef("pk"))
        return self.annotate(
            answered_on=F("answer__answered_on"),
            stage=CaseWhen(
                When(answer__isnull=False, then=Value(Stage.ANSWERED)),
                When(case__closed_on__isnull=False, then=Value(Stage.CLOSED)),
                When(Exists(advised), then=Value(Stage.ADVISED)),
                When(Exists(discussed), then=Value(Stage.DISCUSSED)),
                When(Exact(Subquery(number), sum(COMPOSITION.values())), then=Value(Stage.COMPOSED)),
                default=Value(Stage.REQUESTED),
            ),
        )


class Escalation(models.Model):
    """A case that the LSO puts before the MRT, with exactly one central question."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="escalations")
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="escalation")
    ground = models.CharField("grond", max_length=20, choices=EscalationGround)
    disagreements = ArrayField(
        models.CharField(max_length=20, choices=Disagreement), verbose_name="waarover", default=list
    )
    central_question = models.CharField("centrale vraag", max_length=500)
    requested_on = models.DateField("aangevraagd op")
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = EscalationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ground="complexity", disagreements=[]) | (Q(ground="disagreement") & ~Q(disagreements=[])),
                name="disagreement_says_about_what",
            )
        ]

    def __str__(self) -> str:
        return f"MRT {self.case}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this."""
        return self.case.organisations_of(user)


class SeatRole(models.TextChoices):
    MUNICIPALITY = "municipality", "Gemeente"
    NGO = "ngo", "Ngo die de persoon vertegenwoordigt"
    IND = "ind", "IND"
    DTV = "dtv", "DT&V"


# The fixed composition (domain 1.3): how many seats each role has.
COMPOSITION: dict[SeatRole, int] = {
    SeatRole.MUNICIPALITY: 1,
    SeatRole.NGO: 1,
    SeatRole.IND: 2,
    SeatRole.DTV: 1,
}


class Seat(models.Model):
    """A member of the team. IND and DT&V members declare that they were not involved in the case before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="seats")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    role = models.CharField("zetel", max_length=20, choices=SeatRole)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="lid")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    declared_uninvolved = models.BooleanField("verklaart niet eerder betrokken te zijn geweest", default=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escalation", "user"], condition=Q(until=None), name="one_seat_per_member"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="seat_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(role__in=["ind", "dtv"]) | Q(declared_uninvolved=True),
                name="national_members_declare_to_be_uninvolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.escalation}"


class Discussion(CaseFact):
    """The case was discussed in the MRT on `valid_from`."""

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="discussions")


class Advice(CaseFact):
    """The joint advice of the MRT, from `valid_from`: a direction, or that no durable solution is possible."""

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="advices")
    direction = models.CharField("richting", max_length=20, choices=Direction, blank=True)
    no_durable_solution = models.BooleanField("geen bestendige oplossing mogelijk")
    obstacles = ArrayField(
        models.CharField(max_length=20, choices=Obstacle), verbose_name="belemmeringen", default=list
    )
    text = models.CharField("advies", max_length=4000)

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(no_durable_solution=True, direction="") | (Q(no_durable_solution=False) & ~Q(direction="")),
                name="advice_names_a_direction_or_none",
            ),
            models.UniqueConstraint(fields=["escalation"], condition=Q(withdrawn_at=None), name="one_standing_advice"),
        ]


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
