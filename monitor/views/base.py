"""What the pages of the monitor share."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse

from accounts.access import Visit
from monitor.models import KINDS_IN_A_ROUND

PAGE_SIZE = 50


@dataclass(frozen=True)
class Tab:
    title: str
    url: str
    is_current: bool


def tabs(request: Visit) -> list[Tab]:
    """The parts of the monitor; rounds only for who has a part in them."""
    places = {"monitor:measurement": "Cijfers", "monitor:round_list": "Rondes"}
    if not any(one.organisation.kind in KINDS_IN_A_ROUND for one in request.memberships):
        del places["monitor:round_list"]
    places |= {
        "monitor:release_list": "Uitgaven",
        "monitor:definition_list": "Definities",
        "monitor:review_analysis": "Waarom zaken vastlopen",
    }
    here = request.resolver_match.view_name if request.resolver_match else ""
    return [Tab(title, reverse(name), name == here) for name, title in places.items()]


def csv_file(name: str, lines: Iterable[list[str]]) -> HttpResponse:
    """A file as Dutch spreadsheets expect it: separated by semicolons."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")
    csv.writer(response, delimiter=";").writerows(lines)
    return response
