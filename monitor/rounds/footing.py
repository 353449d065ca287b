"""What the figures of a municipality rest on: a fingerprint that changes when a figure does, or who is behind it.

A fact that is corrected without effect on any figure leaves it as it is; so does a fact of another municipality.
"""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime

from accounts.acting import as_monitor
from accounts.models import Municipality
from monitor.figures.indicators import DefinitionSet, Population, Source
from monitor.figures.known import COUNTED, DIVISIONS, PERSONS, TRUE, WAITING, divided, rows

_HASHED = """{common} select place, encode(sha256(convert_to(
        string_agg(found::text, E'\\n' order by found::text collate "C"), 'UTF8')), 'hex')
    from ({selected}) found where %(municipality)s::bigint is null or place = %(municipality)s group by place"""
_STANDING = """select scope as place, case_id, population, is_present, exit_category, destination, direction, sex,
    nationality, departure_procedures, from_safe_country, age from persons"""


def fingerprints(
    definition_set: DefinitionSet, *, on: date, known_at: datetime, municipality: Municipality | None = None
) -> dict[int, str]:
    """SHA-256, in hexadecimal, over all that the set counts, by the key of the municipality; of one or of each."""
    parameters = {"on": on, "known_at": known_at, "municipality": municipality and municipality.pk}
    with as_monitor():
        found: list[dict[int, str]] = [dict(rows(query, parameters)) for query in _queries(definition_set)]
    places = [municipality.pk] if municipality else Municipality.objects.values_list("pk", flat=True)
    return {place: _together(definition_set.code, [parts.get(place, "") for parts in found]) for place in places}


def _together(code: str, parts: list[str]) -> str:
    return hashlib.sha256("\n".join([code, *parts]).encode()).hexdigest()


def _queries(definition_set: DefinitionSet) -> Iterator[str]:
    sources = {(item.source, _division(item.population)) for item in definition_set.indicators}
    for source, population in sorted(sources, key=lambda pair: (pair[0].name, pair[1].name if pair[1] else "")):
        if source is Source.WAITING:
            # One pseudonym of each: a merge that leaves the number as it is changes nothing here.
            common = f"with {WAITING}"
            selected = "select municipality_id as place, min(subject::text) from waiting group by place, person"
        elif source is Source.COVENANTS:
            common, selected = "", f"select municipality_id as place, agreed_places from cases_covenant where {TRUE}"
        elif source is Source.PERSONS:
            assert population is not None
            common, selected = f"with {divided(PERSONS, population)}", _STANDING
        else:
            assert population is not None
            common = f"with {divided(COUNTED[source], population)}"
            selected = "select municipality_id as place, counted.* from counted"
        yield _HASHED.format(common=common, selected=selected)


def _division(population: Population) -> Population | None:
    """One population to stand for all that part the cases with it; None for what counts something else."""
    return next((min(those, key=lambda p: p.name) for those, _ in DIVISIONS if population in those), None)
