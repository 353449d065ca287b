"""The monitor: the whole set, one figure with its definition, and for those allowed the cases behind it."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.access import Visit, may, page, permitted
from accounts.permissions import Permission
from core import exports, query
from monitor.figures import charts, differences, tables
from monitor.figures.definitions import DEFINITION_SETS
from monitor.figures.indicators import DefinitionSet, Indicator, numbers
from monitor.figures.measurement import NATIONAL, Measurement, cases_behind, measure
from monitor.forms.figures import CellForm, FigureForm, PairForm, ReportedForm, ThenForm
from monitor.models import Release, Round, Tally
from monitor.publishing import documents, releases
from monitor.rounds import reported, statements
from monitor.views.base import cases_page, settled, tabs


@permitted(Permission.SEE_MONITOR)
def measurement(request: Visit) -> HttpResponse:
    """The whole set for a pair, as a table with its balance, breakdowns and two charts."""
    form = _pair_form(request)
    if not form.is_valid():
        context: dict[str, Any] = {"form": form, "tabs": tabs(request)}
        return page(request, "monitor/measurement.html", context, persons=(), status=400)
    measured = measure(*form.pair(), form.chosen_set())
    context = {
        "tabs": tabs(request),
        "form": form,
        "measured": measured,
        "query": _query(form),
        "groups": tables.groups(measured),
        "breakdowns": tables.breakdowns(measured),
        "balances": tables.balances(measured),
        "national": tables.balances(measured)[-1],
        "exit_chart": exit_chart(measured),
        "scenario_chart": _scenario_chart(measured),
    }
    return page(request, "monitor/measurement.html", context, persons=())


@permitted(Permission.SEE_MONITOR)
def measurement_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The same set as a file."""
    asked = _pair_form(request)
    if not asked.is_valid():
        return page(request, "monitor/measurement.html", {"form": asked}, persons=(), status=400)
    return exports.as_file(tables.measurement_sheet(measure(*asked.pair(), asked.chosen_set())), form)


@permitted(Permission.SEE_MONITOR)
def figure(request: Visit, code: str) -> HttpResponse:
    """One figure: what it counts, among whom, and its numbers."""
    newest = _newest_with(code)
    form = FigureForm(request.GET, code=code, now=timezone.now(), today=timezone.localdate())
    if not form.is_valid():
        context = {"item": newest[code], "form": form, "definition_set": newest}
        return page(request, "monitor/figure.html", context, persons=(), status=400)
    item, chosen = form.item(), form.chosen_set()
    measured = measure(*form.pair(), chosen)
    rows = list(tables.values(measured, item)) if item.by else [tables.row(measured, item)]
    context = {
        "item": item,
        "form": form,
        "definition_set": chosen,
        "part_of": chosen.indicator(item.part_of),
        "measured": measured,
        "rows": rows,
        "query": _query(form),
        "may_see_cases": may(request.user, Permission.SEE_CASES_BEHIND_FIGURES),
        "rounds": _signed(request, measured),
        "released": _released(request, measured, item),
    }
    return page(request, "monitor/figure.html", context, persons=())


def _signed(request: Visit, measured: Measurement) -> list[dict[str, Any]]:
    """Who signed for the figures of this reference date, in the rounds that the reader has a part in."""
    now = timezone.now()
    found = (
        Round.objects.visible_to(request.user)
        .standing()
        .filter(on=measured.on, definition_set=measured.definition_set.code)
    )
    lines = [
        {
            "tallies": statements.standings(one, list(_tallies(request, one)), at=now),
            "settlements": settled(one, request.user, now),
        }
        for one in found
    ]
    return [line for line in lines if line["tallies"] or line["settlements"]]


def _tallies(request: Visit, of_round: Round) -> QuerySet[Tally]:
    visible = Tally.objects.visible_to(request.user).filter(round=of_round)
    return visible.select_related("municipality", "round").order_by("municipality__name")


def _released(request: Visit, measured: Measurement, item: Indicator) -> list[dict[str, Any]]:
    """The releases of this reference date, with what they say of the figure and where its proof is."""
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
    """The cases that a figure counts, as far as the reader sees them; the rest is only a number."""
    form = CellForm(request.GET, code=code, now=timezone.now(), today=timezone.localdate())
    if not form.is_valid():
        raise Http404
    on, known_at = form.pair()
    item = form.item()
    municipality, value = form.cleaned_data["scope"], form.cleaned_data["value"]
    behind = cases_behind(item, on=on, known_at=known_at, municipality=municipality, value=value)
    found = cases_page(request, behind)
    context = {
        "item": item,
        "on": on,
        "known_at": known_at,
        "scope": municipality.name if municipality else "Landelijk",
        "value": tables.label(item, value) if value else "",
        "query": _query(form),
        **found,
    }
    return page(request, "monitor/figure_cases.html", context, persons=[case.person_id for case in found["cases"]])


@permitted(Permission.SEE_MONITOR)
def then_and_now(request: Visit) -> HttpResponse:
    """What was reported for a reference date beside what is known of it now, with what moved each figure."""
    now = timezone.now()
    form = ThenForm(request.GET, now=now, today=timezone.localdate(now))
    context: dict[str, Any] = {"form": form}
    if not form.is_valid():
        return page(request, "monitor/then_and_now.html", context, persons=(), status=400)
    (on, known_at), municipality = form.pair(), form.municipality()
    then, current = measure(on, known_at, form.chosen_set()), measure(on, now, form.set_now())
    scope = municipality.name if municipality else NATIONAL
    found = differences.then_and_now(then, current, scope, municipality)
    shows_all = query.is_asked(request, "alles")
    address = request.GET.copy()
    address.pop("alles", None)
    context |= {
        "then": then,
        "current": current,
        "scope": municipality.name if municipality else "Landelijk",
        "lines": [
            {"line": one, "label": tables.label(one.item, one.value) if one.value else ""}
            for one in found
            if shows_all or one.differs
        ],
        "number": len(found),
        "shows_all": shows_all,
        "is_other_set": then.definition_set != current.definition_set,
        "address": address.urlencode(),
    }
    return page(request, "monitor/then_and_now.html", context, persons=())


@permitted(Permission.SEE_MONITOR)
def reported_figures(request: Visit) -> HttpResponse:
    """What a municipality filled in by hand, beside what the recorded facts give."""
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
    """The newest set that has a figure."""
    having = [one for one in DEFINITION_SETS.values() if one.indicator(code)]
    if not having:
        raise Http404
    return having[-1]


def _query(form: PairForm) -> str:
    """What was chosen as a query string, so that links keep it."""
    return pair_query(form.pair()[0], form.cleaned_data["known_at"], form.chosen_set())


def pair_query(on: date, known_at: datetime | None, definition_set: DefinitionSet) -> str:
    """What to ask of the pages of figures; without a moment, as known at the time of asking."""
    moment = {"known_at": timezone.localtime(known_at).strftime("%Y-%m-%dT%H:%M")} if known_at else {}
    return urlencode({"on": on.isoformat(), **moment, "definition_set": definition_set.code})


def exit_chart(measured: Measurement, scope: str = NATIONAL) -> SafeString:
    """All ways out of a scope, and who is unexplained."""
    codes = (*measured.definition_set.exits, "unexplained")
    titles = [measured.definition_set[code].title for code in codes]
    found = numbers([measured.quantity(code, scope) for code in codes])
    return charts.bar_chart(
        "uitstroom",
        title=f"Uitstroom, {'landelijk' if scope == NATIONAL else scope}",
        description=f"Hoe personen de LVV verlieten, tot en met {measured.on:%d-%m-%Y}.",
        bars=list(map(charts.Bar, titles, found)),
    )


def _scenario_chart(measured: Measurement) -> SafeString:
    codes = ("scenario_departure", "scenario_stay", "no_scenario")
    return charts.stacked_bar_chart(
        "scenarios",
        title="Aanwezig per gemeente, naar scenario",
        description=f"Aanwezige personen op {measured.on:%d-%m-%Y} naar de richting van hun scenario.",
        series=[measured.definition_set[code].title for code in codes],
        groups=[
            charts.Group(name, numbers([measured.quantity(code, name) for code in codes]))
            for name in measured.municipalities
        ],
    )
