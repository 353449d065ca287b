"""Facts with two times: when something was true, and when it was recorded.

A fact is never edited or deleted. A correction withdraws the row and adds a new one, so that every figure can be
asked for any pair (true on D, as known at K), for ever (design 3). The database holds this: see `cases/security.py`.
"""

import uuid
from datetime import date, datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Municipality, User

_FactT = TypeVar("_FactT", bound=models.Model)


class FactQuerySet(models.QuerySet[_FactT]):
    def known_at(self, moment: datetime) -> Self:
        """Recorded at or before the moment and not withdrawn by then."""
        return self.filter(recorded_at__lte=moment).filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=moment))

    def standing(self) -> Self:
        """Not withdrawn: what is known now."""
        return self.filter(withdrawn_at=None)

    def running(self) -> Self:
        """Standing, and without an end."""
        return self.standing().filter(valid_until=None)

    def true_on(self, day: date) -> Self:
        """From `valid_from` up to and not including `valid_until`."""
        return self.filter(valid_from__lte=day).filter(Q(valid_until=None) | Q(valid_until__gt=day))


class Fact(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    valid_from = models.DateField("vanaf")
    valid_until = models.DateField("tot", null=True, blank=True)
    recorded_at = models.DateTimeField("vastgelegd op")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField("ingetrokken op", null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    withdrawal_reason = models.CharField("reden van intrekking", max_length=300, blank=True)
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="%(class)s_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawal_reason="")
                | (Q(withdrawn_at__gte=F("recorded_at"), withdrawn_by__isnull=False) & ~Q(withdrawal_reason="")),
                name="%(class)s_withdrawn_with_who_and_why",
            ),
        ]


class CaseFact(Fact):
    """A fact of one person's case.

    `municipality` and `subject` repeat those of the case (a composite foreign key keeps them equal), so that the
    monitor can count without reading cases or persons. `subject` is the person's pseudonym: when the person's data
    are destroyed, nothing leads from it to a person.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="%(class)ss")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    subject = models.UUIDField(editable=False)

    objects = FactQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = True
        indexes = [models.Index(fields=["case", "valid_from"])]
