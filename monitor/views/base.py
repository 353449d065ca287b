"""What the pages of the monitor share."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.access import Visit
from accounts.models import User
from cases.models import Case
from monitor.models import KINDS_IN_A_ROUND, Round, Settlement
from monitor.rounds import settlements
from monitor.rounds.settlements import Stage

PAGE_SIZE = 50


STATUS_OF_SETTLEMENT = {
    Stage.WAITING: "neutral",
    Stage.COMPARING: "info",
    Stage.DECIDING: "warning",
    Stage.TO_SIGN: "info",
    Stage.SIGNED: "ok",
}


@dataclass(frozen=True)
class Tab:
    title: str
    url: str
    is_current: bool
    count: int | None = None


def tabs(request: Visit) -> list[Tab]:
    """The tabs of the monitor; the tab of rounds only for users whose organisation takes part in rounds."""
    places = {"monitor:measurement": "Cijfers", "monitor:trends": "Verloop", "monitor:round_list": "Rondes"}
    if not any(membership.organisation.kind in KINDS_IN_A_ROUND for membership in request.memberships):
        del places["monitor:round_list"]
    places |= {
        "monitor:release_list": "Uitgaven",
        "monitor:definition_list": "Definities",
        "monitor:review_analysis": "Waarom zaken vastlopen",
    }
    current_view = request.resolver_match.view_name if request.resolver_match else ""
    return [Tab(title, reverse(name), name == current_view) for name, title in places.items()]


def settlement_lines(of_round: Round, user: User, at: datetime, **filters: object) -> list[dict[str, object]]:
    """The settlements of a round that the user sees, each with its state; `filters` narrow them further."""
    visible = Settlement.objects.visible_to(user).filter(round=of_round, **filters)
    ordered = visible.select_related("municipality", "round").order_by("municipality__name", "partner")
    return [
        {"settlement": settlement, "standing": standing, "status": STATUS_OF_SETTLEMENT[standing.stage]}
        for settlement, standing in settlements.standings(of_round, ordered, at=at).items()
    ]


def cases_page(request: HttpRequest, about: Sequence[uuid.UUID]) -> dict[str, Any]:
    """The context of `_cases.html`: the cases of these that the user sees, a page at a time, and how many more."""
    visible = Case.objects.visible_to(request.user).filter(pk__in=about).with_person().order_by("number")  # type: ignore[arg-type]
    shown = Paginator(visible, PAGE_SIZE).get_page(request.GET.get("page"))
    address = request.GET.copy()
    address.pop("page", None)
    return {
        "cases": list(shown.object_list),
        "page": shown,
        "address": address.urlencode(),
        "hidden": len(about) - shown.paginator.count,
    }


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """A response that the browser saves as a file."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
