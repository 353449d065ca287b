"""The roles of the database under which we work, beside its owner: none has any power of its own.

The web takes two of them on for a while: to count facts, and to compare who was involved in a case before.
"""

WEB, MONITOR, COMPARER = "lvv_web", "lvv_monitor", "lvv_comparer"

# Roles belong to the whole server: two databases that are prepared at one moment may both find them missing.
_ONCE = """do $$ begin if not exists ({found}) then {made}; end if;
    exception when duplicate_object or unique_violation then null; end $$"""
_NO_POWER = "nosuperuser nobypassrls nocreatedb nocreaterole"
_ROLE = "select from pg_roles where rolname = '{}'"
_MEMBER = "select from pg_auth_members where roleid = '{}'::regrole and member = {}::regrole"


def _taken_on(role: str) -> tuple[str, ...]:
    """A role in which nobody logs in, for the web and the owner to take on."""
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
    *_taken_on(MONITOR),
    *_taken_on(COMPARER),
    _ONCE.format(
        found=f"{_MEMBER.format(WEB, 'current_user')} and grantor = current_user::regrole",
        made=f"grant {WEB} to current_user",
    ),
    # Row estimates would tell any role how many rows other municipalities have (trap 11).
    "do $$ begin execute 'revoke select on pg_stat_user_tables, pg_stat_all_tables from public'; "
    "exception when insufficient_privilege then null; end $$",
)
