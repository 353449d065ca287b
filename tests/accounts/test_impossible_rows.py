"""The database refuses impossible rows, whatever the acts allow. Each guard is shown to bite.

The guards are read from the catalogue; `guards.py` declares an attempt for each. Each is made twice: as things are,
and without its guard.
"""

import json
import uuid
from datetime import date, datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from accounts.acting import acting_as
from accounts.models import AuditSeal, Disclosure, Membership, Organisation, OrganisationKind, User
from accounts.permissions import Role
from cases import parties
from cases.models import Admission, CovenantDeviation, PartyBasis
from core.models import Effect
from scenarios.models import AgendaItem, Decision
from tests.accounts.attempts import Attempt
from tests.accounts.conftest import World
from tests.accounts.guards import GUARDS
from tests.accounts.sql import Row, another, insertion, refused_row, renewed, run, standing, value
from tests.accounts.test_walls import OURS, rows
from tests.conftest import CaseOf, as_owner

# Refuses nothing: it fills in (test_red_team_holes.py).
FILLS_IN = {("accounts_disclosure", "shown_by_municipality")}
# Every guard that is in force, with what takes it away. A unique key that holds the primary key can't be violated
# beyond it: it is there for a composite foreign key to point at, and the rows of those speak for it.
IN_FORCE = """
    select c.conrelid::regclass::text, c.conname,
           format('alter table %%s drop constraint %%I', c.conrelid::regclass, c.conname)
    from pg_constraint c
    where c.conrelid = any (%s::regclass[]) and c.convalidated
      and (c.contype in ('c', 'x') or (c.contype = 'f' and cardinality(c.conkey) > 1)
           or (c.contype = 'u' and not exists (select from pg_constraint p where p.conrelid = c.conrelid
                                               and p.contype = 'p' and c.conkey @> p.conkey)))
    union all
    select i.indrelid::regclass::text, x.relname, format('drop index %%I', x.relname)
    from pg_index i join pg_class x on x.oid = i.indexrelid
    where i.indrelid = any (%s::regclass[]) and i.indisunique and i.indisvalid
      and not exists (select from pg_constraint c where c.conindid = i.indexrelid and c.contype in ('p', 'u', 'x'))
    union all
    select t.tgrelid::regclass::text, t.tgname, format('drop trigger %%I on %%s', t.tgname, t.tgrelid::regclass)
    from pg_trigger t
    where t.tgrelid = any (%s::regclass[]) and not t.tgisinternal and t.tgenabled = 'O'"""


def in_force() -> dict[tuple[str, str], str]:
    """By table and name, the statement that removes a guard."""
    tables = [model._meta.db_table for model in OURS]
    return {(str(table), str(name)): str(drop) for table, name, drop in rows(IN_FORCE, tables, tables, tables)}


@pytest.fixture
def names(world: World, chair: User, case_of: CaseOf, outsider: User, now: datetime) -> dict[str, object]:
    """The names that attempts may use. They need rows of their own where the world has none to copy, or no room."""
    abroad = case_of(outsider)
    with as_owner():
        # At both tables and coordinating, so that no wall stands before a guard.
        organisation = outsider.memberships.get().organisation
        Membership.objects.create(user=chair, organisation=organisation, role=Role.CHAIR, since=date(2019, 1, 1))
        ind = Organisation.objects.get(name="IND, LSO Amsterdam")
        Membership.objects.create(user=chair, organisation=ind, role=Role.IND_MEMBER, since=date(2019, 1, 1))
        mdt = Organisation.objects.get(kind=OrganisationKind.MDT)
        Membership.objects.create(user=chair, organisation=mdt, role=Role.MRT_COORDINATOR, since=date(2019, 1, 1))
        Effect.objects.create(kind="proef", key="proef", created_at=now, due_at=now)
        AuditSeal.objects.create(number=1, entry_id=1, previous="", hash="", sealed_at=now)
        Disclosure.objects.create(at=now, user_id=chair.pk, page="case", permission="", persons=[])
        CovenantDeviation.objects.create(municipality=abroad.municipality, subject="Proef", since=date(2020, 1, 1))
    with acting_as(chair):
        for case in (world.case, world.stuck):
            parties.bring_in(case, mdt, by=chair, at=now, basis=PartyBasis.MRT)
        run("set local role none")
        names = {"chair": chair.pk, "chair_in_capitals": chair.email.upper(), "case_in_utrecht": abroad.pk}
        names |= {"person_in_utrecht": abroad.person_id}
        names |= _found(world)
        names |= _added(names, abroad.municipality_id)
        names |= {"utrecht": abroad.municipality_id, "organisation_in_utrecht": organisation.pk}
        names |= {"mrt_organisation": value("select organisation_id from mrt_seat where role = 'dtv'")}
        names |= _of_the_team(world, chair.pk)
        names |= _of_rounds(world, organisation.municipality_id, chair.pk)
        names |= {"list_in_utrecht": _add("accounts_import", {"municipality_id": organisation.municipality_id})}
        names |= {"free_request": _add("scenarios_positionrequest", {"organisation_id": organisation.pk})}
        run("set local role lvv_web")
    return names


def _of_the_team(world: World, chair: int) -> dict[str, object]:
    """Make a member with their seat, a user with an exception, and rows of the team of the other case."""
    of_stuck = {"role": "municipality", "case_id": world.stuck.pk}
    of_stuck |= {"escalation_id": value("select escalation_id from mrt_answer")}
    of_case = {"case_id": world.case.pk, "subject": world.case.subject}
    of_escalation = of_case | {
        "escalation_id": value("select id from mrt_escalation where case_id = %s", world.case.pk)
    }
    _add("mrt_draft", {name: of_escalation[name] for name in ("case_id", "escalation_id")})
    return {
        "mrt_member": value("select user_id from mrt_seat where role = 'dtv'"),
        "seat_of_member": value("select id from mrt_seat where role = 'dtv'"),
        "spare_seat": _add("mrt_seat", of_stuck | {"user_id": chair}),
        "waiver": value("select id from mrt_waiver"),
        "waived": value("select user_id from mrt_waiver"),
        "discussion_of_case": _add("mrt_discussion", of_escalation),
        "seat_of_case": _add("mrt_seat", of_escalation | {"role": "municipality"}),
    }


def _of_rounds(world: World, utrecht: int | None, chair: int) -> dict[str, object]:
    """Make a round without tallies, a round with a statement, and the statement and settlement of Utrecht."""
    other_round = _add("monitor_round", {"on": "2020-01-01"})
    of_amsterdam = {"round_id": other_round, "municipality_id": world.case.municipality_id}
    tally = _add("monitor_tally", of_amsterdam)
    of_the_same_round = "select id from monitor_tally where round_id = (select round_id from monitor_statement limit 1)"
    settlement = value("select settlement_id from monitor_item limit 1")
    in_utrecht = value(f"{of_the_same_round} and municipality_id = %s", utrecht)
    return {
        "empty_round": _add("monitor_round", {"on": "2020-02-01"}),
        "other_round": other_round,
        "statement_elsewhere": _add("monitor_statement", {"round_id": other_round, "tally_id": tally}),
        "other_statement": _add("monitor_statement", {"tally_id": in_utrecht}),
        "settlement": settlement,
        "person_of_item": value("select person_id from monitor_item where person_id is not null"),
        "settlement_elsewhere": _add("monitor_settlement", of_amsterdam | {"partner": "ind"}),
        "settlement_in_utrecht": value(
            "select s.id from monitor_settlement s join monitor_settlement o on o.round_id = s.round_id"
            " where o.id = %s and s.municipality_id = %s and s.partner = 'ind'",
            settlement,
            utrecht,
        ),
        "free_reply": _add("monitor_reply", {"number": 2, "by_id": chair}),
    }


def _found(world: World) -> dict[str, object]:
    case, stuck = world.case, world.stuck
    decision = "select id from scenarios_decision where case_id = %s and outcome = %s"
    return {
        "case": case.pk,
        "stuck": stuck.pk,
        "person_of_case": case.person_id,
        "person_of_stuck": stuck.person_id,
        "subject_of_case": case.subject,
        "subject_of_stuck": stuck.subject,
        "test_of_stuck": value("select id from cases_admissiontest where case_id = %s", stuck.pk),
        "adopting_decision": value(decision, case.pk, "adopted"),
        "stuck_decision": value(decision, stuck.pk, "escalated"),
        "answering_decision": value(decision, stuck.pk, "advice_adopted"),
        "nomination": value("select id from scenarios_nomination"),
        "later_meeting": value("select id from scenarios_meeting order by held_on desc limit 1"),
    }


def _added(names: dict[str, object], utrecht: int) -> dict[str, object]:
    """Make a meeting with an undecided item, a decision without consequence, and an escalation of each case."""
    held = {"held_on": "2020-02-01", "status": "held"}
    meeting = _add("scenarios_meeting", held)
    of_case = {"case_id": names["case"]}
    item = _add("scenarios_agendaitem", of_case | {"meeting_id": meeting, "order": 1})
    decision = of_case | {"item_id": item, "decided_on": "2020-02-01", "outcome": "postponed"}
    return {
        "open_meeting": meeting,
        "nomination_of_stuck": _add("scenarios_nomination", {"case_id": names["stuck"]}),
        "meeting_in_utrecht": _add("scenarios_meeting", held | {"municipality_id": utrecht}),
        "open_item": _add("scenarios_agendaitem", {"case_id": names["stuck"], "meeting_id": meeting, "order": 2}),
        "free_decision": _add("scenarios_decision", decision),
        "other_escalation": _add("mrt_escalation", {"decision_id": names["answering_decision"]}),
        "escalation_of_case": _add("mrt_escalation", of_case | {"decision_id": names["adopting_decision"]}),
    }


def _add(table: str, change: Row) -> object:
    row = another(table) | change
    run(insertion(table), json.dumps([row], default=str))
    return row["id"]


def refusal(attempt: Attempt, names: dict[str, object], *, without: str = "") -> str:
    """How the database refuses an attempt of its owner: the constraint or the message. Empty if it succeeded."""
    try:
        with transaction.atomic():
            run("set constraints all immediate")
            names = names | _of_the_copied(attempt, names)
            for preparation in (without, attempt.first.format_map(names)):
                if preparation:
                    run(preparation)
            if attempt.is_web:
                # The grants are a wall of their own, and stand before the guards.
                run(f"grant insert, update on {attempt.table} to lvv_web")
                run("set local role lvv_web")
            _make(attempt, names)
            transaction.set_rollback(True)
    except DatabaseError as error:
        assert isinstance(error.__cause__, psycopg.Error)
        diagnosis = error.__cause__.diag
        return diagnosis.constraint_name or diagnosis.message_primary or ""
    return ""


def _of_the_copied(attempt: Attempt, names: dict[str, object]) -> dict[str, object]:
    row = standing(attempt.table, attempt.like, names["case"])
    return {"row": row, "original": row.get("id"), "valid_from": row.get("valid_from"), "new": uuid.uuid4()}


def _make(attempt: Attempt, names: dict[str, Any]) -> None:
    if isinstance(attempt.what, str):
        run(attempt.what.format_map(names))
        return
    changes = attempt.what if isinstance(attempt.what, list) else [attempt.what]
    added = [renewed(attempt.table, names["row"]) | _filled(change, names) for change in changes]
    run(insertion(attempt.table), json.dumps(added))


def _filled(change: Row, names: dict[str, object]) -> Row:
    return {key: text.format_map(names) if isinstance(text, str) else text for key, text in change.items()}


def of_a_field() -> set[tuple[str, str]]:
    """The guards that Django makes for a field by itself: no number below zero, and no value twice."""
    fields = [(model._meta.db_table, field) for model in OURS for field in model._meta.local_fields]
    checks = {(table, f"{table}_{field.column}_check") for table, field in fields if field.db_check(connection)}
    keys = {(table, f"{table}_{field.column}_key") for table, field in fields if field.unique and not field.primary_key}
    return checks | keys


def test_every_guard_in_the_database_has_an_attempt_and_every_attempt_a_guard(db: None) -> None:
    """The guards of Django need none: its own tests show that they bite."""
    assert of_a_field() <= set(in_force())
    assert {(attempt.table, attempt.guard) for attempt in GUARDS} == set(in_force()) - FILLS_IN - of_a_field()


def test_every_key_that_a_model_declares_stands_in_the_database(db: None) -> None:
    """A key that the walls lay under the same name would replace it silently."""
    found = rows(
        "select conrelid::regclass::text, attname from pg_constraint join pg_attribute"
        " on attrelid = conrelid and attnum = conkey[1] where contype in ('p', 'u') and cardinality(conkey) = 1"
    )
    declared = {(model._meta.db_table, field.column) for model in OURS for field in model._meta.fields if field.unique}
    assert declared - set(found) == set()


def test_every_guard_refuses_what_it_is_for(names: dict[str, object], chair: User) -> None:
    wrong = []
    with acting_as(chair):
        run("set local role none")
        for attempt in GUARDS:
            if (refused_by := refusal(attempt, names)) != (attempt.says or attempt.guard):
                wrong.append((attempt.table, attempt.guard, attempt.what, refused_by))
        run("set local role lvv_web")
    assert wrong == []


def test_without_its_guard_the_same_attempt_goes_through(names: dict[str, object], chair: User) -> None:
    """So this guard refused it, and no other would have."""
    wrong = []
    with acting_as(chair):
        run("set local role none")
        without = in_force()
        for attempt in GUARDS:
            refused_by = refusal(attempt, names, without=without[attempt.table, attempt.guard])
            if refused_by != attempt.behind:
                wrong.append((attempt.table, attempt.guard, attempt.what, refused_by))
        run("set local role lvv_web")
    assert wrong == []


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
