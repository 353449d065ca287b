"""The pages of figures: the whole set, one figure with its definition, and for some users the cases behind it."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.access import Visit, may, page, permitted
from accounts.permissions import Permission
from core import exports, query
from monitor.figures import differences, pictures, tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator
from monitor.figures.measurement import NATIONAL, Measurement, cases_behind, measure
from monitor.forms.figures import CellForm, FigureForm, PairForm, ReportedForm, ThenForm
from monitor.models import Release, Round, Tally
from monitor.publishing import documents, releases
from monitor.rounds import reported, statements
from monitor.views.base import cases_page, settlement_lines, tabs


@permitted(Permission.SEE_MONITOR)
def measurement(request: Visit) -> HttpResponse:
    """All figures for a pair, with the balance, the breakdowns and two charts."""
    form = _pair_form(request)
    context: dict[str, Any] = {"tabs": tabs(request), "form": form}
    if form.is_valid():
        measured = form.measure()
        balances = tables.balances(measured)
        context |= {
            "measured": measured,
            "query": form.query(),
            "groups": tables.groups(measured),
            "breakdowns": tables.breakdowns(measured),
            "balances": balances,
            "national": balances[-1],
            "exit_chart": pictures.exits(measured),
            "scenario_chart": pictures.directions_by_municipality(measured),
        }
    return page(request, "monitor/measurement.html", context, persons=(), status=400 if form.errors else 200)


@permitted(Permission.SEE_MONITOR)
def measurement_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """All figures for a pair as a file."""
    pair_form = _pair_form(request)
    if not pair_form.is_valid():
        return page(request, "monitor/measurement.html", {"form": pair_form}, persons=(), status=400)
    return exports.as_file(tables.measurement_sheet(pair_form.measure()), form)


@permitted(Permission.SEE_MONITOR)
def figure(request: Visit, code: str) -> HttpResponse:
    """One figure: what it counts, among whom, and its numbers."""
    newest = _newest_with(code)
    form = FigureForm(request.GET, code=code, now=timezone.now(), today=timezone.localdate())
    if not form.is_valid():
        context = {"item": newest[code], "form": form, "definition_set": newest}
        return page(request, "monitor/figure.html", context, persons=(), status=400)
    item, measured = form.item(), form.measure()
    chosen = measured.definition_set
    rows = list(tables.values(measured, item)) if item.by else [tables.row(measured, item)]
    context = {
        "item": item,
        "form": form,
        "definition_set": chosen,
        "part_of": chosen.indicator(item.part_of),
        "measured": measured,
        "rows": rows,
        "query": form.query(),
        "may_see_cases": may(request.user, Permission.SEE_CASES_BEHIND_FIGURES),
        "rounds": _signed(request, measured),
        "released": _released(request, measured, item),
    }
    return page(request, "monitor/figure.html", context, persons=())


def _signed(request: Visit, measured: Measurement) -> list[dict[str, Any]]:
    """The tallies and settlements of the rounds for this reference date, as far as the user sees them."""
    now = timezone.now()
    of_date = (
        Round.objects.visible_to(request.user)
        .standing()
        .filter(on=measured.on, definition_set=measured.definition_set.code)
    )
    lines = [
        {
            "tallies": statements.standings(of_round, list(_tallies(request, of_round)), at=now),
            "settlements": settlement_lines(of_round, request.user, now),
        }
        for of_round in of_date
    ]
    return [line for line in lines if line["tallies"] or line["settlements"]]


def _tallies(request: Visit, of_round: Round) -> QuerySet[Tally]:
    visible = Tally.objects.visible_to(request.user).filter(round=of_round)
    return visible.select_related("municipality", "round").order_by("municipality__name")


def _released(request: Visit, measured: Measurement, item: Indicator) -> list[dict[str, Any]]:
    """The releases of this reference date, each with its national count of the figure and the index of that cell."""
    now = timezone.now()
    visible = Release.objects.visible_to(request.user).with_publication().select_related("round")
    lines = []
    for release in visible.filter(round__on=measured.on).order_by("-made_at"):
        cells = documents.read(bytes(release.document))["cells"]
        places = [
            p for p, c in enumerate(cells) if (c["indicator"], c["scope"], c["value"]) == (item.code, NATIONAL, "")
        ]
        releases.record_if_early(release, by=request.user, at=now)
        lines.append(
            {
                "release": release,
                "state": releases.STATES[releases.state(release, at=now)],
                "place": places[0] if places else None,
                "count": cells[places[0]]["count"] if places else None,
            }
        )
    return lines


@permitted(Permission.SEE_CASES_BEHIND_FIGURES)
def figure_cases(request: HttpRequest, code: str) -> HttpResponse:
    """The cases that a figure counts and that the user may see; of the others only the number."""
    form = CellForm(request.GET, code=code, now=timezone.now(), today=timezone.localdate())
    if not form.is_valid():
        raise Http404
    on, known_at = form.pair()
    item = form.item()
    municipality, value = form.cleaned_data["scope"], form.cleaned_data["value"]
    behind = cases_behind(item, on=on, known_at=known_at, municipality=municipality, value=value)
    listing = cases_page(request, behind)
    context = {
        "item": item,
        "on": on,
        "known_at": known_at,
        "scope": municipality.name if municipality else "Landelijk",
        "value": tables.label(item, value) if value else "",
        "query": form.query(),
        **listing,
    }
    return page(request, "monitor/figure_cases.html", context, persons=[case.person_id for case in listing["cases"]])


@permitted(Permission.SEE_MONITOR)
def then_and_now(request: Visit) -> HttpResponse:
    """Figures of a reference date as they were known at an earlier moment and now, with the causes of differences."""
    now = timezone.now()
    form = ThenForm(request.GET, now=now, today=timezone.localdate(now))
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return page(request, "monitor/then_and_now.html", context, persons=(), status=400)
    municipality = form.municipality()
    then = form.measure()
    current = measure(then.on, now, form.set_now())
    scope = municipality.name if municipality else NATIONAL
    all_lines = differences.then_and_now(then, current, scope, municipality)
    shows_all = query.is_asked(request, "alles")
    address = request.GET.copy()
    address.pop("alles", None)
    context |= {
        "then": then,
        "current": current,
        "scope": municipality.name if municipality else "Landelijk",
        "lines": [
            {"line": line, "label": tables.label(line.item, line.value) if line.value else ""}
            for line in all_lines
            if shows_all or line.differs
        ],
        "number": len(all_lines),
        "shows_all": shows_all,
        "is_other_set": then.definition_set != current.definition_set,
        "address": address.urlencode(),
    }
    return page(request, "monitor/then_and_now.html", context, persons=())


@permitted(Permission.SEE_MONITOR)
def reported_figures(request: Visit) -> HttpResponse:
    """The figures that a municipality once filled in by hand, beside those from the recorded facts."""
    filled_in = reported.filled_in(request.user)
    context: dict[str, Any] = {"may_import": Permission.IMPORT_LISTS in request.allowed}
    if not filled_in:
        return page(request, "monitor/reported.html", context, persons=())
    form = ReportedForm(request.GET, filled_in=filled_in)
    context["form"] = form
    if not form.is_valid():
        return page(request, "monitor/reported.html", context, persons=(), status=400)
    municipality, on = form.chosen()
    measured = measure(on, timezone.now())
    lines = reported.compare(measured, municipality, request.user)
    context |= {
        "measured": measured,
        "municipality": municipality,
        "lines": lines,
        "differing": sum(line.difference != 0 for line in lines),
    }
    return page(request, "monitor/reported.html", context, persons=())


def _pair_form(request: HttpRequest) -> PairForm:
    return PairForm(request.GET, now=timezone.now(), today=timezone.localdate())


def _newest_with(code: str) -> DefinitionSet:
    """The newest definition set that has this figure; raises Http404."""
    with_figure = [definition_set for definition_set in DEFINITION_SETS.values() if definition_set.indicator(code)]
    if not with_figure:
        raise Http404
    return with_figure[-1]
