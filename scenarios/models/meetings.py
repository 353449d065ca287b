"""The LSO: a meeting of one municipality, who was there, and its agenda."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import TODAY, Membership, Municipality, Organisation, User
from cases.models import Case, IdentityStatement


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
