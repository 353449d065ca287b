"""What the policies ask of the database: who is here, in which organisations, with which roles, today.

They read the memberships and nothing else, so that a role that ends is a door that shuts.
"""

RUNNING = """p.since <= statement_timestamp() + interval '10 minutes'
      and (p.until is null or p.until > statement_timestamp())"""

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
        name="lvv_partnered_municipalities(of_kind text)",
        kind="setof bigint",
        answer=f"query select o.municipality_id {_MEMBERSHIPS} and o.kind = of_kind and o.municipality_id is not null",
    ),
    # The same rule in words stands in accounts/staff.py: a manager without a municipality manages everywhere.
    _ASKED.format(
        name="lvv_manages(of_organisation bigint)",
        kind="boolean",
        answer=f"""exists (
            select {_MEMBERSHIPS} and m.role = 'application_manager'
              and (o.municipality_id is null or o.municipality_id = (
                  select managed.municipality_id from accounts_organisation managed
                  where managed.id = of_organisation)))""",
    ),
    # The same stands in monitor/models/rounds.py: who coordinates the monitor for the country.
    _ASKED.format(
        name="lvv_is_bureau()",
        kind="boolean",
        answer="""exists (
            select from accounts_organisation o
            where o.kind = 'programme' and o.id in (select lvv_organisations('monitor_coordinator')))""",
    ),
    _ASKED.format(
        name="lvv_coordinates(of_case uuid)",
        kind="boolean",
        answer=f"""exists (
            select from cases_caseparty p
            where p.case_id = of_case and p.basis = 'mrt' and p.user_id is null and {RUNNING}
              and p.organisation_id in (select lvv_organisations('mrt_coordinator')))""",
    ),
    # A seat in the team of the MRT, or a place beside it.
    _ASKED.format(
        name="lvv_sits(of_case uuid)",
        kind="boolean",
        answer=f"""exists (
            select from cases_caseparty p
            where p.case_id = of_case and p.basis = 'mrt' and p.user_id = lvv_user() and {RUNNING})""",
    ),
)

# A temporary table must not stand in for one of ours.
FIXED_PATH = """do $$ declare f regprocedure; begin
    for f in select oid from pg_proc where pronamespace = 'public'::regnamespace and proname like 'lvv\\_%' loop
        execute format('alter function %s set search_path = public, pg_temp', f);
    end loop;
end $$"""
