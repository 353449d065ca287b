"""The second wall: the catalogue of the database is compared with what the rooms declare."""

from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from accounts.acting import acting_as, as_monitor, enter
from accounts.models import User
from cases import notes, parties
from cases.models import Case, CaseFact, Fact, Note, Person
from core import walls
from monitor.figures import reviews
from monitor.publishing.export import counted_columns
from monitor.rounds import settlements
from mrt import independence
from tests.conftest import CaseOf, as_owner

OURS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in {"core", "accounts", "cases", "scenarios", "mrt", "monitor"}
]
# Tables that show nothing of a person and give nobody a right, so that they need no policy per row.
WITHOUT_PERSONS = {
    "accounts_municipality",
    "accounts_organisation",
    "accounts_auditentry",
    "accounts_auditseal",
    "core_effect",
    "accounts_submission",
    "cases_covenant",
    "cases_covenantdeviation",
}


def rows(query: str, *parameters: Any) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def execute(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def grants_to(role: str) -> dict[str, set[str]]:
    """By table, the grants on the whole table, from the catalogue."""
    grants: dict[str, set[str]] = {}
    for table, right in rows(
        "select relname, lower(privilege_type) from pg_class, aclexplode(relacl)"
        " where relkind in ('r', 'p', 'v', 'm') and grantee = %s::regrole",
        role,
    ):
        grants.setdefault(str(table), set()).add(str(right))
    return grants


@pytest.mark.django_db
def test_every_table_of_ours_is_in_the_declared_list() -> None:
    assert {model._meta.db_table for model in OURS} == {model._meta.db_table for model in walls.declared()}


@pytest.mark.django_db
def test_every_table_with_a_person_has_forced_row_level_security() -> None:
    found = {
        table: (enabled, forced)
        for table, enabled, forced in rows(
            "select relname, relrowsecurity, relforcerowsecurity from pg_class where relkind = 'r'"
            " and relnamespace = 'public'::regnamespace"
        )
    }
    expected = {m._meta.db_table: (True, True) for m in OURS if m._meta.db_table not in WITHOUT_PERSONS}
    assert {table: found[table] for table in expected} == expected


@pytest.mark.django_db
def test_the_web_and_the_monitor_have_no_power_beyond_their_grants() -> None:
    assert rows(
        "select rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolinherit from pg_roles"
        " where rolname in ('lvv_web', 'lvv_monitor', 'lvv_comparer') order by rolname"
    ) == [
        ("lvv_comparer", False, False, False, False, True),
        ("lvv_monitor", False, False, False, False, True),
        ("lvv_web", False, False, False, False, False),
    ]
    ours = "'lvv_web'::regrole, 'lvv_monitor'::regrole, 'lvv_comparer'::regrole"
    assert rows(f"select count(*) from pg_class where relowner in ({ours})") == [(0,)]
    assert rows("select has_schema_privilege('lvv_web', 'public', 'create')") == [(False,)]


@pytest.mark.django_db
def test_the_grants_in_the_database_are_the_declared_ones() -> None:
    found = grants_to("lvv_web")
    for model, wall in walls.declared().items():
        whole = {r for r in ("insert", "delete") if r in wall.grant.value}
        if "update" in wall.grant.value and not wall.columns and "(" not in wall.grant.value:
            whole.add("update")
        assert found.pop(model._meta.db_table) == {"select", *whole}, model
    for table, wall in walls.library_walls().items():
        # A right on a column is none on the table.
        rights = [right for right in wall.web_rights.split(", ") if "(" not in right]
        assert found.pop(table, None) in ({*rights}, None), table
    assert found == {}


def columns_of(role: str) -> dict[str, set[str]]:
    """By table, the columns that a role may read. The role has no right on a whole table."""
    assert grants_to(role) == {}
    columns: dict[str, set[str]] = {}
    for table, column in rows(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid,"
        f" aclexplode(a.attacl) g where g.grantee = '{role}'::regrole"
    ):
        columns.setdefault(str(table), set()).add(str(column))
    return columns


@pytest.mark.django_db
def test_the_monitor_reads_codes_and_dates_and_nothing_else() -> None:
    facts = [model for model in apps.get_models() if issubclass(model, Fact)]
    expected = {model._meta.db_table: set(counted_columns(model)) for model in facts}
    expected |= {
        model._meta.db_table: set(columns) for model, columns in {**reviews.COLUMNS, **settlements.COLUMNS}.items()
    }
    assert columns_of("lvv_monitor") == expected


@pytest.mark.django_db
def test_the_comparer_reads_who_and_when_and_nothing_else() -> None:
    expected = {model._meta.db_table: columns for model, columns in independence.columns_read().items()}
    assert columns_of("lvv_comparer") == expected


@pytest.mark.django_db
def test_there_is_no_way_around_the_policies() -> None:
    assert rows("select count(*) from pg_views where schemaname = 'public'") == [(0,)]
    assert rows("select count(*) from pg_matviews where schemaname = 'public'") == [(0,)]
    definers = rows("select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace")
    assert definers == []


@pytest.mark.django_db
def test_only_the_extensions_of_the_house_are_there() -> None:
    found = {str(name) for (name,) in rows("select extname from pg_extension")}
    assert found - {"plpgsql"} <= {"btree_gist", "pg_trgm", "unaccent"}


def test_without_a_user_the_database_shows_no_case(sheltered: CaseOf, worker: User) -> None:
    sheltered(worker)
    with as_owner():
        assert not Case.objects.exists()
    assert not Person.objects.exists()


def test_the_key_is_refused_outside_a_transaction(worker: User, django_db_blocker: object) -> None:
    assert connection.in_atomic_block
    connection.in_atomic_block = False
    try:
        with pytest.raises(transaction.TransactionManagementError):
            enter(worker)
    finally:
        connection.in_atomic_block = True


def test_under_the_monitors_role_persons_are_refused_and_facts_are_not(sheltered: CaseOf, worker: User) -> None:
    case = sheltered(worker)
    with as_monitor():
        assert rows("select count(*) from cases_stay where case_id = %s", case.pk) == [(1,)]
    for table in ("cases_person", "cases_case", "cases_caseparty", "cases_note", "cases_identitystatement"):
        with pytest.raises(DatabaseError, match="permission denied"), as_monitor():
            rows(f"select * from {table}")
    with acting_as(worker):
        assert rows("select current_user") == [("lvv_web",)]


FACTS_OF_A_CASE = [model for model in apps.get_models() if issubclass(model, CaseFact)]


@pytest.mark.parametrize("as_whom", ["web", "owner"])
@pytest.mark.parametrize("table", ["cases_stay", "cases_admission", "cases_profile"])
def test_a_fact_is_never_edited_or_deleted(sheltered: CaseOf, worker: User, table: str, as_whom: str) -> None:
    sheltered(worker)
    changes = ("set valid_from = valid_from - 1", "set recorded_at = recorded_at - interval '1 day'")
    for statement in (*(f"update {table} {change}" for change in changes), f"delete from {table}", f"truncate {table}"):
        with pytest.raises(DatabaseError), acting_as(worker):
            if as_whom == "owner":
                execute("set local role none")
            execute(statement)


def test_the_web_records_nothing_in_the_past(sheltered: CaseOf, worker: User, now: datetime) -> None:
    case = sheltered(worker)
    with pytest.raises(DatabaseError, match="vastleggen is nu"), acting_as(worker):
        execute(
            "insert into cases_waitinglistentry (id, case_id, municipality_id, subject, valid_from, recorded_at,"
            " recorded_by_id, withdrawal_reason, reason) values (gen_random_uuid(), %s, %s, %s, %s, %s, %s, '', '')",
            case.pk,
            case.municipality_id,
            case.subject,
            date(2020, 1, 1),
            datetime(2020, 1, 1, tzinfo=now.tzinfo),
            worker.pk,
        )


def test_a_row_of_another_tenants_case_is_refused(
    sheltered: CaseOf, worker: User, outsider: User, now: datetime
) -> None:
    case = sheltered(worker)
    organisation = outsider.memberships.get().organisation
    with pytest.raises(DatabaseError, match="row-level security"), acting_as(outsider):
        notes.write(case, organisation=organisation, compartment="shared", text="Vreemd", by=outsider, at=now)


def test_a_fact_can_not_be_hung_on_another_persons_key(sheltered: CaseOf, worker: User, now: datetime) -> None:
    first, second = sheltered(worker), sheltered(worker)
    with pytest.raises(DatabaseError, match="same_case"), acting_as(worker):
        execute(
            "insert into cases_waitinglistentry (id, case_id, municipality_id, subject, valid_from, recorded_at,"
            " recorded_by_id, withdrawal_reason, reason) values (gen_random_uuid(), %s, %s, %s, %s, %s, %s, '', '')",
            first.pk,
            first.municipality_id,
            second.subject,
            date(2020, 1, 1),
            now,
            worker.pk,
        )
        execute("set constraints all immediate")


def test_notes_open_by_compartment_in_application_and_database_alike(
    sheltered: CaseOf,
    worker: User,
    counsellor: User,
    care_professional: User,
    ind_member: User,
    now: datetime,
) -> None:
    case = sheltered(worker)
    from_whom = {user: user.memberships.get().organisation for user in (worker, counsellor, care_professional)}
    with acting_as(worker):
        for user in (counsellor, ind_member):
            _bring_in(case, user, worker, now)
    with acting_as(worker):
        notes.write(case, organisation=from_whom[worker], compartment="own", text="W", by=worker, at=now)
    with acting_as(counsellor):
        notes.write(case, organisation=from_whom[counsellor], compartment="own", text="N", by=counsellor, at=now)
        notes.write(case, organisation=from_whom[counsellor], compartment="shared", text="S", by=counsellor, at=now)
    with acting_as(care_professional):
        notes.write(
            case,
            organisation=from_whom[care_professional],
            compartment="medical",
            text="M",
            by=care_professional,
            at=now,
        )
    expected = {worker: "SW", counsellor: "NS", care_professional: "MNS", ind_member: "S"}
    for user, letters in expected.items():
        with acting_as(user):
            in_application = Note.objects.visible_to(user).values_list("text", flat=True)
            assert "".join(sorted(in_application)) == letters, user
            assert "".join(sorted(Note.objects.values_list("text", flat=True))) == letters, user


def _bring_in(case: Case, user: User, by: User, at: datetime) -> None:

    parties.bring_in(case, user.memberships.get().organisation, by=by, at=at)


def test_the_owner_sees_no_fact_of_a_case_without_a_user(sheltered: CaseOf, worker: User) -> None:
    """The owner is a member of the monitor's role. The policy of that role must not apply to it."""
    sheltered(worker)
    with as_owner():
        for model in FACTS_OF_A_CASE:
            assert not model._default_manager.exists(), model
