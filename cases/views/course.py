"""The pages of a person's way: test, decision, stay, waiting list, exit, end of the case."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from accounts.access import Visit, permitted
from accounts.permissions import Permission
from cases import admission, exits, stays
from cases.forms.course import (
    CloseForm,
    DecideForm,
    ExitForm,
    PlaceForm,
    StayEndForm,
    TestForm,
    WaitForm,
    WaitingStopForm,
)
from cases.models import Answer, Case, Covenant, StayKind
from cases.views.base import act_page, done, today


@permitted(Permission.TEST_ADMISSION, on=Case)
def admission_test(request: Visit, case: Case) -> HttpResponse:
    """Answer the criteria of the covenant."""
    covenants = list(Covenant.objects.standing().filter(municipality=case.municipality_id))
    tested = admission.latest_test(case)
    form = TestForm(
        request.POST or None,
        case=case,
        criteria=[c for c in admission.CRITERIA if any(c.applies(covenant) for covenant in covenants)],
        by_agreement=[c.code for c in admission.CRITERIA if any(c.by_agreement(covenant) for covenant in covenants)],
        answers={answer.criterion: answer for answer in tested.answers.all()} if tested else {},
        today=today(),
    )
    if form.carried_out(lambda: admission.test(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De toelatingstoets is vastgelegd.")
    return act_page(request, case, form, step="admission_test")


@permitted(Permission.DECIDE_ADMISSION, on=Case)
def admission_decide(request: Visit, case: Case) -> HttpResponse:
    """Record the decision on admission. The page shows the test that it rests on."""
    tested = admission.latest_test(case)
    unmet = admission.questions_answered(tested, Answer.NO) if tested else []
    initial = {"inside_covenant": "nee" if any(c.is_national for c in unmet) else "ja"}
    form = DecideForm(request.POST or None, case=case, today=today(), initial=initial)
    if form.carried_out(lambda: admission.decide(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "Het besluit over toelating is vastgelegd.")
    unknown = admission.questions_answered(tested, Answer.UNKNOWN) if tested else []
    agreed = admission.questions_answered(tested, Answer.AGREED) if tested else []
    about: dict[str, Any] = {"tested": tested, "unmet": unmet, "unknown": unknown, "agreed": agreed}
    return act_page(request, case, form, step="admission_decide", **about)


@permitted(Permission.MANAGE_STAY, on=Case)
def stay_place(request: Visit, case: Case) -> HttpResponse:
    """Give a person a place."""
    is_admitted = admission.is_admitted(admission.in_force(case, today()))
    initial = {"kind": StayKind.ADMITTED if is_admitted else StayKind.PROVISIONAL}
    form = PlaceForm(request.POST or None, case=case, today=today(), initial=initial)
    if form.carried_out(lambda: stays.place(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "Het verblijf is vastgelegd.")
    covenant = Covenant.objects.in_force(case.municipality, today())
    taken = stays.occupancy(case.municipality, today())
    return act_page(request, case, form, step="stay_place", covenant=covenant, taken=taken)


@permitted(Permission.MANAGE_STAY, on=Case)
def stay_end(request: Visit, case: Case) -> HttpResponse:
    """End the running stay without an exit: the person moves, or it is not known yet where they went."""
    form = StayEndForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: stays.end(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "Het verblijf is beëindigd. Leg ook de uitstroom vast als de persoon weg is.")
    return act_page(request, case, form, step="stay_end", stay=stays.current_stay(case))


@permitted(Permission.MANAGE_STAY, on=Case)
def waiting_start(request: Visit, case: Case) -> HttpResponse:
    """Put a person on the waiting list."""
    form = WaitForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: stays.wait(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De persoon staat op de wachtlijst.")
    return act_page(request, case, form, step="waiting_start")


@permitted(Permission.MANAGE_STAY, on=Case)
def waiting_stop(request: Visit, case: Case) -> HttpResponse:
    """Take a person off the waiting list."""
    form = WaitingStopForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: stays.stop_waiting(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De persoon staat niet meer op de wachtlijst.")
    return act_page(request, case, form, step="waiting_stop")


@permitted(Permission.RECORD_EXIT, on=Case)
def exit_record(request: Visit, case: Case) -> HttpResponse:
    """Record how a person left, which closes the case."""
    form = ExitForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: exits.record_exit(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De uitstroom is vastgelegd en de zaak is gesloten.")
    return act_page(request, case, form, step="exit_record")


@permitted(Permission.RECORD_EXIT, on=Case)
def case_close(request: Visit, case: Case) -> HttpResponse:
    """Close the case of a person who never had a stay, for instance one who was refused."""
    form = CloseForm(request.POST or None, case=case, today=today())
    if form.carried_out(lambda: exits.close_without_stay(case, by=request.user, at=timezone.now(), **form.values)):
        return done(request, case, "De zaak is gesloten.")
    return act_page(request, case, form, step="case_close")
