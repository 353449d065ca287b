"""The walls of meetings, positions, decisions, actions and questions."""

from django.db.models import Model

from accounts.models import Organisation
from accounts.security import AT_THE_TABLE, DIRECTS, OWN_ORGANISATION
from cases.security import BY_ITS_OWNER, OF_A_CASE, OF_A_DIRECTED_CASE
from core.walls import Grant, Moves, Security, Tie, Trigger, Wall
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
    Scenario,
    TableRules,
    Topic,
    outcomes,
)

OF_A_MEETING = "exists (select from scenarios_meeting m where m.id = meeting_id)"
OF_A_DIRECTED_MEETING = """exists (select from scenarios_meeting m where m.id = meeting_id
    and m.municipality_id = any (array(select lvv_directed_municipalities())))"""
ASKED_BY_US = "asker_id = any (array(select lvv_organisations()))"
FOR_ITS_READERS = f"(readers = '{{}}' or readers && array(select lvv_organisations()) or {OWN_ORGANISATION})"
# A position is hidden from other organisations until its round is open: all gave theirs, or the deadline passed.
IS_READABLE = """exists (
    select from scenarios_positionrequest q
    where q.id = request_id and q.given_at is not null and lvv_round_is_open(q.round_id))"""
OF_A_CLOSED_MEETING = """exists (
    select from scenarios_agendaitem i join scenarios_meeting m on m.id = i.meeting_id
    where i.id = item_id and m.status = 'closed')"""
OF_VISIBLE_MINUTES = f"{OF_A_MEETING} and (case_id is null or {OF_A_CASE})"

WALLS: dict[type[Model], Wall] = {
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
    ItemAbsence: Wall(Grant.ADD_REMOVE, OF_A_CASE, OF_A_DIRECTED_CASE),
    Passage: Wall(
        Grant.ADD_REMOVE, f"{OF_A_CASE} and {FOR_ITS_READERS}", f"{OF_A_DIRECTED_CASE} and {OWN_ORGANISATION}"
    ),
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
        Grant.ADD_REMOVE,
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
}

MAY_CARRY_A_SCENARIO = ", ".join(f"'{code}'" for code in sorted(outcomes.with_a_scenario()))

FUNCTIONS = (
    """create or replace function lvv_decided_at_a_held_meeting() returns trigger language plpgsql as $$
        begin
            if not exists (select from scenarios_agendaitem i join scenarios_meeting m on m.id = i.meeting_id
                           where i.id = new.item_id and i.case_id = new.case_id and m.status = 'held'
                             and m.held_on = new.decided_on) then
                raise exception 'een besluit hoort bij een gehouden overleg' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    f"""create or replace function lvv_adopted_by_decision() returns trigger language plpgsql as $$
        begin
            if not exists (select from scenarios_decision d where d.id = new.decision_id and d.case_id = new.case_id
                           and d.decided_on <= new.valid_from
                           and d.outcome in ({MAY_CARRY_A_SCENARIO})) then
                raise exception 'een scenario bestaat alleen door een besluit van het LSO'
                    using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_day_of_a_held_meeting() returns trigger language plpgsql
        as $$
        begin
            if old.status <> 'planned' and new.held_on <> old.held_on then
                raise exception 'een gehouden of vervallen overleg verandert niet' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_closed_when_decided() returns trigger language plpgsql
        as $$
        begin
            if new.status = 'closed' and old.status <> 'closed' and exists (
                select from scenarios_agendaitem i join cases_case c on c.id = i.case_id
                where i.meeting_id = new.id and c.closed_on is null
                  and not exists (select from scenarios_decision d where d.item_id = i.id)) then
                raise exception 'een overleg sluit pas als over alles is besloten' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_minutes_of_a_held_meeting() returns trigger language plpgsql
        as $$
        begin
            if not exists (select from scenarios_agendaitem i join scenarios_meeting m on m.id = i.meeting_id
                           where i.id = new.item_id and m.status = 'held') then
                raise exception 'het verslag van een afgesloten overleg verandert niet'
                    using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_topic_of_an_open_meeting() returns trigger language plpgsql
        as $$
        begin
            if not exists (select from scenarios_meeting m
                           where m.id = new.meeting_id and m.status in ('planned', 'held')) then
                raise exception 'het verslag van een afgesloten overleg verandert niet'
                    using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    # `opened_at` can be set once, and only when all have given their position. At the deadline the round is open
    # without it.
    """create or replace function lvv_round_opens_when_all_gave() returns trigger language plpgsql
        as $$
        begin
            if new.opened_at is not distinct from old.opened_at then
                return new;
            elsif old.opened_at is not null
               or not exists (select from scenarios_positionrequest q where q.round_id = new.id)
               or exists (select from scenarios_positionrequest q where q.round_id = new.id and q.given_at is null) then
                raise exception 'een ronde gaat open als allen hun standpunt gaven' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_round_is_open(of_round uuid) returns boolean language plpgsql stable as $$
        begin
            return exists (select from scenarios_positionround r where r.id = of_round
                           and (r.opened_at is not null or r.due_at <= statement_timestamp()));
        end $$""",
    """create or replace function lvv_given_in_time() returns trigger language plpgsql
        as $$
        begin
            if old.given_at is not null or old.missed_at is not null then
                raise exception 'wat is gegeven of gemist blijft zo' using errcode = 'restrict_violation';
            elsif new.given_at is not null and current_user = 'lvv_web' and lvv_round_is_open(new.round_id) then
                raise exception 'de ronde is al geopend' using errcode = 'restrict_violation';
            elsif new.given_at is not null and not exists (
                select from scenarios_position p where p.request_id = new.id and p.stance <> '') then
                raise exception 'een gegeven standpunt zegt iets' using errcode = 'check_violation';
            elsif new.missed_at is not null and not exists (
                select from scenarios_positionround r where r.id = new.round_id and r.due_at <= new.missed_at) then
                raise exception 'een standpunt is pas gemist na de uiterste datum' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_position_before_opening() returns trigger language plpgsql
        as $$
        begin
            if current_user = 'lvv_web' and exists (
                select from scenarios_positionrequest q
                where q.id = new.request_id and lvv_round_is_open(q.round_id)) then
                raise exception 'een geopend standpunt verandert niet' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_file_before_opening() returns trigger language plpgsql
        as $$
        declare
            of_position uuid;
        begin
            of_position := case when tg_op = 'DELETE' then old.position_id else new.position_id end;
            if current_user = 'lvv_web' and exists (
                select from scenarios_position p join scenarios_positionrequest q on q.id = p.request_id
                where p.id = of_position and lvv_round_is_open(q.round_id)) then
                raise exception 'een geopend standpunt verandert niet' using errcode = 'restrict_violation';
            end if;
            return case when tg_op = 'DELETE' then old else new end;
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
)

TRIGGERS = (
    Trigger(Meeting, "day_of_a_held_meeting", "update", "lvv_day_of_a_held_meeting"),
    Trigger(Meeting, "closed_when_decided", "update", "lvv_closed_when_decided"),
    Trigger(ItemMinutes, "of_a_held_meeting", "insert or update", "lvv_minutes_of_a_held_meeting"),
    Trigger(Topic, "of_an_open_meeting", "insert or update", "lvv_topic_of_an_open_meeting"),
    Trigger(PositionRound, "opens_when_all_gave", "update", "lvv_round_opens_when_all_gave"),
    Trigger(PositionRequest, "given_in_time", "update", "lvv_given_in_time"),
    Trigger(Position, "before_opening", "insert or update", "lvv_position_before_opening"),
    Trigger(PositionFile, "before_opening", "insert or delete", "lvv_file_before_opening"),
    Trigger(AgendaItem, "at_its_own_table", "insert or update", "lvv_at_its_own_table"),
    Trigger(Decision, "decided_at_a_held_meeting", "insert", "lvv_decided_at_a_held_meeting"),
    Trigger(Scenario, "adopted_by_decision", "insert", "lvv_adopted_by_decision"),
)

# The ways from one status of a meeting to another: planned, held, closed, and from closed back to held.
MOVES = (
    Moves(
        Meeting,
        "status",
        {
            "planned": ("planned", "held", "cancelled"),
            "held": ("held", "closed"),
            "closed": ("closed", "held"),
            "cancelled": ("cancelled",),
        },
        says="een gehouden of vervallen overleg verandert niet",
    ),
)

TIES = (
    Tie(Invitee, "organisation_id, municipality_id", Organisation, "id, municipality_id"),
    Tie(AgendaItem, "nomination_id, case_id", Nomination, "id, case_id"),
    Tie(ItemAbsence, "item_id, case_id", AgendaItem, "id, case_id"),
    Tie(Passage, "item_id, case_id", AgendaItem, "id, case_id"),
    Tie(PositionRound, "item_id, case_id", AgendaItem, "id, case_id"),
    Tie(PositionRequest, "round_id, case_id", PositionRound, "id, case_id"),
    Tie(Position, "request_id, case_id, organisation_id", PositionRequest, "id, case_id, organisation_id"),
    Tie(PositionFile, "position_id, case_id", Position, "id, case_id"),
    Tie(Action, "decision_id, case_id", Decision, "id, case_id"),
    Tie(ActionReview, "action_id, case_id", Action, "id, case_id"),
    Tie(ItemMinutes, "item_id, case_id", AgendaItem, "id, case_id"),
    Tie(Correction, "item_id, case_id, meeting_id", AgendaItem, "id, case_id, meeting_id"),
)

SECURITY = Security(walls=WALLS, functions=FUNCTIONS, triggers=TRIGGERS, ties=TIES, moves=MOVES)
