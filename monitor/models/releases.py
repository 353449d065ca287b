"""Releases: figures that were frozen and signed, when they are published, and who reads them before that."""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Now

from accounts.models import Membership, User
from monitor.models.rounds import Round, coordinates


class SigningKey(models.Model):
    """The public half of a key that signed releases. It is kept, so that old releases can be checked for ever."""

    id = models.CharField(primary_key=True, max_length=40)
    public_key = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField("geldt vanaf")
    revoked_at = models.DateTimeField("ingetrokken op", null=True, blank=True)
    revocation = models.CharField("waarom ingetrokken", max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revocation="")
                | (Q(revoked_at__isnull=False, revoked_at__gte=F("since")) & ~Q(revocation="")),
                name="revoked_key_says_why",
            )
        ]

    def __str__(self) -> str:
        return self.id


class ReleaseKind(models.TextChoices):
    """How sure the figures are. Provisional: perhaps not every municipality has stated them."""

    PROVISIONAL = "provisional", "Voorlopig"
    FINAL = "final", "Definitief"
    CORRECTED = "corrected", "Gecorrigeerd"


def _publication_moment(**lookup: OuterRef) -> Subquery:
    """The moment from which a release is public: the one that was set last."""
    return Subquery(Publication.objects.filter(**lookup).order_by("-number").values("publish_at")[:1])


class ReleaseQuerySet(models.QuerySet["Release"]):
    def with_publication(self) -> Self:
        """Add `public_at`, from when the release is public, and `replaced_at`, from when its successor is public."""
        return self.annotate(
            public_at=_publication_moment(release=OuterRef("pk")),
            replaced_at=_publication_moment(release__replaces=OuterRef("pk")),
        )

    def visible_to(self, user: User) -> Self:
        """Published releases for all users; others for the programme bureau and the early readers of that release."""
        readers = EarlyReader.objects.running().filter(release=OuterRef("pk"), user=user)
        return self.alias(shown_at=_publication_moment(release=OuterRef("pk"))).filter(
            Exists(Membership.objects.held_by(user)) & Q(shown_at__lte=Now())
            | coordinates(user)
            | Exists(readers) & Exists(Membership.objects.held_by(user))
        )


class Release(models.Model):
    """The signed figures of a round; `document` is the file itself. A release is never changed or removed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="releases")
    kind = models.CharField("soort", max_length=20, choices=ReleaseKind)
    known_at = models.DateTimeField("zoals bekend op")
    document = models.BinaryField()
    key = models.ForeignKey(SigningKey, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("ondertekend op")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="replaced_by")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round"], condition=Q(kind="final"), name="one_final_release_per_round"),
            models.UniqueConstraint(fields=["round"], condition=Q(replaces=None), name="one_first_release_per_round"),
            models.CheckConstraint(condition=~Q(kind="corrected") | ~Q(replaces=None), name="correction_replaces"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.round.on:%d-%m-%Y}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: whoever sees it, sees it through all their organisations."""
        return Membership.objects.held_by(user).values_list("organisation", flat=True)


class Publication(models.Model):
    """The moment from which a release is public. Until then it may be set again, with a reason: the last row counts.

    The moment is no secret, because publication is announced.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, related_name="publications")
    number = models.PositiveSmallIntegerField()
    publish_at = models.DateTimeField("publicatie op")
    reason = models.CharField("waarom anders", max_length=500, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["release", "number"], name="one_publication_at_a_time"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="another_publication_says_why"),
        ]

    def __str__(self) -> str:
        return f"Publicatie van {self.release}"


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)

    def visible_to(self, user: User) -> Self:
        """All of them, for every user with a membership: the exemption is printed in the public edition anyway."""
        return self.filter(Exists(Membership.objects.held_by(user)))


class Exemption(models.Model):
    """A decision to show one figure of a round exactly, however small. The edition prints it with the figure."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="exemptions")
    indicator = models.CharField("cijfer", max_length=40)
    scope = models.CharField("waar", max_length=80)
    value = models.CharField("waarde", max_length=40, blank=True)
    reason = models.CharField("waarom", max_length=500)
    decided_by = models.CharField("besloten door", max_length=200)
    decided_on = models.DateField("besloten op")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "indicator", "scope", "value"],
                condition=Q(ended_at=None),
                name="a_figure_is_exempt_once",
            ),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(decided_by=""), name="exemption_says_who_and_why"),
        ]

    def __str__(self) -> str:
        return f"Uitzondering voor {self.indicator}, {self.scope}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this."""
        return Membership.objects.held_by(user).values_list("organisation", flat=True)


class EditionQuerySet(models.QuerySet["Edition"]):
    def published(self) -> Self:
        """The editions that everybody may read, also without logging in."""
        return self.alias(shown_at=_publication_moment(release=OuterRef("release"))).filter(shown_at__lte=Now())

    def visible_to(self, user: User) -> Self:
        """Published editions for all; others for users who may read the release itself."""
        return self.alias(shown_at=_publication_moment(release=OuterRef("release"))).filter(
            Q(shown_at__lte=Now()) | Q(release__in=Release.objects.visible_to(user))
        )


class Edition(models.Model):
    """The public form of a release, without small counts; `document` is the signed file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.OneToOneField(Release, models.PROTECT, related_name="edition")
    document = models.BinaryField()

    objects = EditionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Openbare uitgave van {self.release}"


class EarlyReaderQuerySet(models.QuerySet["EarlyReader"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)

    def visible_to(self, user: User) -> Self:
        """All of them for the programme bureau; for others only their own."""
        return self.filter(Q(user=user) | coordinates(user))


class EarlyReader(models.Model):
    """A user who may read a release before it is public, and the reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, related_name="early_readers")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="wie")
    reason = models.CharField("waarom", max_length=500)
    given_at = models.DateTimeField()
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = EarlyReaderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "user"], condition=Q(ended_at=None), name="on_the_list_of_readers_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="early_reader_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.user} leest {self.release}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this."""
        return Membership.objects.held_by(user).values_list("organisation", flat=True)
