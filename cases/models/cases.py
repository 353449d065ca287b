"""The case of one person in one municipality, and who takes part in it."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Now

from accounts.models import Membership, Municipality, Organisation, User
from cases.models.persons import IdentityStatement, Person

# A part begins at the moment of the act by the clock of the site, and is compared with the clock of the database. The
# two clocks may differ a little. Parts are never granted for a later moment, so this slack gives no access too early.
CLOCKS_DIFFER = timedelta(minutes=10)


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, user: User) -> Self:
        """The cases in which an organisation of the user takes part now, or the user as a member of the MRT.

        So an NGO, the IND or another party sees a case from when it is brought in until it is let go
        (cases/parties.py).
        """
        return self.filter(Exists(CaseParty.objects.held_by(user).filter(case=OuterRef("pk"))))

    def with_person(self) -> Self:
        """Load person and leading statement with the cases, so that `Case.person.identity` needs no query."""
        return self.select_related("person", "municipality").prefetch_related(
            Prefetch("person__statements", IdentityStatement.objects.leading(), to_attr="leading")
        )

    def open(self) -> Self:
        return self.filter(closed_on=None)


class Case(models.Model):
    """The case of a person in a municipality. A person who comes back has a new case.

    `person` is emptied when the personal data are destroyed; `subject`, the pseudonym, stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField("zaaknummer", max_length=20, unique=True)
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="cases")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="cases")
    subject = models.UUIDField(editable=False)
    registered_on = models.DateField("aangemeld op")
    closed_on = models.DateField("gesloten op", null=True, blank=True)
    worker = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="casusregisseur")
    version = models.PositiveIntegerField(default=1)

    objects = CaseQuerySet.as_manager()

    class Meta:
        # The last number of a municipality is found without reading those of others.
        indexes = [models.Index(fields=["municipality", "number"])]
        constraints = [
            models.UniqueConstraint(
                fields=["municipality", "subject"],
                condition=Q(closed_on=None),
                name="one_open_case_per_person_and_municipality",
            ),
            models.UniqueConstraint(fields=["id", "municipality", "subject"], name="case_key_of_facts"),
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("registered_on")),
                name="case_closes_after_registration",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def organisations_of(self, user: User) -> Iterable[int]:
        """The ids of the organisations through which the user takes part now (`accounts/access.py::Guarded`)."""
        return self.parties.held_by(user).values_list("organisation_id", flat=True)


class CasePartyQuerySet(models.QuerySet["CaseParty"]):
    def running(self) -> Self:
        return self.filter(since__lte=Now() + CLOCKS_DIFFER).filter(Q(until=None) | Q(until__gt=Now()))

    def held_by(self, user: User) -> Self:
        """The running parts of the user's organisations. A part that names a user is for that user alone."""
        organisations = Membership.objects.held_by(user)
        return (
            self.running()
            .filter(organisation__in=organisations.values("organisation"))
            .filter(Q(user=None) | Q(user=user))
        )


class PartyBasis(models.TextChoices):
    """Why an organisation or user takes part in a case."""

    DIRECTS = "directs", "Regie"
    PARTNER = "partner", "Partner in het LSO"
    MRT = "mrt", "MRT"


class CaseParty(models.Model):
    """A part in a case: who sees it, from when until when. Both walls rest on these rows alone (design 3)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="parties")
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    granted_by = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="betrokken door")
    basis = models.CharField("grondslag", max_length=20, choices=PartyBasis)
    since = models.DateTimeField("vanaf")
    until = models.DateTimeField("tot", null=True, blank=True)

    objects = CasePartyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="party_ends_after_start"),
            models.UniqueConstraint(
                fields=["case", "organisation", "user"],
                condition=Q(until=None),
                nulls_distinct=False,
                name="one_running_part_per_organisation_or_user",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} bij {self.case}"
