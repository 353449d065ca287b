"""The guidance scenario that a decision adopts."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from cases.models import CaseFact
from cases.models.covenants import valid_period
from scenarios.models.decisions import Decision


class Direction(models.TextChoices):
    """The two directions of the monitor (letter)."""

    DEPARTURE = "departure", "Vertrek"
    STAY = "stay", "Verblijf"


class ScenarioKind(models.TextChoices):
    """What the parties bet on (domain 2.4)."""

    RETURN = "return", "Terugkeer"
    ONWARD = "onward", "Doormigratie"
    HASA = "hasa", "Verblijf na opvolgende asielaanvraag"
    REGULAR = "regular", "Verblijf regulier"
    MEDICAL = "medical", "Verblijf op medische gronden"
    NO_FAULT = "no_fault", "Buitenschuld"


# The direction of each kind. Onward migration is departure, as it is in the outflow of the letter.
DIRECTION_OF: dict[ScenarioKind, Direction] = {
    ScenarioKind.RETURN: Direction.DEPARTURE,
    ScenarioKind.ONWARD: Direction.DEPARTURE,
    ScenarioKind.HASA: Direction.STAY,
    ScenarioKind.REGULAR: Direction.STAY,
    ScenarioKind.MEDICAL: Direction.STAY,
    ScenarioKind.NO_FAULT: Direction.STAY,
}


class Scenario(CaseFact):
    """A scenario that the LSO adopted. It is a direction, never a result, and exists only by a decision."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="scenarios")
    direction = models.CharField("richting", max_length=20, choices=Direction)
    kind = models.CharField("scenario", max_length=20, choices=ScenarioKind)
    review_on = models.DateField("opnieuw bespreken op")

    class Meta(CaseFact.Meta):
        constraints = [
            *CaseFact.Meta.constraints,
            ExclusionConstraint(
                name="one_scenario_at_a_time",
                expressions=[("case", RangeOperators.EQUAL), (valid_period(), RangeOperators.OVERLAPS)],
                condition=Q(withdrawn_at=None),
            ),
        ]
