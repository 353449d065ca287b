"""What each municipality agreed with the State Secretary, as dated facts and not as constants (domain, finding 1)."""

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from accounts.models import Municipality
from cases.models.facts import Fact, FactQuerySet


def valid_period() -> Func:
    """The half-open period of a fact as a PostgreSQL range."""
    return Func(F("valid_from"), F("valid_until"), function="daterange", output_field=DateRangeField())


class SafeCountryRule(models.TextChoices):
    """What a covenant says about nationals of a safe country of origin (letter; domain 2.3)."""

    ADMIT = "admit", "Toelaten"
    EXCLUDE = "exclude", "Uitsluiten"
    FORMER_BBB = "former_bbb", "Alleen wie eerder in een BBB verbleef"
    LIMITED = "limited", "Toelaten voor een beperkt aantal dagen"


class CovenantQuerySet(FactQuerySet["Covenant"]):
    def in_force(self, municipality: Municipality, day: date) -> "Covenant | None":
        """The covenant of a municipality that is in force on a day, as known now."""
        return self.standing().true_on(day).filter(municipality=municipality).first()


class Covenant(Fact):
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="covenants")
    agreed_places = models.PositiveIntegerField("afgesproken plaatsen")
    maximum_stay_days = models.PositiveIntegerField("maximale verblijfsduur in dagen", null=True, blank=True)
    safe_country_rule = models.CharField("veilig land van herkomst", max_length=20, choices=SafeCountryRule)
    safe_country_days = models.PositiveIntegerField("dagen voor veilige landers", null=True, blank=True)
    requires_willingness = models.BooleanField("bereidheid tot medewerking is een criterium")
    requires_regional_ties = models.BooleanField("regiobinding is een criterium", default=True)
    admits_entry_ban_by_agreement = models.BooleanField(
        "zwaar inreisverbod: toelating in overleg mogelijk", default=False
    )

    objects = CovenantQuerySet.as_manager()

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            ExclusionConstraint(
                name="one_covenant_in_force_per_municipality",
                expressions=[
                    ("municipality", RangeOperators.EQUAL),
                    (valid_period(), RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                condition=Q(safe_country_rule="limited", safe_country_days__isnull=False)
                | (~Q(safe_country_rule="limited") & Q(safe_country_days=None)),
                name="covenant_limited_rule_has_days",
            ),
        ]

    def __str__(self) -> str:
        return f"Convenant {self.municipality}"


class CovenantDeviation(models.Model):
    """A point where practice differs from the covenant, and what is done about it (letter: Utrecht, Eindhoven)."""

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="deviations")
    subject = models.CharField("afwijking", max_length=200)
    since = models.DateField("sinds")
    until = models.DateField("tot", null=True, blank=True)
    persons = models.PositiveIntegerField("aantal personen", null=True, blank=True)
    talks = models.CharField("gesprekken", max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="deviation_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.subject
