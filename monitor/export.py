"""All facts as plain rows, for whoever wants to count them again without this system's queries.

Rows hold a pseudonym and codes, no person. Read under the monitor's own role.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from accounts.models import Municipality
from accounts.walls import as_monitor
from cases.models import Fact

_LEFT_OUT = {
    "recorded_by",
    "withdrawn_by",
    "withdrawal_reason",
    "replaces",
    "evidence",
    "reason",
    "text",
    "location",
}


def facts() -> Iterator[dict[str, Any]]:
    """Every fact ever recorded, withdrawn ones too: `kind`, ids as text, dates and moments as they are."""
    names = dict(Municipality.objects.values_list("pk", "name"))
    with as_monitor():
        for model in apps.get_models():
            if issubclass(model, Fact):
                fields = [f for f in model._meta.concrete_fields if f.name not in _LEFT_OUT]
                for row in model._default_manager.order_by("recorded_at", "pk").values(*(f.attname for f in fields)):
                    yield _plain(model._meta.model_name or "", row, names)


def _plain(kind: str, row: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    plain = {"kind": kind, "municipality": names[row.pop("municipality_id")]}
    for name, value in row.items():
        if name == "id" or name == "subject" or name.endswith("_id"):
            value = str(value)
        plain[name.removesuffix("_id")] = value
    return plain
