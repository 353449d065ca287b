"""The LSO: meeting, agenda, decision; and the guidance scenario that a decision adopts."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import TODAY, Membership, Municipality, Organisation, User
from cases.models import Case, CaseFact, IdentityStatement
from cases.models.covenants import valid_period


class MeetingStatus(models.TextChoices):
    PLANNED = "planned", "Gepland"
    HELD = "held", "Gehouden"
    CANCELLED = "cancelled", "Vervallen"


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> Self:
        """Meetings of the municipalities at whose table the user sits."""
        memberships = Membership.objects.running_on(TODAY).filter(user=user, user__is_active=True)
        return self.filter(
            Exists(memberships.filter(organisation__municipality=OuterRef("municipality")))
        ).select_related("municipality")

    def with_counts(self, user: User) -> Self:
        """Bring `item_count` and `decided_count` along, of the cases that the user sees."""
        items = AgendaItem.objects.visible_to(user).filter(meeting=OuterRef("pk")).order_by().values("meeting")
        return self.annotate(
            item_count=Coalesce(Subquery(items.annotate(number=Count("pk")).values("number")), 0),
            decided_count=Coalesce(Subquery(items.annotate(number=Count("decision")).values("number")), 0),
        )


class Meeting(models.Model):
    """An LSO of one municipality."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="meetings")
    held_on = models.DateField("datum")
    place = models.CharField("plaats", max_length=120)
    status = models.CharField("status", max_length=20, choices=MeetingStatus, default=MeetingStatus.PLANNED)
    version = models.PositiveIntegerField(default=1)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "held_on"], condition=~Q(status="cancelled"), name="one_meeting_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"LSO {self.municipality}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: the user's organisations at this table."""
        return (
            user.memberships.running_on(TODAY)
            .filter(organisation__municipality=self.municipality_id)
            .values_list("organisation_id", flat=True)
        )


class Attendance(models.Model):
    """Whether an organisation was at the table."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendances")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    is_present = models.BooleanField("aanwezig")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "organisation"], name="one_attendance_per_organisation")
        ]


class Purpose(models.TextChoices):
    ADMISSION = "admission", "Is dit een LVV-zaak?"
    SCENARIO = "scenario", "Scenario bepalen"
    REVIEW = "review", "Voortgang bespreken"
    MRT_ADVICE = "mrt_advice", "Advies van het MRT"


class AgendaItemQuerySet(models.QuerySet["AgendaItem"]):
    def visible_to(self, user: User) -> Self:
        """Of the cases that the user sees, at the tables where the user sits."""
        return self.filter(
            Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case"))),
            Exists(Meeting.objects.visible_to(user).filter(pk=OuterRef("meeting"))),
        )

    def with_person(self) -> Self:
        """Bring meeting, case, person and leading identity along."""
        leading = Prefetch("case__person__statements", IdentityStatement.objects.leading(), to_attr="leading")
        return self.select_related("meeting__municipality", "case__person", "case__municipality").prefetch_related(
            leading
        )


class AgendaItem(models.Model):
    """One case on the agenda of one meeting."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, models.PROTECT, related_name="agenda_items")
    purpose = models.CharField("doel", max_length=20, choices=Purpose)
    question = models.CharField("vraag", max_length=500, blank=True)
    order = models.PositiveSmallIntegerField()

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "case"], name="a_case_stands_once_on_an_agenda"),
            models.UniqueConstraint(fields=["meeting", "order"], name="agenda_has_one_order"),
        ]

    def __str__(self) -> str:
        return f"{self.case} in {self.meeting}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: a role counts only if its organisation is both at this table and party to the case."""
        return set(self.case.organisations_of(user)) & set(self.meeting.organisations_of(user))


class Outcome(models.TextChoices):
    """What the LSO can decide on an item (letter; domain 2.1)."""

    ADOPTED = "adopted", "Scenario vastgesteld"
    REVISED = "revised", "Scenario herzien"
    KEPT = "kept", "Scenario blijft, met tussenstappen"
    ADMISSION_ADVISED = "admission_advised", "Toelating besproken"
    ESCALATED = "escalated", "Geen overeenstemming: naar het MRT"
    ADVICE_ADOPTED = "advice_adopted", "MRT-advies overgenomen"
    ADVICE_DEVIATED = "advice_deviated", "Afgeweken van het MRT-advies"
    POSTPONED = "postponed", "Aangehouden"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Case.objects.visible_to(user).filter(pk=OuterRef("case")))).select_related("case")


class Decision(models.Model):
    """What the LSO decided on an item; at most one, and only at a meeting that was held."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.OneToOneField(AgendaItem, models.PROTECT, related_name="decision")
    case = models.ForeignKey(Case, models.PROTECT, related_name="decisions")
    outcome = models.CharField("besluit", max_length=20, choices=Outcome)
    text = models.CharField("toelichting", max_length=2000, blank=True)
    decided_on = models.DateField("besloten op")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "case"], name="decision_key_of_scenarios")]

    def __str__(self) -> str:
        return self.get_outcome_display()

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this."""
        return self.case.organisations_of(user)


class Direction(models.TextChoices):
    """The two directions of the monitor (letter)."""

    DEPARTURE = "departure", "Vertrek"
    STAY = "stay", "Verblijf"


class ScenarioKind(models.TextChoices):
    """What the parties bet on (domain 2.4)."""

    RETURN = "return", "Terugkeer"
    ONWARD = "onward", "Doormigratie"
    HASA = "hasa", "Verblijf na opvolgende asielaanvraag"
    REGULAR = "regular", "Verblijf regulier"
    MEDICAL = "medical", "Verblijf op medische gronden"
    NO_FAULT = "no_fault", "Buitenschuld"


# Which direction a kind belongs to. Onward migration is departure, as it is in the outflow of the letter.
DIRECTION_OF: dict[ScenarioKind, Direction] = {
    ScenarioKind.RETURN: Direction.DEPARTURE,
    ScenarioKind.ONWARD: Direction.DEPARTURE,
    ScenarioKind.HASA: Direction.STAY,
    ScenarioKind.REGULAR: Direction.STAY,
    ScenarioKind.MEDICAL: Direction.STAY,
    ScenarioKind.NO_FAULT: Direction.STAY,
}


class Scenario(CaseFact):
    """The direction the LSO adopted; a direction, never a result. It exists only by a decision."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="scenarios")
    direction = models.CharField("richting", max_length=20, choices=Direction)
    kind = models.CharField("scenario", max_length=20, choices=ScenarioKind)
    review_on = models.DateField("opnieuw bespreken op")

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            ExclusionConstraint(
                name="one_scenario_at_a_time",
                expressions=[("case", RangeOperators.EQUAL), (valid_period(), RangeOperators.OVERLAPS)],
                condition=Q(withdrawn_at=None),
            ),
        ]
