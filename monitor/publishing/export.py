"""All facts as plain rows, so that somebody else can count them again without the queries of this system.

Rows hold pseudonyms and codes, and nothing that identifies a person. They are read under the monitor's own role.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import CharField, Model, TextField

from accounts.acting import as_monitor
from accounts.models import Municipality
from cases.models import Fact

# A text column without choices is free text, which may identify somebody. Country codes are the exception, by length.
_COUNTRY_CODE_LENGTH = 2
_ABOUT_THE_RECORDER = {"recorded_by", "drafted_by", "withdrawn_by", "replaces"}


def counted_columns(model: type[Model]) -> list[str]:
    """The columns of a kind of fact that may be counted: keys, codes, numbers and dates.

    Free text and the users who recorded the fact are left out. The monitor's role may read these columns and no others
    (monitor/security.py).
    """
    fields = (f for f in model._meta.concrete_fields if f.name not in _ABOUT_THE_RECORDER)
    return [f.attname for f in fields if not _is_free_text(f)]


def _is_free_text(field: Any) -> bool:
    return isinstance(field, CharField | TextField) and not field.choices and field.max_length != _COUNTRY_CODE_LENGTH


# The columns of each kind of fact that a release vouches for. They are part of the form `lvv-release/1`, which never
# changes, so that an old release can be recomputed for ever: a new column needs a new form. A new kind of fact may be
# added, because no fact of it was known to the releases before it.
_OF_A_CASE = ("case_id", "subject", "valid_from", "valid_until", "recorded_at")
FACT_SET: dict[str, tuple[str, ...]] = {
    "covenant": ("valid_from", "valid_until", "recorded_at", "agreed_places"),
    "profile": (*_OF_A_CASE, "sex", "birth_year", "nationality", "from_safe_country", "departure_procedures"),
    "admission": (*_OF_A_CASE, "outcome", "inside_covenant"),
    "stay": (*_OF_A_CASE, "kind"),
    "waitinglistentry": _OF_A_CASE,
    "procedure": (*_OF_A_CASE, "kind", "outcome", "decided_on"),
    "exit": (*_OF_A_CASE, "category", "destination"),
    "scenario": (*_OF_A_CASE, "direction", "kind"),
    "discussion": _OF_A_CASE,
    "advice": (*_OF_A_CASE, "direction", "no_durable_solution"),
    "merge": (*_OF_A_CASE, "same_as"),
}


def facts_known_at(moment: datetime) -> Iterator[dict[str, Any]]:
    """Every fact that was known at a moment, with the columns of `FACT_SET`. A later withdrawal does not show."""
    codes = dict(Municipality.objects.values_list("pk", "code"))
    for model in (model for model in apps.get_models() if issubclass(model, Fact)):
        name = model._meta.model_name or ""
        with as_monitor():
            known = model._default_manager.known_at(moment)  # type: ignore[attr-defined]
            rows = list(known.values("id", "municipality_id", *FACT_SET[name]))
        for row in rows:
            yield {"fact": name, "municipality": codes[row.pop("municipality_id")], **row}


def facts() -> Iterator[dict[str, Any]]:
    """Every fact ever recorded, also withdrawn ones. Ids are text; dates and moments stay Python objects."""
    names = dict(Municipality.objects.values_list("pk", "name"))
    kinds = [model for model in apps.get_models() if issubclass(model, Fact)]
    for model in kinds:
        # We read all rows before we yield one: the code that asks for the next must not run under the monitor's role.
        with as_monitor():
            rows = list(model._default_manager.order_by("recorded_at", "pk").values(*counted_columns(model)))
        for row in rows:
            yield _plain(model._meta.model_name or "", row, names)


def _plain(kind: str, row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    plain = {"kind": kind, "municipality": names[row.pop("municipality_id")]}
    for name, value in row.items():
        if name == "kind":  # a stay, a procedure and a scenario have kinds of their own
            name = f"{kind}_kind"
        if isinstance(value, UUID):
            value = str(value)
        plain[name.removesuffix("_id")] = value
    return plain
