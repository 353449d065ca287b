"""What must always hold between the figures of one measurement; a release that breaks it is not signed.

What no exit explains stands in a line of its own, so that the balance always closes (design 4).
"""

from collections.abc import Iterator

from monitor.figures.indicators import Indicator, Unit
from monitor.figures.measurement import NATIONAL, Measurement


def violations(measured: Measurement) -> list[str]:
    """Every identity that does not hold, in words; empty when all do."""
    return [
        *_of_numbers(measured),
        *(words for scope in measured.scopes for words in _of_parts(measured, scope)),
        *_of_the_country(measured),
    ]


def _of_numbers(measured: Measurement) -> Iterator[str]:
    for (code, scope, value), number in measured.cells.items():
        if number < 0:
            yield f"{_name(measured, code, scope)}{value and f' ({value})'} is kleiner dan nul."


def _of_parts(measured: Measurement, scope: str) -> Iterator[str]:
    """The parts of a figure add up to it, and so do the values of a breakdown."""
    for whole in measured.definition_set.indicators:
        number = measured.figure(whole.code, scope)
        parts = [i for i in measured.definition_set.indicators if i.part_of == whole.code and not i.by]
        added = sum(measured.figure(part.code, scope) for part in parts)
        # A single part is some of it, not all.
        if (len(parts) == 1 and added > number) or (len(parts) > 1 and added != number):
            yield f"{_name(measured, whole.code, scope)} is {number}, maar de delen samen zijn {added}."
        for broken in _breakdowns_of(measured, whole):
            added = sum(measured.figure(broken.code, scope, value) for value in measured.values(broken.code))
            if added != number:
                yield f"{_name(measured, whole.code, scope)} is {number}, maar {broken.title} telt op tot {added}."


def _breakdowns_of(measured: Measurement, whole: Indicator) -> list[Indicator]:
    return [i for i in measured.definition_set.indicators if i.part_of == whole.code and i.by]


def _of_the_country(measured: Measurement) -> Iterator[str]:
    """The country is the sum of the municipalities, minus the persons who are known in two of them."""
    for item in measured.definition_set.indicators:
        for value in measured.values(item.code) if item.by else [""]:
            local = [measured.figure(item.code, name, value) for name in measured.municipalities]
            number, together = measured.figure(item.code, NATIONAL, value), sum(local)
            # Whoever was ever there in one city was there in the country; who left one may be present in another.
            least = together if item.unit is not Unit.PERSONS else 0 if item.part_of else max(local)
            if not least <= number <= together:
                name = _name(measured, item.code, NATIONAL)
                yield f"{name} is {number}, maar de gemeenten samen zijn {together}."


def _name(measured: Measurement, code: str, scope: str) -> str:
    return f"{measured.definition_set[code].title} ({'landelijk' if scope == NATIONAL else scope})"
