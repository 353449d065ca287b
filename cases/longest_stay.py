"""The longest stay: until which day somebody may stay under the covenant (domain 2.3). The one home of this rule.

The term counts from the first night after admission: moving to another place does not renew it, and shelter before
admission does not use it up. It belongs to the case: who comes back has a new case and a new term. The covenant in
force on the day itself says how long; where it limits the stay of nationals of a safe country, those have its shorter
term. All of it can be asked for any pair (true on a day, as known at a moment), also by the monitor, which reads facts
alone.
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
    """The admitted stays that run on a day and have a term, each with the day on which it is over: `ends_on`.

    That day is the first one without a stay. Without `known_at`: as known now.
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
    """When the term of each of these cases is over; a case without a running stay or without a term is left out."""
    return {stay.case_id: stay.ends_on for stay in running(on).filter(case__in=cases)}  # type: ignore[attr-defined]


def is_past(ends_on: date | None, day: date) -> bool:
    """Whether somebody who is still there on a day stays longer than the covenant allows; on the last day not yet."""
    return ends_on is not None and ends_on < day


def past(on: date, known_at: datetime | None = None) -> "QuerySet[Stay]":
    """The running stays for which `is_past` holds."""
    return running(on, known_at).filter(Q(ends_on__lt=on))


def _known(facts: Facts, known_at: datetime | None) -> Facts:
    return facts.standing() if known_at is None else facts.known_at(known_at)


def _latest(facts: Facts) -> Facts:
    return facts.order_by("-valid_from", "-recorded_at", "-pk")
