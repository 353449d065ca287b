"""The second wall: who reaches which rows in the database itself, for every table, from one declared list.

Run by `manage.py prepare` after the migrations, in one transaction, as often as you like. A table that is not in the
list gets no grant at all, so that forgetting it closes it. Policies rest on one source, the `CaseParty` rows; the
application filter (`visible_to`) reads the same ones. `standards.md` A.3 lists the traps that shaped this.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from django.db import connection, transaction
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
from cases.models import (
    AdmissionAnswer,
    AdmissionTest,
    Case,
    CaseFact,
    CaseParty,
    Covenant,
    CovenantDeviation,
    IdentityStatement,
    ImportedCase,
    Note,
    Person,
)
from core.models import Effect
from lvv import guards, rights
from lvv.guards import fact_models
from lvv.rights import RUNNING
from lvv.roles import COMPARER, MONITOR, ROLES, WEB
from monitor.figures import reviews
from monitor.models import (
    EarlyReader,
    Edition,
    Exemption,
    Item,
    Publication,
    Release,
    Reply,
    Reported,
    Round,
    Ruling,
    Settlement,
    Signature,
    SigningKey,
    Statement,
    Tally,
)
from monitor.publishing.export import counted_columns
from monitor.rounds import settlements
from mrt import independence
from mrt.models import Answer, Draft, Escalation, Preparation, Presence, Remark, Rung, Seat, Waiver
from scenarios.models import (
    Action,
    ActionReview,
    AgendaItem,
    Attendance,
    Correction,
    Decision,
    Invitee,
    ItemAbsence,
    ItemMinutes,
    Meeting,
    MeetingMove,
    Nomination,
    Passage,
    Position,
    PositionFile,
    PositionRequest,
    PositionRound,
    Question,
    TableRules,
    Topic,
)

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
        rights = f"select, {self.grant.value}".rstrip(", ")
        return rights.replace("update", f"update ({self.columns})") if self.columns else rights


# `x >= y` beside `x = y` says nothing new to us. To the planner it says that the answer can't be hashed: it looks up
# this one row, instead of first gathering all rows that the user sees.
OF_A_CASE = "exists (select from cases_case c where c.id = case_id and case_id >= c.id)"
OF_A_PERSON = "exists (select from cases_case c where c.person_id = {column} and {column} >= c.person_id)"
TAKES_PART = f"""exists (
    select from cases_caseparty p
    where p.case_id = {{column}} and {{column}} >= p.case_id
      and p.organisation_id = any (array(select lvv_organisations()))
      and (p.user_id is null or p.user_id = (select lvv_user())) and {RUNNING})"""
OF_A_MEETING = "exists (select from scenarios_meeting m where m.id = meeting_id)"
OF_A_DIRECTED_MEETING = """exists (select from scenarios_meeting m where m.id = meeting_id
    and m.municipality_id = any (array(select lvv_directed_municipalities())))"""
OWN_PART = """(organisation_id = any (array(select lvv_organisations()))
    and (user_id is null or user_id = (select lvv_user())))"""
OWN_ORGANISATION = "organisation_id = any (array(select lvv_organisations()))"
OWN_ROW = "(current_user <> 'lvv_web' or user_id = (select lvv_user()))"
ONESELF = "(current_user <> 'lvv_web' or id = (select lvv_user()))"
IS_MANAGER = "(current_user <> 'lvv_web' or exists (select lvv_organisations('application_manager')))"
# Nobody gives or takes their own role: it would open every door, also by way of the database.
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
GRANTED = "granted_by_id = any (array(select lvv_organisations()))"
AT_THE_TABLE = "municipality_id = any (array(select lvv_municipalities()))"
DIRECTS = "municipality_id = any (array(select lvv_directed_municipalities()))"
OF_A_DIRECTED_CASE = f"""exists (select from cases_case c where c.id = case_id and case_id >= c.id and c.{DIRECTS})"""
# A row of a case that names one organisation is changed by that one, and by the municipality.
BY_ITS_OWNER = f"{OF_A_CASE} and ({OWN_ORGANISATION} or {OF_A_DIRECTED_CASE})"
COORDINATES = "lvv_coordinates(case_id)"
# What the team of the MRT writes is its own, and its coordinator's, until the advice stands.
OF_THE_TEAM = f"{OF_A_CASE} and ({COORDINATES} or lvv_sits(case_id))"
BEFORE_THE_ADVICE = f"""({OF_THE_TEAM} or ({OF_A_CASE} and exists (
    select from mrt_advice a where a.escalation_id = {{table}}.escalation_id and a.withdrawn_at is null)))"""
ASKED_BY_US = "asker_id = any (array(select lvv_organisations()))"
WORKS_HERE = "(current_user <> 'lvv_web' or exists (select lvv_organisations()))"
IS_BUREAU = "(current_user <> 'lvv_web' or lvv_is_bureau())"
# A statement of figures is its municipality's and the bureau's.
OF_A_TALLY = "exists (select from monitor_tally t where t.id = tally_id)"
OF_A_DIRECTED_TALLY = f"exists (select from monitor_tally t where t.id = tally_id and t.{DIRECTS})"
OF_A_STATEMENT = "exists (select from monitor_statement s where s.id = statement_id)"
ENDED_BY_ITS_OWN = f"""((withdrawal in ('touched', 'taken_back') and {OF_A_DIRECTED_TALLY})
    or (withdrawal in ('touched', 'sent_back') and {OF_A_TALLY} and {IS_BUREAU}))"""
# Two parties settle: the municipality, and the partner at its table. The bureau sees that they do, and no persons.
SETTLES = "municipality_id in (select lvv_partnered_municipalities(partner))"
_OF_A_SETTLEMENT = "exists (select from monitor_settlement s where s.id = settlement_id and {})"
OF_OUR_SETTLEMENT = _OF_A_SETTLEMENT.format(f"(s.{DIRECTS} or s.{SETTLES.replace('(partner', '(s.partner')})")
OF_A_DIRECTED_SETTLEMENT = _OF_A_SETTLEMENT.format(f"s.{DIRECTS}")
OF_A_PARTNERS_SETTLEMENT = _OF_A_SETTLEMENT.format(f"s.{SETTLES.replace('(partner', '(s.partner')}")
OF_AN_ITEM = "exists (select from monitor_item i where i.id = item_id)"
OF_A_REPLY = "exists (select from monitor_reply r where r.id = reply_id)"
OF_A_PARTNERS_ITEM = f"""exists (select from monitor_item i where i.id = item_id
    and {OF_A_PARTNERS_SETTLEMENT.replace("settlement_id", "i.settlement_id")})"""
OF_A_DIRECTED_REPLY = f"""exists (select from monitor_reply r join monitor_item i on i.id = r.item_id
    where r.id = reply_id and {OF_A_DIRECTED_SETTLEMENT.replace("settlement_id", "i.settlement_id")})"""
BY_ONESELF = "by_id = (select lvv_user())"
SIGNED_BY_ONESELF = f"""(user_id = (select lvv_user())
    and party_id = any (array(select lvv_organisations())) and (
    (kind = 'settled' and exists (select from monitor_settlement s join accounts_organisation o on o.id = party_id
        where s.id = settlement_id and o.kind = s.partner and o.municipality_id = s.municipality_id))
    or (kind = 'stated' and exists (select from monitor_statement s join monitor_tally t on t.id = s.tally_id
        join accounts_organisation o on o.id = party_id
        where s.id = statement_id and o.kind = 'municipality' and o.municipality_id = t.municipality_id))
    or (kind = 'accepted' and {OF_A_STATEMENT} and {IS_BUREAU} and exists (
        select from accounts_organisation o where o.id = party_id and o.kind = 'programme'))))"""
# A list is for those of its municipality who may import one: it holds what they see of their cases anyway.
IMPORTS = """exists (select from accounts_organisation o
    where o.kind = 'municipality' and o.municipality_id = accounts_import.municipality_id
      and (o.id in (select lvv_organisations('case_worker')) or o.id in (select lvv_organisations('chair'))))"""
OF_ITS_PERSON = """exists (select from cases_case c
    where c.id = case_id and c.person_id = cases_importedcase.person_id)"""
_IS_PUBLIC = """coalesce((select p.publish_at <= statement_timestamp() from monitor_publication p
    where p.release_id = {} order by p.number desc limit 1), false)"""
IS_PUBLIC = _IS_PUBLIC.format("monitor_release.id")
# Everybody reads it from then on, who is nobody here as well.
IS_PUBLIC_EDITION = _IS_PUBLIC.format("monitor_edition.release_id")
OF_A_RELEASE = "exists (select from monitor_release r where r.id = release_id)"
READS_EARLY = """exists (select from monitor_earlyreader e
    where e.release_id = monitor_release.id and e.user_id = (select lvv_user()) and e.ended_at is null)"""
FOR_ITS_READERS = f"(readers = '{{}}' or readers && array(select lvv_organisations()) or {OWN_ORGANISATION})"
# A position is hidden from all others until its round is open: all gave theirs, or the deadline passed.
IS_READABLE = """exists (
    select from scenarios_positionrequest q join scenarios_positionround r on r.id = q.round_id
    where q.id = request_id and q.given_at is not null
      and (r.opened_at is not null or r.due_at <= statement_timestamp()))"""
OF_A_CLOSED_MEETING = """exists (
    select from scenarios_agendaitem i join scenarios_meeting m on m.id = i.meeting_id
    where i.id = item_id and m.status = 'closed')"""
OF_VISIBLE_MINUTES = f"{OF_A_MEETING} and (case_id is null or {OF_A_CASE})"
COMPARTMENT = """(compartment = 'shared'
    or (compartment = 'own' and organisation_id = any (array(select lvv_organisations())))
    or (compartment = 'medical' and organisation_id = any (array(select lvv_organisations('care_professional')))))"""

WALLS: dict[type[Model], Wall] = {
    Municipality: Wall(Grant.READ),
    Organisation: Wall(Grant.READ),
    # Who works with the system is no secret inside it: the rows are read everywhere, and written by very few.
    User: Wall(Grant.EDIT, "true", IS_MANAGER, changed=ONESELF, columns="password"),
    Membership: Wall(Grant.EDIT, "true", MANAGES_ANOTHER, locked="true", columns="until"),
    AuditEntry: Wall(Grant.ADD),
    AuditSeal: Wall(Grant.ADD),
    Disclosure: Wall(Grant.ADD, f"({OWN_ROW} or {OVERSEEN})", OWN_ROW),
    Effect: Wall(Grant.EDIT),
    Submission: Wall(Grant.ALL),
    Import: Wall(
        Grant.EDIT,
        IMPORTS,
        f"{IMPORTS} and uploaded_by_id = (select lvv_user())",
        changed=IMPORTS,
        columns="state, content, finished_at, total, new, same, done, findings",
    ),
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
    ImportedCase: Wall(
        Grant.ADD,
        OF_A_CASE,
        f"{OF_A_DIRECTED_CASE} and {OF_ITS_PERSON}",
    ),
    AdmissionTest: Wall(Grant.ADD, OF_A_CASE),
    AdmissionAnswer: Wall(Grant.ADD, "exists (select from cases_admissiontest t where t.id = test_id)"),
    Note: Wall(
        Grant.ADD,
        f"{OF_A_CASE} and {COMPARTMENT}",
        f"{OF_A_CASE} and {COMPARTMENT} and {OWN_ORGANISATION} and written_by_id = (select lvv_user())",
    ),
    TableRules: Wall(Grant.EDIT, AT_THE_TABLE, DIRECTS),
    Invitee: Wall(Grant.ALL, AT_THE_TABLE, DIRECTS, columns="may_nominate"),
    Meeting: Wall(
        Grant.EDIT,
        AT_THE_TABLE,
        DIRECTS,
        columns="held_on, place, starts_at, minutes, status, agenda_sent_at, adopted_in_id, version",
    ),
    MeetingMove: Wall(Grant.ADD, OF_A_MEETING, OF_A_DIRECTED_MEETING),
    Topic: Wall(Grant.ALL, OF_A_MEETING, OF_A_DIRECTED_MEETING, columns='title, "order", text, version'),
    Attendance: Wall(
        Grant.EDIT, OF_A_MEETING, OF_A_DIRECTED_MEETING, columns="is_present, absence, delegate, replaces"
    ),
    Nomination: Wall(
        Grant.EDIT,
        OF_A_CASE,
        f"{OF_A_CASE} and {OWN_ORGANISATION}",
        changed=BY_ITS_OWNER,
        columns="state",
    ),
    AgendaItem: Wall(
        Grant.ALL,
        f"{OF_A_CASE} and {OF_A_MEETING}",
        f"{OF_A_CASE} and {OF_A_DIRECTED_MEETING}",
        columns='"order"',
    ),
    ItemAbsence: Wall(Grant.LIST, OF_A_CASE, OF_A_DIRECTED_CASE),
    Passage: Wall(Grant.LIST, f"{OF_A_CASE} and {FOR_ITS_READERS}", f"{OF_A_DIRECTED_CASE} and {OWN_ORGANISATION}"),
    PositionRound: Wall(Grant.EDIT, OF_A_CASE, OF_A_DIRECTED_CASE, changed=OF_A_CASE, columns="opened_at"),
    PositionRequest: Wall(
        Grant.EDIT,
        OF_A_CASE,
        OF_A_DIRECTED_CASE,
        changed=BY_ITS_OWNER,
        columns="given_at, missed_at",
    ),
    Position: Wall(
        Grant.EDIT,
        f"{OF_A_CASE} and ({OWN_ORGANISATION} or {IS_READABLE})",
        f"{OF_A_CASE} and {OWN_ORGANISATION}",
        columns="stance, text, version, edited_by_id, edited_at",
    ),
    PositionFile: Wall(
        Grant.LIST,
        "exists (select from scenarios_position p where p.id = position_id)",
        f"exists (select from scenarios_position p where p.id = position_id and p.{OWN_ORGANISATION})",
    ),
    Question: Wall(
        Grant.EDIT,
        OF_A_CASE,
        f"{OF_A_CASE} and {ASKED_BY_US}",
        changed=f"{OF_A_CASE} and ({OWN_ORGANISATION} or {ASKED_BY_US})",
        columns="answer, answered_on, answered_by_id, withdrawn_on",
    ),
    Decision: Wall(Grant.ADD, OF_A_CASE, OF_A_DIRECTED_CASE),
    Action: Wall(
        Grant.EDIT,
        OF_A_CASE,
        OF_A_DIRECTED_CASE,
        changed=BY_ITS_OWNER,
        columns="due_on, result, result_text, settled_on, settled_by_id, version",
    ),
    ActionReview: Wall(Grant.ADD, OF_A_CASE, OF_A_DIRECTED_CASE),
    ItemMinutes: Wall(
        Grant.EDIT,
        f"{OF_A_CASE} and ({OF_A_DIRECTED_CASE} or {OF_A_CLOSED_MEETING})",
        OF_A_DIRECTED_CASE,
        columns="discussion, conclusion, version, edited_by_id, edited_at",
    ),
    Correction: Wall(
        Grant.EDIT,
        OF_VISIBLE_MINUTES,
        f"{OF_VISIBLE_MINUTES} and {OWN_ORGANISATION}",
        changed=f"{OF_VISIBLE_MINUTES} and {OF_A_DIRECTED_MEETING}",
        columns="state, judged_by_id, judged_at",
    ),
    Escalation: Wall(Grant.EDIT, OF_A_CASE, columns="agreed_facts, points, tried, meets_at, place, version"),
    Preparation: Wall(
        Grant.EDIT,
        OF_A_CASE,
        f"({OF_A_DIRECTED_CASE} or {COORDINATES})",
        changed=f"{OF_A_CASE} and {OWN_ORGANISATION}",
        columns="note, done_on, done_by_id",
    ),
    Waiver: Wall(
        Grant.EDIT,
        OF_A_CASE,
        COORDINATES,
        changed=OF_A_DIRECTED_CASE,
        columns="is_granted, judgement, judged_by_id, judged_at",
    ),
    Seat: Wall(Grant.EDIT, OF_A_CASE, columns="until"),
    Presence: Wall(Grant.ADD, OF_A_CASE, COORDINATES),
    Draft: Wall(
        Grant.EDIT,
        BEFORE_THE_ADVICE.format(table="mrt_draft"),
        COORDINATES,
        columns="direction, no_durable_solution, obstacles, text, conditions, version, edited_by_id, edited_at",
    ),
    Remark: Wall(
        Grant.LIST,
        BEFORE_THE_ADVICE.format(table="mrt_remark"),
        f"{OF_THE_TEAM} and written_by_id = (select lvv_user())",
    ),
    Rung: Wall(
        Grant.EDIT,
        OF_A_CASE,
        f"({OF_A_DIRECTED_CASE} or {COORDINATES})",
        changed=f"{OF_A_CASE} and {OWN_ORGANISATION}",
        columns="ruling, direction, text, ruled_on, ruled_by_id",
    ),
    Answer: Wall(Grant.ADD, OF_A_CASE),
    Round: Wall(
        Grant.EDIT,
        WORKS_HERE,
        IS_BUREAU,
        columns="known_at, cancelled_at, cancelled_by_id, cancellation, version",
    ),
    Tally: Wall(
        Grant.EDIT, f"({DIRECTS} or {IS_BUREAU})", IS_BUREAU, changed=f"({DIRECTS} or {IS_BUREAU})", columns="version"
    ),
    Statement: Wall(
        Grant.EDIT,
        OF_A_TALLY,
        OF_A_DIRECTED_TALLY,
        changed=ENDED_BY_ITS_OWN,
        locked=OF_A_TALLY,
        columns="withdrawn_at, withdrawn_by_id, withdrawal, withdrawal_reason",
    ),
    Signature: Wall(
        Grant.ADD,
        f"({OF_A_STATEMENT} or exists (select from monitor_settlement s where s.id = settlement_id))",
        SIGNED_BY_ONESELF,
    ),
    Settlement: Wall(
        Grant.EDIT,
        f"({DIRECTS} or {SETTLES} or {IS_BUREAU})",
        IS_BUREAU,
        changed=f"({DIRECTS} or {SETTLES})",
        columns="version",
    ),
    Item: Wall(
        Grant.EDIT,
        OF_OUR_SETTLEMENT,
        f"({OF_A_DIRECTED_SETTLEMENT} or (exit_id is null and {OF_A_PARTNERS_SETTLEMENT}))",
        changed=OF_OUR_SETTLEMENT,
        columns="v_number, name, born, withdrawn_at",
    ),
    Reply: Wall(Grant.ADD, OF_AN_ITEM, f"{OF_A_PARTNERS_ITEM} and {BY_ONESELF}"),
    Ruling: Wall(Grant.ADD, OF_A_REPLY, f"{OF_A_DIRECTED_REPLY} and {BY_ONESELF}"),
    Reported: Wall(
        Grant.ADD,
        f"({DIRECTS} or lvv_is_bureau())",
        f"{DIRECTS} and recorded_by_id = (select lvv_user())",
    ),
    SigningKey: Wall(Grant.ADD, "true", IS_BUREAU),
    Release: Wall(Grant.ADD, f"({IS_BUREAU} or ({WORKS_HERE} and ({IS_PUBLIC} or {READS_EARLY})))", IS_BUREAU),
    Edition: Wall(Grant.ADD, f"({IS_PUBLIC_EDITION} or {OF_A_RELEASE})", IS_BUREAU),
    Exemption: Wall(Grant.EDIT, WORKS_HERE, IS_BUREAU, columns="ended_at"),
    Publication: Wall(Grant.ADD, "true", IS_BUREAU),
    EarlyReader: Wall(Grant.EDIT, f"({IS_BUREAU} or user_id = (select lvv_user()))", IS_BUREAU, columns="ended_at"),
}

# Tables of the libraries that the web needs; everything else of theirs stays shut.
LIBRARY_WALLS = {
    "django_session": Wall(Grant.ALL),
    "accounts_cache": Wall(Grant.ALL),
    # Read before anybody is entered, to know whether there is a second factor; written by its owner alone.
    "mfa_authenticator": Wall(Grant.ALL, "true", OWN_ROW),
    "account_emailaddress": Wall(Grant.READ),
    "allauth_idp_oidc_token": Wall(Grant.LIST),
    # Read before anybody is entered, to see who signed; a client changes its key and nothing else.
    "allauth_idp_oidc_client": Wall(Grant.ALL, "true", MANAGES_OWNER, columns="data"),
    "django_content_type": Wall(Grant.READ),
    "django_migrations": Wall(Grant.READ),
}


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
    yield from rights.FUNCTIONS
    yield independence.function(COMPARER)
    yield from guards.FUNCTIONS
    yield rights.FIXED_PATH
    roles = f"{WEB}, {MONITOR}, {COMPARER}"
    yield f"revoke all on all tables in schema public from {roles}, public"
    yield f"revoke create on schema public from {roles}, public"
    yield f"grant usage on schema public to {roles}"
    yield f"grant usage on all sequences in schema public to {WEB}"
    there = set(connection.introspection.table_names())
    for table, wall in LIBRARY_WALLS.items():
        if table in there:
            yield from _wall(table, wall)
    for model, wall in declared().items():
        yield from _wall(model._meta.db_table, wall)
    for fact in fact_models():
        yield from _counted(fact, counted_columns(fact), is_walled=issubclass(fact, CaseFact))
    for model, counted in {**reviews.COLUMNS, **settlements.COLUMNS}.items():
        yield from _counted(model, counted, is_walled=True)
    for model, columns in independence.compared().items():
        yield from _compared(model._meta.db_table, columns)
    yield from guards.statements()


def _wall(table: str, wall: Wall) -> Iterator[str]:
    yield f"grant {wall.web_rights} on {table} to {WEB}"
    if wall.seen is None:
        return
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    for policy in ("seen", "added", "changed", "removed", "counted", "compared"):
        yield f"drop policy if exists {policy} on {table}"
    written = wall.written or wall.seen
    # Not for the monitor's role: its only policy is `counted`, and a third role sees nothing at all.
    to = f"to {WEB}, current_user"
    yield f"create policy seen on {table} for select {to} using ({wall.seen})"
    yield f"create policy added on {table} for insert {to} with check ({written})"
    changed = wall.changed or written
    locked = wall.locked or changed
    yield f"create policy changed on {table} for update {to} using ({locked}) with check ({changed})"
    yield f"create policy removed on {table} for delete {to} using ({written})"


def _compared(table: str, columns: set[str]) -> Iterator[str]:
    """The comparer reads who did something to which case, and when."""
    yield f"grant select ({', '.join(sorted(columns))}) on {table} to {COMPARER}"
    yield f"create policy compared on {table} for select to {COMPARER} using (current_user = '{COMPARER}')"


def _counted(model: type[Model], columns: Iterable[str], *, is_walled: bool) -> Iterator[str]:
    """The monitor reads a table's codes and dates."""
    table = model._meta.db_table
    yield f"grant select ({', '.join(columns)}) on {table} to {MONITOR}"
    if is_walled:
        # By name: the owner is a member of the monitor's role, and must not see with its eyes.
        yield f"create policy counted on {table} for select to {MONITOR} using (current_user = '{MONITOR}')"
