"""The pages on reviews by the MRT: why cases get stuck, and earlier advices."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from core import exports
from monitor.figures import analysis, charts, small_numbers
from monitor.forms.figures import PriorForm
from monitor.views.base import PAGE_SIZE, tabs


@permitted(Permission.SEE_MONITOR)
def review_analysis(request: Visit) -> HttpResponse:
    """Why cases get stuck: the obstacles that the MRT named, and how long its steps take."""
    result = analysis.analyse(timezone.localdate())
    shown = [(title, number) for title, number in result.obstacles if number]
    bars = [charts.Bar(title, number) for title, number in sorted(shown, key=lambda pair: -pair[1])]
    chart = charts.bar_chart(
        "belemmeringen",
        title="Belemmeringen, landelijk",
        description=f"In hoeveel adviezen van het MRT een belemmering stond, tot en met {result.on:%d-%m-%Y}.",
        bars=bars,
    )
    context = {
        "tabs": tabs(request),
        "analysis": result,
        "chart": chart if bars else "",
        "threshold": small_numbers.THRESHOLD,
    }
    return page(request, "monitor/review_analysis.html", context, persons=())


@permitted(Permission.SEE_MONITOR)
def review_analysis_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The analysis of `review_analysis` as a file."""
    return exports.as_file(analysis.as_sheet(analysis.analyse(timezone.localdate())), form)


@permitted(Permission.SEE_ESCALATIONS)
def prior_advices(request: HttpRequest) -> HttpResponse:
    """Earlier advices on the same obstacles, for reviewers: in codes, without a person or a municipality."""
    form = PriorForm(request.GET)
    if not form.is_valid():
        return page(request, "monitor/prior_advices.html", {"form": form}, persons=(), status=400)
    chosen = form.cleaned_data["obstacle"]
    advices = analysis.prior_advices(timezone.localdate(), chosen)
    paged = Paginator(advices, PAGE_SIZE).get_page(request.GET.get("page"))
    address = request.GET.copy()
    address.pop("page", None)
    context = {"form": form, "page": paged, "has_chosen": bool(chosen), "address": address.urlencode()}
    return page(request, "monitor/prior_advices.html", context, persons=())
