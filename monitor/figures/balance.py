"""Checks that must hold between the figures of one measurement. A release that fails one is not signed.

Persons whom no exit explains have a figure of their own, so that the balance always closes (design 4).
"""

from collections.abc import Iterator

from monitor.figures.indicators import Indicator, Unit
from monitor.figures.measurement import NATIONAL, Measurement


def violations(measured: Measurement) -> list[str]:
    """A Dutch sentence for each check that fails; empty when all hold."""
    return [
        *_negative_numbers(measured),
        *(sentence for scope in measured.scopes for sentence in _unequal_parts(measured, scope)),
        *_country_out_of_bounds(measured),
    ]


def _negative_numbers(measured: Measurement) -> Iterator[str]:
    for (code, scope, value), number in measured.cells.items():
        if number < 0:
            yield f"{_name(measured, code, scope)}{value and f' ({value})'} is kleiner dan nul."


def _unequal_parts(measured: Measurement, scope: str) -> Iterator[str]:
    """The parts of a figure must add up to it, and so must the values of its breakdown."""
    for whole in measured.definition_set.indicators:
        number = measured.figure(whole.code, scope)
        parts = [i for i in measured.definition_set.indicators if i.part_of == whole.code and not i.by]
        added = sum(measured.figure(part.code, scope) for part in parts)
        # A figure with a single part also counts what is not in that part.
        if (len(parts) == 1 and added > number) or (len(parts) > 1 and added != number):
            yield f"{_name(measured, whole.code, scope)} is {number}, maar de delen samen zijn {added}."
        for breakdown in _breakdowns_of(measured, whole):
            added = sum(measured.figure(breakdown.code, scope, value) for value in measured.values(breakdown.code))
            if added != number:
                yield f"{_name(measured, whole.code, scope)} is {number}, maar {breakdown.title} telt op tot {added}."


def _breakdowns_of(measured: Measurement, whole: Indicator) -> list[Indicator]:
    return [i for i in measured.definition_set.indicators if i.part_of == whole.code and i.by]


def _country_out_of_bounds(measured: Measurement) -> Iterator[str]:
    """The national figure must be the sum of the municipalities, less the persons whom two of them count."""
    for item in measured.definition_set.indicators:
        for value in measured.values(item.code) if item.by else [""]:
            local = [measured.figure(item.code, name, value) for name in measured.municipalities]
            number, together = measured.figure(item.code, NATIONAL, value), sum(local)
            # A person who was sheltered in one municipality was sheltered in the country. For parts of that figure
            # there is no lower bound: a person who left one municipality may be present in another.
            least = together if item.unit is not Unit.PERSONS else 0 if item.part_of else max(local)
            if not least <= number <= together:
                name = _name(measured, item.code, NATIONAL)
                yield f"{name} is {number}, maar de gemeenten samen zijn {together}."


def _name(measured: Measurement, code: str, scope: str) -> str:
    return f"{measured.definition_set[code].title} ({'landelijk' if scope == NATIONAL else scope})"
