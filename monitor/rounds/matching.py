"""Two lists of persons laid side by side: what a municipality counts, and what a partner has in its own records.

Pure: no database, no clock. Each line of ours gets exactly one finding; a line of theirs that fits none of ours is
somebody missing here, unless it is about something else. The classes are those of standards C-6.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Class(StrEnum):
    """How two records of one person relate."""

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
    """One record. `v_number` finds the person, or else `name` with `born` (as much of it as is known, `17-03-1984`).

    `category` and `city` are empty when a list does not say them: then they are taken to be alike.
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
    """What came of one line of ours, or of one of theirs that we don't have (`ours` is None)."""

    ours: Line | None
    theirs: Line | None
    found: Class


@dataclass(frozen=True)
class Scope:
    """What is compared: exits of these categories in this city, up to and including the reference date."""

    city: str
    categories: frozenset[str]
    until: date

    def holds(self, line: Line) -> bool:
        """Whether a record of the partner is about the same thing; what it does not say is taken to be."""
        is_here = line.city in ("", self.city)
        return is_here and (not line.category or line.category in self.categories) and line.on <= self.until


def match(ours: Iterable[Line], theirs: Iterable[Line], scope: Scope) -> list[Finding]:
    """Lay the lists side by side: first by what identifies a person, then by what nearly does."""
    ours, theirs = list(ours), list(theirs)
    by_person, by_name = _by_person(theirs), _by_name(theirs)
    twice = {person for person, lines in _by_person(ours).items() if len(lines) > 1}
    findings: list[Finding] = []
    used: set[Hashable] = set()
    unfound: list[Line] = []
    for line in ours:
        candidates = by_person.get(line.v_number, []) if line.v_number else by_name.get(_named(line), [])
        used |= {one.key for one in candidates}
        if not candidates:
            unfound.append(line)
        elif len(candidates) > 1 or _person(line) in twice:
            findings.append(Finding(line, candidates[0], Class.DOUBLE))
        else:
            findings.append(Finding(line, candidates[0], _compared(line, candidates[0], scope)))
    rest = [line for line in theirs if line.key not in used]
    nearly = _nearly(unfound, rest)
    for line in unfound:
        near = nearly.get(line.key)
        findings.append(Finding(line, near, Class.IDENTITY if near else Class.MISSING_THERE))
    taken = {near.key for near in nearly.values()}
    seen: set[Hashable] = set()
    for line in rest:
        if line.key in taken or not scope.holds(line) or _person(line) in seen:
            continue
        seen.add(_person(line))
        findings.append(Finding(None, line, Class.MISSING_HERE))
    return findings


def _compared(ours: Line, theirs: Line, scope: Scope) -> Class:
    """In what two records of one person differ first: where, what, whether it counts, when."""
    if theirs.city not in ("", scope.city):
        return Class.CITY
    if theirs.category and theirs.category != ours.category:
        return Class.REASON
    if theirs.on > scope.until:
        return Class.OUT_OF_SCOPE
    return Class.AGREES if theirs.on == ours.on else Class.DATE


def _person(line: Line) -> Hashable:
    return line.v_number or _named(line)


def _named(line: Line) -> Hashable:
    return _words(line.name), line.born


def _by_person(lines: Sequence[Line]) -> Mapping[Hashable, list[Line]]:
    found: dict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        found[_person(line)].append(line)
    return found


def _by_name(lines: Sequence[Line]) -> Mapping[Hashable, list[Line]]:
    """Of those with a name: who has no V-number with us may have one there."""
    found: dict[Hashable, list[Line]] = defaultdict(list)
    for line in lines:
        if line.name:
            found[_named(line)].append(line)
    return found


def _nearly(ours: Sequence[Line], theirs: Sequence[Line]) -> dict[Hashable, Line]:
    """Who may be the same: on the same day, and a V-number with one slip, or the same name. Only if it is just one."""
    by_day: dict[date, list[Line]] = defaultdict(list)
    for line in theirs:
        by_day[line.on].append(line)
    found: dict[Hashable, Line] = {}
    taken: set[Hashable] = set()
    for line in ours:
        near = [one for one in by_day[line.on] if one.key not in taken and _may_be_one(line, one)]
        if len(near) == 1:
            found[line.key] = near[0]
            taken.add(near[0].key)
    return found


def _may_be_one(ours: Line, theirs: Line) -> bool:
    if theirs.category and theirs.category != ours.category:
        return False
    if ours.v_number and theirs.v_number:
        return _is_one_slip(ours.v_number, theirs.v_number)
    return bool(ours.name) and _words(ours.name) == _words(theirs.name)


def _is_one_slip(one: str, other: str) -> bool:
    """One wrong figure, or two beside each other that changed places."""
    if len(one) != len(other):
        return False
    wrong = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) == 1:
        return True
    is_beside = len(wrong) == 2 and wrong[1] == wrong[0] + 1
    return is_beside and one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]


def _words(name: str) -> tuple[str, ...]:
    """A name without accents, capitals, signs and order."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if c.isalnum() or c.isspace() or c == "-")
    return tuple(sorted(plain.replace("-", " ").split()))
