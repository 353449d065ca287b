"""Matching finds every planted difference in its class, and no difference where there is none."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.models import Comparison, Difference
from monitor.rounds.matching import Finding, Line, MatchClass, Scope, match

DAY = timedelta(days=1)
UNTIL = date(2026, 10, 1)
SCOPE = Scope("Utrecht", frozenset({"return", "onward"}), UNTIL)
EACH = 50


def line(number: int, **changed: object) -> Line:
    """A person in a long list. V-numbers are far apart, so that none is one slip away from another."""
    on = date(2020, 1, 1) + number % 2000 * DAY
    values = {"key": number, "on": on, "category": "return", "city": "Utrecht", "v_number": f"{number * 111_111:010d}"}
    return Line(**values | changed)  # type: ignore[arg-type]


def named(number: int) -> Line:
    return line(number, v_number="", name=f"Voornaam Achternaam-{number}", born="1984")


def findings_by_class(ours: list[Line], theirs: list[Line]) -> dict[MatchClass, list[Finding]]:
    shuffled = random.Random(7).sample(theirs, len(theirs))
    classes: dict[MatchClass, list[Finding]] = {}
    for finding in match(ours, shuffled, SCOPE):
        classes.setdefault(finding.match_class, []).append(finding)
    return classes


def test_the_classes_are_those_of_the_settlement() -> None:
    assert {match_class.value for match_class in MatchClass} == {Comparison.AGREES.value, *Difference.values}


def test_ten_thousand_that_agree_give_no_alarm() -> None:
    ours = [line(number) for number in range(1, 9001)] + [named(number) for number in range(9001, 10_001)]
    classes = findings_by_class(ours, [replace(record, key=f"theirs {record.key}") for record in ours])
    assert {name: len(those) for name, those in classes.items()} == {MatchClass.AGREES: 10_000}


# For each class: the records that the partner has instead of ours.
PLANTED = {
    MatchClass.MISSING_THERE: lambda ours: [],
    MatchClass.DATE: lambda ours: [replace(ours, on=ours.on - DAY)],
    MatchClass.REASON: lambda ours: [replace(ours, category="onward")],
    MatchClass.CITY: lambda ours: [replace(ours, city="Groningen")],
    MatchClass.DOUBLE: lambda ours: [ours, replace(ours, key=f"again {ours.key}")],
    MatchClass.IDENTITY: lambda ours: [
        replace(ours, v_number=ours.v_number[:-1] + str((int(ours.v_number[-1]) + 5) % 10))
    ],
    MatchClass.OUT_OF_SCOPE: lambda ours: [replace(ours, on=UNTIL + DAY)],
}


def test_four_hundred_planted_differences_are_all_found_in_their_class() -> None:
    ours = [line(number) for number in range(1, 10_001)]
    planted: dict[MatchClass, list[object]] = {}
    theirs: list[Line] = []
    for place, record in enumerate(ours):
        kind = list(PLANTED)[place // EACH] if place // EACH < len(PLANTED) else None
        theirs += PLANTED[kind](record) if kind else [record]
        if kind:
            planted.setdefault(kind, []).append(record.key)
    strangers = [line(20_000 + number) for number in range(EACH)]
    classes = findings_by_class(ours, theirs + strangers)
    missing = classes.pop(MatchClass.MISSING_HERE)
    reported = sorted(str(finding.theirs and finding.theirs.key) for finding in missing)
    assert reported == sorted(str(stranger.key) for stranger in strangers)
    assert len(classes.pop(MatchClass.AGREES)) == 10_000 - EACH * len(PLANTED)
    assert {
        kind: [finding.ours and finding.ours.key for finding in findings] for kind, findings in classes.items()
    } == planted
    assert sum(map(len, planted.values())) + len(missing) == 400


def test_a_person_twice_in_our_list_is_double() -> None:
    ours = [line(1), replace(line(1), key="again")]
    assert [finding.match_class for finding in match(ours, [line(1)], SCOPE)] == [MatchClass.DOUBLE, MatchClass.DOUBLE]


@pytest.mark.parametrize("theirs", ["ACHTERNAAM-3, Voornaam", "Vóornaam Achternaam 3"])
def test_a_name_is_the_same_without_accents_capitals_and_order(theirs: str) -> None:
    (finding,) = match([named(3)], [replace(line(3), name=theirs, born="1984")], SCOPE)
    assert finding.match_class is MatchClass.AGREES


def test_the_same_name_of_another_year_may_be_another_person() -> None:
    (finding,) = match([named(3)], [replace(named(3), born="1985")], SCOPE)
    assert finding.match_class is MatchClass.IDENTITY


def test_figures_that_changed_places_may_be_the_same_person_only_on_the_same_day() -> None:
    ours, theirs = line(1, v_number="0123456789"), line(1, v_number="0123456798")
    assert [finding.match_class for finding in match([ours], [theirs], SCOPE)] == [MatchClass.IDENTITY]
    findings = match([ours], [replace(theirs, on=ours.on - DAY)], SCOPE)
    assert [finding.match_class for finding in findings] == [MatchClass.MISSING_THERE, MatchClass.MISSING_HERE]


@pytest.mark.parametrize("changed", [{"city": "Groningen"}, {"category": "grant"}, {"on": UNTIL + DAY}])
def test_a_record_out_of_scope_is_not_missing_here(changed: dict[str, object]) -> None:
    assert match([], [line(1, **changed)], SCOPE) == []


def test_a_person_twice_in_their_list_is_missing_once() -> None:
    assert len(match([], [line(1), replace(line(1), key="again")], SCOPE)) == 1


def test_a_field_that_a_list_lacks_counts_as_equal() -> None:
    (finding,) = match([line(1)], [line(1, category="", city="")], SCOPE)
    assert finding.match_class is MatchClass.AGREES
