"""Figures that municipalities counted by hand, before the monitor counted for them."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Import, Membership, Municipality, OrganisationKind, User
from monitor.models.rounds import coordinates


class ReportedQuerySet(models.QuerySet["Reported"]):
    def visible_to(self, user: User) -> Self:
        """Those of the user's own municipality; for the programme bureau all of them."""
        own = Membership.objects.held_by(user).filter(
            organisation__municipality=OuterRef("municipality"), organisation__kind=OrganisationKind.MUNICIPALITY
        )
        return self.filter(Q(Exists(own)) | Q(coordinates(user)))

    def standing(self) -> Self:
        """The row that was recorded last for each municipality, day and figure."""
        return self.order_by("municipality", "on", "code", "-recorded_at").distinct("municipality", "on", "code")


class Reported(models.Model):
    """A figure that a municipality filled in by hand. Rows are only added: a correction is a later row.

    `code` is the code of an indicator in the definition set that was in force on `on`. `source` and `line` say from
    which list it came.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    on = models.DateField("peildatum")
    code = models.CharField("cijfer", max_length=40)
    number = models.PositiveIntegerField("aantal")
    source = models.ForeignKey(Import, models.PROTECT, related_name="+")
    line = models.PositiveIntegerField("regel")
    recorded_at = models.DateTimeField("vastgelegd op")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = ReportedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "on", "code", "recorded_at"], name="one_reported_figure_at_a_moment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} op {self.on:%d-%m-%Y}"
