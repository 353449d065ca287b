"""The pages of cases: each form is one act and leads back to the case; what is shown is logged."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from accounts.acting import acting_as
from accounts.models import AuditEntry, Disclosure, Organisation, User
from accounts.permissions import Permission
from cases import exits, parties, procedures
from cases.admission import CRITERIA
from cases.models import (
    Admission,
    Case,
    Exit,
    Note,
    Procedure,
    Stay,
    WaitingListEntry,
)
from tests.cases.conftest import Send, shown
from tests.conftest import CaseOf

ANSWERS = {criterion.code: "yes" for criterion in CRITERIA}
PERSON = {
    "family_name": "Nieuw",
    "sex": "female",
    "nationality": "NG",
    "source": "own_statement",
    "certainty": "claimed",
}


def test_a_case_goes_its_way_through_the_pages(send: Send, worker: User, case_of: CaseOf, today: date) -> None:
    case = case_of(worker)
    on = today - timedelta(days=9)
    for name, typed in (
        ("admission_test", {**ANSWERS, "regional_ties_source": "Brief", "on": on}),
        ("admission_decide", {"outcome": "admitted", "inside_covenant": "ja", "body": "lso", "on": on}),
        ("waiting_start", {"on": on, "reason": "Gezinsplaats"}),
        ("stay_place", {"kind": "admitted", "location": "Locatie Oost", "on": on + timedelta(days=1)}),
        ("procedure_file", {"kind": "hasa", "on": on}),
        ("exit_record", {"category": "return", "destination": "NG", "evidence": "Vertrekmelding", "on": today}),
    ):
        response = send(worker, f"cases:{name}", case, **typed)
        assert response.status_code == 302, (name, response.context["form"].errors)
        assert response["Location"] == f"/zaken/{case.pk}/"
    with acting_as(worker):
        assert case.admission_tests.get().answers.get(criterion="regional_ties").source == "Brief"
        assert Admission.objects.standing().get(case=case).inside_covenant
        assert WaitingListEntry.objects.standing().get(case=case).valid_until == on + timedelta(days=1)
        assert Stay.objects.standing().get(case=case).valid_until == today
        assert Procedure.objects.standing().get(case=case).kind == "hasa"
        assert Exit.objects.standing().get(case=case).destination == "NG"
        assert Case.objects.get(pk=case.pk).closed_on == today


def test_a_stay_ends_and_a_wait_is_stopped_without_an_exit(
    send: Send, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker)
    yesterday = today - timedelta(days=1)
    assert send(worker, "cases:stay_end", case, on=yesterday).status_code == 302
    assert send(worker, "cases:waiting_start", case, on=yesterday).status_code == 302
    assert send(worker, "cases:waiting_stop", case, on=today).status_code == 302
    with acting_as(worker):
        assert Stay.objects.standing().get(case=case).valid_until == yesterday
        assert WaitingListEntry.objects.standing().get(case=case).valid_until == today
        assert Case.objects.get(pk=case.pk).closed_on is None


def test_who_is_refused_is_outside_the_covenant_whatever_was_ticked(
    send: Send, worker: User, case_of: CaseOf, today: date
) -> None:
    case = case_of(worker)
    send(worker, "cases:admission_test", case, **ANSWERS | {"not_dublin": "no"}, on=today)
    response = send(
        worker,
        "cases:admission_decide",
        case,
        outcome="refused",
        inside_covenant="ja",
        body="lso",
        reason="Dublin",
        on=today,
    )
    assert response.status_code == 302
    with acting_as(worker):
        assert not Admission.objects.get(case=case).inside_covenant


def test_an_unmet_national_criterion_proposes_outside_the_covenant(
    send: Send, look: Send, worker: User, case_of: CaseOf, today: date
) -> None:
    case = case_of(worker)
    send(worker, "cases:admission_test", case, **ANSWERS | {"not_dublin": "no"}, on=today)
    response = look(worker, "cases:admission_decide", case)
    assert response.context["form"]["inside_covenant"].value() == "nee"
    assert "Is de persoon geen Dublinclaimant?" in shown(response)


def test_the_answers_of_the_last_test_stand_filled_in(
    send: Send, look: Send, worker: User, case_of: CaseOf, today: date
) -> None:
    case = case_of(worker)
    send(worker, "cases:admission_test", case, **ANSWERS | {"regional_ties": "unknown"}, on=today)
    form = look(worker, "cases:admission_test", case).context["form"]
    assert form["regional_ties"].value() == "unknown"
    assert form["not_dublin"].value() == "yes"


def test_a_case_without_a_stay_is_closed_by_hand(send: Send, worker: User, case_of: CaseOf, today: date) -> None:
    case = case_of(worker)
    send(worker, "cases:waiting_start", case, on=today - timedelta(days=3))
    assert send(worker, "cases:case_close", case, on=today).status_code == 302
    with acting_as(worker):
        assert Case.objects.get(pk=case.pk).closed_on == today
        assert WaitingListEntry.objects.standing().get(case=case).valid_until == today


# The file


def test_the_outcome_of_a_procedure_is_recorded_once(
    send: Send, look: Send, worker: User, case_of: CaseOf, today: date, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        filed = procedures.file(case, kind="hasa", by=worker, on=today, at=now)
    path = {"procedure": filed.pk}
    response = send(worker, "cases:procedure_decide", case, path=path, outcome="granted", on=today)
    assert response.status_code == 302
    with acting_as(worker):
        decided = Procedure.objects.standing().get(case=case)
    assert decided.outcome == "granted"
    assert look(worker, "cases:procedure_decide", case, path=path).status_code == 404
    again = look(worker, "cases:procedure_decide", case, path={"procedure": decided.pk})
    assert again.context["reasons"] == ["Op deze procedure is al besloten."]


def test_a_withdrawn_exit_opens_the_case_and_stays_in_the_timeline_with_its_reason(
    send: Send, look: Send, worker: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        left = exits.record_exit(case, category="other", by=worker, on=today, at=now)
    path = {"kind": "exit", "fact": left.pk}
    assert "Uitgestroomd" in shown(look(worker, "cases:fact_withdraw", case, path=path))
    response = send(worker, "cases:fact_withdraw", case, path=path, reason="Verkeerde persoon gekozen")
    assert response.status_code == 302
    page = shown(look(worker, "case", case))
    assert "Ingetrokken: Verkeerde persoon gekozen" in page
    assert "lvv-timeline__item--withdrawn" in page
    with acting_as(worker):
        assert Case.objects.get(pk=case.pk).closed_on is None
    assert send(worker, "cases:fact_withdraw", case, path=path, reason="Nog eens").status_code == 404


def test_a_fact_on_which_others_rest_is_not_withdrawn(send: Send, look: Send, worker: User, sheltered: CaseOf) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        decided = Admission.objects.get(case=case)
    path = {"kind": "admission", "fact": decided.pk}
    assert "rust een verblijf" in shown(look(worker, "cases:fact_withdraw", case, path=path))
    assert send(worker, "cases:fact_withdraw", case, path=path, reason="Fout").status_code == 400
    with acting_as(worker):
        assert Admission.objects.standing().filter(pk=decided.pk).exists()


@pytest.mark.parametrize("kind", ["advice", "scenario", "user", "stay"])
def test_only_a_standing_fact_of_this_case_can_be_withdrawn(
    look: Send, worker: User, sheltered: CaseOf, kind: str
) -> None:
    case, other = sheltered(worker), sheltered(worker)
    with acting_as(worker):
        elsewhere = Stay.objects.get(case=other)
    path = {"kind": kind, "fact": elsewhere.pk}
    assert look(worker, "cases:fact_withdraw", case, path=path).status_code == 404


def test_a_note_is_read_in_its_compartment_only(
    send: Send,
    look: Send,
    worker: User,
    counsellor: User,
    care_professional: User,
    case_of: CaseOf,
    ngo: Organisation,
    now: datetime,
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        parties.bring_in(case, ngo, by=worker, at=now)
    municipality = worker.memberships.get().organisation
    for user, organisation, compartment, text in (
        (worker, municipality, "own", "Alleen voor de gemeente"),
        (worker, municipality, "shared", "Voor iedereen"),
        (care_professional, ngo, "medical", "Bloeddruk is gemeten"),
    ):
        typed = {"organisation": organisation.pk, "compartment": compartment, "text": text}
        assert send(user, "cases:note_write", case, **typed).status_code == 302
    read = {
        user: {
            text
            for text in ("Alleen voor de gemeente", "Voor iedereen", "Bloeddruk")
            if text in shown(look(user, "case", case))
        }
        for user in (worker, counsellor, care_professional)
    }
    assert read == {
        worker: {"Alleen voor de gemeente", "Voor iedereen"},
        counsellor: {"Voor iedereen"},
        care_professional: {"Voor iedereen", "Bloeddruk"},
    }


def test_only_care_professionals_are_offered_the_medical_compartment(
    send: Send, look: Send, worker: User, case_of: CaseOf
) -> None:
    case = case_of(worker)
    choices = look(worker, "cases:note_write", case).context["form"].fields["compartment"].choices
    assert [value for value, _ in choices] == ["own", "shared"]
    organisation = worker.memberships.get().organisation_id
    response = send(worker, "cases:note_write", case, organisation=organisation, compartment="medical", text="x")
    assert response.status_code == 400
    with acting_as(worker):
        assert not Note.objects.exists()


def test_nobody_writes_a_note_for_another_organisation(
    send: Send, worker: User, case_of: CaseOf, ngo: Organisation
) -> None:
    case = case_of(worker)
    response = send(worker, "cases:note_write", case, organisation=ngo.pk, compartment="shared", text="x")
    assert response.status_code == 400


def test_an_organisation_is_brought_in_and_let_go(
    send: Send, look: Send, worker: User, counsellor: User, case_of: CaseOf, ngo: Organisation
) -> None:
    case = case_of(worker)
    assert look(counsellor, "case", case).status_code == 404
    assert send(worker, "cases:party_add", case, organisation=ngo.pk).status_code == 302
    assert look(counsellor, "case", case).status_code == 200
    with acting_as(worker):
        party = case.parties.get(organisation=ngo)
    assert send(worker, "cases:party_end", case, path={"party": party.pk}).status_code == 302
    assert look(counsellor, "case", case).status_code == 404


def test_the_municipality_itself_is_not_let_go(send: Send, look: Send, worker: User, case_of: CaseOf) -> None:
    case = case_of(worker)
    with acting_as(worker):
        party = case.parties.get()
    path = {"party": party.pk}
    assert "voert de regie" in shown(look(worker, "cases:party_end", case, path=path))
    assert send(worker, "cases:party_end", case, path=path).status_code == 400
    assert look(worker, "case", case).status_code == 200


def test_only_organisations_at_this_table_are_brought_in(
    send: Send, worker: User, outsider: User, case_of: CaseOf
) -> None:
    case = case_of(worker)
    elsewhere = outsider.memberships.get().organisation_id
    assert send(worker, "cases:party_add", case, organisation=elsewhere).status_code == 400


# What holds for every page of a case

ACT_PAGES = {
    "identity_restate": Permission.CORRECT_PERSON,
    "admission_test": Permission.TEST_ADMISSION,
    "admission_decide": Permission.DECIDE_ADMISSION,
    "stay_place": Permission.MANAGE_STAY,
    "stay_end": Permission.MANAGE_STAY,
    "waiting_start": Permission.MANAGE_STAY,
    "waiting_stop": Permission.MANAGE_STAY,
    "exit_record": Permission.RECORD_EXIT,
    "case_close": Permission.RECORD_EXIT,
    "procedure_file": Permission.RECORD_PROCEDURE,
    "note_write": Permission.WRITE_NOTE,
    "party_add": Permission.MANAGE_PARTIES,
    "person_merge": Permission.CORRECT_PERSON,
    "person_return": Permission.REGISTER_PERSON,
}


@pytest.mark.parametrize(("name", "permission"), ACT_PAGES.items())
def test_each_page_of_a_case_logs_the_persons_it_shows(
    look: Send, worker: User, sheltered: CaseOf, name: str, permission: Permission
) -> None:
    case = sheltered(worker, "Getoond")
    response = look(worker, f"cases:{name}", case)
    assert response.status_code == 200
    assert "Getoond" in shown(response)
    line = Disclosure.objects.get()
    assert (line.user_id, line.page, line.permission, line.persons) == (
        worker.pk,
        f"cases:{name}",
        permission,
        [case.person_id],
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    {
        "admission_decide": "Vul eerst de toelatingstoets in.",
        "stay_end": "Er loopt geen verblijf.",
        "waiting_stop": "Deze persoon staat niet op de wachtlijst.",
        "exit_record": "Er is geen verblijf vastgelegd, dus ook geen uitstroom.",
    }.items(),
)
def test_the_page_says_why_a_step_can_not_be_taken(
    look: Send, worker: User, case_of: CaseOf, name: str, reason: str
) -> None:
    response = look(worker, f"cases:{name}", case_of(worker))
    assert reason in shown(response)
    assert 'name="submission"' not in shown(response)


def test_a_stale_form_keeps_its_input_says_who_was_first_and_can_be_sent_again(
    send: Send, worker: User, chair: User, sheltered: CaseOf, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        opened_on = Case.objects.get(pk=case.pk).version
    with acting_as(chair):
        procedures.file(case, kind="hasa", by=chair, on=today, at=now)
    typed = {"category": "other", "evidence": "Mijn eigen tekst", "on": today}
    response = send(worker, "cases:exit_record", case, **typed, version=opened_on)
    assert response.status_code == 409
    page = shown(response)
    assert "Mijn eigen tekst" in page
    assert f"{chair} legde een procedure vast" in page
    with acting_as(worker):
        assert not Exit.objects.exists()
    newest = response.context["form"]["version"].value()
    assert send(worker, "cases:exit_record", case, **typed, version=newest).status_code == 302


def test_the_same_form_sent_twice_records_one_fact(send: Send, worker: User, sheltered: CaseOf, today: date) -> None:
    case, token = sheltered(worker), uuid.uuid4()
    first = send(worker, "cases:procedure_file", case, kind="hasa", on=today, submission=token)
    second = send(worker, "cases:procedure_file", case, kind="hasa", on=today, submission=token)
    assert first["Location"] == second["Location"]
    with acting_as(worker):
        assert Procedure.objects.count() == 1


def test_a_refused_form_can_be_sent_again_with_the_same_token(
    send: Send, worker: User, sheltered: CaseOf, today: date
) -> None:
    case, token = sheltered(worker), uuid.uuid4()
    assert send(worker, "cases:procedure_file", case, kind="", on=today, submission=token).status_code == 400
    assert send(worker, "cases:procedure_file", case, kind="hasa", on=today, submission=token).status_code == 302


def test_a_form_without_its_token_or_version_is_refused(
    send: Send, worker: User, sheltered: CaseOf, today: date
) -> None:
    case = sheltered(worker)
    before = AuditEntry.objects.count()
    assert send(worker, "cases:stay_end", case, on=today, submission="geen").status_code == 400
    assert send(worker, "cases:stay_end", case, on=today, version="").status_code == 400
    assert send(worker, "cases:stay_end", case, on=today, version="1e9").status_code == 400
    assert AuditEntry.objects.count() == before


def test_a_role_without_the_permission_is_refused_on_a_case_it_sees(
    look: Send, worker: User, counsellor: User, case_of: CaseOf, ngo: Organisation, now: datetime
) -> None:
    case = case_of(worker)
    with acting_as(worker):
        parties.bring_in(case, ngo, by=worker, at=now)
    assert look(counsellor, "cases:exit_record", case).status_code == 403
    assert look(counsellor, "cases:note_write", case).status_code == 200
