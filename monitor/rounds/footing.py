"""The footing of a municipality's figures: a fingerprint of everything that its figures count.

A statement must end when the facts behind it change, and only then. Comparing the figures themselves would not do:
when one person leaves and another arrives, the figures stay the same, but the municipality signed for the first one.
Comparing all facts would not do either: a corrected note, or a fact of another municipality, must not end a statement.

So the fingerprint is made of what the measurement counts, from the same queries (`monitor/figures/counting.py`): a line
for each case that counts, with every column by which an indicator may count it. It changes when a figure changes, when
another person or case takes the place of one that counted, or when a characteristic changes that an indicator uses. A
fact that is corrected without any effect on those columns leaves it as it was.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime

from accounts.acting import as_monitor
from accounts.models import Municipality
from monitor.figures.counting import COUNTED, DIVISIONS, PERSONS, TRUE, WAITING, divided, rows
from monitor.figures.indicators import DefinitionSet, Population, Source

# SHA-256 over the rows of a query, as text in a fixed order, for each municipality (`place`).
_HASHED = """{common} select place, encode(sha256(convert_to(
        string_agg(counted_row::text, E'\\n' order by counted_row::text collate "C"), 'UTF8')), 'hex')
    from ({selected}) counted_row
    where %(municipality)s::bigint is null or place = %(municipality)s group by place"""
# Every column of `persons` by which an indicator may count.
_PERSONS = """select scope as place, case_id, population, is_present, exit_category, destination, direction, sex,
    nationality, departure_procedures, from_safe_country, age from persons"""


def fingerprints(
    definition_set: DefinitionSet, *, on: date, known_at: datetime, municipality: Municipality | None = None
) -> dict[int, str]:
    """SHA-256 in hexadecimal over all that the set counts, by the key of the municipality: all of them, or one."""
    parameters = {"on": on, "known_at": known_at, "municipality": municipality and municipality.pk}
    with as_monitor():
        by_query: list[dict[int, str]] = [dict(rows(query, parameters)) for query in _queries(definition_set)]
    keys = [municipality.pk] if municipality else Municipality.objects.values_list("pk", flat=True)
    return {key: _combined(definition_set.code, [hashes.get(key, "") for hashes in by_query]) for key in keys}


def _combined(code: str, hashes: list[str]) -> str:
    return hashlib.sha256("\n".join([code, *hashes]).encode()).hexdigest()


def _queries(definition_set: DefinitionSet) -> Iterator[str]:
    """A query for each source and division of the set, in a fixed order: the fingerprint depends on it."""
    sources = {(item.source, _division(item.population)) for item in definition_set.indicators}
    for source, population in sorted(sources, key=lambda pair: (pair[0].name, pair[1].name if pair[1] else "")):
        if source is Source.WAITING:
            # A fixed pseudonym for each person: a merge that leaves the number as it is changes nothing.
            common = f"with {WAITING}"
            selected = "select municipality_id as place, min(subject::text) from waiting group by place, person"
        elif source is Source.COVENANTS:
            common, selected = "", f"select municipality_id as place, agreed_places from cases_covenant where {TRUE}"
        elif source is Source.PERSONS:
            assert population is not None
            common, selected = f"with {divided(PERSONS, population)}", _PERSONS
        else:
            assert population is not None
            common = f"with {divided(COUNTED[source], population)}"
            selected = "select municipality_id as place, counted.* from counted"
        yield _HASHED.format(common=common, selected=selected)


def _division(population: Population) -> Population | None:
    """The first population, by name, of the division that this one is in; None when it is in no division.

    Populations of one division need one query together, so one of them stands for all.
    """
    return next((min(members, key=lambda p: p.name) for members, _ in DIVISIONS if population in members), None)
