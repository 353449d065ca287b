"""What a row must never be is refused by the database, whatever the rules of the acts say."""

import json
from datetime import date, datetime

import pytest
from django.db import DatabaseError, IntegrityError

from accounts.models import User
from accounts.walls import acting_as
from cases import parties
from cases.models import Admission, CaseParty
from lvv.walls import fact_models
from mrt.models import Seat
from scenarios.models import AgendaItem, Decision
from tests.accounts.conftest import World
from tests.accounts.sql import Row, another, refused, refused_row, run, value
from tests.conftest import as_owner

# Of every kind of fact: it ends after it starts, its withdrawal says who and why, and one fact replaces it at most.
OF_EVERY_FACT: list[tuple[Row, str]] = [
    ({"valid_until": "1900-01-01"}, "_ends_after_start"),
    ({"withdrawal_reason": "Zonder wie en wanneer"}, "_withdrawn_with_who_and_why"),
]


def test_a_fact_is_whole_and_replaced_once_whatever_its_kind(world: World, chair: User) -> None:
    wrong = []
    for fact in fact_models():
        table = fact._meta.db_table
        with acting_as(chair):
            row = another(table)
            standing = value(f"select id::text from {table} where withdrawn_at is null limit 1")
            run("set local role none")
            messages = [(refused_row(table, row | change), constraint) for change, constraint in OF_EVERY_FACT]
            messages.append((_refused_twice(table, row | {"replaces_id": standing}, chair), "replaces_id_key"))
            run("set local role lvv_web")
        wrong += [(table, constraint, message) for message, constraint in messages if constraint not in message]
    assert wrong == []


def _refused_twice(table: str, row: Row, by: User) -> str:
    """The message at the second of two rows; both are withdrawn, so that nothing else stands in their way."""
    row |= {"withdrawn_at": "2999-01-01T00:00Z", "withdrawn_by_id": by.pk, "withdrawal_reason": "Proef"}
    both = [row, row | {"id": value("select gen_random_uuid()::text")}]
    insert = f"insert into {table} select * from jsonb_populate_recordset(null::{table}, %s)"
    return refused(insert, json.dumps(both))


def test_one_organisation_takes_part_once_at_a_time(world: World, chair: User, now: datetime) -> None:
    directing = parties.directing_organisation(world.stuck)
    with pytest.raises(IntegrityError, match="one_running_part"), acting_as(chair):
        CaseParty.objects.create(
            case=world.stuck,
            municipality_id=world.stuck.municipality_id,
            organisation=directing,
            granted_by=directing,
            basis="partner",
            since=now,
        )


RESTING: list[tuple[str, Row, str]] = [
    ("cases_exit", {"valid_from": "2019-01-01"}, "uitstroom zonder eerder verblijf"),
    ("scenarios_decision", {"item_id": None}, "gehouden overleg"),
    ("scenarios_decision", {"decided_on": "2019-01-01"}, "gehouden overleg"),
    ("scenarios_scenario", {"decision_id": None}, "besluit van het LSO"),
    ("scenarios_scenario", {"valid_from": "2019-01-01"}, "besluit van het LSO"),
]


def test_a_row_that_rests_on_another_is_refused_to_the_owner_too(world: World, chair: User) -> None:
    """The triggers hold for imports and the demo world as well."""
    accepted = []
    for table, change, message in RESTING:
        with acting_as(chair):
            row = another(table) | change
            run("set local role none")
            if message not in refused_row(table, row):
                accepted.append((table, change))
            run("set local role lvv_web")
    assert accepted == []


# What a single row must never be, whatever the rules of the acts: the table, the change to a right row, the constraint.
IMPOSSIBLE: list[tuple[str, Row, str]] = [
    ("cases_profile", {}, "one_standing_profile"),
    ("cases_admission", {"outcome": "refused", "inside_covenant": True}, "refused_is_not_inside_the_covenant"),
    ("cases_admission", {"exception_ground": "humanitarian"}, "admission_exception_has_a_ground"),
    ("cases_admission", {}, "one_admission_decision_at_a_time"),
    ("cases_procedure", {"outcome": "granted"}, "procedure_outcome_has_a_date"),
    ("cases_procedure", {"decided_on": "2020-01-01"}, "procedure_outcome_has_a_date"),
    ("cases_procedure", {"valid_until": "2000-01-01"}, "procedure_ends_after_start"),
    ("cases_waitinglistentry", {"valid_until": None}, "waits_once_at_a_time"),
    ("cases_case", {"closed_on": "2000-01-01"}, "case_closes_after_registration"),
    ("cases_case", {"closed_on": None}, "cases_case_number_key"),
    ("cases_caseparty", {"until": "2000-01-01"}, "party_ends_after_start"),
    ("cases_admissionanswer", {}, "one_answer_per_criterion"),
    ("cases_identitystatement", {}, "one_leading_statement"),
    (
        "cases_identitystatement",
        {"is_leading": False, "birth_year": None, "birth_month": 3},
        "partial_birth_date_has_the_larger_parts",
    ),
    (
        "cases_identitystatement",
        {"is_leading": False, "birth_year": 1980, "birth_month": None, "birth_day": 3},
        "partial_birth_date_has_the_larger_parts",
    ),
    ("scenarios_scenario", {"valid_until": None}, "one_scenario_at_a_time"),
    ("scenarios_meeting", {}, "one_meeting_a_day"),
    ("scenarios_attendance", {}, "one_attendance_per_organisation"),
    ("scenarios_agendaitem", {"order": 99}, "a_case_stands_once_on_an_agenda"),
    ("scenarios_decision", {}, "scenarios_decision_item_id_key"),
    ("mrt_escalation", {"disagreements": ["law"]}, "disagreement_says_about_what"),
    ("mrt_escalation", {"ground": "disagreement"}, "disagreement_says_about_what"),
    ("mrt_escalation", {}, "mrt_escalation_decision_id_key"),
    ("mrt_seat", {"role": "ind", "declared_uninvolved": False}, "national_members_declare_to_be_uninvolved"),
    ("mrt_advice", {"no_durable_solution": True, "direction": "stay"}, "advice_names_a_direction_or_none"),
    ("mrt_advice", {"no_durable_solution": False, "direction": ""}, "advice_names_a_direction_or_none"),
    ("mrt_advice", {}, "one_standing_advice"),
    ("mrt_answer", {"is_adopted": False, "reason": ""}, "deviation_has_a_reason"),
]


def test_what_a_row_must_never_be_is_refused_by_the_database(world: World, chair: User) -> None:
    wrong = []
    for table, change, constraint in IMPOSSIBLE:
        with acting_as(chair):
            message = refused_row(table, another(table) | change)
        if constraint not in message:
            wrong.append((table, change, constraint, message))
    assert wrong == []


def test_one_seat_for_one_member(world: World, chair: User, now: datetime) -> None:
    with acting_as(chair):
        first = Seat.objects.filter(role="dtv").get()
        values = {"escalation_id": first.escalation_id, "case_id": first.case_id, "user_id": first.user_id}
        again = [
            Seat(**values, organisation_id=first.organisation_id, role="ngo", since=now, declared_uninvolved=True)
            for _ in range(2)
        ]
    with pytest.raises(IntegrityError, match="one_seat_per_member"), acting_as(chair):
        Seat.objects.bulk_create(again)


def test_a_membership_does_not_end_before_it_begins(worker: User) -> None:
    with pytest.raises(IntegrityError, match="membership_ends_after_start"), as_owner():
        worker.memberships.update(until=date(2000, 1, 1))


def test_a_municipality_has_one_organisation_of_its_own(worker: User) -> None:
    with as_owner():
        message = refused(
            "insert into accounts_organisation (name, kind, municipality_id)"
            " select 'Nog een', 'municipality', municipality_id from accounts_organisation where kind = 'municipality'"
        )
    assert "one_organisation_per_municipality" in message


def test_two_users_do_not_share_an_address_in_other_letters(worker: User) -> None:
    with pytest.raises(IntegrityError, match="one_user_per_email_address"), as_owner():
        User.objects.create_user(worker.email.upper(), full_name="Dubbel")


def test_the_agenda_is_gone_only_without_a_decision(world: World, chair: User) -> None:
    with pytest.raises(DatabaseError), acting_as(chair):
        run("delete from scenarios_agendaitem")
        run("set constraints all immediate")
    with acting_as(chair):
        assert AgendaItem.objects.count() == Decision.objects.count() == 3


def test_an_admission_decision_ends_before_the_next_begins(world: World, chair: User, today: date) -> None:
    with acting_as(chair):
        running = Admission.objects.standing().filter(case=world.stuck).get()
        row = json.loads(str(value("select to_jsonb(t)::text from cases_admission t where id = %s", running.pk)))
        row |= {"id": value("select gen_random_uuid()::text"), "valid_from": "2019-01-01", "valid_until": None}
        assert "one_admission_decision_at_a_time" in refused_row("cases_admission", row)
        row["valid_until"] = running.valid_from.isoformat()
        assert refused_row("cases_admission", row) == ""
