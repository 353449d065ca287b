"""A person's way through the LVV: admission, stay, procedures, exit. All of these are facts, except admission tests."""

import uuid
from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from accounts.models import User
from cases.models.cases import Case
from cases.models.covenants import Covenant, valid_period
from cases.models.facts import CaseFact, FactQuerySet
from cases.models.persons import Sex


class Profile(CaseFact):
    """What the monitor may know of a person: characteristics without identity.

    The monitor counts age in calendar years, so a `birth_year` is enough. `departure_procedures` is the number of
    earlier departure procedures; None means unknown.
    """

    sex = models.CharField("geslacht", max_length=10, choices=Sex)
    birth_year = models.PositiveSmallIntegerField("geboortejaar", null=True, blank=True)
    nationality = models.CharField("nationaliteit", max_length=2)
    from_safe_country = models.BooleanField("veilig land van herkomst")
    departure_procedures = models.PositiveSmallIntegerField("eerdere vertrekprocedures", null=True, blank=True)

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            models.UniqueConstraint(fields=["case"], condition=Q(withdrawn_at=None), name="one_standing_profile"),
        ]


class Answer(models.TextChoices):
    """The answer to a criterion: is it met? `AGREED`: no, but an agreement about this person makes up for it."""

    YES = "yes", "Ja"
    NO = "no", "Nee"
    AGREED = "agreed", "Nee, maar toelating is in overleg afgesproken"
    UNKNOWN = "unknown", "Nog niet bekend"


class AdmissionTest(models.Model):
    """The answers to all criteria of the covenant in force, given at once. Of several tests, the last one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="admission_tests")
    covenant = models.ForeignKey(Covenant, models.PROTECT, related_name="+")
    tested_on = models.DateField("getoetst op")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")


class AdmissionAnswer(models.Model):
    """The answer to one criterion of a test."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    test = models.ForeignKey(AdmissionTest, models.CASCADE, related_name="answers")
    criterion = models.CharField(max_length=40)
    answer = models.CharField("voldoet", max_length=10, choices=Answer)
    source = models.CharField("bron", max_length=120, blank=True)
    evidence = models.CharField("onderbouwing", max_length=1000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["test", "criterion"], name="one_answer_per_criterion")]


class AdmissionOutcome(models.TextChoices):
    ADMITTED = "admitted", "Toegelaten"
    EXCEPTION = "exception", "Toegelaten bij uitzondering"
    REFUSED = "refused", "Afgewezen"


class ExceptionGround(models.TextChoices):
    HUMANITARIAN = "humanitarian", "Humanitaire reden"
    PUBLIC_ORDER = "public_order", "Openbare orde en veiligheid"


class Body(models.TextChoices):
    LSO = "lso", "LSO"
    STEERING_GROUP = "steering_group", "Stuurgroep"


class Admission(CaseFact):
    """The decision on admission. `inside_covenant` decides whether the person counts in the measurement set."""

    outcome = models.CharField("besluit", max_length=20, choices=AdmissionOutcome)
    exception_ground = models.CharField(
        "grond voor de uitzondering", max_length=20, choices=ExceptionGround, blank=True
    )
    body = models.CharField("besloten door", max_length=20, choices=Body)
    inside_covenant = models.BooleanField("binnen het convenant")
    reason = models.CharField("motivering", max_length=1000, blank=True)
    test = models.ForeignKey(AdmissionTest, models.PROTECT, related_name="+")

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome="exception", exception_ground__in=ExceptionGround.values)
                | (~Q(outcome="exception") & Q(exception_ground="")),
                name="admission_exception_has_a_ground",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="refused") | Q(inside_covenant=False),
                name="refused_is_not_inside_the_covenant",
            ),
            ExclusionConstraint(
                name="one_admission_decision_at_a_time",
                expressions=[("case", RangeOperators.EQUAL), (valid_period(), RangeOperators.OVERLAPS)],
                condition=Q(withdrawn_at=None),
            ),
        ]


class StayKind(models.TextChoices):
    PROVISIONAL = "provisional", "Voorlopig onderdak"
    ADMITTED = "admitted", "LVV-verblijf"


class StayQuerySet(FactQuerySet["Stay"]):
    def present_on(self, day: date) -> Self:
        """The stays of who is present on a day, which is who sleeps there in the night that begins on that day.

        So a person is not present on the day on which they leave.
        """
        return self.true_on(day)


class Stay(CaseFact):
    """Shelter in the LVV. The first night begins on `valid_from`; the last one ends on `valid_until`."""

    kind = models.CharField("soort", max_length=20, choices=StayKind)
    location = models.CharField("locatie", max_length=120)
    over_capacity_reason = models.CharField("reden voor plaatsing boven het aantal", max_length=500, blank=True)

    objects = StayQuerySet.as_manager()  # type: ignore[misc]

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            ExclusionConstraint(
                name="stays_of_a_person_do_not_overlap",
                expressions=[
                    ("municipality", RangeOperators.EQUAL),
                    ("subject", RangeOperators.EQUAL),
                    (valid_period(), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at=None),
            ),
        ]


class WaitingListEntry(CaseFact):
    """A person waits for a place or for the LSO."""

    reason = models.CharField("wacht op", max_length=200, blank=True)

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            ExclusionConstraint(
                name="waits_once_at_a_time",
                expressions=[("case", RangeOperators.EQUAL), (valid_period(), RangeOperators.OVERLAPS)],
                condition=Q(withdrawn_at=None),
            ),
        ]


class ProcedureKind(models.TextChoices):
    ASYLUM = "asylum", "Asiel"
    HASA = "hasa", "Opvolgende asielaanvraag (HASA)"
    REGULAR = "regular", "Verblijf regulier"
    MEDICAL = "medical", "Verblijf regulier medisch"
    ART64 = "art64", "Uitstel van vertrek (art. 64)"
    NO_FAULT = "no_fault", "Buitenschuld"
    APPEAL = "appeal", "Beroep"
    FURTHER_APPEAL = "further_appeal", "Hoger beroep"
    INTERIM_RELIEF = "interim_relief", "Voorlopige voorziening"


class ProcedureOutcome(models.TextChoices):
    PENDING = "pending", "Loopt nog"
    GRANTED = "granted", "Ingewilligd"
    REJECTED = "rejected", "Afgewezen"
    WITHDRAWN = "withdrawn", "Ingetrokken"


class Procedure(CaseFact):
    """A residence procedure, filed on `valid_from`. Once it has an outcome it has the day `decided_on`."""

    kind = models.CharField("procedure", max_length=20, choices=ProcedureKind)
    outcome = models.CharField("uitkomst", max_length=20, choices=ProcedureOutcome, default=ProcedureOutcome.PENDING)
    decided_on = models.DateField("besloten op", null=True, blank=True)

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(outcome="pending", decided_on=None)
                | (~Q(outcome="pending") & Q(decided_on__isnull=False) & Q(decided_on__gte=models.F("valid_from"))),
                name="procedure_outcome_has_a_date",
            ),
        ]


class ExitCategory(models.TextChoices):
    """How a person left (letter; domain 3.4). The monitor shows the categories in this order."""

    GRANT = "grant", "Verblijf ingewilligd"
    RETURN = "return", "Vertrek naar het land van herkomst"
    ONWARD = "onward", "Doormigratie"
    AZC_HASA = "azc_hasa", "Naar een AZC na een opvolgende asielaanvraag"
    ART64 = "art64", "Uitstel van vertrek (art. 64)"
    UNKNOWN_DESTINATION = "unknown_destination", "Met onbekende bestemming vertrokken (MOB)"
    BACK_TO_BBB = "back_to_bbb", "Terug naar een BBB"
    TERMINATED = "terminated", "Verblijf gedwongen beëindigd"
    TRANSFER = "transfer", "Naar een andere gemeente"
    DETENTION = "detention", "Vreemdelingenbewaring"
    DUBLIN = "dublin", "Dublin-overdracht"
    REGULAR_CARE = "regular_care", "Reguliere zorg (Wlz of Wmo)"
    OWN_SHELTER = "own_shelter", "Eigen onderdak"
    DECEASED = "deceased", "Overleden"
    OTHER = "other", "Anders"


DEPARTURES = (ExitCategory.RETURN, ExitCategory.ONWARD)
# Durable solutions. Each needs evidence: the decision to grant, or the report of departure (domain 2.1).
DURABLE = (ExitCategory.GRANT, *DEPARTURES)


class Confirmation(models.TextChoices):
    IND = "ind", "IND"
    DTV = "dtv", "DT&V"


class Exit(CaseFact):
    """A person left the LVV on `valid_from`. A trigger holds that this is after the first day of a stay."""

    category = models.CharField("wijze van uitstroom", max_length=30, choices=ExitCategory)
    destination = models.CharField("land van bestemming", max_length=2, blank=True)
    evidence = models.CharField("bewijsstuk", max_length=500, blank=True)
    confirmed_by = models.CharField("bevestigd door", max_length=10, choices=Confirmation, blank=True)

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(category__in=DEPARTURES) & ~Q(destination=""))
                | (~Q(category__in=DEPARTURES) & Q(destination="")),
                name="exit_departure_has_a_destination",
            ),
            models.CheckConstraint(
                condition=~Q(category__in=DURABLE) | ~Q(evidence=""), name="exit_durable_has_evidence"
            ),
        ]
