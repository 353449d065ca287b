"""The people of the demo world. Their family names are of flowers, colours and rivers, which nobody is called."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Generic, TypeVar

from cases import countries
from cases.intake import Identity
from cases.models import IdentitySource, IdentityStatus

Card = TypeVar("Card")

GIVEN = (
    "Abel", "Ada", "Adil", "Aïcha", "Alba", "Amina", "Amir", "Anaïs", "Aster", "Aya", "Bahar", "Basil", "Bela",
    "Bilal", "Blanca", "Chiara", "Ciel", "Dag", "Dalia", "Dario", "Deniz", "Dina", "Ebru", "Edem", "Efua", "Elio",
    "Emre", "Esi", "Fadil", "Faro", "Fenna", "Flor", "Gaia", "Gil", "Goran", "Hana", "Haro", "Ilja", "Imre", "Indra",
    "Iris", "Ivo", "Jara", "Jin", "Jonas", "José", "Juno", "Kaja", "Karim", "Kofi", "Laila", "Lando", "Leila", "Lin",
    "Luz", "Malik", "Mara", "Milo", "Mina", "Nadir", "Naomi", "Nilo", "Noa", "Nur", "Odin", "Oksana", "Omar", "Otis",
    "Pavel", "Petra", "Quinn", "Rafa", "Rania", "Remi", "Rosa", "Sami", "Sana", "Selam", "Silas", "Sora", "Tarik",
    "Tesfa", "Timo", "Tuana", "Ugo", "Uma", "Vida", "Viggo", "Wanja", "Xeno", "Yara", "Yuna", "Zahra", "Zeno", "Zoë",
)  # fmt: skip
FAMILIES = (
    "Akelei", "Anemoon", "Anjer", "Azuurblauw", "Berenklauw", "Bernsteengeel", "Boterbloem", "Bruinrood", "Cichorei",
    "Dagkoekoek", "Dommelstroom", "Donkergroen", "Duizendblad", "Dotterbloem", "Eemstroom", "Fluweelrood", "Fresia",
    "Ganzerik", "Goudsbloem", "Grasklokje", "Guldenroede", "Heliotroop", "Hemelsblauw", "Hyacint", "IJzergrijs",
    "Indigo", "Jasmijn", "Kamperfoelie", "Kamille", "Karmijnrood", "Kastanjebruin", "Kattenstaart", "Klaproos",
    "Klokjesblauw", "Korenbloem", "Krokus", "Lavendel", "Leverkruid", "Lichtgeel", "Linge-Oever", "Lisdodde",
    "Maasbocht", "Madelief", "Magenta", "Margriet", "Middernachtblauw", "Mosgroen", "Narcis", "Okergeel",
    "Olijfgroen", "Oranjerood", "Papaver", "Parelgrijs", "Petunia", "Pimpernel", "Pioen", "Purperrood", "Regge-Oever",
    "Ridderspoor", "Robijnrood", "Roerstroom", "Salie", "Sering", "Sleutelbloem", "Smaragdgroen", "Speenkruid",
    "Steenrood", "Tulp", "Turkoois", "Valeriaan", "Vechtstroom", "Vergeetmijniet", "Vingerhoedskruid", "Violier",
    "Vlasleeuwenbek", "Vuurrood", "Waterlelie", "Wederik", "Wilgenroosje", "Zandgeel", "Zeegroen", "Zilvergrijs",
    "Zonnebloem",
)  # fmt: skip

# Shares of nationalities: first the main ones of the letter (Eritrea, Iran, Nigeria, Guinea), then many others.
ORIGINS = {
    "ER": 14, "IR": 12, "NG": 10, "GN": 9, "SO": 5, "ET": 5, "IQ": 4, "SD": 4, "AF": 4, "SL": 4, "CM": 3, "CN": 3,
    "UG": 3, "CI": 2, "GM": 2, "BI": 2, "CD": 2, "AZ": 2, "RU": 2, "MR": 1, "LR": 1, "EG": 1, "PK": 1, "BD": 1,
    "TR": 1, "SY": 1, "LK": 1, "XX": 2, "ZZ": 1,
}  # fmt: skip
SAFE_ORIGINS = {"MA": 5, "DZ": 4, "GH": 3, "GE": 2, "AM": 2, "SN": 1, "TN": 2, "MN": 1}
PROCEDURES = {0: 22, 1: 37, 2: 16, 3: 8, 4: 4, 5: 2, 6: 5, 7: 4, 8: 2, 11: 1}
SEXES = {"male": 79, "female": 19, "other": 1, "unknown": 1}


@dataclass(frozen=True)
class Someone:
    """A person of the demo world. `claimed` is the first statement, when a better one came later."""

    identity: Identity
    v_number: str
    departure_procedures: int | None
    claimed: Identity | None = None


class Deck(Generic[Card]):
    """Values in fixed shares, dealt in random order like cards. So the shares hold exactly, and not only on average."""

    def __init__(self, random: Random, cards: Sequence[Card]) -> None:
        self._random, self._cards, self._left = random, cards, [*cards]
        self._left.clear()

    def deal(self) -> Card:
        if not self._left:
            self._left = self._random.sample(self._cards, len(self._cards))
        return self._left.pop()


def in_shares(shares: dict[Card, int]) -> list[Card]:
    """A list with each value as often as its share says."""
    return [card for card, number in shares.items() for _ in range(number)]


class Crowd:
    """Invents people. `safe_share` is the percentage that comes from a safe country."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._made = 0
        self._sexes = Deck(random, in_shares(SEXES))
        self._ages = Deck(random, [min(max(round(random.gauss(40, 11)), 19), 76) for _ in range(200)])
        self._procedures = Deck(random, in_shares(PROCEDURES))
        self._origins = Deck(random, in_shares(ORIGINS))
        self._safe_origins = Deck(random, in_shares(SAFE_ORIGINS))
        names = [(given_name, family) for given_name in GIVEN for family in FAMILIES]
        self._names = Deck(random, names)

    def somebody(
        self, *, year: int, nationality: str = "", from_safe_country: bool = False, child_of: str = ""
    ) -> Someone:
        """A person who comes in this year. A child has the family name `child_of`."""
        self._made += 1
        origins = self._safe_origins if from_safe_country else self._origins
        given_name, family = self._names.deal()
        age = self._random.randint(3, 15) if child_of else self._ages.deal()
        identity = Identity(
            family_name=child_of or family,
            given_names=given_name,
            sex=self._sexes.deal(),
            nationality=nationality or origins.deal(),
            **self._birth_date(year - age),
        )
        return self._documented(identity)

    def _birth_date(self, year: int) -> dict[str, Any]:
        known = self._random.random()
        return {
            "birth_year": year if known > 0.02 else None,
            "birth_month": self._random.randint(1, 12) if known > 0.15 else None,
            "birth_day": self._random.randint(1, 28) if known > 0.22 else None,
        }

    def _documented(self, identity: Identity) -> Someone:
        """Give most persons a V-number, and some a first claim that a better statement replaces later."""
        kind = self._random.random()
        v_number = "" if kind < 0.1 else f"{9_900_000_000 + self._made * 37}"
        procedures = None if kind > 0.99 else self._procedures.deal()
        if kind > 0.06 or identity.nationality in {countries.UNKNOWN, countries.STATELESS}:
            return Someone(identity, v_number, procedures)
        claimed = {**vars(identity), "given_names": "", "birth_day": None, "birth_month": None, "birth_year": None}
        established = {**vars(identity), "source": IdentitySource.EMBASSY, "status": IdentityStatus.ESTABLISHED}
        return Someone(Identity(**established), v_number, procedures, claimed=Identity(**claimed))
