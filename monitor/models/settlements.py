"""Settlements: the IND and DT&V compare the persons whom a municipality counts with their own records.

A partner gets of each person only what it needs to find them, and that is erased as soon as it is no longer needed.
The replies of the partner and the rulings of the municipality stay on record.
"""

import uuid
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Membership, Municipality, OrganisationKind, User
from cases.models import Exit, ExitCategory, Person
from monitor.models.rounds import Round, coordinates


class Partner(models.TextChoices):
    """Who compares. The values are those of `OrganisationKind`; each LSO has one organisation of each."""

    IND = "ind", "IND"
    DTV = "dtv", "DT&V"


class SettlementQuerySet(models.QuerySet["Settlement"]):
    def of_the_municipality(self, user: User) -> Self:
        return self.filter(
            Exists(
                Membership.objects.held_by(user).filter(
                    organisation__kind=OrganisationKind.MUNICIPALITY,
                    organisation__municipality=OuterRef("municipality"),
                )
            )
        )

    def of_the_partner(self, user: User) -> Self:
        return self.filter(
            Exists(
                Membership.objects.held_by(user).filter(
                    organisation__kind=OuterRef("partner"), organisation__municipality=OuterRef("municipality")
                )
            )
        )

    def between(self, user: User) -> Self:
        """Those in which the user's organisation takes part. The user sees the persons in these, and in no others."""
        return self.filter(Q(pk__in=self.of_the_municipality(user)) | Q(pk__in=self.of_the_partner(user)))

    def visible_to(self, user: User) -> Self:
        """Those in which the user takes part; for the programme bureau, which sees the progress only, all of them."""
        return self.filter(Q(pk__in=self.between(user)) | coordinates(user))


class Settlement(models.Model):
    """The comparison of one municipality with one partner in a round: grants with the IND, departures with DT&V."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    round = models.ForeignKey(Round, models.PROTECT, related_name="settlements")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    partner = models.CharField("partner", max_length=10, choices=Partner)
    version = models.PositiveIntegerField(default=1)

    objects = SettlementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "municipality", "partner"], name="one_settlement_per_municipality_and_partner"
            ),
            models.CheckConstraint(condition=Q(partner__in=Partner.values), name="settled_with_a_partner"),
        ]

    def __str__(self) -> str:
        return f"Afstemming {self.municipality} met {self.get_partner_display()}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: the municipality, the partner at its table, and the programme bureau."""
        kinds = [OrganisationKind.MUNICIPALITY, self.partner]
        ours = Q(organisation__kind__in=kinds, organisation__municipality=self.municipality_id)
        bureau = Q(organisation__kind=OrganisationKind.PROGRAMME)
        return Membership.objects.held_by(user).filter(ours | bureau).values_list("organisation", flat=True)


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, user: User) -> Self:
        """Those of settlements in which the user takes part. The programme bureau sees none."""
        return self.filter(settlement__in=Settlement.objects.between(user))

    def standing(self) -> Self:
        return self.filter(withdrawn_at=None)


class Item(models.Model):
    """One person to compare: an exit that the municipality counts, or a person whom the partner reports as missing.

    The partner finds the person by `v_number`, or by `name` and `born` if there is no V-number. These are erased when
    the partner signs, when the item is withdrawn, and when the data of the person are destroyed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    settlement = models.ForeignKey(Settlement, models.PROTECT, related_name="items")
    person = models.ForeignKey(Person, models.SET_NULL, related_name="+", null=True, blank=True)
    exit = models.ForeignKey(Exit, models.PROTECT, related_name="+", null=True, blank=True)
    v_number = models.CharField("V-nummer", max_length=20, blank=True)
    name = models.CharField("naam", max_length=250, blank=True)
    born = models.CharField("geboren", max_length=10, blank=True)
    on = models.DateField("datum")
    category = models.CharField("wijze van uitstroom", max_length=30, choices=ExitCategory)
    destination = models.CharField("land van bestemming", max_length=2, blank=True)
    asked_at = models.DateTimeField("voorgelegd op")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField("vervallen op", null=True, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exit"], condition=Q(withdrawn_at=None), name="an_exit_is_compared_once"),
            models.CheckConstraint(
                condition=Q(person=None) | Q(exit__isnull=False), name="item_about_nobody_here_links_to_nobody"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(v_number="", name="", born=""),
                name="withdrawn_item_identifies_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()}, {self.on:%d-%m-%Y}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """The gate asks this: the two parties."""
        return self.settlement.organisations_of(user)

    @property
    def is_missing_here(self) -> bool:
        """Whether the partner reported this person, whom the municipality does not count."""
        return self.exit_id is None


class Comparison(models.TextChoices):
    """The answer of a partner about a person."""

    AGREES = "agrees", "Komt overeen"
    DIFFERS = "differs", "Verschilt"
    UNKNOWN = "unknown", "Niet na te gaan"


class Difference(models.TextChoices):
    """How the two records differ (standards C-6)."""

    MISSING_HERE = "missing_here", "Ontbreekt bij de gemeente"
    MISSING_THERE = "missing_there", "Ontbreekt bij ons"
    DATE = "date", "Andere datum"
    REASON = "reason", "Andere uitkomst"
    CITY = "city", "Andere gemeente"
    DOUBLE = "double", "Staat er dubbel in"
    IDENTITY = "identity", "Mogelijk een andere persoon"
    OUT_OF_SCOPE = "out_of_scope", "Hoort hier niet bij"


class ReplyQuerySet(models.QuerySet["Reply"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(item__in=Item.objects.visible_to(user))


class Reply(models.Model):
    """A reply of the partner about an item. The last one counts; earlier ones stay on record."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="replies")
    number = models.PositiveSmallIntegerField(default=1)
    answer = models.CharField("antwoord", max_length=10, choices=Comparison)
    difference = models.CharField("verschil", max_length=20, choices=Difference, blank=True)
    text = models.CharField("toelichting", max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = ReplyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_reply_at_a_time"),
            models.CheckConstraint(
                condition=Q(answer="differs", difference__in=Difference.values)
                | (Q(answer__in=["agrees", "unknown"]) & Q(difference="")),
                name="reply_that_differs_says_in_what",
            ),
        ]

    def __str__(self) -> str:
        return self.get_difference_display() if self.difference else self.get_answer_display()


class Outcome(models.TextChoices):
    """What the municipality decides on a difference. It may also correct the fact: then the item is withdrawn."""

    KEPT = "kept", "Onze registratie blijft zo"
    ADDED = "added", "Alsnog vastgelegd"


class RulingQuerySet(models.QuerySet["Ruling"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(reply__in=Reply.objects.visible_to(user))


class Ruling(models.Model):
    """The decision of the municipality on a reply that does not agree."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reply = models.OneToOneField(Reply, models.PROTECT, related_name="ruling")
    outcome = models.CharField("besluit", max_length=10, choices=Outcome)
    reason = models.CharField("waarom", max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")

    objects = RulingQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="ruling_says_why")]

    def __str__(self) -> str:
        return self.get_outcome_display()
