"""Tracks: the usual steps of each kind of scenario, and starting some of them as actions.

The tracks are those of the letter (19 637 nr. 2677: stabilisation, legal screening, activation, social guidance,
future orientation) with the steps that carry out each kind of scenario (domain 2.4). They are a proposal: the meeting
chooses which steps it takes, who does them and before when.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import Organisation, OrganisationKind, User
from cases.locking import refuse
from scenarios.guidance import actions
from scenarios.guidance.actions import Undertaking
from scenarios.models import Action, ActionKind, Scenario, ScenarioKind


@dataclass(frozen=True)
class Step:
    """A usual step: what, who usually does it (`by`), and due how many days after the scenario was adopted."""

    kind: ActionKind
    text: str
    by: OrganisationKind
    days: int


K, O = ActionKind, OrganisationKind  # noqa: E741
_STABILISATION = Step(K.STABILISATION, "Bespreek gezondheid en rust, en verwijs naar hulp als dat nodig is.", O.NGO, 28)
_SOCIAL = Step(K.SOCIAL_GUIDANCE, "Voer begeleidingsgesprekken en betrek familie en netwerk.", O.NGO, 28)
_ACTIVATION = Step(K.ACTIVATION, "Zoek passende dagbesteding, taalles of een korte opleiding.", O.NGO, 42)
_SCREENING = Step(K.LEGAL_SCREENING, "Laat een advocaat de kansen van de aanvraag beoordelen.", O.NGO, 28)
_FILE = Step(K.LEGAL_SCREENING, "Geef een zo volledig mogelijk dossier.", O.IND, 21)
_ORIENTATION = Step(
    K.FUTURE_ORIENTATION, "Bespreek alle mogelijkheden: terugkeer, doormigratie en verblijf.", O.NGO, 42
)
_IDENTITY = Step(K.IDENTITY, "Verzamel bewijs van identiteit en nationaliteit.", O.NGO, 42)

STEPS: dict[ScenarioKind, tuple[Step, ...]] = {
    ScenarioKind.RETURN: (
        _STABILISATION,
        _ORIENTATION,
        _IDENTITY,
        Step(K.TRAVEL_DOCUMENTS, "Vraag een reisdocument aan bij de vertegenwoordiging van het land.", O.DTV, 56),
        Step(K.DEPARTURE, "Maak een plan voor terugkeer: wonen, werk, zorg en steun in het land.", O.NGO, 56),
        Step(K.DEPARTURE, "Regel reis en ondersteuning bij vertrek.", O.DTV, 84),
    ),
    ScenarioKind.ONWARD: (
        _STABILISATION,
        Step(K.LEGAL_SCREENING, "Zoek uit in welk land blijvend verblijf mogelijk is, en op welke gronden.", O.NGO, 28),
        _IDENTITY,
        Step(K.TRAVEL_DOCUMENTS, "Vraag een reisdocument en, als dat nodig is, een visum aan.", O.DTV, 56),
        Step(K.DEPARTURE, "Regel de reis en de opvang in het andere land.", O.NGO, 84),
    ),
    ScenarioKind.HASA: (
        _STABILISATION,
        _FILE,
        _SCREENING,
        Step(K.IDENTITY, "Verzamel nieuwe feiten en documenten voor de aanvraag.", O.NGO, 42),
        Step(K.APPLICATION, "Dien de opvolgende asielaanvraag in.", O.NGO, 56),
        _SOCIAL,
        _ACTIVATION,
    ),
    ScenarioKind.REGULAR: (
        _FILE,
        _SCREENING,
        _IDENTITY,
        Step(K.APPLICATION, "Dien de aanvraag voor een verblijfsvergunning regulier in.", O.NGO, 56),
        _SOCIAL,
        _ACTIVATION,
    ),
    ScenarioKind.MEDICAL: (
        _STABILISATION,
        Step(K.STABILISATION, "Vraag met toestemming de verklaring van de behandelaar op.", O.NGO, 28),
        _SCREENING,
        Step(K.APPLICATION, "Dien de aanvraag op medische gronden in.", O.NGO, 42),
        _SOCIAL,
    ),
    ScenarioKind.NO_FAULT: (
        _IDENTITY,
        Step(K.TRAVEL_DOCUMENTS, "Vraag een reisdocument aan en leg vast wat de vertegenwoordiging zegt.", O.DTV, 42),
        Step(K.TRAVEL_DOCUMENTS, "Beoordeel of vertrek buiten de schuld van de persoon niet lukt.", O.DTV, 84),
        _SCREENING,
        Step(K.APPLICATION, "Dien de aanvraag voor een buitenschuldvergunning in.", O.NGO, 98),
        _SOCIAL,
    ),
}


def steps(kind: str) -> tuple[Step, ...]:
    """The usual steps of this kind of scenario."""
    return STEPS[ScenarioKind(kind)]


def due_on(step: Step, scenario: Scenario, today: date) -> date:
    """The usual last day of a step: counted from the adoption, not after the review date, and not in the past."""
    return max(today, min(scenario.valid_from + timedelta(days=step.days), scenario.review_on))


def proposed_owner(step: Step, owners: Iterable[Organisation]) -> Organisation | None:
    """The usual owner of a step among these parties; the municipality if that kind of party is not among them."""
    by_kind = {organisation.kind: organisation for organisation in reversed(list(owners))}
    return by_kind.get(step.by) or by_kind.get(OrganisationKind.MUNICIPALITY)


def starting_blockers(scenario: Scenario) -> list[str]:
    """Why no steps can be started for a scenario."""
    if scenario.valid_until is not None or scenario.withdrawn_at is not None:
        return ["Dit scenario loopt niet meer."]
    return ["Deze zaak is gesloten."] if scenario.case.closed_on is not None else []


@transaction.atomic
def start(
    scenario: Scenario, chosen: Iterable[Undertaking], *, by: User, at: datetime, on: date, version: int | None = None
) -> list[Action]:
    """Agree on each chosen step as an action that goes with the decision of the scenario."""
    undertakings = list(chosen)
    refuse(starting_blockers(scenario) or ([] if undertakings else ["Kies ten minste één stap."]))
    return actions.agree_on(scenario.decision, undertakings, by=by, at=at, on=on, version=version)
