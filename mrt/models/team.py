"""The seats of the MRT, and the waivers for members who were involved before."""

import uuid
from collections.abc import Iterable

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation, User
from cases.models import Case, CaseRowQuerySet
from mrt.models.requests import Escalation


class SeatRole(models.TextChoices):
    MUNICIPALITY = "municipality", "Gemeente"
    NGO = "ngo", "Ngo die de persoon vertegenwoordigt"
    IND = "ind", "IND"
    DTV = "dtv", "DT&V"
    GUEST = "guest", "Genodigde"


# The fixed composition (domain 1.3): how many seats each role has. Guests come on top of it.
COMPOSITION: dict[SeatRole, int] = {
    SeatRole.MUNICIPALITY: 1,
    SeatRole.NGO: 1,
    SeatRole.IND: 2,
    SeatRole.DTV: 1,
}


class Waiver(models.Model):
    """The request to the LSO to let somebody of IND or DT&V sit in the team who was involved before, and its verdict.

    `found` holds the findings as the LSO read them: sentences on kind and days, without any text of the case.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="waivers")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="lid")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    found = models.JSONField("gevonden betrokkenheid", default=list)
    reason = models.CharField("waarom toch dit lid", max_length=1000)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("gevraagd op")
    is_granted = models.BooleanField("toegestaan", null=True)
    judgement = models.CharField("toelichting", max_length=1000, blank=True)
    judged_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True, blank=True)
    judged_at = models.DateTimeField("beoordeeld op", null=True, blank=True)

    objects = CaseRowQuerySet["Waiver"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "user"],
                condition=Q(is_granted=None) | Q(is_granted=True),
                name="one_waiver_for_a_member",
            ),
            models.CheckConstraint(
                condition=Q(is_granted=None, judged_by=None, judged_at=None, judgement="")
                | (Q(is_granted__isnull=False, judged_by__isnull=False, judged_at__isnull=False) & ~Q(judgement="")),
                name="judged_waiver_has_a_hand_and_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(judged_by=None) | ~Q(judged_by=F("asked_by")), name="nobody_judges_their_own_waiver"
            ),
        ]

    def __str__(self) -> str:
        return f"Uitzondering voor {self.user}"

    def organisations_of(self, user: User) -> Iterable[int]:
        """Called by the gate."""
        return self.case.organisations_of(user)


class Seat(models.Model):
    """The seat of one member of the team. Members of IND and DT&V declare that they were not involved before.

    With a granted waiver they declare nothing: the waiver holds the findings and the reason of the LSO.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="seats")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    role = models.CharField("zetel", max_length=20, choices=SeatRole)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="lid")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    declared_uninvolved = models.BooleanField("verklaart niet eerder betrokken te zijn geweest", default=False)
    waiver = models.ForeignKey(Waiver, models.PROTECT, related_name="seats", null=True, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escalation", "user"], condition=Q(until=None), name="one_seat_per_member"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="seat_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(role__in=["ind", "dtv"]) | Q(declared_uninvolved=True) | Q(waiver__isnull=False),
                name="national_members_declare_to_be_uninvolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.escalation}"
