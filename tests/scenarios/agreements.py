"""Helpers for the agreement of a municipality about its table."""

from dataclasses import replace
from datetime import time
from typing import Any

from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Organisation, User
from scenarios import table
from scenarios.models import TableRules
from scenarios.table import Agreement

USUAL = Agreement(
    cadence_weeks=3,
    weekday=4,
    starts_at=time(13, 0),
    minutes=90,
    place="Wijkhuis",
    position_days=3,
    review_days=14,
    scenario_days=60,
    question_days=10,
    opening_topics=["Opening", "Mededelingen"],
    closing_topics=["Rondvraag"],
)


def ours(user: User) -> Organisation:
    return user.memberships.get().organisation


def agree(chair: User, *, seats: list[Organisation], may: list[Organisation], **changed: Any) -> TableRules:
    municipality = ours(chair).municipality
    assert municipality is not None
    with acting_as(chair):
        return table.agree(
            municipality,
            replace(USUAL, **changed),
            seats=seats,
            nominators=may,
            by=chair,
            at=timezone.now(),
            version=table.rules(municipality).version,
        )
