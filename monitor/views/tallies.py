"""The pages of a tally: the figures of one municipality in a round, the signals, and the signatures."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.access import Visit, page, permitted
from accounts.permissions import Permission
from monitor.figures import differences, tables
from monitor.figures.measurement import Measurement, measure
from monitor.forms.figures import pair_query
from monitor.forms.rounds import AcceptForm, SendBackForm, StateForm, StatementForm, TakeBackForm
from monitor.models import Round, Statement, Tally
from monitor.rounds import checks, rounds, statements
from monitor.views.base import cases_page, settlement_lines
from monitor.views.rounds import STATUS_OF_STAGE


@permitted(Permission.SEE_MONITOR, on=Tally)
def tally_detail(request: Visit, tally: Tally) -> HttpResponse:
    """The figures of a municipality in a round, with the statement and what the user may do."""
    now = timezone.now()
    measured = _measured(tally, now)
    standing = statements.standing(tally, at=now)
    may_state, may_accept = (p in request.allowed for p in (Permission.STATE_FIGURES, Permission.MANAGE_ROUNDS))
    context = {
        **_figures(tally, measured, now),
        "standing": standing,
        "status": STATUS_OF_STAGE[standing.stage],
        "settlements": settlement_lines(tally.round, request.user, now, municipality=tally.municipality),
        "changes": _changes(tally, standing, measured),
        "earlier": Statement.objects.visible_to(request.user)
        .filter(tally=tally)
        .exclude(withdrawn_at=None)
        .select_related("withdrawn_by")
        .order_by("-withdrawn_at"),
        "may_see_cases": Permission.SEE_CASES_BEHIND_FIGURES in request.allowed,
        "may_state": may_state,
        "may_accept": may_accept,
        "stating_reasons": statements.stating_blockers(tally, by=request.user, at=now) if may_state else [],
        "accepting_reasons": statements.accepting_blockers(tally, by=request.user, at=now) if may_accept else [],
    }
    return page(request, "monitor/tally_detail.html", context, persons=())


@permitted(Permission.STATE_FIGURES, on=Tally)
def tally_state(request: Visit, tally: Tally) -> HttpResponse:
    """The municipality states its figures; the page shows them beside the form."""
    now = timezone.now()
    measured = _measured(tally, now)
    residual = measured.residual(tally.municipality.name)
    form = StateForm(request.POST or None, seen=statements.fingerprint(tally, at=now), has_residual=bool(residual))
    if form.carried_out(lambda: statements.state(tally, **form.values, by=request.user, at=timezone.now())):
        messages.success(request, "De cijfers zijn verklaard. Het programmabureau kijkt ernaar.")
        return redirect("monitor:tally_detail", tally.pk)
    context = {
        **_figures(tally, measured, now),
        "form": form,
        "title": "Cijfers verklaren",
        "reasons": statements.stating_blockers(tally, by=request.user, at=now),
        "back_url": reverse("monitor:tally_detail", args=[tally.pk]),
    }
    return page(request, "monitor/tally_state.html", context, persons=(), status=form.status)


@permitted(Permission.STATE_FIGURES, on=Tally)
def tally_take_back(request: Visit, tally: Tally) -> HttpResponse:
    """The municipality takes its statement back."""
    form = TakeBackForm(request.POST or None, statement=_statement(tally))
    act = lambda: statements.take_back(tally, **form.values, by=request.user, at=timezone.now())  # noqa: E731
    return _answer(request, tally, form, act, statements.taking_back_blockers, "De verklaring is ingetrokken.")


@permitted(Permission.MANAGE_ROUNDS, on=Tally)
def tally_accept(request: Visit, tally: Tally) -> HttpResponse:
    """The programme bureau accepts the statement."""
    form = AcceptForm(request.POST or None, statement=_statement(tally))
    act = lambda: statements.accept(tally, **form.values, by=request.user, at=timezone.now())  # noqa: E731
    return _answer(request, tally, form, act, statements.accepting_blockers, "U bent akkoord met deze cijfers.")


@permitted(Permission.MANAGE_ROUNDS, on=Tally)
def tally_send_back(request: Visit, tally: Tally) -> HttpResponse:
    """The programme bureau sends the statement back, so that the municipality checks its figures."""
    form = SendBackForm(request.POST or None, statement=_statement(tally))
    act = lambda: statements.send_back(tally, **form.values, by=request.user, at=timezone.now())  # noqa: E731
    return _answer(request, tally, form, act, statements.answering_blockers, "De opgave is teruggestuurd.")


@permitted(Permission.SEE_CASES_BEHIND_FIGURES, on=Tally)
def tally_signal(request: Visit, tally: Tally, code: str) -> HttpResponse:
    """The cases of a signal that the user may see; of the others only the number."""
    signal = checks.signal(code)
    if signal is None:
        raise Http404
    pair = rounds.pair(tally.round, at=timezone.now())
    signals = checks.signals_of(tally.municipality, on=pair.on, known_at=pair.known_at)
    about = next((raised.cases for raised in signals if raised.signal is signal), ())
    shown = cases_page(request, about)
    context = {"tally": tally, "signal": signal, **shown}
    return page(request, "monitor/tally_signal.html", context, persons=[case.person_id for case in shown["cases"]])


def _answer(
    request: Visit,
    tally: Tally,
    form: StatementForm,
    act: Callable[[], object],
    blockers: Callable[..., list[str]],
    done: str,
) -> HttpResponse:
    """The page of an act on the standing statement, with the statement and the figures beside the form."""
    if form.carried_out(act):
        messages.success(request, done)
        return redirect("monitor:tally_detail", tally.pk)
    now = timezone.now()
    context = {
        **_figures(tally, _measured(tally, now), now),
        "form": form,
        "title": form.submit_label,
        "standing": statements.standing(tally, at=now),
        "reasons": blockers(tally, by=request.user, at=now),
        "back_url": reverse("monitor:tally_detail", args=[tally.pk]),
    }
    return page(request, "monitor/tally_answer.html", context, persons=(), status=form.status)


def _statement(tally: Tally) -> Statement | None:
    return Statement.objects.standing().filter(tally=tally).first()


def _measured(tally: Tally, now: datetime) -> Measurement:
    pair = rounds.pair(tally.round, at=now)
    return measure(pair.on, pair.known_at, pair.definition_set)


def _figures(tally: Tally, measured: Measurement, now: datetime) -> dict[str, object]:
    """The context with the figures, which all pages of a tally share."""
    scope = tally.municipality.name
    is_open = rounds.is_open(tally.round, at=now)
    previous = _previous(tally.round)
    before = measure(previous.on, previous.known_at, measured.definition_set) if previous else None
    return {
        "tally": tally,
        "round": tally.round,
        "is_open": is_open,
        "measured": measured,
        "balance": next(balance for balance in tables.balances(measured) if balance.scope == scope),
        "groups": tables.groups(measured, scope),
        "breakdowns": tables.breakdowns(measured, scope),
        "signals": checks.signals_of(tally.municipality, on=measured.on, known_at=measured.known_at),
        "is_over_capacity": checks.is_over_capacity(measured, scope),
        "jumps": checks.jumps(before, measured, scope) if before else [],
        "previous": previous,
        "query": pair_query(measured.on, None if is_open else measured.known_at, measured.definition_set),
    }


def _previous(of_round: Round) -> Round | None:
    """The round before this one with the same definition set, so that the figures are comparable."""
    earlier = Round.objects.standing().filter(on__lt=of_round.on, definition_set=of_round.definition_set)
    return earlier.order_by("-on").first()


def _changes(tally: Tally, standing: statements.Standing, now: Measurement) -> list[differences.Change]:
    """The figures that changed since a lapsed statement; empty if the figures are equal and only the persons differ."""
    if standing.stage is not statements.Stage.TOUCHED or standing.statement is None:
        return []
    stated = measure(now.on, standing.statement.known_at, now.definition_set)
    return differences.changed(stated, now, tally.municipality.name)
