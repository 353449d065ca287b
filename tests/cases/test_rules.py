"""Each refusal of the acts, by the rule that gives it."""

from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.acting import acting_as
from accounts.models import Organisation, User
from cases import admission, corrections, exits, intake, locking, notes, parties, procedures, stays
from cases.models import Case, CaseParty, Exit, PartyBasis, WaitingListEntry
from tests.conftest import CaseOf, met


def reasons(refusal: pytest.ExceptionInfo[ValidationError]) -> str:
    return " ".join(refusal.value.messages)


def test_nothing_new_begins_in_a_closed_case(
    case_of: CaseOf, worker: User, ngo: Organisation, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        case = exits.close_without_stay(case, by=worker, on=today, at=now)
        for act in (
            lambda: admission.test(case, readings=met(case, today), by=worker, on=today, at=now),
            lambda: admission.decide(case, outcome="admitted", by=worker, on=today, at=now),
            lambda: stays.place(case, kind="provisional", location="x", by=worker, on=today, at=now),
            lambda: stays.wait(case, by=worker, on=today, at=now),
            lambda: parties.bring_in(case, ngo, by=worker, at=now),
            lambda: exits.close_without_stay(case, by=worker, on=today, at=now),
        ):
            with pytest.raises(ValidationError) as refusal:
                act()
            assert "gesloten" in reasons(refusal)


def test_nothing_lies_before_the_registration(case_of: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = case_of(worker)
    before = case.registered_on - timedelta(days=1)
    with acting_as(worker):
        for act in (
            lambda: admission.test(case, readings=met(case, today), by=worker, on=before, at=now),
            lambda: stays.place(case, kind="provisional", location="x", by=worker, on=before, at=now),
            lambda: stays.wait(case, by=worker, on=before, at=now),
            lambda: exits.close_without_stay(case, by=worker, on=before, at=now),
        ):
            with pytest.raises(ValidationError, match="vóór de aanmelding"):
                act()


@pytest.mark.parametrize(
    ("outcome", "ground", "reason"),
    [
        ("exception", "", "Kies de grond voor de uitzondering."),
        ("refused", "humanitarian", "Een grond hoort alleen bij toelating bij uitzondering."),
    ],
)
def test_an_exception_has_a_ground_and_nothing_else_has(
    case_of: CaseOf, worker: User, today: date, now: datetime, outcome: str, ground: str, reason: str
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        readings = {**met(case, today), "not_dublin": admission.Reading("no")}
        admission.test(case, readings=readings, by=worker, on=today, at=now)
        with pytest.raises(ValidationError) as refusal:
            admission.decide(
                case,
                outcome=outcome,
                exception_ground=ground,
                inside_covenant=False,
                reason="x",
                by=worker,
                on=today,
                at=now,
            )
    assert reason in reasons(refusal)


def test_two_waits_do_not_overlap(case_of: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = case_of(worker)
    began, ended = today - timedelta(days=9), today - timedelta(days=4)
    with acting_as(worker):
        stays.wait(case, by=worker, on=began, at=now)
        with pytest.raises(ValidationError, match="al op de wachtlijst"):
            stays.wait(case, by=worker, on=today, at=now)
        with pytest.raises(ValidationError, match="begon pas op"):
            stays.stop_waiting(case, by=worker, on=began - timedelta(days=1), at=now)
        stays.stop_waiting(case, by=worker, on=ended, at=now)
        with pytest.raises(ValidationError, match="Kies een latere dag"):
            stays.wait(case, by=worker, on=ended - timedelta(days=1), at=now)
        stays.wait(case, by=worker, on=ended, at=now)


def test_a_wait_that_lasted_no_day_is_withdrawn(case_of: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = case_of(worker)
    with acting_as(worker):
        stays.wait(case, by=worker, on=today, at=now)
        stays.place(case, kind="provisional", location="x", by=worker, on=today, at=now)
        assert not WaitingListEntry.objects.standing().exists()


def test_an_exit_ends_the_wait(sheltered: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        stays.end(case, by=worker, on=today - timedelta(days=5), at=now)
        stays.wait(case, by=worker, on=today - timedelta(days=5), at=now)
        exits.record_exit(case, category="other", by=worker, on=today, at=now)
        assert WaitingListEntry.objects.standing().get(case=case).valid_until == today


def test_a_case_with_a_stay_closes_only_with_an_exit(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker), pytest.raises(ValidationError, match="Leg de uitstroom vast"):
        exits.close_without_stay(case, by=worker, on=today, at=now)


def test_the_municipality_and_the_mrt_are_not_let_go_by_hand(
    case_of: CaseOf, worker: User, ngo: Organisation, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        directing = case.parties.get()
        partner = parties.bring_in(case, ngo, by=worker, at=now)
        with pytest.raises(ValidationError, match="voert de regie"):
            parties.release(directing, by=worker, at=now)
        parties.release(partner, by=worker, at=now)
        with pytest.raises(ValidationError, match="al niet meer"):
            parties.release(partner, by=worker, at=now)
        in_mrt = CaseParty(basis=PartyBasis.MRT, organisation=ngo)
        assert parties.letting_go_blockers(in_mrt) == ["Het MRT ziet deze zaak tot het advies is beantwoord."]


def test_a_note_is_written_for_an_organisation_one_works_at(
    case_of: CaseOf, worker: User, ngo: Organisation, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker), pytest.raises(ValidationError, match="U werkt niet bij Stichting Voorbeeld"):
        notes.write(case, organisation=ngo, compartment="shared", text="x", by=worker, at=now)


def test_somebody_comes_back_after_the_earlier_case_was_closed(
    case_of: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        with pytest.raises(ValidationError, match="loopt nog"):
            intake.reopen(case, by=worker, on=today, at=now)
        case = exits.close_without_stay(case, by=worker, on=today, at=now)
        with pytest.raises(ValidationError, match="sloot pas op"):
            intake.reopen(case, by=worker, on=today - timedelta(days=1), at=now)
        back = intake.reopen(case, by=worker, on=today, at=now)
    assert (back.person_id, back.subject) == (case.person_id, case.subject)


def test_a_withdrawn_exit_does_not_open_the_case_of_somebody_who_came_back(
    sheltered: CaseOf, worker: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        exits.record_exit(case, category="other", by=worker, on=today, at=now)
        case.refresh_from_db()
        intake.reopen(case, by=worker, on=today, at=now)
        corrections.withdraw(Exit.objects.get(case=case), by=worker, at=now, reason="Fout")
        assert Case.objects.get(pk=case.pk).closed_on == today


def test_an_act_on_an_older_version_is_refused(case_of: CaseOf, worker: User, today: date, now: datetime) -> None:
    case = case_of(worker)
    with acting_as(worker):
        stays.wait(case, by=worker, on=today, at=now, version=case.version)
        with pytest.raises(locking.Stale) as stale:
            stays.stop_waiting(case, by=worker, on=today, at=now, version=case.version)
    assert (stale.value.code, stale.value.current_version) == ("stale", case.version + 1)


def test_the_same_procedure_is_not_filed_twice_on_one_day(
    case_of: CaseOf, worker: User, today: date, now: datetime
) -> None:
    """As happens to who goes back to a form and sends it again."""
    case = case_of(worker)
    with acting_as(worker):
        procedures.file(case, kind="hasa", by=worker, on=today, at=now)
        procedures.file(case, kind="appeal", by=worker, on=today, at=now)
        procedures.file(case, kind="hasa", by=worker, on=today - timedelta(days=1), at=now)
        with pytest.raises(ValidationError) as refusal:
            procedures.file(case, kind="hasa", by=worker, on=today, at=now)
    assert "staat er al" in reasons(refusal)


def test_the_same_note_is_not_written_twice_on_one_day(case_of: CaseOf, worker: User, now: datetime) -> None:
    case, organisation = case_of(worker), worker.memberships.get().organisation
    with acting_as(worker):
        for text, at in (("Gebeld.", now), ("Weer gebeld.", now), ("Gebeld.", now - timedelta(days=1))):
            notes.write(case, organisation=organisation, compartment="shared", text=text, by=worker, at=at)
        with pytest.raises(ValidationError) as refusal:
            notes.write(case, organisation=organisation, compartment="shared", text="Gebeld.", by=worker, at=now)
        assert case.notes.count() == 3
    assert "precies deze tekst" in reasons(refusal)
