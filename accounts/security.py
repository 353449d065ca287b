"""The walls of users, organisations, roles, imports and the log, and the functions that the policies of all rooms call.

The functions say where the current user works, and read nothing but the memberships. So a user whose role ends loses
their rows at once. `core/walls.py` explains how a wall is declared and laid.
"""

from django.db.models import Model

from accounts.models import (
    AuditEntry,
    AuditSeal,
    Disclosure,
    Import,
    Membership,
    Municipality,
    Organisation,
    Submission,
    User,
)
from core.walls import ASKED, Grant, Security, Trigger, Wall

OWN_ORGANISATION = "organisation_id = any (array(select lvv_organisations()))"
OWN_ROW = "(current_user <> 'lvv_web' or user_id = (select lvv_user()))"
ONESELF = "(current_user <> 'lvv_web' or id = (select lvv_user()))"
IS_MANAGER = "(current_user <> 'lvv_web' or exists (select lvv_organisations('application_manager')))"
# Managers can't give themselves a role, not even past the site: that would let them read everything.
MANAGES_ANOTHER = """(current_user <> 'lvv_web'
    or (user_id <> (select lvv_user()) and lvv_manages(organisation_id)))"""
MANAGES_OWNER = """(current_user <> 'lvv_web' or exists (
    select from accounts_membership m
    where m.user_id = owner_id and m.role = 'machine_client' and lvv_manages(m.organisation_id)))"""
OVERSEEN = """(municipalities && array(
        select o.municipality_id from accounts_organisation o
        where o.id in (select lvv_organisations('privacy_officer')))
    or exists (select from accounts_organisation o
        where o.kind = 'programme' and o.id in (select lvv_organisations('privacy_officer'))))"""
AT_THE_TABLE = "municipality_id = any (array(select lvv_municipalities()))"
DIRECTS = "municipality_id = any (array(select lvv_directed_municipalities()))"
WORKS_HERE = "(current_user <> 'lvv_web' or exists (select lvv_organisations()))"
IS_BUREAU = "(current_user <> 'lvv_web' or lvv_is_bureau())"
BY_ONESELF = "by_id = (select lvv_user())"
# An import is for those who may import lists in its municipality. They may see the cases in it anyway.
IMPORTS = """exists (select from accounts_organisation o
    where o.kind = 'municipality' and o.municipality_id = accounts_import.municipality_id
      and (o.id in (select lvv_organisations('case_worker')) or o.id in (select lvv_organisations('chair'))))"""

WALLS: dict[type[Model], Wall] = {
    Municipality: Wall(Grant.READ),
    Organisation: Wall(Grant.READ),
    # Every user may see who else works with the system. Only managers write these rows.
    User: Wall(Grant.EDIT, "true", IS_MANAGER, changed=ONESELF, columns="password, session_stamp"),
    Membership: Wall(Grant.EDIT, "true", MANAGES_ANOTHER, locked="true", columns="until"),
    AuditEntry: Wall(Grant.ADD),
    AuditSeal: Wall(Grant.ADD),
    Disclosure: Wall(Grant.ADD, f"({OWN_ROW} or {OVERSEEN})", OWN_ROW),
    Submission: Wall(Grant.ALL),
    Import: Wall(
        Grant.EDIT,
        IMPORTS,
        f"{IMPORTS} and uploaded_by_id = (select lvv_user())",
        changed=IMPORTS,
        columns="state, content, finished_at, total, new, same, done, findings",
    ),
}

# The tables of libraries that the web needs. All others stay shut.
LIBRARY_WALLS = {
    "django_session": Wall(Grant.ALL),
    "accounts_cache": Wall(Grant.ALL),
    # Read before the login, to know whether the user has a second factor. Only its owner writes it.
    "mfa_authenticator": Wall(Grant.ALL, "true", OWN_ROW),
    "account_emailaddress": Wall(Grant.READ),
    "allauth_idp_oidc_token": Wall(Grant.ADD_REMOVE),
    # Read before the login, to know who signed. Of a client only the key (`data`) may change.
    "allauth_idp_oidc_client": Wall(Grant.ALL, "true", MANAGES_OWNER, columns="data"),
    "django_content_type": Wall(Grant.READ),
    "django_migrations": Wall(Grant.READ),
}

_MEMBERSHIPS = """
    from accounts_membership m
    join accounts_user u on u.id = m.user_id and u.is_active
    join accounts_organisation o on o.id = m.organisation_id
    where m.user_id = lvv_user()
      and m.since <= (now() at time zone 'Europe/Amsterdam')::date
      and (m.until is null or m.until > (now() at time zone 'Europe/Amsterdam')::date)"""


FUNCTIONS = (
    ASKED.format(
        name="lvv_organisations(in_role text default null)",
        kind="setof bigint",
        answer=f"query select m.organisation_id {_MEMBERSHIPS} and (in_role is null or m.role = in_role)",
    ),
    ASKED.format(
        name="lvv_municipalities()",
        kind="setof bigint",
        answer=f"query select o.municipality_id {_MEMBERSHIPS} and o.municipality_id is not null",
    ),
    ASKED.format(
        name="lvv_directed_municipalities()",
        kind="setof bigint",
        answer=f"query select o.municipality_id {_MEMBERSHIPS} and o.kind = 'municipality'",
    ),
    ASKED.format(
        name="lvv_partnered_municipalities(of_kind text)",
        kind="setof bigint",
        answer=f"query select o.municipality_id {_MEMBERSHIPS} and o.kind = of_kind and o.municipality_id is not null",
    ),
    # The same rule as accounts/staff.py has in `managed_organisations`: a national manager manages everywhere.
    ASKED.format(
        name="lvv_manages(of_organisation bigint)",
        kind="boolean",
        answer=f"""exists (
            select {_MEMBERSHIPS} and m.role = 'application_manager'
              and (o.municipality_id is null or o.municipality_id = (
                  select managed.municipality_id from accounts_organisation managed
                  where managed.id = of_organisation)))""",
    ),
    # Who coordinates the monitor for the whole country. The same rule stands in monitor/models/rounds.py.
    ASKED.format(
        name="lvv_is_bureau()",
        kind="boolean",
        answer="""exists (
            select from accounts_organisation o
            where o.kind = 'programme' and o.id in (select lvv_organisations('monitor_coordinator')))""",
    ),
    # Fills in the municipalities of a line of the log, whatever the web wrote there. Only a room above knows them:
    # `lvv_municipalities_of` stands in monitor/security.py.
    """create or replace function lvv_shown_by_municipality() returns trigger language plpgsql as $$
        begin
            if current_user = 'lvv_web' then
                new.municipalities := array(select lvv_municipalities_of(new.persons));
            end if;
            return new;
        end $$""",
    # An import that has ended never changes, and the file of an import is never replaced.
    """create or replace function lvv_import_ends_once() returns trigger language plpgsql as $$
        begin
            if old.finished_at is not null or (new.content is not null and new.content <> old.content) then
                raise exception 'een lijst die klaar is, verandert niet' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
)

TRIGGERS = (
    Trigger(Disclosure, "shown_by_municipality", "insert", "lvv_shown_by_municipality"),
    Trigger(Import, "import_ends_once", "update", "lvv_import_ends_once"),
)

SECURITY = Security(
    walls=WALLS,
    library_walls=LIBRARY_WALLS,
    functions=FUNCTIONS,
    triggers=TRIGGERS,
    append_only=(AuditEntry, AuditSeal, Disclosure),
)
