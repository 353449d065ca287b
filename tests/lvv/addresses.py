"""Every address of the site, read from the running system, and what the declared table expects of it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.middleware import API_NAMESPACE
from accounts.models import Import
from accounts.permissions import GRANTS, Role
from monitor.models import EarlyReader, Exemption, Item, Release, Round, Settlement, Tally
from scenarios.models import AgendaItem, Meeting, PositionFile, Topic
from tests.lvv.access_table import (
    ONE_PARTY,
    OPEN,
    OWN_ACCOUNT_PREFIXES,
    PAGES,
    READS_THE_DRAFT,
    SEES_THE_CASE,
    SEES_THE_ITEM,
    SEES_THE_LIST,
    SEES_THE_SETTLEMENT,
    SEES_THE_TALLY,
    SITS_AT_THE_TABLE,
)
from tests.lvv.cities import CLIENT, City


@dataclass(frozen=True)
class Address:
    name: str
    view: Any
    keys: frozenset[str]

    @property
    def on(self) -> type[models.Model] | None:
        return getattr(self.view, "on", None)


def addresses() -> list[Address]:
    """Every address of the site except those of the API, which guards itself."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == API_NAMESPACE:
                continue
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
        else:
            yield Address(f"{namespace}{pattern.name}", pattern.callback, frozenset(pattern.pattern.converters))


GUARDED = [a for a in addresses() if a.name not in OPEN and not a.name.startswith(OWN_ACCOUNT_PREFIXES)]


# Who sees the subject in the test world, by the declared table; a subject that is not here is the case, or of it.
_AT_THE_TABLE = SITS_AT_THE_TABLE | {Role.PRIVACY_OFFICER}
SEES: dict[type[models.Model], frozenset[Role]] = {
    PositionFile: READS_THE_DRAFT,
    Round: frozenset(Role),
    Release: frozenset(Role),
    Exemption: frozenset(Role),
    EarlyReader: frozenset({Role.MONITOR_COORDINATOR}),
    Tally: SEES_THE_TALLY,
    Settlement: SEES_THE_SETTLEMENT,
    Item: SEES_THE_ITEM,
    Import: SEES_THE_LIST,
    Meeting: _AT_THE_TABLE,
    AgendaItem: _AT_THE_TABLE,
    Topic: _AT_THE_TABLE,
}


def _sees(role: Role, on: type[models.Model]) -> bool:
    return role in SEES.get(on, SEES_THE_CASE | {Role.PRIVACY_OFFICER})


# What a file is asked as, where it is not a table.
FORMS = {"monitor:release_letter_file": "docx"}
# What a code in an address names, where it is not a figure.
CODES = {"monitor:definition_detail": "2020-11", "monitor:tally_signal": "unexplained"}


def path_of(address: Address, city: City, *, nowhere: bool = False) -> str:
    known = {
        "code": CODES.get(address.name, "present"),
        "kind": "stay",
        "which": "cases",
        "client": CLIENT,
        "place": 0,
        "form": FORMS.get(address.name, "xlsx"),
        "fact": city.stay.pk,
        "party": city.party.pk,
        "procedure": city.procedure.pk,
        "user": city.colleague.pk,
        "membership": city.colleague.memberships.get().pk,
    }
    kwargs: dict[str, Any] = {key: known[key] for key in address.keys if key != "pk"}
    if "pk" in address.keys:
        assert address.on is not None, f"{address.name} has a pk but names no model"
        kwargs["pk"] = uuid.uuid4() if nowhere else city.subject(address.on).pk
    return reverse(address.name, kwargs=kwargs)


# What is not of one city, for whom.
SEEN_IN_EVERY_CITY: dict[type[models.Model], frozenset[Role]] = {
    Round: frozenset(Role),
    Release: frozenset(Role),
    EarlyReader: frozenset({Role.MONITOR_COORDINATOR}),
    Exemption: frozenset(Role),
    Tally: frozenset({Role.MONITOR_COORDINATOR}),
    Settlement: frozenset({Role.MONITOR_COORDINATOR}),
}


def is_of_one_city(address: Address, role: Role) -> bool:
    return address.on is not None and role not in SEEN_IN_EVERY_CITY.get(address.on, frozenset())


def expected(address: Address, role: Role) -> str:
    if address.on is not None and not _sees(role, address.on):
        return "absent"
    if PAGES[address.name] not in GRANTS[role] or role not in ONE_PARTY.get(address.name, set(Role)):
        return "refused"
    return "in"
