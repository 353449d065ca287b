"""The second calculator: it counts the figures of each definition set again, in plain Python over the exported facts.

It was written from the definitions in words, by somebody who had not read the monitor's queries. So if both agree, both
are right. It is clear and slow: it uses no Django and no SQL, and goes through all facts again for every scope.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Fact = dict[str, Any]
Cell = tuple[str, str, str]  # code, scope, value
Cells = dict[Cell, int]

NATIONAL = "NL"
DURABLE = {"grant", "return", "onward"}
DEPARTURES = {"return", "onward"}
TEMPORARY = {"azc_hasa", "art64"}
OTHER_EXITS = {"transfer", "detention", "dublin", "regular_care", "own_shelter", "deceased", "other"}
AGES = ((17, "0-17"), (29, "18-29"), (39, "30-39"), (49, "40-49"), (59, "50-59"))  # the last age of each group


def calculate(
    facts: Iterable[Fact], on: date, known_at: datetime, municipalities: Iterable[str], of_set: str = "2020-11"
) -> Cells:
    """Every cell of the set, for what is true on the reference date as known at the moment."""
    known = with_each_person_once([fact for fact in facts if is_known(fact, known_at)])
    names = list(municipalities)
    cells = capacity(known, on, names)
    for scope in [*names, NATIONAL]:
        within = [fact for fact in known if scope in (NATIONAL, fact["municipality"])]
        cells.update(COUNTERS[of_set](scope, within, on))
    return cells


def is_known(fact: Fact, moment: datetime) -> bool:
    if fact["recorded_at"] > moment:
        return False
    return fact["withdrawn_at"] is None or fact["withdrawn_at"] > moment


def with_each_person_once(known: list[Fact]) -> list[Fact]:
    """The facts with one pseudonym for each person. Merges join pseudonyms, and a chain of merges joins all of them."""
    merges = of_kind(known, "merge")
    groups: list[set[str]] = []
    for merge in merges:
        pair = {merge["subject"], merge["same_as"]}
        touched = [group for group in groups if group & pair]
        groups = [group for group in groups if group not in touched] + [pair.union(*touched)]
    name_of = {name: max(group) for group in groups for name in group}
    own = [fact for fact in known if fact["kind"] != "merge"]
    return [
        {**fact, "subject": name_of.get(fact["subject"], fact["subject"])} if "subject" in fact else fact
        for fact in own
    ]


def has_begun(fact: Fact, day: date) -> bool:
    return fact["valid_from"] <= day


def is_true(fact: Fact, day: date) -> bool:
    return has_begun(fact, day) and (fact["valid_until"] is None or day < fact["valid_until"])


def order(fact: Fact) -> tuple[date, datetime, str]:
    return (fact["valid_from"], fact["recorded_at"], fact["id"].lower())


def latest(facts: Iterable[Fact]) -> Fact | None:
    return max(facts, key=order, default=None)


def of_kind(facts: Iterable[Fact], kind: str) -> list[Fact]:
    return [fact for fact in facts if fact["kind"] == kind]


# Agreed places.


def capacity(known: list[Fact], on: date, names: list[str]) -> Cells:
    places = {name: agreed_places(known, on, name) for name in names}
    cells = {("capacity", name, ""): number for name, number in places.items()}
    return {**cells, ("capacity", NATIONAL, ""): sum(places.values())}


def agreed_places(known: list[Fact], on: date, name: str) -> int:
    covenants = [fact for fact in of_kind(known, "covenant") if fact["municipality"] == name]
    covenant = latest(fact for fact in covenants if is_true(fact, on))
    return covenant["agreed_places"] if covenant else 0


# The state of a case.


@dataclass(frozen=True)
class Standing:
    """The state of one case on the reference date."""

    subject: str
    population: str  # inside, outside, or empty for neither
    stay: Fact | None  # the last one that began
    is_present: bool
    exit: Fact | None  # the one that counts
    scenario: Fact | None
    profile: Fact | None
    is_discussed: bool
    advice: Fact | None
    stays: int
    procedures: int  # not decided yet


def standings(within: list[Fact], on: date) -> list[Standing]:
    cases: dict[str, list[Fact]] = {}
    for fact in within:
        if fact["kind"] != "covenant":
            cases.setdefault(fact["case"], []).append(fact)
    return [standing(facts, on) for facts in cases.values()]


def standing(facts: list[Fact], on: date) -> Standing:
    stay = latest(fact for fact in of_kind(facts, "stay") if has_begun(fact, on))
    return Standing(
        subject=facts[0]["subject"],
        population=population(facts, on),
        stay=stay,
        is_present=stay is not None and (stay["valid_until"] is None or stay["valid_until"] > on),
        exit=exit_that_counts(facts, stay, on),
        scenario=latest(fact for fact in of_kind(facts, "scenario") if is_true(fact, on)),
        profile=latest(fact for fact in of_kind(facts, "profile") if has_begun(fact, on)),
        is_discussed=any(has_begun(fact, on) for fact in of_kind(facts, "discussion")),
        advice=latest(fact for fact in of_kind(facts, "advice") if has_begun(fact, on)),
        stays=sum(has_begun(fact, on) for fact in of_kind(facts, "stay")),
        procedures=sum(has_begun(fact, on) and is_pending(fact, on) for fact in of_kind(facts, "procedure")),
    )


def is_pending(procedure: Fact, on: date) -> bool:
    return procedure["decided_on"] is None or procedure["decided_on"] > on


def population(facts: list[Fact], on: date) -> str:
    admission = latest(fact for fact in of_kind(facts, "admission") if is_true(fact, on))
    if admission is None or admission["outcome"] == "refused":
        return ""
    return "inside" if admission["inside_covenant"] else "outside"


def exit_that_counts(facts: list[Fact], stay: Fact | None, on: date) -> Fact | None:
    """The last exit after the last stay began, if it ended. An exit on its first day is of the stay before it."""
    if stay is None or stay["valid_until"] is None or stay["valid_until"] > on:
        return None
    exits = of_kind(facts, "exit")
    return latest(fact for fact in exits if stay["valid_from"] < fact["valid_from"] <= on)


# A person counts once.


def persons(cases: list[Standing], *populations: str) -> list[Standing]:
    """The case that counts for each person, among the cases of one population or of two together."""
    by_subject: dict[str, list[Standing]] = {}
    for case in cases:
        if case.population in populations and case.stay is not None:
            by_subject.setdefault(case.subject, []).append(case)
    return [determining(own) for own in by_subject.values()]


def determining(cases: list[Standing]) -> Standing:
    """A case in which the person is present, or else any of them; and of those the one with the latest last stay."""
    present = [case for case in cases if case.is_present]
    return max(present or cases, key=order_of_last_stay)


def order_of_last_stay(case: Standing) -> tuple[date, datetime, str]:
    assert case.stay is not None
    return order(case.stay)


# What to count.


def category(case: Standing) -> str:
    return case.exit["category"] if case.exit else ""


def direction(case: Standing) -> str:
    """The direction of the scenario. Somebody who left has no scenario any more."""
    return case.scenario["direction"] if case.is_present and case.scenario else ""


PERSONS_INSIDE: dict[str, Callable[[Standing], bool]] = {
    "sheltered": lambda case: True,
    "present": lambda case: case.is_present,
    "scenario": lambda case: direction(case) != "",
    "scenario_departure": lambda case: direction(case) == "departure",
    "scenario_stay": lambda case: direction(case) == "stay",
    "no_scenario": lambda case: case.is_present and case.scenario is None,
    "durable": lambda case: category(case) in DURABLE,
    "durable_grant": lambda case: category(case) == "grant",
    "durable_departure": lambda case: category(case) in DEPARTURES,
    "departure_return": lambda case: category(case) == "return",
    "departure_onward": lambda case: category(case) == "onward",
    "exit_azc_hasa": lambda case: category(case) == "azc_hasa",
    "exit_art64": lambda case: category(case) == "art64",
    "exit_unknown_destination": lambda case: category(case) == "unknown_destination",
    "exit_back_to_bbb": lambda case: category(case) == "back_to_bbb",
    "exit_terminated": lambda case: category(case) == "terminated",
    "exit_other": lambda case: category(case) in OTHER_EXITS,
    "unexplained": lambda case: not case.is_present and case.exit is None,
}
PERSONS_OUTSIDE: dict[str, Callable[[Standing], bool]] = {
    "outside_sheltered": lambda case: True,
    "outside_present": lambda case: case.is_present,
}
CASES_INSIDE: dict[str, Callable[[Standing], bool]] = {
    "mrt_discussed": lambda case: case.is_discussed,
    "mrt_no_durable_solution": lambda case: case.advice is not None and case.advice["no_durable_solution"],
}


def sex(profile: Fact | None, on: date) -> str:
    return profile["sex"] if profile else "unknown"


def age(profile: Fact | None, on: date) -> str:
    if profile is None or profile["birth_year"] is None:
        return "unknown"
    years = on.year - profile["birth_year"]
    return next((group for last, group in AGES if years <= last), "60+")


def nationality(profile: Fact | None, on: date) -> str:
    return profile["nationality"] if profile else "ZZ"


def procedures(profile: Fact | None, on: date) -> str:
    if profile is None or profile["departure_procedures"] is None:
        return "unknown"
    number = profile["departure_procedures"]
    if number > 5:
        return "6+"
    return "2-5" if number >= 2 else str(number)


def safe_country(profile: Fact | None, on: date) -> str:
    if profile is None:
        return "unknown"
    return "yes" if profile["from_safe_country"] else "no"


CHARACTERISTICS: dict[str, Callable[[Fact | None, date], str]] = {
    "present_by_sex": sex,
    "present_by_age": age,
    "present_by_nationality": nationality,
    "present_by_procedures": procedures,
    "present_by_safe_country": safe_country,
}


# The counting itself.


def first_monitor(scope: str, within: list[Fact], on: date) -> Cells:
    """Before November 2020: everybody who was admitted counts, and temporary outcomes count as durable."""
    cases = standings(within, on)
    admitted = persons(cases, "inside", "outside")
    return {
        ("waiting", scope, ""): waiting(within, on),
        **numbers(scope, {**PERSONS_INSIDE, "durable": is_durable_or_temporary}, admitted),
        **numbers(scope, CASES_INSIDE, [case for case in cases if case.population]),
        **breakdowns(scope, admitted, on),
    }


def is_durable_or_temporary(case: Standing) -> bool:
    return category(case) in DURABLE | TEMPORARY


def three_groups(scope: str, within: list[Fact], on: date) -> Cells:
    """From 2022 on: exits in three groups, the number of stays, and procedures that are not decided yet."""
    cases = standings(within, on)
    inside = [case for case in cases if case.population == "inside"]
    groups: dict[str, Callable[[Standing], bool]] = {
        "semi_durable": lambda case: category(case) in TEMPORARY,
        "no_solution": lambda case: category(case) not in {"", *DURABLE, *TEMPORARY},
    }
    return {
        **letter(scope, within, on),
        **numbers(scope, groups, persons(cases, "inside")),
        ("stays", scope, ""): sum(case.stays for case in inside),
        ("procedures_pending", scope, ""): sum(case.procedures for case in inside if case.is_present),
    }


def letter(scope: str, within: list[Fact], on: date) -> Cells:
    cases = standings(within, on)
    inside, outside = persons(cases, "inside"), persons(cases, "outside")
    cases_inside = [case for case in cases if case.population == "inside"]
    return {
        ("waiting", scope, ""): waiting(within, on),
        **numbers(scope, PERSONS_INSIDE, inside),
        **numbers(scope, PERSONS_OUTSIDE, outside),
        **numbers(scope, CASES_INSIDE, cases_inside),
        **breakdowns(scope, inside, on),
    }


def waiting(within: list[Fact], on: date) -> int:
    return len({entry["subject"] for entry in of_kind(within, "waitinglistentry") if is_true(entry, on)})


def numbers(scope: str, indicators: dict[str, Callable[[Standing], bool]], cases: list[Standing]) -> Cells:
    return {(code, scope, ""): sum(counts(case) for case in cases) for code, counts in indicators.items()}


def breakdowns(scope: str, inside: list[Standing], on: date) -> Cells:
    cells: Cells = {}
    for case in inside:
        if case.exit and category(case) in DEPARTURES:
            add(cells, ("departure_destination", scope, case.exit["destination"]))
        if case.is_present:
            for code, characteristic in CHARACTERISTICS.items():
                add(cells, (code, scope, characteristic(case.profile, on)))
    return cells


def add(cells: Cells, cell: Cell) -> None:
    cells[cell] = cells.get(cell, 0) + 1


COUNTERS: dict[str, Callable[[str, list[Fact], date], Cells]] = {
    "2019-04": first_monitor,
    "2020-11": letter,
    "2022-01": three_groups,
}
