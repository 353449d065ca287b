"""Signatures on statements and settlements: who signed for which party."""

import uuid
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from accounts.models import Organisation, User
from monitor.models.rounds import Round, Statement
from monitor.models.settlements import Settlement


class SignatureKind(models.TextChoices):
    STATED = "stated", "Verklaard"
    ACCEPTED = "accepted", "Akkoord"
    SETTLED = "settled", "Afgestemd"


class SignatureQuerySet(models.QuerySet["Signature"]):
    def visible_to(self, user: User) -> Self:
        """The signatures on what the user sees."""
        return self.filter(
            Q(statement__in=Statement.objects.visible_to(user)) | Q(settlement__in=Settlement.objects.visible_to(user))
        )


class Signature(models.Model):
    """A user signed for a party. In one round nobody signs for two parties, so nobody accepts their own statement.

    The municipality and the programme bureau sign a statement; the partner signs a settlement. For a settlement,
    `fingerprint` is SHA-256 over what was settled: the signature counts as long as that stays the same.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="signatures", null=True, blank=True)
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="signatures", null=True, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    round = models.ForeignKey(Round, models.PROTECT, related_name="+")
    kind = models.CharField("waarvoor", max_length=10, choices=SignatureKind)
    party = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField("ondertekend op")

    objects = SignatureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="a_statement_is_signed_once_for_each_purpose"),
            models.CheckConstraint(
                condition=Q(kind__in=["stated", "accepted"], statement__isnull=False, settlement=None, fingerprint="")
                | (Q(kind="settled", statement=None, settlement__isnull=False) & ~Q(fingerprint="")),
                name="signature_is_on_what_it_is_for",
            ),
            ExclusionConstraint(
                name="nobody_signs_for_two_parties",
                expressions=[
                    ("round", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    ("party", RangeOperators.NOT_EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} door {self.user}"
