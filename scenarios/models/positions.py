"""Positions: what each party thinks of an item, written before the meeting.

An item has rounds: after a change the parties are asked again, and their earlier positions stay readable. A round is
open from the moment at which all have given their position, or else from its deadline. The clock of the database
decides, and no job has to run. Until then a position is hidden from the other parties.
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

# When a round is open. `PositionRound.is_open` says the same in Python and `lvv_round_is_open` in the database
# (scenarios/security.py); a test compares them in every state.
_IS_OPEN = Q(round__opened_at__isnull=False) | Q(round__due_at__lte=Now())


class Stance(models.TextChoices):
    """The stances that a party can take (after PloneMeeting's kinds of advice)."""

    AGREE = "agree", "Akkoord"
    AGREE_IF = "agree_if", "Akkoord, met voorwaarde"
    RESERVED = "reserved", "Voorbehoud"
    DISAGREE = "disagree", "Niet akkoord"
    INFORMATION = "information", "Alleen informatie"
    NONE = "none", "Geen standpunt"


class PositionRound(models.Model):
    """A round in which the parties are asked for their position on an item.

    `opened_at` is set when all gave theirs before `due_at`; it stays empty when the deadline opens the round.
    """

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
        """Whether all parties may read the positions: all gave theirs, or the deadline passed."""
        return self.opened_at is not None or self.due_at <= at


class PositionRequestQuerySet(CaseRowQuerySet["PositionRequest"]):
    def readable(self) -> Self:
        """Requests whose position all parties of the case may read: it was given, and the round is open."""
        return self.filter(_IS_OPEN, given_at__isnull=False)

    def awaited(self) -> Self:
        """Requests whose position can still be given."""
        return self.filter(~_IS_OPEN, given_at=None)


class PositionRequest(models.Model):
    """The request to one organisation in one round: given, or missed after the deadline. All parties see which."""

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
        """Whether all parties of the case may read the position; `readable()` is the same rule in a query."""
        return self.given_at is not None and self.round.is_open(at)

    def organisations_of(self, user: User) -> Iterable[int]:
        """Only the organisation that was asked. Called by the gate."""
        return set(self.case.organisations_of(user)) & {self.organisation_id}


class PositionQuerySet(CaseRowQuerySet["Position"]):
    def visible_to(self, user: User) -> Self:
        """Positions of the user's organisations, and those given in an open round. The second wall holds the same."""
        memberships = Membership.objects.held_by(user)
        own = Exists(memberships.filter(organisation=OuterRef("organisation")))
        opened = Exists(PositionRequest.objects.readable().filter(pk=OuterRef("request")))
        return super().visible_to(user).filter(own | opened)


class Position(models.Model):
    """The position of an organisation. Until `given_at` of its request is set it is a draft, which only the
    organisation itself reads, also after the round opened.
    """

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
    """A file with a position. Whoever sees the position sees the file."""

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
        """Called by the gate."""
        return self.case.organisations_of(user)
