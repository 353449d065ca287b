"""The second wall: what the database itself refuses, for every table, from one declared list.

Run by `manage.py prepare` after the migrations, in one transaction, as often as you like. A table that is not in the
list gets no grant at all, so that forgetting it closes it. Policies rest on one source, the `CaseParty` rows; the
application filter (`visible_to`) reads the same ones. `standards.md` A.3 lists the traps that shaped this.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from accounts.models import (
    AuditEntry,
    AuditSeal,
    Disclosure,
    Effect,
    Membership,
    Municipality,
    Organisation,
    Submission,
    User,
)
from cases.models import (
    Admission,
    AdmissionAnswer,
    AdmissionTest,
    Case,
    CaseFact,
    CaseParty,
    Covenant,
    CovenantDeviation,
    Fact,
    IdentityStatement,
    Note,
    Person,
)
from monitor.export import counted_columns
from mrt.models import Advice, Answer, Discussion, Escalation, Seat
from scenarios.models import AgendaItem, Attendance, Decision, Meeting

WEB, MONITOR = "lvv_web", "lvv_monitor"
WITHDRAWAL = "withdrawn_at, withdrawn_by_id, withdrawal_reason"


class Grant(Enum):
    """What the web may do with a table, besides reading it."""

    READ = ""
    ADD = "insert"
    FACT = f"insert, update ({WITHDRAWAL})"
    EDIT = "insert, update"
    LIST = "insert, delete"
    ALL = "insert, update, delete"


@dataclass(frozen=True)
class Wall:
    """SQL conditions on a row: who sees it, adds it, changes or removes it. `seen` None: no row-level security.

    `written` is `seen` unless it says otherwise; `changed` is `written`, unless a reader must be able to lock the row.
    """

    grant: Grant
    seen: str | None = None
    written: str | None = None
    changed: str | None = None
    columns: str = ""  # the columns that may be updated; empty: as the grant says

    @property
    def web_rights(self) -> str:
        rights = f"select, {self.grant.value}".rstrip(", ")
        return rights.replace("update", f"update ({self.columns})") if self.columns else rights


# `x >= y` beside `x = y` says nothing new to us. To the planner it says that the answer can't be hashed: it looks up
# this one row, instead of first gathering all rows that the user sees.
OF_A_CASE = "exists (select from cases_case c where c.id = case_id and case_id >= c.id)"
OF_A_PERSON = "exists (select from cases_case c where c.person_id = {column} and {column} >= c.person_id)"
_RUNNING = """p.since <= statement_timestamp() + interval '10 minutes'
      and (p.until is null or p.until > statement_timestamp())"""
TAKES_PART = f"""exists (
    select from cases_caseparty p
    where p.case_id = {{column}} and {{column}} >= p.case_id
      and p.organisation_id = any (array(select lvv_organisations()))
      and (p.user_id is null or p.user_id = (select lvv_user())) and {_RUNNING})"""
OF_A_MEETING = "exists (select from scenarios_meeting m where m.id = meeting_id)"
OF_A_DIRECTED_MEETING = """exists (select from scenarios_meeting m where m.id = meeting_id
    and m.municipality_id = any (array(select lvv_directed_municipalities())))"""
OWN_PART = """(organisation_id = any (array(select lvv_organisations()))
    and (user_id is null or user_id = (select lvv_user())))"""
OWN_ORGANISATION = "organisation_id = any (array(select lvv_organisations()))"
OWN_ROW = "(current_user <> 'lvv_web' or user_id = (select lvv_user()))"
IS_PRIVACY_OFFICER = "exists (select lvv_organisations('privacy_officer'))"
GRANTED = "granted_by_id = any (array(select lvv_organisations()))"
AT_THE_TABLE = "municipality_id = any (array(select lvv_municipalities()))"
DIRECTS = "municipality_id = any (array(select lvv_directed_municipalities()))"
COMPARTMENT = """(compartment = 'shared'
    or (compartment = 'own' and organisation_id = any (array(select lvv_organisations())))
    or (compartment = 'medical' and organisation_id = any (array(select lvv_organisations('care_professional')))))"""

WALLS: dict[type[Model], Wall] = {
    Municipality: Wall(Grant.READ),
    Organisation: Wall(Grant.EDIT),
    User: Wall(Grant.EDIT),
    Membership: Wall(Grant.EDIT),
    AuditEntry: Wall(Grant.ADD),
    AuditSeal: Wall(Grant.ADD),
    Disclosure: Wall(Grant.ADD, f"({OWN_ROW} or {IS_PRIVACY_OFFICER})", OWN_ROW),
    Effect: Wall(Grant.EDIT),
    Submission: Wall(Grant.ALL),
    Covenant: Wall(Grant.READ),
    CovenantDeviation: Wall(Grant.READ),
    Person: Wall(
        Grant.EDIT,
        OF_A_PERSON.format(column="cases_person.id"),
        "true",
        changed=OF_A_PERSON.format(column="cases_person.id"),
        columns="v_number, version",
    ),
    IdentityStatement: Wall(
        Grant.EDIT,
        OF_A_PERSON.format(column="cases_identitystatement.person_id"),
        columns="is_leading",
    ),
    Case: Wall(
        Grant.EDIT,
        TAKES_PART.format(column="cases_case.id"),
        DIRECTS,
        changed=TAKES_PART.format(column="cases_case.id"),
        columns="person_id, closed_on, worker_id, version",
    ),
    CaseParty: Wall(
        Grant.EDIT,
        f"({OWN_PART} or {DIRECTS} or {GRANTED})",
        f"({DIRECTS} or (basis = 'mrt' and user_id is not null and {GRANTED} and lvv_coordinates(case_id)))",
        columns="until",
    ),
    AdmissionTest: Wall(Grant.ADD, OF_A_CASE),
    AdmissionAnswer: Wall(Grant.ADD, "exists (select from cases_admissiontest t where t.id = test_id)"),
    Note: Wall(
        Grant.ADD,
        f"{OF_A_CASE} and {COMPARTMENT}",
        f"{OF_A_CASE} and {COMPARTMENT} and {OWN_ORGANISATION} and written_by_id = (select lvv_user())",
    ),
    Meeting: Wall(Grant.EDIT, AT_THE_TABLE, DIRECTS, columns="held_on, place, status, version"),
    Attendance: Wall(Grant.ADD, OF_A_MEETING, OF_A_DIRECTED_MEETING),
    AgendaItem: Wall(Grant.LIST, f"{OF_A_CASE} and {OF_A_MEETING}", f"{OF_A_CASE} and {OF_A_DIRECTED_MEETING}"),
    Decision: Wall(Grant.ADD, OF_A_CASE),
    Escalation: Wall(Grant.EDIT, OF_A_CASE, columns="version"),
    Seat: Wall(Grant.EDIT, OF_A_CASE, columns="until"),
    Answer: Wall(Grant.ADD, OF_A_CASE),
}

# Tables of the libraries that the web needs whole; everything else of theirs stays shut.
LIBRARY_TABLES = (
    "django_session",
    "accounts_cache",
    "mfa_authenticator",
    "account_emailaddress",
    "allauth_idp_oidc_token",
)
LIBRARY_READ = ("django_content_type", "django_migrations", "allauth_idp_oidc_client")

# A foreign key does not see the walls (trap 5): each pair must belong together, or a row of one case could be hung on
# (and, where it is unique, block) a row of another.
TIES: tuple[tuple[type[Model], str, type[Model], str], ...] = (
    (CaseParty, "case_id, municipality_id", Case, "id, municipality_id"),
    (Case, "person_id, subject", Person, "id, subject"),
    (Admission, "test_id, case_id", AdmissionTest, "id, case_id"),
    (Escalation, "decision_id, case_id", Decision, "id, case_id"),
    (Seat, "escalation_id, case_id", Escalation, "id, case_id"),
    (Discussion, "escalation_id, case_id", Escalation, "id, case_id"),
    (Advice, "escalation_id, case_id", Escalation, "id, case_id"),
    (Answer, "escalation_id, case_id", Escalation, "id, case_id"),
    (Answer, "decision_id, case_id", Decision, "id, case_id"),
)

# What nothing may ever change, not even for the owner.
APPEND_ONLY = (AuditEntry, AuditSeal, Disclosure)


def fact_models() -> list[type[Fact]]:
    """Every kind of fact, read from the running system."""
    return [model for model in apps.get_models() if issubclass(model, Fact)]


def declared() -> dict[type[Model], Wall]:
    """The list with every kind of case fact in it."""
    facts: dict[type[Model], Wall] = {
        model: Wall(Grant.FACT, OF_A_CASE) for model in fact_models() if issubclass(model, CaseFact)
    }
    return {**WALLS, **facts}


def build() -> None:
    """Lay all functions, grants, policies and triggers anew."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def statements() -> Iterator[str]:
    yield from ROLES
    yield from FUNCTIONS
    yield f"revoke all on all tables in schema public from {WEB}, {MONITOR}, public"
    yield f"revoke create on schema public from {WEB}, {MONITOR}, public"
    yield f"grant usage on schema public to {WEB}, {MONITOR}"
    yield f"grant usage on all sequences in schema public to {WEB}"
    for table in _existing(LIBRARY_TABLES):
        yield f"grant select, insert, update, delete on {table} to {WEB}"
    for table in _existing(LIBRARY_READ):
        yield f"grant select on {table} to {WEB}"
    for model, wall in declared().items():
        yield from _wall(model._meta.db_table, wall)
    for fact in fact_models():
        yield from _fact(fact)
    append_only = [model._meta.db_table for model in APPEND_ONLY]
    for table in append_only:
        yield from _trigger(table, "append_only", "update or delete", "lvv_refuse_change")
    for table in (*append_only, *(fact._meta.db_table for fact in fact_models())):
        yield from _truncate_guard(table)
    case_facts = [fact for fact in fact_models() if issubclass(fact, CaseFact)]
    yield from _ties([*TIES, *((fact, "replaces_id, case_id", fact, "id, case_id") for fact in case_facts)])
    yield from _trigger("cases_caseparty", "part_only_ends", "update", "lvv_part_only_ends")
    yield from _trigger("scenarios_meeting", "held_meeting_stays", "update", "lvv_held_meeting_stays")
    yield from _trigger("scenarios_agendaitem", "at_its_own_table", "insert or update", "lvv_at_its_own_table")
    yield from _trigger("cases_exit", "exit_after_stay", "insert", "lvv_exit_after_stay")
    yield from _trigger("cases_case", "case_keeps_its_key", "update", "lvv_case_keeps_its_key")
    yield from _trigger("scenarios_decision", "decided_at_a_held_meeting", "insert", "lvv_decided_at_a_held_meeting")
    yield from _trigger("scenarios_scenario", "adopted_by_decision", "insert", "lvv_adopted_by_decision")


def _existing(tables: tuple[str, ...]) -> list[str]:
    there = set(connection.introspection.table_names())
    return [table for table in tables if table in there]


def _wall(table: str, wall: Wall) -> Iterator[str]:
    yield f"grant {wall.web_rights} on {table} to {WEB}"
    if wall.seen is None:
        return
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    for policy in ("seen", "added", "changed", "removed", "counted"):
        yield f"drop policy if exists {policy} on {table}"
    written = wall.written or wall.seen
    # Not for the monitor's role: its only policy is `counted`, and a third role sees nothing at all.
    to = f"to {WEB}, current_user"
    yield f"create policy seen on {table} for select {to} using ({wall.seen})"
    yield f"create policy added on {table} for insert {to} with check ({written})"
    changed = wall.changed or written
    yield f"create policy changed on {table} for update {to} using ({changed}) with check ({changed})"
    yield f"create policy removed on {table} for delete {to} using ({written})"


def _fact(model: type[Fact]) -> Iterator[str]:
    """A fact: the monitor reads its codes and dates; it is withdrawn but never edited, and tied to its case."""
    table = model._meta.db_table
    yield f"grant select ({', '.join(counted_columns(model))}) on {table} to {MONITOR}"
    yield from _trigger(table, "withdrawn_never_edited", "update or delete", "lvv_guard_fact")
    yield from _trigger(table, "recorded_when_it_says", "insert", "lvv_guard_recording")
    if not issubclass(model, CaseFact):
        return
    # By name: the owner is a member of the monitor's role, and must not see with its eyes.
    yield f"create policy counted on {table} for select to {MONITOR} using (current_user = '{MONITOR}')"
    yield f"alter table {table} drop constraint if exists {table}_same_case"
    yield (
        f"alter table {table} add constraint {table}_same_case foreign key (case_id, municipality_id, subject)"
        " references cases_case (id, municipality_id, subject) deferrable initially deferred"
    )


def _ties(ties: Iterable[tuple[type[Model], str, type[Model], str]]) -> Iterator[str]:
    """Composite foreign keys, each on a key of its own; dropped first, so that it may be run again."""
    named = [
        (model._meta.db_table, columns, target._meta.db_table, key, f"{model._meta.db_table}_{columns.split('_id')[0]}")
        for model, columns, target, key in ties
    ]
    keys = {(target, key): f"{target}_{key.split(', ')[1]}_key" for _, _, target, key, _ in named}
    for table, _, _, _, name in named:
        yield f"alter table {table} drop constraint if exists {name}_tie"
    for (table, columns), name in keys.items():
        yield f"alter table {table} drop constraint if exists {name}"
        yield f"alter table {table} add constraint {name} unique ({columns})"
    for table, columns, target, key, name in named:
        yield (f"alter table {table} add constraint {name}_tie foreign key ({columns}) references {target} ({key})")


def _trigger(table: str, name: str, events: str, function: str) -> Iterator[str]:
    yield f"drop trigger if exists {name} on {table}"
    yield f"create trigger {name} before {events} on {table} for each row execute function {function}()"


def _truncate_guard(table: str) -> Iterator[str]:
    yield f"drop trigger if exists never_emptied on {table}"
    yield f"create trigger never_emptied before truncate on {table} execute function lvv_refuse_change()"


# Roles belong to the whole server: two databases that are prepared at one moment may both find them missing.
_ONCE = """do $$ begin if not exists ({found}) then {made}; end if;
    exception when duplicate_object or unique_violation then null; end $$"""
_NO_POWER = "nosuperuser nobypassrls nocreatedb nocreaterole"
_ROLE = "select from pg_roles where rolname = '{}'"
_MEMBER = "select from pg_auth_members where roleid = '{}'::regrole and member = {}::regrole"

ROLES = (
    _ONCE.format(found=_ROLE.format(WEB), made=f"create role {WEB} login noinherit {_NO_POWER}"),
    _ONCE.format(found=_ROLE.format(MONITOR), made=f"create role {MONITOR} nologin {_NO_POWER}"),
    _ONCE.format(found=_MEMBER.format(MONITOR, f"'{WEB}'"), made=f"grant {MONITOR} to {WEB}"),
    _ONCE.format(
        found=f"{_MEMBER.format(MONITOR, 'current_user')} and grantor = current_user::regrole",
        made=f"grant {MONITOR} to current_user",
    ),
    _ONCE.format(
        found=f"{_MEMBER.format(WEB, 'current_user')} and grantor = current_user::regrole",
        made=f"grant {WEB} to current_user",
    ),
    # Row estimates would tell any role how many rows other municipalities have (trap 11).
    "do $$ begin execute 'revoke select on pg_stat_user_tables, pg_stat_all_tables from public'; "
    "exception when insufficient_privilege then null; end $$",
)

_MEMBERSHIPS = """
    from accounts_membership m
    join accounts_user u on u.id = m.user_id and u.is_active
    join accounts_organisation o on o.id = m.organisation_id
    where m.user_id = lvv_user()
      and m.since <= (now() at time zone 'Europe/Amsterdam')::date
      and (m.until is null or m.until > (now() at time zone 'Europe/Amsterdam')::date)"""


# In plpgsql, since a session keeps its plans: the policies ask these on every query.
_ASKED = "create or replace function {name} returns {kind} language plpgsql stable as $$ begin return {answer}; end $$"

FUNCTIONS = (
    """create or replace function lvv_user() returns bigint language sql stable as
        $$ select nullif(current_setting('lvv.user', true), '')::bigint $$""",
    _ASKED.format(
        name="lvv_organisations(in_role text default null)",
        kind="setof bigint",
        answer=f"query select m.organisation_id {_MEMBERSHIPS} and (in_role is null or m.role = in_role)",
    ),
    _ASKED.format(
        name="lvv_municipalities()",
        kind="setof bigint",
        answer=f"query select o.municipality_id {_MEMBERSHIPS} and o.municipality_id is not null",
    ),
    _ASKED.format(
        name="lvv_directed_municipalities()",
        kind="setof bigint",
        answer=f"query select o.municipality_id {_MEMBERSHIPS} and o.kind = 'municipality'",
    ),
    _ASKED.format(
        name="lvv_coordinates(of_case uuid)",
        kind="boolean",
        answer=f"""exists (
            select from cases_caseparty p
            where p.case_id = of_case and p.basis = 'mrt' and p.user_id is null and {_RUNNING}
              and p.organisation_id in (select lvv_organisations('mrt_coordinator')))""",
    ),
    """create or replace function lvv_is_now(moment timestamptz) returns boolean language sql stable as
        $$ select abs(extract(epoch from moment - statement_timestamp())) <= 600 $$""",
    """create or replace function lvv_refuse_change() returns trigger language plpgsql as
        $$ begin raise exception 'deze tabel wordt alleen aangevuld' using errcode = 'restrict_violation'; end $$""",
    """create or replace function lvv_guard_fact() returns trigger language plpgsql as $$
        declare
            withdrawal constant text[] := array['withdrawn_at', 'withdrawn_by_id', 'withdrawal_reason'];
        begin
            if tg_op = 'DELETE' then
                raise exception 'een feit wordt nooit verwijderd' using errcode = 'restrict_violation';
            elsif old.withdrawn_at is not null then
                raise exception 'een ingetrokken feit verandert niet meer' using errcode = 'restrict_violation';
            elsif (to_jsonb(new) - withdrawal) is distinct from (to_jsonb(old) - withdrawal) then
                raise exception 'een feit wordt nooit gewijzigd' using errcode = 'restrict_violation';
            elsif current_user = 'lvv_web' and not lvv_is_now(new.withdrawn_at) then
                raise exception 'het moment van intrekking is nu' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    # What was known when can't be rewritten from the web: only the owner (an import, the demo world) records late.
    """create or replace function lvv_guard_recording() returns trigger language plpgsql as $$
        begin
            if current_user = 'lvv_web' and (not lvv_is_now(new.recorded_at) or new.withdrawn_at is not null) then
                raise exception 'het moment van vastleggen is nu' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_exit_after_stay() returns trigger language plpgsql as $$
        begin
            if not exists (select from cases_stay s where s.case_id = new.case_id and s.withdrawn_at is null
                           and s.valid_from < new.valid_from) then
                raise exception 'uitstroom zonder eerder verblijf' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_case_keeps_its_key() returns trigger language plpgsql as $$
        begin
            if (new.id, new.municipality_id, new.subject, new.number, new.registered_on)
               is distinct from (old.id, old.municipality_id, old.subject, old.number, old.registered_on)
               or (new.person_id is not null and new.person_id is distinct from old.person_id) then
                raise exception 'een zaak houdt haar sleutel' using errcode = 'restrict_violation';
            elsif current_user = 'lvv_web'
               and (new.person_id, new.closed_on, new.worker_id)
                   is distinct from (old.person_id, old.closed_on, old.worker_id)
               and old.municipality_id not in (select lvv_directed_municipalities()) then
                raise exception 'alleen de gemeente wijzigt haar zaak' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_decided_at_a_held_meeting() returns trigger language plpgsql as $$
        begin
            if not exists (select from scenarios_agendaitem i join scenarios_meeting m on m.id = i.meeting_id
                           where i.id = new.item_id and i.case_id = new.case_id and m.status = 'held'
                             and m.held_on = new.decided_on) then
                raise exception 'een besluit hoort bij een gehouden overleg' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_adopted_by_decision() returns trigger language plpgsql as $$
        begin
            if not exists (select from scenarios_decision d where d.id = new.decision_id and d.case_id = new.case_id
                           and d.decided_on <= new.valid_from
                           and d.outcome in ('adopted', 'revised', 'advice_adopted', 'advice_deviated')) then
                raise exception 'een scenario bestaat alleen door een besluit van het LSO'
                    using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    # An ended part does not come back, and no part is made longer: a new one says who granted it, and when.
    """create or replace function lvv_part_only_ends() returns trigger language plpgsql
        as $$
        begin
            if new.until is null or old.until < new.until then
                raise exception 'een deelname eindigt, zij wordt nooit verlengd' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_held_meeting_stays() returns trigger language plpgsql
        as $$
        begin
            if old.status <> 'planned' and (new.status, new.held_on) is distinct from (old.status, old.held_on) then
                raise exception 'een gehouden of vervallen overleg verandert niet' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_at_its_own_table() returns trigger language plpgsql
        as $$
        begin
            if not exists (select from scenarios_meeting m join cases_case c using (municipality_id)
                           where m.id = new.meeting_id and c.id = new.case_id) then
                raise exception 'een zaak komt op de agenda van haar eigen gemeente' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    # A temporary table must not stand in for one of ours.
    """do $$ declare f regprocedure; begin
        for f in select oid from pg_proc where pronamespace = 'public'::regnamespace and proname like 'lvv\\_%' loop
            execute format('alter function %s set search_path = public, pg_temp', f);
        end loop;
    end $$""",
)
