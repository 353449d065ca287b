"""The longest stay: until which day a person may stay under the covenant (domain 2.3). No other module has this rule.

The term counts from the first night after admission. Moving to another place does not renew it, and shelter before
admission does not use it up. The term belongs to the case: a person who comes back has a new case and a new term. The
covenant in force on the day of the question sets its length. Where that covenant limits the stay of nationals of a
safe country, they have the shorter term.

Each question can be put for any pair of a day and a moment: what was true on that day, as known at that moment. The
queries read facts alone, so the monitor can use them too.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Case as Either
from django.db.models import DateField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from cases.models import Case, Covenant, Profile, Stay, StayKind
from cases.models.facts import FactQuerySet

Facts = TypeVar("Facts", bound=FactQuerySet[Any])


def running(on: date, known_at: datetime | None = None) -> "QuerySet[Stay]":
    """The admitted stays that run on a day and have a term, annotated with `ends_on`: the first day after the term.

    Without `known_at`, it uses what is known now.
    """
    stays = _known(Stay.objects.filter(kind=StayKind.ADMITTED), known_at)
    nights = stays.filter(case=OuterRef("case")).order_by("valid_from")
    profiles = _latest(_known(Profile.objects.filter(case=OuterRef("case"), valid_from__lte=on), known_at))
    covenants = _latest(_known(Covenant.objects.true_on(on), known_at).filter(municipality=OuterRef("municipality")))
    limited = covenants.annotate(days=Coalesce("safe_country_days", "maximum_stay_days"))
    return (
        stays.present_on(on)
        .annotate(
            first_night=Subquery(nights.values("valid_from")[:1]),
            is_from_safe_country=Subquery(profiles.values("from_safe_country")[:1]),
        )
        .annotate(
            days=Either(
                When(is_from_safe_country=True, then=Subquery(limited.values("days")[:1])),
                default=Subquery(covenants.values("maximum_stay_days")[:1]),
            )
        )
        .filter(days__gt=0)
        .annotate(ends_on=ExpressionWrapper(F("first_night") + F("days"), output_field=DateField()))
    )


def ends(cases: "Iterable[Case] | QuerySet[Case]", on: date) -> dict[UUID, date]:
    """The first day after the term of each case. A case without a running stay or without a term is left out."""
    return {stay.case_id: stay.ends_on for stay in running(on).filter(case__in=cases)}  # type: ignore[attr-defined]


def is_past(ends_on: date | None, day: date) -> bool:
    """Whether a person who is still there on a day stays longer than the covenant allows. On `ends_on` not yet."""
    return ends_on is not None and ends_on < day


def past(on: date, known_at: datetime | None = None) -> "QuerySet[Stay]":
    """The running stays for which `is_past` holds."""
    return running(on, known_at).filter(Q(ends_on__lt=on))


def _known(facts: Facts, known_at: datetime | None) -> Facts:
    return facts.standing() if known_at is None else facts.known_at(known_at)


def _latest(facts: Facts) -> Facts:
    return facts.order_by("-valid_from", "-recorded_at", "-pk")
