"""What can be done in a case, and why something can't be done today."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from accounts.permissions import Permission
from cases import admission, exits, stays
from cases.models import AdmissionOutcome, Case, ExitCategory, WaitingListEntry

Reasons = Callable[[Case, date], list[str]]


@dataclass(frozen=True)
class Step:
    """Something that can be done; `name` is its page in `cases.urls`."""

    name: str
    title: str
    permission: Permission
    blockers: Reasons


def is_waiting(case: Case) -> bool:
    """Whether somebody stands on the waiting list now."""
    return WaitingListEntry.objects.running().filter(case=case).exists()


def _decide(case: Case, today: date) -> list[str]:
    tested = admission.latest_test(case)
    on = max(today, tested.tested_on) if tested else today
    return admission.decision_blockers(
        case, tested, AdmissionOutcome.REFUSED, on=on, inside_covenant=False, reason="nog te geven"
    )


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
STEPS = {
    step.name: step
    for step in (
        Step("admission_test", "Toelatingstoets invullen", P.TEST_ADMISSION, admission.testing_blockers),
        Step("admission_decide", "Besluit over toelating", P.DECIDE_ADMISSION, _decide),
        Step("stay_place", "Verblijf vastleggen", P.MANAGE_STAY, _place),
        Step("stay_end", "Verblijf beëindigen", P.MANAGE_STAY, _end),
        Step("waiting_start", "Op de wachtlijst zetten", P.MANAGE_STAY, stays.waiting_blockers),
        Step("waiting_stop", "Van de wachtlijst halen", P.MANAGE_STAY, _stop_waiting),
        Step("exit_record", "Uitstroom vastleggen", P.RECORD_EXIT, _exit),
        Step("case_close", "Zaak sluiten zonder verblijf", P.RECORD_EXIT, exits.closing_blockers),
        Step("procedure_file", "Procedure vastleggen", P.RECORD_PROCEDURE, _always),
        Step("note_write", "Notitie schrijven", P.WRITE_NOTE, _always),
        Step("party_add", "Organisatie betrekken", P.MANAGE_PARTIES, _while_open),
        Step("identity_restate", "Persoonsgegevens aanvullen", P.CORRECT_PERSON, _always),
        Step("person_merge", "Dubbele zaak samenvoegen", P.CORRECT_PERSON, _while_known),
        Step("person_return", "Deze persoon komt terug", P.REGISTER_PERSON, _return),
    )
}


def blockers(case: Case, name: str, today: date) -> list[str]:
    """Why a step can't be taken today. Empty means it can."""
    return STEPS[name].blockers(case, today)
