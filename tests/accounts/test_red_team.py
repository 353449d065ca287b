"""Attacks on the second wall by SQL, as a bug in the program could let them happen.

One world in Amsterdam has a row in every walled table; everybody else tries to read, add, change and remove them.
"""

from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.acting import acting_as, as_monitor
from accounts.models import AuditSeal, Disclosure, Import, Municipality, User
from accounts.permissions import Role
from cases import parties, recording
from cases.models import Case, CaseParty, Fact, Person, Stay
from core import walls
from tests.accounts import list_rows, round_rows
from tests.accounts.conftest import World
from tests.accounts.sql import another, refused, refused_row, run, value
from tests.conftest import CaseOf, Hire, as_owner

# Every table that says something of a case, and the lists that cases come from; who works with the system is no secret
# inside it.
WALLED = {
    model._meta.db_table: wall
    for model, wall in walls.declared().items()
    if wall.seen is not None and (model is Import or model._meta.app_label != "accounts")
}
# Refused by the policy, or already by the trigger that does not see the row it asks for.
REFUSED = (
    "row-level security|uitstroom zonder|gehouden overleg|door een besluit|eigen gemeente|het verslag van|zijn concept"
    "|wat openbaar is|uitstroom van de gemeente|twee personen van de gemeente"
)


def test_the_world_has_a_row_in_every_walled_table(world: World, chair: User) -> None:
    with acting_as(chair):
        assert [table for table in WALLED if not value(f"select count(*) from {table}")] == []


def _ended_partner(world: World, chair: User, hire: Hire, now: datetime) -> User:
    """A member of the IND whose part in both cases has ended, but who is still in the LSO."""
    user = hire(Role.IND_MEMBER, "IND, LSO Amsterdam", "losgelaten@lvv.example")
    with acting_as(chair):
        for party in CaseParty.objects.filter(organisation=user.memberships.get().organisation, until=None):
            parties.let_go(party, by=chair, at=now)
    return user


def _as(user: User | None) -> AbstractContextManager[None]:
    return transaction.atomic() if user is None else acting_as(user)


# Who took part sees that they did, and no more: rows of their own organisation in the table of parties.
OWN_PARTS = {("seat ended", "cases_caseparty"), ("coordinator whose part ended", "cases_caseparty")}


def test_a_stranger_reads_no_row_of_any_walled_table(strangers: dict[str, User | None]) -> None:
    seen = set()
    for name, user in strangers.items():
        with _as(user):
            seen |= {(name, table) for table in WALLED if value(f"select count(*) from {table}")}
    assert seen - OWN_PARTS == IN_ROUNDS


# Rounds and what was published are everybody's who works here; a tally is its own municipality's, and the bureau's.
OF_THE_PUBLIC = {"monitor_edition", "monitor_publication", "monitor_signingkey"}
OF_EVERYBODY = OF_THE_PUBLIC | {"monitor_round", "monitor_release", "monitor_exemption"}
OF_THE_BUREAU = {
    "monitor_tally",
    "monitor_statement",
    "monitor_settlement",
    "monitor_signature",
    "monitor_earlyreader",
    "monitor_reported",
}
OF_A_PARTNER = {f"monitor_{name}" for name in ("settlement", "item", "reply", "ruling", "signature")}
OF_A_CITY = {"monitor_tally", "monitor_settlement"}
OF_A_ROUND = {
    "nobody": OF_THE_PUBLIC,
    "membership ended": OF_THE_PUBLIC,
    "not active": OF_THE_PUBLIC,
    "another city": OF_EVERYBODY | OF_A_CITY,
    "seat ended": OF_EVERYBODY,
    "coordinator whose part ended": OF_EVERYBODY,
    "application manager": OF_EVERYBODY,
    "programme bureau": OF_EVERYBODY | OF_THE_BUREAU,
}
IN_ROUNDS = {(name, table) for name, tables in OF_A_ROUND.items() for table in tables}


# What is about a meeting and no case.
OF_THE_TABLE = {
    "scenarios_tablerules",
    "scenarios_invitee",
    "scenarios_meeting",
    "scenarios_meetingmove",
    "scenarios_topic",
    "scenarios_attendance",
}


def test_a_party_that_was_let_go_sees_the_meetings_and_nothing_else(
    world: World, chair: User, hire: Hire, now: datetime
) -> None:
    partner = _ended_partner(world, chair, hire, now)
    with acting_as(partner):
        seen = {table for table in WALLED if value(f"select count(*) from {table}")}
    assert seen == OF_THE_TABLE | {"cases_caseparty"} | OF_EVERYBODY | OF_A_PARTNER


def test_a_stranger_changes_and_removes_no_row_even_without_reading_it(strangers: dict[str, User | None]) -> None:
    """The policy for reading does not apply to a statement that reads no column, so that for changing must hold."""
    changed = set()
    for name, user in strangers.items():
        for table, wall in WALLED.items():
            if (name, table) in IN_ROUNDS and (name == "programme bureau" or table in OF_A_CITY):
                continue
            for statement in _blind_statements(table, wall):
                with _as(user), transaction.atomic():
                    if run(statement):
                        changed.add((name, table))
                    transaction.set_rollback(True)
    assert changed - OWN_PARTS == set()


def _blind_statements(table: str, wall: walls.Wall) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s"
            " and has_column_privilege('lvv_web', table_name, column_name, 'update') order by 1",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
    # Only a row that a policy lets through is changed; one is enough, whatever its constraints say of it.
    statements = [f'update {table} set "{columns[0]}" = default'] if columns else []
    return statements + ([f"delete from {table}"] if "delete" in wall.grant.value else [])


def test_a_stranger_adds_no_row_to_somebody_elses_case(world: World, chair: User, outsider: User) -> None:
    accepted = []
    for table in sorted(set(WALLED) - {"cases_person"}):
        with acting_as(chair):
            row = another(table)
        with acting_as(outsider):
            message = refused_row(table, row)
        if not any(part in message for part in REFUSED.split("|")):
            accepted.append((table, message))
    assert accepted == []


def test_a_person_without_a_case_is_seen_by_nobody(worker: User) -> None:
    with acting_as(worker):
        Person.objects.create()
        assert not Person.objects.exists()


@pytest.mark.django_db
def test_the_web_updates_no_column_beyond_the_declared_ones() -> None:
    """`has_table_privilege` does not know grants on columns."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid,"
            " aclexplode(a.attacl) g where g.grantee = 'lvv_web'::regrole and g.privilege_type = 'UPDATE'"
        )
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
    expected = {}
    for model, wall in walls.declared().items():
        columns = wall.columns or (walls.WITHDRAWAL if wall.grant is walls.Grant.FACT else "")
        if columns:
            expected[model._meta.db_table] = set(columns.replace('"', "").split(", "))
    expected |= {table: {wall.columns} for table, wall in walls.library_walls().items() if wall.columns}
    assert found == expected


APPEND_ONLY = [model._meta.db_table for model in walls.append_only()]


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_a_line_of_a_log_is_never_changed_removed_or_emptied_not_even_by_the_owner(
    table: str,
    worker: User,
    chair: User,
    ind_member: User,
    monitor_coordinator: User,
    amsterdam: Municipality,
    today: date,
    now: datetime,
) -> None:
    round_rows.sign(chair, monitor_coordinator, today, now)
    round_rows.settle(ind_member, chair, now)
    round_rows.release(chair, monitor_coordinator, today, now)
    list_rows.take_over(amsterdam, chair, today, now)
    writer = ind_member if table == "monitor_reply" else chair
    with as_owner(), acting_as(writer):  # the owner sees no signature without a user
        run("set constraints all immediate")
        run(
            "insert into accounts_auditentry (at, user_id, verb, subject_type, subject_id, details)"
            " values (now(), 1, 'x', 'x', 'x', '{}')"
        )
        AuditSeal.objects.create(number=10**9, entry_id=10**9, previous="", hash="x", sealed_at=now)
        Disclosure.objects.create(at=now, user_id=worker.pk, page="x", permission="see_cases", persons=[])
        column = {
            "accounts_auditseal": "hash",
            "accounts_disclosure": "page",
            "monitor_signature": "kind",
            "monitor_publication": "reason",
            "monitor_reply": "text",
            "monitor_ruling": "reason",
            "monitor_reported": "code",
        }.get(table, "verb")
        for statement in (f"update {table} set {column} = 'y'", f"delete from {table}", f"truncate {table} cascade"):
            assert "alleen aangevuld" in refused(statement), statement


@pytest.mark.parametrize("fact", [m for m in apps.get_models() if issubclass(m, Fact)])
def test_no_kind_of_fact_is_emptied_not_even_by_the_owner(fact: type[Fact], db: None) -> None:
    with as_owner():
        assert "alleen aangevuld" in refused(f"truncate {fact._meta.db_table} cascade")


def test_the_web_withdraws_a_fact_now_and_at_no_other_moment(sheltered: CaseOf, worker: User, now: datetime) -> None:
    sheltered(worker)
    with acting_as(worker):
        stay = Stay.objects.get()
    with pytest.raises(DatabaseError, match="intrekking is nu"), acting_as(worker):
        recording.withdraw(stay, by=worker, at=now + timedelta(days=1), reason="Later")


def test_a_fact_is_not_recorded_as_withdrawn(sheltered: CaseOf, worker: User, now: datetime) -> None:
    case = sheltered(worker)
    withdrawn = {"withdrawn_at": now, "withdrawn_by": worker, "withdrawal_reason": "Nooit bekend"}
    with pytest.raises(DatabaseError, match="vastleggen is nu"), acting_as(worker):
        recording.record(
            Stay, case, by=worker, at=now, valid_from=date(2019, 5, 1), kind="provisional", location="X", **withdrawn
        )


@pytest.mark.parametrize(
    "change", ["municipality_id = municipality_id + 1", "subject = gen_random_uuid()", "number = 'X'"]
)
def test_a_case_keeps_its_key_even_for_the_owner(case_of: CaseOf, worker: User, change: str) -> None:
    case_of(worker)
    with acting_as(worker):
        run("set local role none")
        message = refused(f"update cases_case set {change}")
        run("set local role lvv_web")
    assert "houdt haar sleutel" in message


def test_a_case_that_lost_its_person_gets_no_other(case_of: CaseOf, worker: User) -> None:
    case, other = case_of(worker), case_of(worker)
    with pytest.raises(IntegrityError, match="houdt haar sleutel"), acting_as(worker):
        Case.objects.filter(pk=case.pk).update(person=None)
        Case.objects.filter(pk=case.pk).update(person=other.person_id)


def test_the_monitors_role_writes_nothing(sheltered: CaseOf, worker: User) -> None:
    sheltered(worker)
    for statement in ("update cases_stay set withdrawal_reason = 'x'", "delete from cases_stay"):
        with as_monitor():
            assert "permission denied" in refused(statement), statement


def test_after_a_failure_under_the_monitors_role_the_web_has_its_own_role_and_user_again(worker: User) -> None:
    with acting_as(worker):
        with pytest.raises(DatabaseError), as_monitor():
            run("select 1 from cases_person")
        assert value("select current_user || ':' || current_setting('lvv.user')") == f"lvv_web:{worker.pk}"


def test_the_key_of_one_user_is_gone_when_an_act_fails(worker: User, outsider: User) -> None:
    with acting_as(worker):
        with pytest.raises(ZeroDivisionError), acting_as(outsider):
            _ = 1 // 0
        assert value("select current_setting('lvv.user')") == str(worker.pk)


@pytest.mark.parametrize("key", ["x", "1; select 1", "99999999999999999999", "1.5"])
def test_a_key_that_is_no_user_opens_nothing(sheltered: CaseOf, worker: User, key: str) -> None:
    sheltered(worker)
    with pytest.raises(DatabaseError, match="bigint"), transaction.atomic():
        run("select set_config('lvv.user', %s, true)", key)
        run("select * from cases_case")


def test_a_seat_shows_the_case_to_its_holder_and_to_no_colleague(
    world: World, chair: User, coordinator: User, hire: Hire, today: date, now: datetime
) -> None:
    holder = User.objects.get(email="zetel-ind-1@lvv.example")
    colleague = User.objects.get(email="zetel-ind-2@lvv.example")
    organisation = holder.memberships.get().organisation
    with acting_as(chair):
        parties.bring_in_member(world.stuck, organisation, holder, granted_by=organisation, by=chair, at=now)
    seen = {}
    for user in (holder, colleague):
        with acting_as(user):
            in_application = set(Case.objects.visible_to(user).values_list("pk", flat=True))
            seen[user] = (in_application, set(Case.objects.values_list("pk", flat=True)))
    assert seen == {holder: ({world.stuck.pk}, {world.stuck.pk}), colleague: (set(), set())}


def test_only_a_coordinator_who_takes_part_lets_members_in(
    world: World, coordinator: User, hire: Hire, now: datetime
) -> None:
    """After the answer the part of the team has ended, so the coordinator can let nobody in."""
    member = User.objects.get(email="zetel-dtv@lvv.example")
    team = coordinator.memberships.get().organisation
    with pytest.raises(DatabaseError, match="row-level security"), acting_as(coordinator):
        parties.bring_in_member(
            world.stuck, member.memberships.get().organisation, member, granted_by=team, by=coordinator, at=now
        )


def test_a_partner_lets_nobody_in(world: World, ind_member: User, dtv_member: User, now: datetime) -> None:
    own = ind_member.memberships.get().organisation
    for granted_by in (own, parties.directing_organisation(world.stuck)):
        for basis in ("partner", "mrt", "directs"):
            with pytest.raises(DatabaseError, match="row-level security"), acting_as(ind_member):
                CaseParty.objects.create(
                    case=world.stuck,
                    municipality_id=world.stuck.municipality_id,
                    organisation=own,
                    user=ind_member,
                    granted_by=granted_by,
                    basis=basis,
                    since=now,
                )
