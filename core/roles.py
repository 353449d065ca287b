"""The three database roles beside the owner. None of them may create anything or pass by the second wall.

The site and the workers log in as `lvv_web`. It switches to `lvv_monitor` to count facts, and to `lvv_comparer` to
find out who was involved in a case before; nobody logs in as these two.
"""

WEB, MONITOR, COMPARER = "lvv_web", "lvv_monitor", "lvv_comparer"

# Roles belong to the whole server. When two databases are prepared at the same moment, both may find a role missing;
# the slower one then ignores the error.
_ONCE = """do $$ begin if not exists ({found}) then {made}; end if;
    exception when duplicate_object or unique_violation then null; end $$"""
_NO_POWER = "nosuperuser nobypassrls nocreatedb nocreaterole"
_ROLE = "select from pg_roles where rolname = '{}'"
_MEMBER = "select from pg_auth_members where roleid = '{}'::regrole and member = {}::regrole"


def _switchable(role: str) -> tuple[str, ...]:
    """The SQL that makes a role without login, to which the web and the owner can switch."""
    return (
        _ONCE.format(found=_ROLE.format(role), made=f"create role {role} nologin {_NO_POWER}"),
        _ONCE.format(found=_MEMBER.format(role, f"'{WEB}'"), made=f"grant {role} to {WEB}"),
        _ONCE.format(
            found=f"{_MEMBER.format(role, 'current_user')} and grantor = current_user::regrole",
            made=f"grant {role} to current_user",
        ),
    )


ROLES = (
    _ONCE.format(found=_ROLE.format(WEB), made=f"create role {WEB} login noinherit {_NO_POWER}"),
    *_switchable(MONITOR),
    *_switchable(COMPARER),
    _ONCE.format(
        found=f"{_MEMBER.format(WEB, 'current_user')} and grantor = current_user::regrole",
        made=f"grant {WEB} to current_user",
    ),
    # Row estimates would tell any role how many rows other municipalities have (trap 11).
    "do $$ begin execute 'revoke select on pg_stat_user_tables, pg_stat_all_tables from public'; "
    "exception when insufficient_privilege then null; end $$",
)
