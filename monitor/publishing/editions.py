"""Editions: the public form of a release. It holds no small count, and none can be worked out from it.

An edition is signed like the release itself, and says by which rule it was protected. A figure may be shown exactly
after all, but only by a recorded decision for the round (`Exemption`), which the edition prints with the figure.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit
from accounts.models import Municipality, User
from cases.locking import refuse
from monitor.figures import tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator
from monitor.figures.measurement import NATIONAL
from monitor.models import Exemption, Release, Round
from monitor.publishing import documents, suppression
from monitor.publishing.documents import Json
from monitor.publishing.suppression import PARAMETERS, Cell, EarlierPublication, Interval, Parameters, Untenable
from monitor.rounds import rounds

# The value that takes together the countries that are too rare in the whole country to be named.
OTHER = "other"


def compose(release: Release, *, sign: Callable[[bytes], str], earlier: Iterable[tuple[Json, Json]] = ()) -> bytes:
    """The bytes of the edition of a release. `earlier` are the releases of the round before it, with their editions.

    Raises ValidationError when a small count can't be hidden, because an exemption or an earlier edition gives it away.
    """
    content = documents.read(bytes(release.document))
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    counts = public_counts(content)
    publications = [_publication(before, edition) for before, edition in earlier]
    exemptions = {
        (exemption.indicator, exemption.scope, exemption.value): exemption
        for exemption in Exemption.objects.running().filter(round=release.round)
    }
    # An exemption for a country that has become too rare has no effect: the country is part of "other" now.
    exact = exemptions.keys() & counts.keys()
    try:
        shown = suppression.suppress(counts, definition_set, NATIONAL, exact=exact, earlier=publications)
    except Untenable as untenable:
        code, scope, value = untenable.cell
        figure = cell_name(definition_set[code], scope, value)
        raise ValidationError(
            f"{figure} is niet te beschermen: uit een uitzondering of een eerdere uitgave is het af te leiden."
        ) from untenable
    cells = _cells(definition_set, shown, exact)
    exceptions = [_exception(exemptions[cell]) for cell in sorted(exact)]
    return documents.compose_edition(content, cells, _rule(PARAMETERS), exceptions, sign=sign)


def cell_name(item: Indicator, scope: str, value: str) -> str:
    """A cell in words, such as “Aanwezig” (Utrecht)."""
    place = "landelijk" if scope == NATIONAL else scope
    return f"“{item.title}{value and f': {tables.label(item, value)}'}” ({place})"


def _exception(exemption: Exemption) -> Json:
    return {
        "indicator": exemption.indicator,
        "scope": exemption.scope,
        "value": exemption.value,
        "reason": exemption.reason,
        "decidedBy": exemption.decided_by,
        "decidedOn": exemption.decided_on.isoformat(),
    }


@transaction.atomic
def exempt(
    of_round: Round,
    *,
    indicator: str,
    scope: str,
    reason: str,
    decided_by: str,
    decided_on: date,
    by: User,
    at: datetime,
    value: str = "",
) -> Exemption:
    """Record a decision that the next releases of the round show this figure exactly."""
    refuse(rounds.changing_blockers(of_round, by=by, at=at))
    item = DEFINITION_SETS[of_round.definition_set].indicator(indicator)
    refuse([] if item else ["Dit cijfer bestaat niet in deze definitieset."])
    assert item is not None
    reasons = [] if bool(item.by) == bool(value) else ["Kies een waarde bij een uitsplitsing, en alleen dan."]
    if item.values and value and value not in item.values:
        reasons.append("Deze waarde bestaat niet bij dit cijfer.")
    if not suppression.is_protected(item):
        reasons.append("Dit cijfer is niet beschermd: het staat in de convenanten.")
    if scope != NATIONAL and not Municipality.objects.filter(name=scope).exists():
        reasons.append("Deze gemeente kennen we niet.")
    if Exemption.objects.running().filter(round=of_round, indicator=indicator, scope=scope, value=value).exists():
        reasons.append("Voor dit cijfer geldt al een uitzondering.")
    refuse(reasons)
    exemption = Exemption.objects.create(
        round=of_round,
        indicator=indicator,
        scope=scope,
        value=value,
        reason=reason,
        decided_by=decided_by,
        decided_on=decided_on,
        recorded_by=by,
        recorded_at=at,
    )
    audit.record("round.exempted", of_round, by=by, at=at, indicator=indicator, scope=scope, value=value)
    return exemption


@transaction.atomic
def end(exemption: Exemption, *, by: User, at: datetime) -> None:
    """End an exemption: the next release protects the figure again. Published editions stay as they are."""
    refuse(rounds.changing_blockers(exemption.round, by=by, at=at))
    refuse(["Deze uitzondering geldt niet meer."] if exemption.ended_at else [])
    exemption.ended_at = at
    exemption.save(update_fields=["ended_at"])
    audit.record("round.exemption_ended", exemption.round, by=by, at=at, exemption=str(exemption.pk))


def public_counts(content: Json) -> dict[Cell, int]:
    """The true counts of the cells that an edition has; these are not the cells of the release itself.

    An edition has a cell for every fixed value of a breakdown, also if it counts nobody: which cells there are must
    tell nothing. Of countries it names those with many people, and takes the others together.
    """
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    scopes = content["header"]["scopes"]
    exact_counts = {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in content["cells"]}
    counts = {cell: count for cell, count in exact_counts.items() if not cell[2]}
    for item in definition_set.indicators:
        if item.by:
            of_item = {cell: count for cell, count in exact_counts.items() if cell[0] == item.code}
            counts |= _breakdown_counts(item.code, item.values, of_item, scopes)
    return counts


def _breakdown_counts(
    code: str, values: tuple[str, ...], of_item: Mapping[Cell, int], scopes: Iterable[str]
) -> dict[Cell, int]:
    """The counts of one breakdown, by its fixed `values`, or if it has none by the countries that are not rare."""
    named_values = values or sorted(
        value for (_, scope, value), count in of_item.items() if scope == NATIONAL and count >= PARAMETERS.threshold
    )
    counts = {(code, scope, value): of_item.get((code, scope, value), 0) for scope in scopes for value in named_values}
    if not values:
        for scope in scopes:
            in_scope = ((value, count) for (_, place, value), count in of_item.items() if place == scope)
            counts[code, scope, OTHER] = sum(count for value, count in in_scope if value not in named_values)
    return counts


def _publication(release: Json, edition: Json) -> EarlierPublication:
    """What an earlier edition told about its release, by the rule that is in its header."""
    counts, slack = public_counts(release), edition["header"]["protection"]["base"] // 2
    intervals = []
    for cell in edition["cells"]:
        key = cell["indicator"], cell["scope"], cell["value"]
        if cell["count"] is not None and key in counts:
            margin = 0 if cell["isExact"] else slack
            intervals.append(Interval(key, cell["count"] - margin, cell["count"] + margin))
    return EarlierPublication(counts, intervals)


def _cells(definition_set: DefinitionSet, shown: Mapping[Cell, int | None], exact: Collection[Cell]) -> list[Json]:
    """The cells of the file, in the order of the set; a hidden count is null."""
    order = {item.code: number for number, item in enumerate(definition_set.indicators)}
    return [
        {
            "indicator": code,
            "scope": scope,
            "value": value,
            "count": shown[code, scope, value],
            "isExact": (code, scope, value) in exact or not suppression.is_protected(definition_set[code]),
        }
        for code, scope, value in sorted(
            shown, key=lambda cell: (order[cell[0]], cell[2], cell[1] == NATIONAL, cell[1])
        )
    ]


def _rule(parameters: Parameters) -> Json:
    return {"threshold": parameters.threshold, "base": parameters.base}
