"""The second wall: the database itself decides who reaches which rows. This module declares it and lays it.

The first wall is the querysets: `visible_to(user)` filters what a page shows. The second wall repeats that decision in
PostgreSQL, so that a query which forgets the filter still returns no row of another municipality. Each room declares
the wall of its tables in its `security.py`, as a `Security`. This module collects these from the installed apps and
turns them into SQL:

- a `Wall` becomes a grant to the web and, when it has conditions, four row-level policies (read, insert, update,
  delete);
- a `Tie` becomes a composite foreign key, which keeps a row from pointing at a row of another case;
- `Moves` and `Trigger`s become triggers, which refuse a change that no policy can judge: a policy sees the old row or
  the new row, never both.

A policy asks for `lvv_user()`, the setting `lvv.user` of the current transaction. The gate writes it
(`accounts/acting.py::enter`). Without it no row is visible.

`manage.py prepare` runs `build` after the migrations. It first drops all policies, triggers and grants, and then lays
everything anew, in one transaction. So you may run it as often as you like, and a declaration that was removed leaves
nothing behind. A table that no room declares gets no grant: forgetting a table shuts it.

Four database roles reach a table. The site and the workers log in as the web (`lvv_web`), and the policies apply to it.
The web can switch to two other roles: the monitor (`lvv_monitor`), which reads codes and dates of all rows, and the
comparer (`lvv_comparer`), which reads who did what to which case. The fourth is the owner, who lays the walls. The
policies apply to the owner too.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model

from core.roles import COMPARER, MONITOR, ROLES, WEB

WITHDRAWAL = "withdrawn_at, withdrawn_by_id, withdrawal_reason"
REFUSE = "lvv_refuse_change"  # the trigger function that refuses every change


class Grant(Enum):
    """What the web may do with a table besides reading it. A fact is never changed, only withdrawn."""

    READ = ()
    ADD = ("insert",)
    FACT = ("insert", f"update ({WITHDRAWAL})")
    EDIT = ("insert", "update")
    ADD_REMOVE = ("insert", "delete")
    ALL = ("insert", "update", "delete")


@dataclass(frozen=True)
class Wall:
    """What the web may do with a table, and the SQL conditions under which it may do so with a row.

    `seen` is the condition for reading a row; None means no row-level security. `written` is for inserting and
    deleting a row, and is `seen` by default. `changed` is for the new row of an update, and is `written` by default.
    `locked` is for the old row of an update and for `select for update`, and is `changed` by default. It is wider where
    an act must lock a row first, to say in words why the row may not change.
    """

    grant: Grant
    seen: str | None = None
    written: str | None = None
    changed: str | None = None
    locked: str | None = None
    columns: str = ""  # the only columns that may be updated; empty: those of the grant

    @property
    def web_rights(self) -> str:
        """The rights as SQL's `grant` names them."""
        return ", ".join(["select", *(self._right(right) for right in self.grant.value)])

    def _right(self, right: str) -> str:
        return f"update ({self.columns})" if self.columns and right == "update" else right

    @property
    def policies(self) -> dict[str, str]:
        """The condition on a row for each of seen, added, locked, changed and removed. Empty without row security."""
        if self.seen is None:
            return {}
        written = self.written or self.seen
        changed = self.changed or written
        locked = self.locked or changed
        return {"seen": self.seen, "added": written, "locked": locked, "changed": changed, "removed": written}


@dataclass(frozen=True)
class Trigger:
    """A database function that may refuse each row before it is written. `events` is SQL, as in `insert or update`."""

    model: type[Model]
    name: str
    events: str
    function: str


@dataclass(frozen=True)
class Tie:
    """A composite foreign key from `columns` to `key` of `target`, both as SQL lists, as in `case_id, stay_id`.

    PostgreSQL checks foreign keys without policies (trap 5). Without the tie, a row of one case could point at a row of
    another case, and block it where only one row may point at it.
    """

    model: type[Model]
    columns: str
    target: type[Model]
    key: str
    name: str = ""  # the end of the constraint's name, after the table; empty: made from the columns
    is_deferred: bool = False  # checked when the transaction ends
    has_key: bool = False  # the model has a unique constraint on `key`, so the tie need not make one


@dataclass(frozen=True)
class Moves:
    """The states of a row and its allowed moves: for each state, the states that an update may leave it in.

    A state that an update may keep names itself. The database refuses every other move, with the sentence `says`.
    """

    model: type[Model]
    column: str
    allowed: Mapping[str, Sequence[str]]
    says: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return [(before, after) for before, later in self.allowed.items() for after in later]


@dataclass(frozen=True)
class Security:
    """The part of the second wall that a room declares.

    `walls` are those of its models, and `library_walls` those of the tables of libraries, by the name of the table.
    `functions` are SQL statements that create the functions which policies and triggers call. Of an `append_only` table
    not even the owner can change a row. `counted` and `compared` are the columns that the monitor's and the comparer's
    role may read.
    """

    walls: Mapping[type[Model], Wall]
    library_walls: Mapping[str, Wall] = field(default_factory=dict)
    functions: Sequence[str] = ()
    triggers: Sequence[Trigger] = ()
    ties: Sequence[Tie] = ()
    moves: Sequence[Moves] = ()
    append_only: Sequence[type[Model]] = ()
    counted: Mapping[type[Model], Collection[str]] = field(default_factory=dict)
    compared: Mapping[type[Model], Collection[str]] = field(default_factory=dict)


def rooms() -> dict[str, Security]:
    """The declarations of each room by its name, the lowest room first."""
    securities = {}
    for app in reversed(list(apps.get_app_configs())):
        if find_spec(f"{app.name}.security"):
            security = getattr(import_module(f"{app.name}.security"), "SECURITY", None)
            if isinstance(security, Security):
                securities[app.label] = security
    return securities


def declared() -> dict[type[Model], Wall]:
    """The walls of all our models."""
    return {model: wall for room in rooms().values() for model, wall in room.walls.items()}


def library_walls() -> dict[str, Wall]:
    """The walls of the tables of libraries. A table that is not among them stays shut."""
    return {table: wall for room in rooms().values() for table, wall in room.library_walls.items()}


def append_only() -> list[type[Model]]:
    """The models whose rows nobody may change or delete, not even the owner."""
    return [model for room in rooms().values() for model in room.append_only]


def build() -> None:
    """Lay the whole wall anew: functions, grants, policies, triggers and ties."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def statements() -> Iterator[str]:
    """The SQL that lays the whole wall, in the order in which it must run.

    Old triggers and policies go first, because they keep functions from being dropped. Policies call functions, also
    those of other rooms, so all functions come before all policies.
    """
    securities = list(rooms().values())
    functions = [*FUNCTIONS, *(function for room in securities for function in _functions(room))]
    yield from ROLES
    yield CLEARED
    yield from functions
    yield _drop_other_functions(functions)
    yield FIXED_PATH
    yield from _shut()
    existing = set(connection.introspection.table_names())
    for table, wall in library_walls().items():
        if table in existing:
            yield from _wall(table, wall)
    walls = declared()
    for model, wall in walls.items():
        yield from _wall(model._meta.db_table, wall)
    for room in securities:
        for policy, role, readable in (("counted", MONITOR, room.counted), ("compared", COMPARER, room.compared)):
            for model, columns in readable.items():
                yield from _reading(model, columns, policy, role, is_walled=walls[model].seen is not None)
    for room in securities:
        yield from _guards(room)
    yield from _ties([tie for room in securities for tie in room.ties])


def _shut() -> Iterator[str]:
    """Take all rights away; the walls give them back."""
    roles = f"{WEB}, {MONITOR}, {COMPARER}"
    yield f"revoke all on all tables in schema public from {roles}, public"
    yield f"revoke create on schema public from {roles}, public"
    yield f"grant usage on schema public to {roles}"
    yield f"grant usage on all sequences in schema public to {WEB}"


def _wall(table: str, wall: Wall) -> Iterator[str]:
    yield f"grant {wall.web_rights} on {table} to {WEB}"
    if wall.seen is None:
        return
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    policies = wall.policies
    # `current_user` is the owner, who lays the walls. The monitor's and the comparer's role have policies of their own.
    to = f"to {WEB}, current_user"
    yield f"create policy seen on {table} for select {to} using ({policies['seen']})"
    yield f"create policy added on {table} for insert {to} with check ({policies['added']})"
    yield (
        f"create policy changed on {table} for update {to}"
        f" using ({policies['locked']}) with check ({policies['changed']})"
    )
    yield f"create policy removed on {table} for delete {to} using ({policies['removed']})"


def _reading(model: type[Model], columns: Iterable[str], policy: str, role: str, *, is_walled: bool) -> Iterator[str]:
    """Let the monitor's or the comparer's role read these columns of every row."""
    table = model._meta.db_table
    yield f"grant select ({', '.join(sorted(columns))}) on {table} to {role}"
    if is_walled:
        # The condition is needed because a policy of a role also applies to its members, and the owner is one.
        yield f"create policy {policy} on {table} for select to {role} using (current_user = '{role}')"


def _functions(room: Security) -> Iterator[str]:
    yield from room.functions
    yield from (_moves_function(moves) for moves in room.moves)


def _guards(room: Security) -> Iterator[str]:
    """The triggers of a room."""
    for model in room.append_only:
        yield from _trigger(Trigger(model, "append_only", "update or delete", REFUSE))
        yield from _trigger(never_emptied(model))
    for moves in room.moves:
        yield from _trigger(Trigger(moves.model, "moves", "update", _function_of(moves)))
    for trigger in room.triggers:
        yield from _trigger(trigger)


def never_emptied(model: type[Model]) -> Trigger:
    """Refuses `truncate`, which no policy and no trigger on rows can stop (trap 7)."""
    return Trigger(model, "never_emptied", "truncate", REFUSE)


def _trigger(trigger: Trigger) -> Iterator[str]:
    each = "statement" if trigger.events == "truncate" else "row"
    yield (
        f"create trigger {trigger.name} before {trigger.events} on {trigger.model._meta.db_table}"
        f" for each {each} execute function {trigger.function}()"
    )


def _ties(ties: Sequence[Tie]) -> Iterator[str]:
    """Drop the composite foreign keys of an earlier run, and add them with the unique keys that they refer to.

    All of them go before the first key goes: PostgreSQL keeps a unique key to which a foreign key still refers.
    """
    keys = {(tie.target._meta.db_table, tie.key): _key_of(tie) for tie in ties if not tie.has_key}
    for tie in ties:
        yield f"alter table {tie.model._meta.db_table} drop constraint if exists {_name_of(tie)}"
    for (table, columns), name in keys.items():
        yield f"alter table {table} drop constraint if exists {name}"
        yield f"alter table {table} add constraint {name} unique ({columns})"
    for tie in ties:
        deferred = " deferrable initially deferred" if tie.is_deferred else ""
        yield (
            f"alter table {tie.model._meta.db_table} add constraint {_name_of(tie)}"
            f" foreign key ({tie.columns}) references {tie.target._meta.db_table} ({tie.key}){deferred}"
        )


def _name_of(tie: Tie) -> str:
    return f"{tie.model._meta.db_table}_{tie.name or tie.columns.split('_id')[0] + '_tie'}"


def _key_of(tie: Tie) -> str:
    return f"{tie.target._meta.db_table}_{'_'.join(tie.key.split(', ')[1:])}_key"


def _function_of(moves: Moves) -> str:
    return f"lvv_moves_of_{moves.model._meta.db_table}"


def _moves_function(moves: Moves) -> str:
    pairs = ", ".join(f"('{before}', '{after}')" for before, after in moves.pairs)
    return f"""create or replace function {_function_of(moves)}() returns trigger language plpgsql as $$
        begin
            if (old.{moves.column}, new.{moves.column}) not in ({pairs}) then
                raise exception '{moves.says}' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$"""


# The frame of a function that policies call on every query. It is in plpgsql, because a session keeps the plans of such
# a function; each query would plan a function in SQL again.
ASKED = "create or replace function {name} returns {kind} language plpgsql stable as $$ begin return {answer}; end $$"

FUNCTIONS = (
    """create or replace function lvv_user() returns bigint language sql stable as
        $$ select nullif(current_setting('lvv.user', true), '')::bigint $$""",
    """create or replace function lvv_is_now(moment timestamptz) returns boolean language sql stable as
        $$ select abs(extract(epoch from moment - statement_timestamp())) <= 600 $$""",
    """create or replace function lvv_refuse_change() returns trigger language plpgsql as
        $$ begin raise exception 'deze tabel wordt alleen aangevuld' using errcode = 'restrict_violation'; end $$""",
)

# Without a fixed search path, a temporary table of the same name could take the place of one of ours in a function.
FIXED_PATH = """do $$ declare f regprocedure; begin
    for f in select oid from pg_proc where pronamespace = 'public'::regnamespace and proname like 'lvv\\_%' loop
        execute format('alter function %s set search_path = public, pg_temp', f);
    end loop;
end $$"""

# Drops the triggers and policies that an earlier version laid.
CLEARED = """do $$ declare old record; begin
    for old in select t.tgname as name, t.tgrelid::regclass as place from pg_trigger t
        join pg_proc p on p.oid = t.tgfoid
        where not t.tgisinternal and p.pronamespace = 'public'::regnamespace and p.proname like 'lvv\\_%'
    loop
        execute format('drop trigger %I on %s', old.name, old.place);
    end loop;
    for old in select polname as name, polrelid::regclass as place from pg_policy loop
        execute format('drop policy %I on %s', old.name, old.place);
    end loop;
end $$"""


def _drop_other_functions(functions: Iterable[str]) -> str:
    """Drop the functions of an earlier version that none of these statements creates."""
    kept = ", ".join(f"'{name}'" for name in sorted(set(re.findall(r"function (lvv_\w+)", " ".join(functions)))))
    return f"""do $$ declare old regprocedure; begin
    for old in select oid from pg_proc where pronamespace = 'public'::regnamespace
        and proname like 'lvv\\_%' and proname not in ({kept})
    loop
        execute format('drop function %s', old);
    end loop;
end $$"""
