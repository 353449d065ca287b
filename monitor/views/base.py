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
    """The parts of the monitor; rounds only for who has a part in them."""
    places = {"monitor:measurement": "Cijfers", "monitor:trends": "Verloop", "monitor:round_list": "Rondes"}
    if not any(one.organisation.kind in KINDS_IN_A_ROUND for one in request.memberships):
        del places["monitor:round_list"]
    places |= {
        "monitor:release_list": "Uitgaven",
        "monitor:definition_list": "Definities",
        "monitor:review_analysis": "Waarom zaken vastlopen",
    }
    here = request.resolver_match.view_name if request.resolver_match else ""
    return [Tab(title, reverse(name), name == here) for name, title in places.items()]


def settled(of_round: Round, user: User, at: datetime, **of: object) -> list[dict[str, object]]:
    """The settlements of a round that the user sees, with where they stand."""
    visible = Settlement.objects.visible_to(user).filter(round=of_round, **of)
    ordered = visible.select_related("municipality", "round").order_by("municipality__name", "partner")
    return [
        {"settlement": one, "standing": found, "status": STATUS_OF_SETTLEMENT[found.stage]}
        for one, found in settlements.standings(of_round, ordered, at=at).items()
    ]


def cases_page(request: HttpRequest, about: Sequence[uuid.UUID]) -> dict[str, Any]:
    """These cases for `_cases.html`, a page at a time: those that the reader sees, and how many more there are."""
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
    """A file to keep."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
