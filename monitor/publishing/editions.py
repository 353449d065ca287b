"""The edition of a release that everybody may read: no small count stands in it, and none can be worked out of it.

It is signed like the release itself, and says by which rule it was protected. That a figure is shown as it is all the
same, is a decision on record for the round, printed with the figure.
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
from monitor.publishing.suppression import PARAMETERS, Cell, Earlier, Known, Parameters, Untenable
from monitor.rounds import rounds

# The values of a breakdown that are too few in the whole country to stand on their own.
OTHER = "other"


def compose(release: Release, *, sign: Callable[[bytes], str], earlier: Iterable[tuple[Json, Json]] = ()) -> bytes:
    """The edition of a release. `earlier` are the releases of the same round before it, each with its edition.

    Raises ValidationError when a small count can't be protected any more, since it was told before.
    """
    content = documents.read(bytes(release.document))
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    counts = public_counts(content)
    told_before = [_told_before(before, edition) for before, edition in earlier]
    exemptions = {
        (one.indicator, one.scope, one.value): one for one in Exemption.objects.running().filter(round=release.round)
    }
    # A country that is named for nobody any more stands among the others.
    exact = exemptions.keys() & counts.keys()
    try:
        shown = suppression.protect(counts, definition_set, NATIONAL, exact=exact, earlier=told_before)
    except Untenable as untenable:
        code, scope, value = untenable.cell
        raise ValidationError(
            f"{named(definition_set[code], scope, value)} is niet te beschermen: uit een uitzondering of een eerdere"
            " uitgave is het af te leiden."
        ) from untenable
    cells = _cells(definition_set, shown, exact)
    told = [_told(exemptions[cell]) for cell in sorted(exact)]
    return documents.compose_edition(content, cells, _rule(PARAMETERS), told, sign=sign)


def named(item: Indicator, scope: str, value: str) -> str:
    """A cell in words."""
    place = "landelijk" if scope == NATIONAL else scope
    return f"“{item.title}{value and f': {tables.label(item, value)}'}” ({place})"


def _told(exemption: Exemption) -> Json:
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
    """Record that somebody decided that everybody may read this figure as it is, from the next release on."""
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
    made = Exemption.objects.create(
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
    return made


@transaction.atomic
def end(exemption: Exemption, *, by: User, at: datetime) -> None:
    """The next release protects the figure again; what was published stays."""
    refuse(rounds.changing_blockers(exemption.round, by=by, at=at))
    refuse(["Deze uitzondering geldt niet meer."] if exemption.ended_at else [])
    exemption.ended_at = at
    exemption.save(update_fields=["ended_at"])
    audit.record("round.exemption_ended", exemption.round, by=by, at=at, exemption=str(exemption.pk))


def public_counts(content: Json) -> dict[Cell, int]:
    """The counts that an edition is about: all values of a breakdown stand in it, the rare ones together as one."""
    definition_set = DEFINITION_SETS[content["header"]["definitionSet"]]
    scopes = content["header"]["scopes"]
    found = {(cell["indicator"], cell["scope"], cell["value"]): cell["count"] for cell in content["cells"]}
    counts = {cell: count for cell, count in found.items() if not cell[2]}
    for item in definition_set.indicators:
        if item.by:
            of_item = {cell: count for cell, count in found.items() if cell[0] == item.code}
            counts |= _broken_down(item.code, item.values, of_item, scopes)
    return counts


def _broken_down(
    code: str, values: tuple[str, ...], found: Mapping[Cell, int], scopes: Iterable[str]
) -> dict[Cell, int]:
    """Fixed values all stand there, also when nobody has one; of countries only those with many, and the others."""
    named = values or sorted(
        value for (_, scope, value), count in found.items() if scope == NATIONAL and count >= PARAMETERS.threshold
    )
    counts = {(code, scope, value): found.get((code, scope, value), 0) for scope in scopes for value in named}
    if not values:
        for scope in scopes:
            rare = [count for (_, where, value), count in found.items() if where == scope and value not in named]
            counts[code, scope, OTHER] = sum(rare)
    return counts


def _told_before(before: Json, edition: Json) -> Earlier:
    """What an earlier edition told, by the rule that it was made with."""
    counts, slack = public_counts(before), edition["header"]["protection"]["base"] // 2
    told = []
    for cell in edition["cells"]:
        key = cell["indicator"], cell["scope"], cell["value"]
        if cell["count"] is not None and key in counts:
            within = 0 if cell["isExact"] else slack
            told.append(Known(key, cell["count"] - within, cell["count"] + within))
    return Earlier(counts, told)


def _cells(definition_set: DefinitionSet, shown: Mapping[Cell, int | None], exact: Collection[Cell]) -> list[Json]:
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
