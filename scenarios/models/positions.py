"""What each party thinks of an item, written before the meeting: hidden while it is written, opened all at once.

An item has rounds: parties are asked again after a change, and what they said before stays readable. A round is open
from the moment that all have given their position, or from its deadline; the database counts, no job has to run.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import Membership, Organisation, User
from cases.models import Case, CaseRowQuerySet
from scenarios.models.meetings import AgendaItem

# When a round is open, and what is hidden until then: said here for Python and for queries; the second wall says the
# same of the rows themselves, and a test compares the two.
_IS_OPEN = Q(round__opened_at__isnull=False) | Q(round__due_at__lte=Now())


class Stance(models.TextChoices):
    """The fixed list (after PloneMeeting's kinds of advice)."""

    AGREE = "agree", "Akkoord"
    AGREE_IF = "agree_if", "Akkoord, met voorwaarde"
    RESERVED = "reserved", "Voorbehoud"
    DISAGREE = "disagree", "Niet akkoord"
    INFORMATION = "information", "Alleen informatie"
    NONE = "none", "Geen standpunt"


class PositionRound(models.Model):
    """That the parties are asked for their position on an item. `opened_at` is set when all gave it before `due_at`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="rounds")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField("ronde")
    reason = models.CharField("waarom opnieuw gevraagd", max_length=500, blank=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("gevraagd op")
    due_at = models.DateTimeField("uiterlijk")
    opened_at = models.DateTimeField("geopend op", null=True, blank=True)

    objects = CaseRowQuerySet["PositionRound"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_round_with_a_number"),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="positions_are_due_after_asking"),
            models.CheckConstraint(
                condition=Q(opened_at=None) | Q(opened_at__gte=F("asked_at")), name="round_opens_after_asking"
            ),
        ]

    def is_open(self, at: datetime) -> bool:
        """Whether all may read what was given: all gave it, or the deadline passed. Until then it is hidden."""
        return self.opened_at is not None or self.due_at <= at


class PositionRequestQuerySet(CaseRowQuerySet["PositionRequest"]):
    def readable(self) -> Self:
        """Whose position was given in a round that is open: all parties of the case read it. The others are hidden."""
        return self.filter(_IS_OPEN, given_at__isnull=False)

    def awaited(self) -> Self:
        """Whose position can still be given."""
        return self.filter(~_IS_OPEN, given_at=None)


class PositionRequest(models.Model):
    """Of one organisation in one round: given, or missed once the deadline passed. All parties of the case know."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(PositionRound, models.PROTECT, related_name="requests")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    given_at = models.DateTimeField("gegeven op", null=True, blank=True)
    missed_at = models.DateTimeField("niet gegeven, vastgesteld op", null=True, blank=True)

    objects = PositionRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "organisation"], name="asked_once_in_a_round"),
            models.CheckConstraint(condition=Q(given_at=None) | Q(missed_at=None), name="given_is_not_missed"),
        ]

    def is_readable(self, at: datetime) -> bool:
        """Whether all parties of the case may read the position; `readable()` says the same of many."""
        return self.given_at is not None and self.round.is_open(at)

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: only whoever is asked answers."""
        return set(self.case.organisations_of(user)) & {self.organisation_id}


class PositionQuerySet(CaseRowQuerySet["Position"]):
    def visible_to(self, user: User) -> Self:
        """One's own organisation's, and what was given in a round that is open. The second wall says the same."""
        memberships = Membership.objects.held_by(user)
        own = Exists(memberships.filter(organisation=OuterRef("organisation")))
        opened = Exists(PositionRequest.objects.readable().filter(pk=OuterRef("request")))
        return super().visible_to(user).filter(own | opened)


class Position(models.Model):
    """What an organisation thinks. Until its request says `given_at` it is a draft, which it alone reads, for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(PositionRequest, models.PROTECT, related_name="position")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    stance = models.CharField("standpunt", max_length=20, choices=Stance, blank=True)
    text = models.TextField("toelichting", max_length=4000, blank=True)
    version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()

    objects = PositionQuerySet.as_manager()


class PositionFileQuerySet(models.QuerySet["PositionFile"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Position.objects.visible_to(user).filter(pk=OuterRef("position"))))


class PositionFile(models.Model):
    """A document with a position: it is seen by whoever sees the position."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.ForeignKey(Position, models.PROTECT, related_name="files")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    name = models.CharField("naam", max_length=120)
    kind = models.CharField("soort", max_length=100)
    size = models.PositiveIntegerField("bytes")
    content = models.BinaryField()
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    objects = PositionFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this."""
        return self.case.organisations_of(user)
