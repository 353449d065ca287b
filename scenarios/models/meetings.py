"""The meetings of the LSO, their agenda and attendance, and the agreements of each table."""

import uuid
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Deferrable, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Membership, Municipality, Organisation, User
from cases.models import Case, CaseRowQuerySet


class TableRules(models.Model):
    """What a municipality agreed about its LSO: when, where, and its terms (domain 1.2: it differs per municipality).

    `Invitee` holds who sits at the table and who may nominate.
    """

    municipality = models.OneToOneField(Municipality, models.PROTECT, related_name="table_rules")
    cadence_weeks = models.PositiveSmallIntegerField("om de hoeveel weken", default=2)
    weekday = models.PositiveSmallIntegerField("dag van de week", default=2, help_text="1 is Monday")
    starts_at = models.TimeField("begint om", default=time(9, 30))
    minutes = models.PositiveSmallIntegerField("duur in minuten", default=120)
    place = models.CharField("plaats", max_length=120, blank=True)
    position_days = models.PositiveSmallIntegerField("standpunten binnen, dagen vooraf", default=2)
    review_days = models.PositiveSmallIntegerField("seintje, dagen voor het opnieuw bespreken", default=21)
    scenario_days = models.PositiveSmallIntegerField("scenario binnen, dagen na toelating", default=90)
    question_days = models.PositiveSmallIntegerField("antwoord binnen, dagen na de vraag", default=14)
    opening_topics = ArrayField(models.CharField(max_length=120), verbose_name="vaste punten vooraf", default=list)
    closing_topics = ArrayField(models.CharField(max_length=120), verbose_name="vaste punten achteraf", default=list)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence_weeks__range=(1, 26), weekday__range=(1, 7), minutes__range=(15, 600)),
                name="table_rules_can_be_kept",
            )
        ]

    def __str__(self) -> str:
        return f"Afspraken over het LSO {self.municipality}"


class Invitee(models.Model):
    """An organisation with a standing seat at a table. Other organisations come only for a case they are party to."""

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="invitees")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    may_nominate = models.BooleanField("mag zaken voordragen", default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation"], name="one_standing_seat_per_organisation")]

    def __str__(self) -> str:
        return f"{self.organisation} bij LSO {self.municipality}"


class MeetingStatus(models.TextChoices):
    """Planned, then held (decisions are recorded), then closed. A closed meeting may be reopened, with a reason."""

    PLANNED = "planned", "Gepland"
    HELD = "held", "Gehouden"
    CLOSED = "closed", "Afgesloten"
    CANCELLED = "cancelled", "Vervallen"


# The meeting took place.
TOOK_PLACE = (MeetingStatus.HELD, MeetingStatus.CLOSED)


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> Self:
        """Meetings of the municipalities at whose table the user sits."""
        memberships = Membership.objects.held_by(user)
        return self.filter(
            Exists(memberships.filter(organisation__municipality=OuterRef("municipality")))
        ).select_related("municipality")

    def with_counts(self, user: User) -> Self:
        """Annotate `item_count` and `decided_count`, of the cases that the user sees."""
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
    starts_at = models.TimeField("begint om", default=time(9, 30))
    minutes = models.PositiveSmallIntegerField("duur in minuten", default=120)
    status = models.CharField("status", max_length=20, choices=MeetingStatus, default=MeetingStatus.PLANNED)
    agenda_sent_at = models.DateTimeField("agenda verstuurd op", null=True, blank=True)
    adopted_in = models.ForeignKey(
        "self", models.PROTECT, verbose_name="verslag vastgesteld in", related_name="adopts", null=True, blank=True
    )
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

    @property
    def started_at(self) -> datetime:
        """The moment at which it begins, in the time zone of the site."""
        return timezone.make_aware(datetime.combine(self.held_on, self.starts_at))

    @property
    def ended_at(self) -> datetime:
        return self.started_at + timedelta(minutes=self.minutes)

    def organisations_of(self, user: User) -> Iterable[int]:
        """The user's organisations at this table. Called by the gate."""
        return (
            Membership.objects.held_by(user)
            .filter(organisation__municipality=self.municipality_id)
            .values_list("organisation_id", flat=True)
        )


class MeetingMove(models.Model):
    """A change of the status of a meeting: when, by whom, and why."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="moves")
    status = models.CharField("werd", max_length=20, choices=MeetingStatus)
    reason = models.CharField("reden", max_length=500, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()


class TopicQuerySet(models.QuerySet["Topic"]):
    def visible_to(self, user: User) -> Self:
        """Topics of meetings at the user's tables."""
        return self.filter(Exists(Meeting.objects.visible_to(user).filter(pk=OuterRef("meeting"))))


class Topic(models.Model):
    """An item of a meeting that is about no case. Its text is part of the minutes that everybody at the table reads."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="topics")
    title = models.CharField("onderwerp", max_length=120)
    is_after_cases = models.BooleanField("na de zaken", default=False)
    order = models.PositiveSmallIntegerField()
    text = models.TextField("verslag", max_length=4000, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = TopicQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "is_after_cases", "order"],
                name="topics_have_one_order",
                deferrable=Deferrable.IMMEDIATE,
            )
        ]

    def __str__(self) -> str:
        return self.title

    def organisations_of(self, user: User) -> Iterable[int]:
        """The user's organisations at this table. Called by the gate."""
        return self.meeting.organisations_of(user)


class Absence(models.TextChoices):
    """Why an organisation was not at the table."""

    APOLOGY = "apology", "Afgemeld"
    WRITTEN = "written", "Alleen schriftelijk"


class Attendance(models.Model):
    """Whether an organisation was at a meeting, and who came for it."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendances")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    is_present = models.BooleanField("aanwezig")
    absence = models.CharField("reden van afwezigheid", max_length=10, choices=Absence, blank=True)
    delegate = models.CharField("wie", max_length=120, blank=True)
    replaces = models.CharField("vervangt", max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "organisation"], name="one_attendance_per_organisation"),
            models.CheckConstraint(condition=Q(is_present=False) | Q(absence=""), name="who_is_present_is_not_absent"),
        ]


class Purpose(models.TextChoices):
    ADMISSION = "admission", "Is dit een LVV-zaak?"
    SCENARIO = "scenario", "Scenario bepalen"
    REVIEW = "review", "Voortgang bespreken"
    MRT_ADVICE = "mrt_advice", "Advies van het MRT"


class AgendaItemQuerySet(CaseRowQuerySet["AgendaItem"]):
    def visible_to(self, user: User) -> Self:
        """Items on cases that the user sees, of meetings at the user's tables."""
        at_the_table = Exists(Meeting.objects.visible_to(user).filter(pk=OuterRef("meeting")))
        return (
            super().visible_to(user).filter(at_the_table).select_related("meeting__municipality", "case__municipality")
        )

    def with_person(self) -> Self:
        """Select meeting, case, person and leading identity too."""
        return super().with_person().select_related("meeting__municipality")

    def on_agenda(self, meeting: Meeting, user: User) -> Self:
        """The items of a meeting that the user sees, in the order of the agenda, without the persons."""
        return self.visible_to(user).filter(meeting=meeting).order_by("order")


class AgendaItem(models.Model):
    """One case on the agenda of one meeting."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="items")
    case = models.ForeignKey(Case, models.PROTECT, related_name="agenda_items")
    purpose = models.CharField("doel", max_length=20, choices=Purpose)
    question = models.CharField("vraag", max_length=500, blank=True)
    order = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField("op de agenda gezet op")
    nomination = models.OneToOneField(
        "scenarios.Nomination", models.PROTECT, related_name="item", null=True, blank=True
    )

    objects = AgendaItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["meeting", "case"], name="a_case_stands_once_on_an_agenda"),
            # Checked at the end of a statement, so that one statement can reorder the whole agenda.
            models.UniqueConstraint(
                fields=["meeting", "order"], name="agenda_has_one_order", deferrable=Deferrable.IMMEDIATE
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} in {self.meeting}"

    @property
    def is_late(self) -> bool:
        """Whether the item was added after the agenda was sent."""
        return self.meeting.agenda_sent_at is not None and self.added_at > self.meeting.agenda_sent_at

    def organisations_of(self, user: User) -> Iterable[int]:
        """The user's organisations that are both at this table and party to the case. Called by the gate."""
        parts = self.case.parties.held_by(user).filter(organisation__municipality=self.meeting.municipality_id)
        return parts.values_list("organisation_id", flat=True)


class ItemAbsence(models.Model):
    """An organisation that was at the meeting but not at the table for this item."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="absences")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "organisation"], name="one_absence_per_item")]


class PassageQuerySet(CaseRowQuerySet["Passage"]):
    def visible_to(self, user: User) -> Self:
        """Passages on visible cases that are for everybody, for the user's organisation, or written by it."""
        own = Membership.objects.held_by(user).values("organisation_id")
        for_user = Q(readers=[]) | Q(readers__overlap=ArraySubquery(own)) | Q(organisation__in=own)
        return super().visible_to(user).filter(for_user)


class Passage(models.Model):
    """A text with an item of the agenda, for all parties of the case or only for some organisations."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(AgendaItem, models.CASCADE, related_name="passages")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    text = models.TextField("tekst", max_length=4000)
    readers = ArrayField(models.BigIntegerField(), default=list, help_text="ids of organisations; empty: everybody")
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    objects = PassageQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Toelichting bij {self.case}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)
