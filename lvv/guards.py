"""What must be true of every row, whoever writes it: the triggers, and the keys that tie a row to its case."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db.models import Model

from accounts.models import AuditEntry, AuditSeal, Disclosure, Import, Organisation
from cases.models import Admission, AdmissionTest, Case, CaseFact, CaseParty, Fact, ImportedCase, Person
from monitor.models import Publication, Release, Reply, Reported, Ruling, Settlement, Signature, Statement, Tally
from mrt.models import (
    Advice,
    Answer,
    Discussion,
    Draft,
    Escalation,
    Preparation,
    Presence,
    Remark,
    Rung,
    Seat,
    Waiver,
)
from scenarios.models import (
    Action,
    ActionReview,
    AgendaItem,
    Correction,
    Decision,
    Invitee,
    ItemAbsence,
    ItemMinutes,
    Nomination,
    Passage,
    Position,
    PositionFile,
    PositionRequest,
    PositionRound,
)

# What nothing may ever change, not even for the owner.
APPEND_ONLY = (AuditEntry, AuditSeal, Disclosure, Signature, Publication, Reply, Ruling, Reported)

# A foreign key does not see the walls (trap 5): each pair must belong together, or a row of one case could be hung on
# (and, where it is unique, block) a row of another.
TIES: tuple[tuple[type[Model], str, type[Model], str], ...] = (
    (CaseParty, "case_id, municipality_id", Case, "id, municipality_id"),
    (ImportedCase, "case_id, municipality_id", Case, "id, municipality_id"),
    (ImportedCase, "source_id, municipality_id", Import, "id, municipality_id"),
    (Case, "person_id, subject", Person, "id, subject"),
    (Admission, "test_id, case_id", AdmissionTest, "id, case_id"),
    (Invitee, "organisation_id, municipality_id", Organisation, "id, municipality_id"),
    (AgendaItem, "nomination_id, case_id", Nomination, "id, case_id"),
    (ItemAbsence, "item_id, case_id", AgendaItem, "id, case_id"),
    (Passage, "item_id, case_id", AgendaItem, "id, case_id"),
    (PositionRound, "item_id, case_id", AgendaItem, "id, case_id"),
    (PositionRequest, "round_id, case_id", PositionRound, "id, case_id"),
    (Position, "request_id, case_id, organisation_id", PositionRequest, "id, case_id, organisation_id"),
    (PositionFile, "position_id, case_id", Position, "id, case_id"),
    (Action, "decision_id, case_id", Decision, "id, case_id"),
    (ActionReview, "action_id, case_id", Action, "id, case_id"),
    (ItemMinutes, "item_id, case_id", AgendaItem, "id, case_id"),
    (Correction, "item_id, case_id, meeting_id", AgendaItem, "id, case_id, meeting_id"),
    (Escalation, "decision_id, case_id", Decision, "id, case_id"),
    (Preparation, "escalation_id, case_id", Escalation, "id, case_id"),
    (Waiver, "escalation_id, case_id", Escalation, "id, case_id"),
    (Seat, "escalation_id, case_id", Escalation, "id, case_id"),
    (Seat, "waiver_id, escalation_id, user_id", Waiver, "id, escalation_id, user_id"),
    (Discussion, "escalation_id, case_id", Escalation, "id, case_id"),
    (Presence, "discussion_id, case_id", Discussion, "id, case_id"),
    (Presence, "seat_id, case_id", Seat, "id, case_id"),
    (Draft, "escalation_id, case_id", Escalation, "id, case_id"),
    (Advice, "escalation_id, case_id", Escalation, "id, case_id"),
    (Remark, "escalation_id, case_id", Escalation, "id, case_id"),
    (Remark, "seat_id, escalation_id, written_by_id", Seat, "id, escalation_id, user_id"),
    (Rung, "escalation_id, case_id", Escalation, "id, case_id"),
    (Answer, "escalation_id, case_id", Escalation, "id, case_id"),
    (Answer, "decision_id, case_id", Decision, "id, case_id"),
    (Statement, "tally_id, round_id", Tally, "id, round_id"),
    (Signature, "statement_id, round_id", Statement, "id, round_id"),
    (Signature, "settlement_id, round_id", Settlement, "id, round_id"),
    (Reported, "source_id, municipality_id", Import, "id, municipality_id"),
    (Release, "replaces_id, round_id", Release, "id, round_id"),
)

FUNCTIONS = (
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
    # Planned, held, closed, and from closed back to held; the day of what took place stays.
    """create or replace function lvv_held_meeting_stays() returns trigger language plpgsql
        as $$
        begin
            if old.status <> 'planned' and new.held_on <> old.held_on
               or (old.status || ' ' || new.status) not in (
                   'planned planned', 'planned held', 'planned cancelled', 'held held', 'held closed', 'closed held',
                   'closed closed', 'cancelled cancelled') then
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
    # Nobody opens a round before its time: all gave their position, or it opens by itself at the deadline.
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
    # A line of the log belongs to the municipalities of the cases through which the visitor sees the persons. Nobody
    # says it themselves.
    """create or replace function lvv_shown_by_municipality() returns trigger language plpgsql as $$
        begin
            if current_user = 'lvv_web' then
                new.municipalities := array(
                    select distinct c.municipality_id from cases_case c
                    where c.person_id = any (new.persons)
                    union select s.municipality_id from monitor_item i
                    join monitor_settlement s on s.id = i.settlement_id
                    where i.person_id = any (new.persons) order by 1);
            end if;
            return new;
        end $$""",
    # Who was involved before sits in the team only with an exception that the LSO allowed (domain 1.3).
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
    """create or replace function lvv_lapsed_round_stays() returns trigger language plpgsql as $$
        begin
            if old.cancelled_at is not null then
                raise exception 'een vervallen ronde verandert niet' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_statement_ends_once() returns trigger language plpgsql as $$
        begin
            if old.withdrawn_at is not null then
                raise exception 'een vervallen verklaring komt niet terug' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_signs_what_stands() returns trigger language plpgsql as $$
        begin
            if exists (select from monitor_statement s
                       where s.id = new.statement_id and s.withdrawn_at is not null) then
                raise exception 'een vervallen verklaring wordt niet ondertekend' using errcode = 'check_violation';
            elsif current_user = 'lvv_web' and not lvv_is_now(new.at) then
                raise exception 'het moment van ondertekenen is nu' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    # What was handed over to find a person by is emptied and never filled again; without the person it goes by itself.
    """create or replace function lvv_item_fades() returns trigger language plpgsql as $$
        declare
            fading constant text[] := array['v_number', 'name', 'born', 'person_id', 'withdrawn_at'];
        begin
            if new.person_id is null and old.person_id is not null then
                new.v_number := '';
                new.name := '';
                new.born := '';
            end if;
            if (to_jsonb(new) - fading) is distinct from (to_jsonb(old) - fading)
               or new.v_number not in ('', old.v_number) or new.name not in ('', old.name)
               or new.born not in ('', old.born)
               or (new.person_id is not null and new.person_id is distinct from old.person_id) then
                raise exception 'wat is voorgelegd verandert niet' using errcode = 'restrict_violation';
            elsif old.withdrawn_at is not null and new.withdrawn_at is distinct from old.withdrawn_at then
                raise exception 'wat is vervallen komt niet terug' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    """create or replace function lvv_item_is_of_its_municipality() returns trigger language plpgsql as $$
        begin
            if new.exit_id is not null and not exists (
                select from cases_exit e join cases_case c on c.id = e.case_id
                join monitor_settlement s on s.id = new.settlement_id
                where e.id = new.exit_id and e.municipality_id = s.municipality_id
                  and (new.person_id is null or new.person_id = c.person_id)) then
                raise exception 'een regel gaat over uitstroom van de gemeente' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
    # Publication is an end: nobody takes back what everybody could read.
    """create or replace function lvv_public_stays_public() returns trigger language plpgsql as $$
        begin
            if (select p.publish_at <= statement_timestamp() from monitor_publication p
                where p.release_id = new.release_id order by p.number desc limit 1) then
                raise exception 'wat openbaar is, blijft openbaar' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    # What was taken over, refused or stopped is an end; and a list is never given another content.
    """create or replace function lvv_import_ends_once() returns trigger language plpgsql as $$
        begin
            if old.finished_at is not null or (new.content is not null and new.content <> old.content) then
                raise exception 'een lijst die klaar is, verandert niet' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    # Who is whom is said by the municipality that knows both.
    """create or replace function lvv_merges_its_own() returns trigger language plpgsql as $$
        begin
            if not exists (select from cases_case c
                           where c.subject = new.same_as and c.municipality_id = new.municipality_id) then
                raise exception 'samenvoegen gaat over twee personen van de gemeente' using errcode = 'check_violation';
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
)


def fact_models() -> list[type[Fact]]:
    """Every kind of fact, read from the running system."""
    return [model for model in apps.get_models() if issubclass(model, Fact)]


def statements() -> Iterator[str]:
    """All triggers and ties, laid anew; the functions must be there."""
    for fact in fact_models():
        yield from _fact(fact._meta.db_table)
    append_only = [model._meta.db_table for model in APPEND_ONLY]
    for table in append_only:
        yield from _trigger(table, "append_only", "update or delete", "lvv_refuse_change")
    for table in (*append_only, *(fact._meta.db_table for fact in fact_models())):
        yield from _truncate_guard(table)
    case_facts = [fact for fact in fact_models() if issubclass(fact, CaseFact)]
    for fact in case_facts:
        yield from _same_case(fact._meta.db_table)
    yield from _ties([*TIES, *((fact, "replaces_id, case_id", fact, "id, case_id") for fact in case_facts)])
    yield from _trigger("cases_caseparty", "part_only_ends", "update", "lvv_part_only_ends")
    yield from _trigger("scenarios_meeting", "held_meeting_stays", "update", "lvv_held_meeting_stays")
    yield from _trigger("scenarios_meeting", "closed_when_decided", "update", "lvv_closed_when_decided")
    yield from _trigger(
        "scenarios_itemminutes", "of_a_held_meeting", "insert or update", "lvv_minutes_of_a_held_meeting"
    )
    yield from _trigger("scenarios_topic", "of_an_open_meeting", "insert or update", "lvv_topic_of_an_open_meeting")
    yield from _trigger("scenarios_positionround", "opens_when_all_gave", "update", "lvv_round_opens_when_all_gave")
    yield from _trigger("scenarios_positionrequest", "given_in_time", "update", "lvv_given_in_time")
    yield from _trigger("scenarios_position", "before_opening", "insert or update", "lvv_position_before_opening")
    yield from _trigger("scenarios_positionfile", "before_opening", "insert or delete", "lvv_file_before_opening")
    yield from _trigger("scenarios_agendaitem", "at_its_own_table", "insert or update", "lvv_at_its_own_table")
    yield from _trigger("monitor_round", "lapsed_round_stays", "update", "lvv_lapsed_round_stays")
    yield from _trigger("monitor_statement", "statement_ends_once", "update", "lvv_statement_ends_once")
    yield from _trigger("monitor_item", "item_fades", "update", "lvv_item_fades")
    yield from _trigger("monitor_item", "of_its_municipality", "insert", "lvv_item_is_of_its_municipality")
    yield from _trigger("monitor_release", "release_stays", "update or delete", "lvv_refuse_change")
    yield from _trigger("monitor_edition", "edition_stays", "update or delete", "lvv_refuse_change")
    yield from _trigger("monitor_publication", "public_stays_public", "insert", "lvv_public_stays_public")
    yield from _trigger("monitor_signature", "signs_what_stands", "insert", "lvv_signs_what_stands")
    yield from _trigger("mrt_seat", "seat_is_independent", "insert", "lvv_seat_is_independent")
    yield from _trigger("mrt_advice", "signed_by_another", "insert", "lvv_signed_by_another")
    yield from _trigger("accounts_disclosure", "shown_by_municipality", "insert", "lvv_shown_by_municipality")
    yield from _trigger("accounts_import", "import_ends_once", "update", "lvv_import_ends_once")
    yield from _trigger("cases_exit", "exit_after_stay", "insert", "lvv_exit_after_stay")
    yield from _trigger("cases_merge", "merges_its_own", "insert", "lvv_merges_its_own")
    yield from _trigger("cases_case", "case_keeps_its_key", "update", "lvv_case_keeps_its_key")
    yield from _trigger("scenarios_decision", "decided_at_a_held_meeting", "insert", "lvv_decided_at_a_held_meeting")
    yield from _trigger("scenarios_scenario", "adopted_by_decision", "insert", "lvv_adopted_by_decision")


def _fact(table: str) -> Iterator[str]:
    """A fact is withdrawn but never edited."""
    yield from _trigger(table, "withdrawn_never_edited", "update or delete", "lvv_guard_fact")
    yield from _trigger(table, "recorded_when_it_says", "insert", "lvv_guard_recording")


def _same_case(table: str) -> Iterator[str]:
    """A fact of a case carries that case's municipality and pseudonym."""
    yield f"alter table {table} drop constraint if exists {table}_same_case"
    yield (
        f"alter table {table} add constraint {table}_same_case foreign key (case_id, municipality_id, subject)"
        " references cases_case (id, municipality_id, subject) deferrable initially deferred"
    )


def _trigger(table: str, name: str, events: str, function: str) -> Iterator[str]:
    yield f"drop trigger if exists {name} on {table}"
    yield f"create trigger {name} before {events} on {table} for each row execute function {function}()"


def _truncate_guard(table: str) -> Iterator[str]:
    yield f"drop trigger if exists never_emptied on {table}"
    yield f"create trigger never_emptied before truncate on {table} execute function lvv_refuse_change()"


def _ties(ties: Iterable[tuple[type[Model], str, type[Model], str]]) -> Iterator[str]:
    """Composite foreign keys, each on a key of its own; dropped first, so that it may be run again."""
    named = [
        (model._meta.db_table, columns, target._meta.db_table, key, f"{model._meta.db_table}_{columns.split('_id')[0]}")
        for model, columns, target, key in ties
    ]
    keys = {(target, key): f"{target}_{'_'.join(key.split(', ')[1:])}_key" for _, _, target, key, _ in named}
    for table, _, _, _, name in named:
        yield f"alter table {table} drop constraint if exists {name}_tie"
    for (table, columns), name in keys.items():
        yield f"alter table {table} drop constraint if exists {name}"
        yield f"alter table {table} add constraint {name} unique ({columns})"
    for table, columns, target, key, name in named:
        yield (f"alter table {table} add constraint {name}_tie foreign key ({columns}) references {target} ({key})")
