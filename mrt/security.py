"""The walls of the MRT: its requests, team, drafts, advices and answers."""

from django.db.models import Model

from accounts.security import OWN_ORGANISATION
from cases.security import COORDINATES, OF_A_CASE, OF_A_DIRECTED_CASE
from core.roles import COMPARER
from core.walls import Grant, Security, Tie, Trigger, Wall
from mrt import independence
from mrt.models import Advice, Answer, Discussion, Draft, Escalation, Preparation, Presence, Remark, Rung, Seat, Waiver
from scenarios.models import Decision

# The team and its coordinator, of a case that they see.
OF_THE_TEAM = f"{OF_A_CASE} and ({COORDINATES} or lvv_sits(case_id))"


def before_the_advice(table: str) -> str:
    """The policy of what the team writes: only the team and its coordinator see it until the advice stands.

    `table` is the table that the policy is for.
    """
    return f"""({OF_THE_TEAM} or ({OF_A_CASE} and exists (
    select from mrt_advice a where a.escalation_id = {table}.escalation_id and a.withdrawn_at is null)))"""


WALLS: dict[type[Model], Wall] = {
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
        before_the_advice("mrt_draft"),
        COORDINATES,
        columns="direction, no_durable_solution, obstacles, text, conditions, version, edited_by_id, edited_at",
    ),
    Remark: Wall(
        Grant.ADD_REMOVE,
        before_the_advice("mrt_remark"),
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
}

FUNCTIONS = (
    independence.comparison_function(COMPARER),
    # A member who was involved before gets a seat only with a waiver that the LSO granted (domain 1.3).
    """create or replace function lvv_seat_is_independent() returns trigger language plpgsql
        as $$
        begin
            if new.role not in ('ind', 'dtv') then
                return new;
            elsif new.waiver_id is not null and not exists (
                select from mrt_waiver w where w.id = new.waiver_id and w.is_granted) then
                raise exception 'de uitzondering is niet toegestaan' using errcode = 'check_violation';
            elsif new.waiver_id is null and exists (
                select from lvv_involvements(new.escalation_id, array[new.user_id])) then
                raise exception 'een lid was eerder betrokken' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_signed_by_another() returns trigger language plpgsql
        as $$
        begin
            if current_user = 'lvv_web' and (new.drafted_by_id = new.recorded_by_id or not exists (
                select from mrt_draft d where d.escalation_id = new.escalation_id and d.edited_by_id = new.drafted_by_id
                  and (d.direction, d.no_durable_solution, d.obstacles, d.text, d.conditions)
                    = (new.direction, new.no_durable_solution, new.obstacles, new.text, new.conditions))) then
                raise exception 'een advies is zijn concept, door een ander ondertekend'
                    using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
)

TRIGGERS = (
    Trigger(Seat, "seat_is_independent", "insert", "lvv_seat_is_independent"),
    Trigger(Advice, "signed_by_another", "insert", "lvv_signed_by_another"),
)

TIES = (
    Tie(Escalation, "decision_id, case_id", Decision, "id, case_id"),
    Tie(Preparation, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Waiver, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Seat, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Seat, "waiver_id, escalation_id, user_id", Waiver, "id, escalation_id, user_id"),
    Tie(Discussion, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Presence, "discussion_id, case_id", Discussion, "id, case_id"),
    Tie(Presence, "seat_id, case_id", Seat, "id, case_id"),
    Tie(Draft, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Advice, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Remark, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Remark, "seat_id, escalation_id, written_by_id", Seat, "id, escalation_id, user_id"),
    Tie(Rung, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Answer, "escalation_id, case_id", Escalation, "id, case_id"),
    Tie(Answer, "decision_id, case_id", Decision, "id, case_id"),
)

SECURITY = Security(
    walls=WALLS, functions=FUNCTIONS, triggers=TRIGGERS, ties=TIES, compared=independence.columns_read()
)
