"""Matches two lists of persons: the ones that a municipality counts ("ours") and a partner's own records ("theirs").

Matching takes three steps, each on the lines that the step before left over:

1. The same person: the same V-number, or, when our line has none, the same name and birth date. A person whom one of
   the lists has twice is `DOUBLE`. Otherwise the two records are compared, and the first difference gives the class.
2. Nearly the same person: the same date, and a V-number with one slip of the pen, or the same name. This is
   `IDENTITY`, and only if exactly one of their lines fits. With two candidates we would have to guess.
3. The rest: our lines are `MISSING_THERE`, and their lines are `MISSING_HERE`, unless those are out of scope.

So each of our lines gets exactly one finding, and each person of theirs that we don't have gets one too. The classes
are those of standards C-6. Nothing here uses the database or the clock.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class MatchClass(StrEnum):
    """The outcome for a record: it agrees with one in the other list, is missing there, or differs in this respect."""

    AGREES = "agrees"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DATE = "date"
    REASON = "reason"
    CITY = "city"
    DOUBLE = "double"
    IDENTITY = "identity"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Line:
    """One record in a list.

    `v_number` identifies the person; without one, `name` and `born` do (as much of the birth date as is known, such
    as 1984 or 17-03-1984). `category` and `city` are empty when the list does not have them: then they count as equal.
    """

    key: Hashable
    on: date
    category: str = ""
    city: str = ""
    v_number: str = ""
    name: str = ""
    born: str = ""


@dataclass(frozen=True)
class Finding:
    """The outcome for one of our lines, or for one of theirs that we don't have (then `ours` is None)."""

    ours: Line | None
    theirs: Line | None
    match_class: MatchClass


@dataclass(frozen=True)
class Scope:
    """What the lists are about: exits of these categories in this city, up to and including `until`."""

    city: str
    categories: frozenset[str]
    until: date

    def covers(self, line: Line) -> bool:
        """Whether a record of the partner is in scope, as far as it says."""
        is_in_city = line.city in ("", self.city)
        return is_in_city and (not line.category or line.category in self.categories) and line.on <= self.until


def match(ours: Iterable[Line], theirs: Iterable[Line], scope: Scope) -> list[Finding]:
    """A finding for each of our lines, and for each person of theirs that we don't have; see the top of this file."""
    ours, theirs = list(ours), list(theirs)
    by_person, by_name = _by_person(theirs), _by_name(theirs)
    listed_twice = {person for person, lines in _by_person(ours).items() if len(lines) > 1}
    findings: list[Finding] = []
    matched: set[Hashable] = set()
    unmatched: list[Line] = []
    for line in ours:
        candidates = by_person.get(line.v_number, []) if line.v_number else by_name.get(_name_key(line), [])
        matched |= {candidate.key for candidate in candidates}
        if not candidates:
            unmatched.append(line)
        elif len(candidates) > 1 or _person_key(line) in listed_twice:
            findings.append(Finding(line, candidates[0], MatchClass.DOUBLE))
        else:
            findings.append(Finding(line, candidates[0], _compare(line, candidates[0], scope)))
    rest = [line for line in theirs if line.key not in matched]
    near_matches = _near_matches(unmatched, rest)
    for line in unmatched:
        near = near_matches.get(line.key)
        findings.append(Finding(line, near, MatchClass.IDENTITY if near else MatchClass.MISSING_THERE))
    nearly_matched = {near.key for near in near_matches.values()}
    reported: set[Hashable] = set()
    for line in rest:
        if line.key in nearly_matched or not scope.covers(line) or _person_key(line) in reported:
            continue
        reported.add(_person_key(line))
        findings.append(Finding(None, line, MatchClass.MISSING_HERE))
    return findings


def _compare(ours: Line, theirs: Line, scope: Scope) -> MatchClass:
    """The first difference between two records of one person, in the order city, category, scope, date."""
    if theirs.city not in ("", scope.city):
        return MatchClass.CITY
    if theirs.category and theirs.category != ours.category:
        return MatchClass.REASON
    if theirs.on > scope.until:
        return MatchClass.OUT_OF_SCOPE
    return MatchClass.AGREES if theirs.on == ours.on else MatchClass.DATE


def _person_key(line: Line) -> Hashable:
    return line.v_number or _name_key(line)


def _name_key(line: Line) -> Hashable:
    return _name_words(line.name), line.born


def _by_person(lines: Sequence[Line]) -> Mapping[Hashable, list[Line]]:
    by_key: dict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        by_key[_person_key(line)].append(line)
    return by_key


def _by_name(lines: Sequence[Line]) -> Mapping[Hashable, list[Line]]:
    """The lines that have a name, also those with a V-number: our own line of that person may lack it."""
    by_key: dict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        if line.name:
            by_key[_name_key(line)].append(line)
    return by_key


def _near_matches(ours: Sequence[Line], theirs: Sequence[Line]) -> dict[Hashable, Line]:
    """The key of our line -> the only line of theirs on the same date that may be the same person."""
    by_day: dict[date, list[Line]] = defaultdict(list)
    for line in theirs:
        by_day[line.on].append(line)
    matches: dict[Hashable, Line] = {}
    taken: set[Hashable] = set()
    for line in ours:
        near = [
            candidate for candidate in by_day[line.on] if candidate.key not in taken and _may_be_same(line, candidate)
        ]
        if len(near) == 1:
            matches[line.key] = near[0]
            taken.add(near[0].key)
    return matches


def _may_be_same(ours: Line, theirs: Line) -> bool:
    if theirs.category and theirs.category != ours.category:
        return False
    if ours.v_number and theirs.v_number:
        return _is_one_slip(ours.v_number, theirs.v_number)
    return bool(ours.name) and _name_words(ours.name) == _name_words(theirs.name)


def _is_one_slip(written: str, recorded: str) -> bool:
    """Whether one character differs, or two adjacent ones are swapped."""
    if len(written) != len(recorded):
        return False
    wrong = [place for place, (a, b) in enumerate(zip(written, recorded, strict=True)) if a != b]
    if len(wrong) == 1:
        return True
    are_adjacent = len(wrong) == 2 and wrong[1] == wrong[0] + 1
    return are_adjacent and written[wrong[0]] == recorded[wrong[1]] and written[wrong[1]] == recorded[wrong[0]]


def _name_words(name: str) -> tuple[str, ...]:
    """The words of a name, sorted, without accents, capitals and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalnum() or c.isspace() or c == "-")
    return tuple(sorted(plain.replace("-", " ").split()))
