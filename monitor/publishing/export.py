"""All facts as plain rows, for whoever wants to count them again without this system's queries.

Rows hold a pseudonym and codes, no person. Read under the monitor's own role.
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

# Country codes are text without a list of choices; any other text of that kind is free and may say who somebody is.
_COUNTRY_CODE_LENGTH = 2
_ABOUT_THE_RECORDER = {"recorded_by", "drafted_by", "withdrawn_by", "replaces"}


def counted_columns(model: type[Model]) -> list[str]:
    """The columns of a kind of fact that can be counted: keys, codes, numbers and dates; no free text, no colleagues.

    The monitor's role may read these and no others (monitor/security.py).
    """
    fields = (f for f in model._meta.concrete_fields if f.name not in _ABOUT_THE_RECORDER)
    return [f.attname for f in fields if not _is_free_text(f)]


def _is_free_text(field: Any) -> bool:
    return isinstance(field, CharField | TextField) and not field.choices and field.max_length != _COUNTRY_CODE_LENGTH


# What of each kind of fact a release vouches for. Part of the form `lvv-release/1`: it never changes, so that an old
# release can be recomputed for ever; a fact that says more belongs in another form. A kind may join: of it, what was
# released before knows no row.
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
    """Every fact that was known at a moment, as a release vouches for it; what became of it later is left out."""
    codes = dict(Municipality.objects.values_list("pk", "code"))
    for model in (model for model in apps.get_models() if issubclass(model, Fact)):
        name = model._meta.model_name or ""
        with as_monitor():
            known = model._default_manager.known_at(moment)  # type: ignore[attr-defined]
            rows = list(known.values("id", "municipality_id", *FACT_SET[name]))
        for row in rows:
            yield {"fact": name, "municipality": codes[row.pop("municipality_id")], **row}


def facts() -> Iterator[dict[str, Any]]:
    """Every fact ever recorded, withdrawn ones too: `kind`, ids as text, dates and moments as they are."""
    names = dict(Municipality.objects.values_list("pk", "name"))
    kinds = [model for model in apps.get_models() if issubclass(model, Fact)]
    for model in kinds:
        # Read whole before the first row goes out: whoever reads on must not do so under the monitor's role.
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
