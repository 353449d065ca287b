"""Facts with two times: when something was true, and when it was recorded.

A fact is never edited or deleted. A correction withdraws the row and adds a new one. So every figure can be computed
again for any day and any moment: what was true on that day, as known at that moment (design 3). The database refuses to
edit or delete a fact: see `cases/security.py`.
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
        """The facts that were recorded at or before the moment, and not withdrawn by then."""
        return self.filter(recorded_at__lte=moment).filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=moment))

    def standing(self) -> Self:
        """The facts that are not withdrawn: what is known now."""
        return self.filter(withdrawn_at=None)

    def running(self) -> Self:
        """The standing facts without an end."""
        return self.standing().filter(valid_until=None)

    def true_on(self, day: date) -> Self:
        """The facts that are true on a day. A fact is true from `valid_from` up to the day before `valid_until`."""
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
    """A fact of a case.

    `municipality` and `subject` repeat those of the case, so that the monitor can count without reading cases or
    persons. A composite foreign key keeps them equal. `subject` is the person's pseudonym. When the personal data are
    destroyed, nothing leads from it to a person.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="%(class)ss")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    subject = models.UUIDField(editable=False)

    objects = FactQuerySet.as_manager()

    class Meta(Fact.Meta):
        abstract = True
        indexes = [models.Index(fields=["case", "valid_from"])]
