"""The steps that can be taken in a case, the reasons why one can't be taken today, and the step that comes next."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from accounts.permissions import Permission
from cases import admission, exits, stays
from cases.models import Case, ExitCategory, WaitingListEntry
from cases.page import Look

Reasons = Callable[[Case, date], list[str]]


@dataclass(frozen=True)
class Step:
    """A step in a case. Its page has the URL name `app:name`; its button stands in the section `part` of the case page.

    `blockers` returns the reasons why it can't be taken today; an empty list means that it can.
    """

    name: str
    title: str
    permission: Permission
    blockers: Reasons
    part: str = ""
    app: str = "cases"


def is_waiting(case: Case) -> bool:
    """Whether the person is on the waiting list now."""
    return WaitingListEntry.objects.running().filter(case=case).exists()


def _decide(case: Case, today: date) -> list[str]:
    return admission.readiness_blockers(case, admission.latest_test(case))


def _place(case: Case, today: date) -> list[str]:
    if case.closed_on is not None:
        return ["Deze zaak is gesloten."]
    return ["Er loopt al een verblijf. Beëindig dat eerst."] if stays.current_stay(case) else []


def _end(case: Case, today: date) -> list[str]:
    return stays.ending_blockers(stays.current_stay(case), today)


def _stop_waiting(case: Case, today: date) -> list[str]:
    return [] if is_waiting(case) else ["Deze persoon staat niet op de wachtlijst."]


def _exit(case: Case, today: date) -> list[str]:
    return exits.exit_blockers(case, category=ExitCategory.OTHER, on=today, destination="", evidence="")


def _always(case: Case, today: date) -> list[str]:
    return []


def _while_known(case: Case, today: date) -> list[str]:
    return [] if case.person_id else ["De persoonsgegevens van deze zaak zijn vernietigd."]


def _while_open(case: Case, today: date) -> list[str]:
    return [] if case.closed_on is None else ["Deze zaak is gesloten."]


def _return(case: Case, today: date) -> list[str]:
    return ["Deze zaak loopt nog."] if case.closed_on is None else []


P = Permission
# The steps of this room by name, in the order of their buttons.
STEPS = {
    step.name: step
    for step in (
        Step("admission_test", "Toelatingstoets invullen", P.TEST_ADMISSION, admission.testing_blockers, "admission"),
        Step("admission_decide", "Besluit over toelating", P.DECIDE_ADMISSION, _decide, "admission"),
        Step("stay_place", "Verblijf vastleggen", P.MANAGE_STAY, _place, "stay"),
        Step("waiting_start", "Op de wachtlijst zetten", P.MANAGE_STAY, stays.waiting_blockers, "stay"),
        Step("waiting_stop", "Van de wachtlijst halen", P.MANAGE_STAY, _stop_waiting, "stay"),
        Step("stay_end", "Verblijf beëindigen", P.MANAGE_STAY, _end, "stay"),
        Step("exit_record", "Uitstroom vastleggen", P.RECORD_EXIT, _exit, "stay"),
        Step("case_close", "Zaak sluiten zonder verblijf", P.RECORD_EXIT, exits.closing_blockers, "stay"),
        Step("procedure_file", "Procedure vastleggen", P.RECORD_PROCEDURE, _always, "procedures"),
        Step("note_write", "Notitie schrijven", P.WRITE_NOTE, _always, "notes"),
        Step("party_add", "Organisatie betrekken", P.MANAGE_PARTIES, _while_open, "parties"),
        Step("identity_restate", "Persoonsgegevens aanvullen", P.CORRECT_PERSON, _always, "person"),
        Step("person_merge", "Dubbele zaak samenvoegen", P.CORRECT_PERSON, _while_known, "person"),
        Step("person_return", "Deze persoon komt terug", P.REGISTER_PERSON, _return, "again"),
    )
}
# The steps that can be taken in a closed case.
AFTER_CLOSING = frozenset({"person_return", "identity_restate", "person_merge", "note_write", "procedure_file"})


def blockers(case: Case, name: str, today: date) -> list[str]:
    """Why a step can't be taken today; an empty list means that it can."""
    return STEPS[name].blockers(case, today)


@dataclass(frozen=True)
class Button:
    """The button of a step on the page of a case. With `reasons` it is disabled and shows them."""

    name: str
    text: str
    url: str
    reasons: list[str]


def of_the_page(look: Look) -> dict[str, Any]:
    """The buttons of each section of the page. Under `next` stands the step that the case waits for.

    `next` is None when the visitor may not take that step. A next step that can be taken stands at the top of the page
    only, and not in its section too.
    """
    hidden = out_of_place(look.case)
    by_part: dict[str, Any] = {step.part: [] for step in STEPS.values()}
    for step in STEPS.values():
        if step.name not in hidden and look.may(step.permission):
            by_part[step.part].append(_button(look, step))
    coming = _next_button(look, [button for buttons in by_part.values() for button in buttons])
    if coming is not None and not coming.reasons:
        by_part = {
            part: [button for button in buttons if button.name != coming.name] for part, buttons in by_part.items()
        }
    return {**by_part, "next": coming}


def _button(look: Look, step: Step) -> Button:
    url = reverse(f"{step.app}:{step.name}", args=[look.case.pk])
    return Button(step.name, step.title, url, step.blockers(look.case, look.today))


def out_of_place(case: Case) -> set[str]:
    """The names of the steps that make no sense in the present state of an annotated case; they get no button."""
    annotated: Any = case
    hidden = {"stay_place", "waiting_start"} if annotated.stay_since is not None else {"stay_end"}
    hidden.add("waiting_start" if annotated.waiting_since is not None else "waiting_stop")
    hidden.add("case_close" if annotated.had_stay else "exit_record")
    if case.closed_on is None:
        return hidden | {"person_return"}
    return STEPS.keys() - AFTER_CLOSING


def _next_button(look: Look, buttons: list[Button]) -> Button | None:
    """The button of the step that the case waits for, if the visitor may take that step."""
    name = next_step(look.case)
    if name:
        return next((button for button in buttons if button.name == name), None)
    if look.case.closed_on is not None:
        return None
    for step, is_up in _FOLLOWING:
        if is_up(look):
            return _button(look, step) if look.may(step.permission) else None
    return None


def next_step(case: Case) -> str:
    """The name of the step of this room that an annotated case waits for; empty when it waits for none of them."""
    annotated: Any = case
    if case.closed_on is not None:
        return ""
    if annotated.outcome is None:
        return "admission_decide" if annotated.is_tested else "admission_test"
    if annotated.stay_since is None:
        if annotated.had_stay:
            return "exit_record"
        return "case_close" if annotated.outcome == "refused" else "stay_place"
    return ""


# The steps of the rooms above that a case may wait for, with the question whether it is time for them.
_FOLLOWING: list[tuple[Step, Callable[[Look], bool]]] = []


def follow(step: Step, is_up: Callable[[Look], bool]) -> None:
    """Register a step of a room above. `is_up` says whether the case waits for it, once the person is sheltered."""
    _FOLLOWING.append((step, is_up))
