"""The person of a case. An identity is a claim until somebody who may do so has established it (domain 5.4)."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Prefetch, Q


class Sex(models.TextChoices):
    MALE = "male", "Man"
    FEMALE = "female", "Vrouw"
    OTHER = "other", "Anders"
    UNKNOWN = "unknown", "Onbekend"


class IdentityStatus(models.TextChoices):
    CLAIMED = "claimed", "Gesteld"
    PLAUSIBLE = "plausible", "Aannemelijk"
    ESTABLISHED = "established", "Vastgesteld"
    DISPUTED = "disputed", "Betwist"


class IdentitySource(models.TextChoices):
    OWN_STATEMENT = "own_statement", "Eigen verklaring"
    IND_DECISION = "ind_decision", "Besluit IND"
    EMBASSY = "embassy", "Ambassade"
    DOCUMENT = "document", "Document"
    AVIM = "avim", "AVIM"
    MUNICIPALITY = "municipality", "Administratie van de gemeente"


class PersonQuerySet(models.QuerySet["Person"]):
    def with_identity(self) -> Self:
        """Load the leading statement with the persons, so that `Person.identity` needs no query."""
        return self.prefetch_related(Prefetch("statements", IdentityStatement.objects.leading(), to_attr="leading"))


class Person(models.Model):
    """A person. `subject` is the pseudonym under which the monitor counts them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject = models.UUIDField(default=uuid.uuid4, editable=False)
    v_number = models.CharField("V-nummer", max_length=20, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject"], name="one_person_per_pseudonym")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def identity(self) -> "IdentityStatement":
        """The leading statement. `with_identity()` or `CaseQuerySet.with_person()` must have loaded it."""
        return self.leading[0]  # type: ignore[attr-defined]


class IdentityStatementQuerySet(models.QuerySet["IdentityStatement"]):
    def leading(self) -> Self:
        return self.filter(is_leading=True)


class IdentityStatement(models.Model):
    """A statement about the identity of a person: who said it, and when. One is leading; the others are aliases."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="statements")
    given_names = models.CharField("voornamen", max_length=120, blank=True)
    family_name = models.CharField("achternaam", max_length=120)
    birth_year = models.PositiveSmallIntegerField("geboortejaar", null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField("geboortemaand", null=True, blank=True)
    birth_day = models.PositiveSmallIntegerField("geboortedag", null=True, blank=True)
    sex = models.CharField("geslacht", max_length=10, choices=Sex)
    nationality = models.CharField(
        "nationaliteit", max_length=2, help_text="ISO 3166 alpha-2; XX staatloos, ZZ onbekend"
    )
    source = models.CharField("bron", max_length=20, choices=IdentitySource)
    status = models.CharField("status", max_length=20, choices=IdentityStatus)
    stated_on = models.DateField("datum")
    is_leading = models.BooleanField("leidend", default=False)

    objects = IdentityStatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(is_leading=True), name="one_leading_statement"),
            models.CheckConstraint(
                condition=(Q(birth_month=None) | Q(birth_year__isnull=False))
                & (Q(birth_day=None) | Q(birth_month__isnull=False)),
                name="partial_birth_date_has_the_larger_parts",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.given_names} {self.family_name}".strip()

    @property
    def birth_date(self) -> str:
        """The known part of the birth date: `1984`, `03-1984` or `17-03-1984`."""
        parts = [f"{part:02d}" for part in (self.birth_day, self.birth_month, self.birth_year) if part]
        return "-".join(parts) or "onbekend"
