"""The second wall: who reaches which rows in the database itself. Here is how it is declared and laid.

What it says stands in the `security.py` of each room, next to the models it guards. This module collects them from
the installed apps and turns them into grants, policies, triggers and keys. `manage.py prepare` lays all of it anew
after the migrations, in one transaction, as often as you like. A table that no room declares gets no grant at all, so
that forgetting it closes it.

Four roles of the database meet a table. The web (`lvv_web`) is the only one that the site and the workers log in as;
its rows go through the policies. It takes two others on for a while: the monitor's (`lvv_monitor`), which counts codes
and dates, and the comparer's (`lvv_comparer`), which sees who did what to which case. The owner lays the walls, and is
behind them itself.
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
REFUSE = "lvv_refuse_change"  # refuses whatever is tried


class Grant(Enum):
    """What the web may do with a table, besides reading it."""

    READ = ()
    ADD = ("insert",)
    FACT = ("insert", f"update ({WITHDRAWAL})")
    EDIT = ("insert", "update")
    LIST = ("insert", "delete")
    ALL = ("insert", "update", "delete")


@dataclass(frozen=True)
class Wall:
    """SQL conditions on a row: who sees it, adds it, changes or removes it. `seen` None: no row-level security.

    `written` is `seen` unless it says otherwise; `changed` is `written`, unless a reader must be able to lock the row.
    `locked` is `changed`, unless a rule wants to say in words why a row that was locked may not be changed.
    """

    grant: Grant
    seen: str | None = None
    written: str | None = None
    changed: str | None = None
    locked: str | None = None
    columns: str = ""  # the columns that may be updated; empty: as the grant says

    @property
    def web_rights(self) -> str:
        """As a grant names them."""
        return ", ".join(["select", *(self._right(right) for right in self.grant.value)])

    def _right(self, right: str) -> str:
        return f"update ({self.columns})" if self.columns and right == "update" else right

    @property
    def policies(self) -> dict[str, str]:
        """By act the condition on a row: seen, added, locked, changed and removed. Empty without row-level security."""
        if self.seen is None:
            return {}
        written = self.written or self.seen
        changed = self.changed or written
        locked = self.locked or changed
        return {"seen": self.seen, "added": written, "locked": locked, "changed": changed, "removed": written}


@dataclass(frozen=True)
class Trigger:
    """A function of the database that looks at each row before it is written. `events`: as in `insert or update`."""

    model: type[Model]
    name: str
    events: str
    function: str


@dataclass(frozen=True)
class Tie:
    """A composite foreign key: `columns` of a row, the key of another row first, belong together in `target`.

    A foreign key does not see the walls (trap 5). Without the tie a row of one case could be hung on a row of another,
    and, where that is unique, block it.
    """

    model: type[Model]
    columns: str
    target: type[Model]
    key: str
    name: str = ""  # of the constraint, behind that of the table; empty: from the columns
    is_deferred: bool = False  # asked when the transaction ends
    has_key: bool = False  # the model itself says that `key` is unique


@dataclass(frozen=True)
class Moves:
    """The states that a row may go through: from each state to which others, itself included if it may stay.

    Whatever is not named is refused by the database, with the sentence `says`.
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
    """What a room says of its tables.

    `walls` of its models and `library_walls` of the tables of libraries; `functions`: SQL that makes the functions
    which policies and triggers ask; `append_only`: tables of which not even the owner changes a row; `counted` and
    `compared`: the columns that the monitor's and the comparer's role may read.
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
    """What each installed app says, by its name, the lowest room first."""
    found = {}
    for app in reversed(list(apps.get_app_configs())):
        if find_spec(f"{app.name}.security"):
            said = getattr(import_module(f"{app.name}.security"), "SECURITY", None)
            if isinstance(said, Security):
                found[app.label] = said
    return found


def declared() -> dict[type[Model], Wall]:
    """The walls of all tables of ours."""
    return {model: wall for room in rooms().values() for model, wall in room.walls.items()}


def library_walls() -> dict[str, Wall]:
    """The walls of the tables of libraries; whatever is not in it stays shut."""
    return {table: wall for room in rooms().values() for table, wall in room.library_walls.items()}


def append_only() -> list[type[Model]]:
    """The tables that nothing may ever change, not even for the owner."""
    return [model for room in rooms().values() for model in room.append_only]


def build() -> None:
    """Lay all functions, grants, policies, triggers and ties anew."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def statements() -> Iterator[str]:
    """The SQL that lays the whole wall. Policies name functions, so those of all rooms come first."""
    found = list(rooms().values())
    functions = [*FUNCTIONS, *(function for room in found for function in _functions(room))]
    yield from ROLES
    yield CLEARED
    yield from functions
    yield _forgotten(functions)
    yield FIXED_PATH
    yield from _shut()
    there = set(connection.introspection.table_names())
    for table, wall in library_walls().items():
        if table in there:
            yield from _wall(table, wall)
    walls = declared()
    for model, wall in walls.items():
        yield from _wall(model._meta.db_table, wall)
    for room in found:
        for policy, role, read in (("counted", MONITOR, room.counted), ("compared", COMPARER, room.compared)):
            for model, columns in read.items():
                yield from _reading(model, columns, policy, role, is_walled=walls[model].seen is not None)
    for room in found:
        yield from _guards(room)
    yield from _ties([tie for room in found for tie in room.ties])


def _shut() -> Iterator[str]:
    """Nobody may do anything, until a wall says so."""
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
    says = wall.policies
    # Not for the monitor's role: its only policy is `counted`, and a third role sees nothing at all.
    to = f"to {WEB}, current_user"
    yield f"create policy seen on {table} for select {to} using ({says['seen']})"
    yield f"create policy added on {table} for insert {to} with check ({says['added']})"
    yield f"create policy changed on {table} for update {to} using ({says['locked']}) with check ({says['changed']})"
    yield f"create policy removed on {table} for delete {to} using ({says['removed']})"


def _reading(model: type[Model], columns: Iterable[str], policy: str, role: str, *, is_walled: bool) -> Iterator[str]:
    """A role that is taken on for a while reads these columns of every row."""
    table = model._meta.db_table
    yield f"grant select ({', '.join(sorted(columns))}) on {table} to {role}"
    if is_walled:
        # By name: the owner is a member of the role, and must not see with its eyes.
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
    """Refuses to empty a table at once, which no policy and no trigger on a row sees."""
    return Trigger(model, "never_emptied", "truncate", REFUSE)


def _trigger(trigger: Trigger) -> Iterator[str]:
    each = "statement" if trigger.events == "truncate" else "row"
    yield (
        f"create trigger {trigger.name} before {trigger.events} on {trigger.model._meta.db_table}"
        f" for each {each} execute function {trigger.function}()"
    )


def _ties(ties: Sequence[Tie]) -> Iterator[str]:
    """Composite foreign keys, each on a key of its own; dropped first, so that it may be run again."""
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


# A function that policies ask on every query. In plpgsql, since a session keeps its plans.
ASKED = "create or replace function {name} returns {kind} language plpgsql stable as $$ begin return {answer}; end $$"

FUNCTIONS = (
    """create or replace function lvv_user() returns bigint language sql stable as
        $$ select nullif(current_setting('lvv.user', true), '')::bigint $$""",
    """create or replace function lvv_is_now(moment timestamptz) returns boolean language sql stable as
        $$ select abs(extract(epoch from moment - statement_timestamp())) <= 600 $$""",
    """create or replace function lvv_refuse_change() returns trigger language plpgsql as
        $$ begin raise exception 'deze tabel wordt alleen aangevuld' using errcode = 'restrict_violation'; end $$""",
)

# A temporary table must not stand in for one of ours.
FIXED_PATH = """do $$ declare f regprocedure; begin
    for f in select oid from pg_proc where pronamespace = 'public'::regnamespace and proname like 'lvv\\_%' loop
        execute format('alter function %s set search_path = public, pg_temp', f);
    end loop;
end $$"""

# What an earlier version laid goes: its triggers and policies at once, its functions when nothing asks them any more.
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


def _forgotten(functions: Iterable[str]) -> str:
    """Drop the functions that no room makes any more."""
    kept = ", ".join(f"'{name}'" for name in sorted(set(re.findall(r"function (lvv_\w+)", " ".join(functions)))))
    return f"""do $$ declare old regprocedure; begin
    for old in select oid from pg_proc where pronamespace = 'public'::regnamespace
        and proname like 'lvv\\_%' and proname not in ({kept})
    loop
        execute format('drop function %s', old);
    end loop;
end $$"""
