"""Who may see and write the rows of rounds, statements, settlements and releases; and what the monitor's role reads."""

from django.db.models import Model

from accounts.models import Import
from accounts.security import BY_ONESELF, DIRECTS, IS_BUREAU, WORKS_HERE
from cases.security import fact_models
from core.walls import Grant, Security, Tie, Trigger, Wall
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

# Tallies and statements are visible to their municipality and to the programme bureau.
OF_A_TALLY = "exists (select from monitor_tally t where t.id = tally_id)"
OF_A_DIRECTED_TALLY = f"exists (select from monitor_tally t where t.id = tally_id and t.{DIRECTS})"
OF_A_STATEMENT = "exists (select from monitor_statement s where s.id = statement_id)"
ENDED_BY_ITS_OWN = f"""((withdrawal in ('touched', 'taken_back') and {OF_A_DIRECTED_TALLY})
    or (withdrawal in ('touched', 'sent_back') and {OF_A_TALLY} and {IS_BUREAU}))"""


# The municipality and the partner at its table take part in a settlement. The bureau sees how far they are, and no
# persons.
def settles(settlement: str) -> str:
    """SQL: the user works for the partner of the settlement. `settlement` is the name or alias of its table."""
    return f"{settlement}.municipality_id in (select lvv_partnered_municipalities({settlement}.partner))"


def of_a_settlement(condition: str, key: str = "settlement_id") -> str:
    """SQL: the column `key` refers to a settlement, called `s` in `condition`, for which `condition` holds."""
    return f"exists (select from monitor_settlement s where s.id = {key} and {condition})"


def of_an_item(condition: str, key: str = "item_id") -> str:
    """SQL: the column `key` refers to an item, called `i` in `condition`, for which `condition` holds."""
    return f"exists (select from monitor_item i where i.id = {key} and {condition})"


SETTLES_OURS = settles("monitor_settlement")
DIRECTS_IT, SETTLES_IT = f"s.{DIRECTS}", settles("s")
OF_OUR_SETTLEMENT = of_a_settlement(f"({DIRECTS_IT} or {SETTLES_IT})")
OF_A_DIRECTED_SETTLEMENT = of_a_settlement(DIRECTS_IT)
OF_A_PARTNERS_SETTLEMENT = of_a_settlement(SETTLES_IT)
OF_AN_ITEM = "exists (select from monitor_item i where i.id = item_id)"
OF_A_REPLY = "exists (select from monitor_reply r where r.id = reply_id)"
OF_A_PARTNERS_ITEM = of_an_item(of_a_settlement(SETTLES_IT, "i.settlement_id"))
OF_A_DIRECTED_ITEM = of_an_item(of_a_settlement(DIRECTS_IT, "i.settlement_id"), "r.item_id")
OF_A_DIRECTED_REPLY = f"exists (select from monitor_reply r where r.id = reply_id and {OF_A_DIRECTED_ITEM})"
SIGNED_BY_ONESELF = f"""(user_id = (select lvv_user())
    and party_id = any (array(select lvv_organisations())) and (
    (kind = 'settled' and exists (select from monitor_settlement s join accounts_organisation o on o.id = party_id
        where s.id = settlement_id and o.kind = s.partner and o.municipality_id = s.municipality_id))
    or (kind = 'stated' and exists (select from monitor_statement s join monitor_tally t on t.id = s.tally_id
        join accounts_organisation o on o.id = party_id
        where s.id = statement_id and o.kind = 'municipality' and o.municipality_id = t.municipality_id))
    or (kind = 'accepted' and {OF_A_STATEMENT} and {IS_BUREAU} and exists (
        select from accounts_organisation o where o.id = party_id and o.kind = 'programme'))))"""


def is_public(release: str) -> str:
    """SQL: the release in the column `release` is published, and the moment of publication has passed."""
    return f"""coalesce((select p.publish_at <= statement_timestamp() from monitor_publication p
    where p.release_id = {release} order by p.number desc limit 1), false)"""


IS_PUBLIC = is_public("monitor_release.id")
# From then on everybody reads the edition, also without logging in.
IS_PUBLIC_EDITION = is_public("monitor_edition.release_id")
OF_A_RELEASE = "exists (select from monitor_release r where r.id = release_id)"
READS_EARLY = """exists (select from monitor_earlyreader e
    where e.release_id = monitor_release.id and e.user_id = (select lvv_user()) and e.ended_at is null)"""

WALLS: dict[type[Model], Wall] = {
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
        f"({DIRECTS} or {SETTLES_OURS} or {IS_BUREAU})",
        IS_BUREAU,
        changed=f"({DIRECTS} or {SETTLES_OURS})",
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

FUNCTIONS = (
    # The municipalities that hold data of persons: through their cases, and through items that a partner was handed.
    """create or replace function lvv_municipalities_of(of_persons uuid[]) returns setof bigint language plpgsql stable
        as $$
        begin
            return query select c.municipality_id from cases_case c where c.person_id = any (of_persons)
                union select s.municipality_id from monitor_item i
                join monitor_settlement s on s.id = i.settlement_id
                where i.person_id = any (of_persons) order by 1;
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
    # The identity in an item may be erased and is never filled again. Deleting the person erases it too.
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
    # A release that is public can't be withdrawn from publication: everybody could read it.
    """create or replace function lvv_public_stays_public() returns trigger language plpgsql as $$
        begin
            if (select p.publish_at <= statement_timestamp() from monitor_publication p
                where p.release_id = new.release_id order by p.number desc limit 1) then
                raise exception 'wat openbaar is, blijft openbaar' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
)

TRIGGERS = (
    Trigger(Round, "lapsed_round_stays", "update", "lvv_lapsed_round_stays"),
    Trigger(Statement, "statement_ends_once", "update", "lvv_statement_ends_once"),
    Trigger(Item, "item_fades", "update", "lvv_item_fades"),
    Trigger(Item, "of_its_municipality", "insert", "lvv_item_is_of_its_municipality"),
    Trigger(Release, "release_stays", "update or delete", "lvv_refuse_change"),
    Trigger(Edition, "edition_stays", "update or delete", "lvv_refuse_change"),
    Trigger(Publication, "public_stays_public", "insert", "lvv_public_stays_public"),
    Trigger(Signature, "signs_what_stands", "insert", "lvv_signs_what_stands"),
)

TIES = (
    Tie(Statement, "tally_id, round_id", Tally, "id, round_id"),
    Tie(Signature, "statement_id, round_id", Statement, "id, round_id"),
    Tie(Signature, "settlement_id, round_id", Settlement, "id, round_id"),
    Tie(Reported, "source_id, municipality_id", Import, "id, municipality_id"),
    Tie(Release, "replaces_id, round_id", Release, "id, round_id"),
)

SECURITY = Security(
    walls=WALLS,
    functions=FUNCTIONS,
    triggers=TRIGGERS,
    ties=TIES,
    append_only=(Signature, Publication, Reply, Ruling, Reported),
    # The monitor's role reads codes and dates of facts, of reviews and of settlements: no persons and no free text.
    counted={
        **{fact: counted_columns(fact) for fact in fact_models()},
        **reviews.COLUMNS,
        **settlements.COLUMNS,
    },
)
