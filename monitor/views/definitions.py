"""The pages of the definition sets: what the figures count, and what each set changed."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.models import Municipality
from accounts.permissions import Permission
from monitor.figures import preview
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.measurement import NATIONAL
from monitor.forms.definitions import PreviewForm
from monitor.views.base import tabs


@permitted(Permission.SEE_MONITOR)
def definition_list(request: Visit) -> HttpResponse:
    """All definition sets, the newest first."""
    context = {"tabs": tabs(request), "sets": list(reversed(DEFINITION_SETS.values()))}
    return page(request, "monitor/definition_list.html", context, persons=())


@permitted(Permission.SEE_MONITOR)
def definition_detail(request: HttpRequest, code: str) -> HttpResponse:
    """One definition set, with a figure of choice over time by this set and by the set before it."""
    definition_set = DEFINITION_SETS.get(code)
    if definition_set is None:
        raise Http404
    before = preview.set_before(definition_set)
    context: dict[str, Any] = {"definition_set": definition_set, "before": before}
    if before is None:
        return page(request, "monitor/definition_detail.html", context, persons=())
    names = list(Municipality.objects.order_by("name").values_list("name", flat=True))
    context["form"] = form = PreviewForm(request.GET or None, definition_set=definition_set, municipalities=names)
    if form.is_bound and not form.is_valid():
        return page(request, "monitor/definition_detail.html", context, persons=(), status=400)
    figure, scope = form.chosen() if form.is_bound else ("durable", NATIONAL)
    now = timezone.now()
    context["preview"] = {
        "item": definition_set[figure],
        "place": "landelijk" if scope == NATIONAL else scope,
        "lines": preview.side_by_side(
            before, definition_set, figure, scope, until=timezone.localdate(now), known_at=now
        ),
    }
    return page(request, "monitor/definition_detail.html", context, persons=())
