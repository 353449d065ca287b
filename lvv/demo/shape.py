"""How many people of each municipality went which way by 1 November 2020, in the demo world.

The letter of 17 November 2020 gives the national numbers, and per municipality the places, the departures and the
scenarios towards departure. How the other numbers fall over the five is ours: by size, and by what the letter tells
of each (Eindhoven alone kept its BBB, Rotterdam turned over fast, Utrecht sheltered families outside the covenant).
"""

from dataclasses import dataclass, field
from datetime import date

REFERENCE_DATE = date(2020, 11, 1)


@dataclass(frozen=True)
class Town:
    """The numbers of a municipality. `returned` is by country; `onward` has the country of each who migrated onward."""

    name: str
    locations: tuple[str, ...]
    departure: int  # present, with a scenario towards departure
    stay: int  # present, with a scenario towards a stay
    undecided: int  # present, without a scenario
    exits: dict[str, int]
    unexplained: int
    returned: dict[str, int] = field(default_factory=dict)
    onward: tuple[str, ...] = ()
    safe_share: int = 0  # in a hundred, from a safe country of origin
    longest_stay: int = 500  # in days, before the reference date
    first_meeting: date = date(2019, 4, 15)
    refused: int = 0
    provisional_share: int = 0  # in a hundred, sheltered before the LSO has decided


TOWNS = (
    Town(
        "Amsterdam",
        ("Locatie Proefkade", "Locatie Iepenhof", "Locatie Noorderlicht"),
        departure=75,
        stay=62,
        undecided=113,
        exits={
            "grant": 14,
            "azc_hasa": 46,
            "art64": 8,
            "unknown_destination": 36,
            "terminated": 38,
        },
        unexplained=27,
        onward=("ES", "IT"),
        first_meeting=date(2019, 4, 16),
        refused=18,
        provisional_share=30,
    ),
    Town(
        "Eindhoven",
        ("Locatie Eikenlaan", "Locatie Lichtstraat"),
        departure=17,
        stay=21,
        undecided=24,
        exits={
            "grant": 6,
            "azc_hasa": 14,
            "art64": 2,
            "unknown_destination": 9,
            "back_to_bbb": 7,
            "terminated": 2,
        },
        unexplained=5,
        safe_share=10,
        first_meeting=date(2019, 4, 19),
        refused=4,
    ),
    Town(
        "Groningen",
        ("Locatie Noorderhaven", "Locatie Grovedennenpad"),
        departure=98,
        stay=78,
        undecided=65,
        exits={
            "grant": 13,
            "azc_hasa": 58,
            "art64": 8,
            "unknown_destination": 22,
            "terminated": 19,
        },
        unexplained=9,
        returned={
            "AM": 4,
            "MN": 3,
            "AZ": 3,
            "CN": 2,
            "VN": 2,
            "NG": 1,
            "GE": 1,
            "UA": 1,
            "IN": 1,
            "GH": 1,
            "DZ": 1,
            "RS": 1,
            "AL": 1,
        },
        onward=("IT",),
        safe_share=4,
        first_meeting=date(2019, 4, 17),
        refused=8,
    ),
    Town(
        "Rotterdam",
        ("Locatie Kompasplein", "Locatie Waterstad"),
        departure=36,
        stay=22,
        undecided=30,
        exits={
            "grant": 3,
            "azc_hasa": 12,
            "art64": 2,
            "unknown_destination": 17,
            "terminated": 21,
        },
        unexplained=6,
        returned={
            "AM": 3,
            "BR": 3,
            "CN": 2,
            "NG": 2,
            "GE": 2,
            "UA": 2,
            "MA": 2,
            "SR": 2,
            "GH": 2,
            "IN": 2,
            "DZ": 1,
            "ID": 1,
            "TR": 1,
            "AL": 1,
            "RS": 1,
        },
        onward=("ES", "PT", "BE"),
        safe_share=20,
        longest_stay=330,
        first_meeting=date(2019, 4, 15),
        refused=6,
    ),
    Town(
        "Utrecht",
        ("Locatie Brugstraat", "Locatie Singelhof"),
        departure=10,
        stay=52,
        undecided=68,
        exits={
            "grant": 10,
            "azc_hasa": 34,
            "art64": 5,
            "unknown_destination": 11,
            "terminated": 4,
        },
        unexplained=10,
        returned={"CN": 1, "NG": 1, "VN": 1, "ID": 1, "TR": 1},
        onward=("CA",),
        first_meeting=date(2019, 4, 18),
        refused=6,
    ),
)

# Families that Utrecht guides outside the covenant (letter: some twenty persons still, after many left).
FAMILIES_PRESENT = (4, 5, 3, 4, 4)
FAMILIES_LEFT = (4, 3, 5)


@dataclass(frozen=True)
class Twist:
    """Something special that happens to some of the persons with the same fate."""

    name: str
    number: int
    ending: str
    direction: str = ""
    destination: str = ""

    def fits(self, ending: str, direction: str, destination: str) -> bool:
        return (ending, direction) == (self.ending, self.direction) and self.destination in {"", destination}


# Names of twists. The letter's figures are those known in December 2020; on 10 November 2020 less was known:
# "..._known_later" and "exit_recorded_later" were recorded after that day, about the time before the reference date.
TWISTS: dict[str, tuple[Twist, ...]] = {
    "Amsterdam": (
        Twist("arrived_on_reference_date", 2, "present"),
        Twist("arrival_known_later", 3, "present"),
        Twist("admission_known_later", 2, "present"),
        Twist("mrt_no_solution", 1, "present"),
        Twist("came_back", 4, "present"),
        Twist("mrt", 1, "present", "departure"),
        Twist("transferred", 2, "present", "departure"),
        Twist("came_back", 3, "present", "departure"),
        Twist("first_outside", 3, "present", "stay"),
        Twist("end_known_later", 2, "unexplained"),
        Twist("exit_known_later", 3, "unknown_destination"),
        Twist("exit_recorded_later", 3, "azc_hasa"),
        Twist("left_on_reference_date", 1, "azc_hasa"),
    ),
    "Eindhoven": (
        Twist("arrived_on_reference_date", 1, "present"),
        Twist("came_back", 3, "present"),
        Twist("mrt", 1, "present", "stay"),
        Twist("exit_known_later", 1, "unknown_destination"),
        Twist("transferred", 1, "azc_hasa"),
    ),
    "Groningen": (
        Twist("arrival_known_later", 2, "present"),
        Twist("mrt_known_later", 1, "present"),
        Twist("mrt", 2, "present", "departure"),
        Twist("scenario_known_later", 3, "present", "departure"),
        Twist("came_back", 4, "present", "departure"),
        Twist("mrt", 1, "present", "stay"),
        Twist("transferred", 3, "present", "stay"),
        Twist("exit_known_later", 2, "azc_hasa"),
        Twist("came_back", 3, "azc_hasa"),
        Twist("exit_recorded_later", 2, "unknown_destination"),
        Twist("left_on_reference_date", 1, "terminated"),
        Twist("corrected_to_departure", 1, "return", destination="CN"),
    ),
    "Rotterdam": (
        Twist("transferred", 1, "present"),
        Twist("mrt", 1, "present", "departure"),
        Twist("transferred", 2, "present", "departure"),
        Twist("came_back", 4, "present", "departure"),
        Twist("end_known_later", 1, "unexplained"),
        Twist("exit_known_later", 2, "terminated"),
        Twist("left_on_reference_date", 1, "return", destination="BR"),
        Twist("corrected_to_departure", 1, "return", destination="AM"),
    ),
    "Utrecht": (
        Twist("arrival_known_later", 1, "present"),
        Twist("came_back", 3, "present"),
        Twist("mrt", 2, "present", "stay"),
        Twist("scenario_known_later", 2, "present", "stay"),
        Twist("transferred", 3, "present", "stay"),
        Twist("exit_recorded_later", 2, "azc_hasa"),
        Twist("exit_recorded_later", 2, "grant"),
        Twist("left_on_reference_date", 1, "unknown_destination"),
    ),
}
# The municipalities from which persons were transferred. No one moves from one half of the world to the other, so that
# two processes can build the halves at the same time.
TRANSFERRED_FROM = {
    "Amsterdam": "Utrecht",
    "Eindhoven": "Rotterdam",
    "Groningen": "Eindhoven",
    "Rotterdam": "Eindhoven",
    "Utrecht": "Amsterdam",
}
HALVES = (("Amsterdam", "Utrecht"), ("Eindhoven", "Groningen", "Rotterdam"))
# On the reference date: who is admitted and waits for a place, and who is in provisional shelter without a decision.
WAITING = {"Amsterdam": 11, "Utrecht": 2}
UNDECIDED = {"Amsterdam": 4, "Groningen": 1}
# Who is present today, years after the letter.
RESIDENTS = {"Amsterdam": 26, "Eindhoven": 8, "Groningen": 20, "Rotterdam": 10, "Utrecht": 14}
