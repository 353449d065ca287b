"""The walls of persons, cases and all facts.

All of them rest on the parties of a case (`CaseParty`). A user sees a case when an organisation of theirs takes part in
it now, and sees the rows of a case when they see the case. `core/walls.py` explains how a wall is declared and laid.
"""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from accounts.models import Import
from accounts.security import DIRECTS, OWN_ORGANISATION
from cases.models import (
    Admission,
    AdmissionAnswer,
    AdmissionTest,
    Case,
    CaseFact,
    CaseParty,
    Covenant,
    CovenantDeviation,
    Exit,
    Fact,
    IdentityStatement,
    ImportedCase,
    Merge,
    Note,
    Person,
)
from cases.models.cases import CLOCKS_DIFFER
from core.walls import ASKED, Grant, Security, Tie, Trigger, Wall, never_emptied


def fact_models() -> list[type[Fact]]:
    """All models of facts, also those of the rooms above."""
    return [model for model in apps.get_models() if issubclass(model, Fact)]


def case_fact_models() -> list[type[CaseFact]]:
    """All models of facts that are about a case."""
    return [model for model in fact_models() if issubclass(model, CaseFact)]


# The same condition as `CaseParty.objects.running()`.
RUNNING = f"""p.since <= statement_timestamp() + interval '{CLOCKS_DIFFER.total_seconds():.0f} seconds'
      and (p.until is null or p.until > statement_timestamp())"""
# `x >= y` beside `x = y` does not change the answer. It keeps the planner from building a hash of all rows that the
# user sees; instead the planner looks up this one row.
OF_A_CASE = "exists (select from cases_case c where c.id = case_id and case_id >= c.id)"


def of_a_person(key: str) -> str:
    """SQL: the user sees a case of the person in the column `key`."""
    return f"exists (select from cases_case c where c.person_id = {key} and {key} >= c.person_id)"


def takes_part(key: str) -> str:
    """SQL: the user takes part in the case in the column `key`, by an organisation or as a member of the MRT."""
    return f"""exists (
    select from cases_caseparty p
    where p.case_id = {key} and {key} >= p.case_id
      and p.organisation_id = any (array(select lvv_organisations()))
      and (p.user_id is null or p.user_id = (select lvv_user())) and {RUNNING})"""


OWN_PART = """(organisation_id = any (array(select lvv_organisations()))
    and (user_id is null or user_id = (select lvv_user())))"""
GRANTED = "granted_by_id = any (array(select lvv_organisations()))"
OF_A_DIRECTED_CASE = f"""exists (select from cases_case c where c.id = case_id and case_id >= c.id and c.{DIRECTS})"""
# For a row of a case that belongs to one organisation: that organisation may change it, and so may the municipality.
BY_ITS_OWNER = f"{OF_A_CASE} and ({OWN_ORGANISATION} or {OF_A_DIRECTED_CASE})"
COORDINATES = "lvv_coordinates(case_id)"
COMPARTMENT = """(compartment = 'shared'
    or (compartment = 'own' and organisation_id = any (array(select lvv_organisations())))
    or (compartment = 'medical' and organisation_id = any (array(select lvv_organisations('care_professional')))))"""
OF_ITS_PERSON = """exists (select from cases_case c
    where c.id = case_id and c.person_id = cases_importedcase.person_id)"""

WALLS: dict[type[Model], Wall] = {
    Covenant: Wall(Grant.READ),
    CovenantDeviation: Wall(Grant.READ),
    Person: Wall(
        Grant.EDIT,
        of_a_person("cases_person.id"),
        "true",
        changed=of_a_person("cases_person.id"),
        columns="v_number, version",
    ),
    IdentityStatement: Wall(
        Grant.EDIT,
        of_a_person("cases_identitystatement.person_id"),
        columns="is_leading",
    ),
    Case: Wall(
        Grant.EDIT,
        takes_part("cases_case.id"),
        DIRECTS,
        changed=takes_part("cases_case.id"),
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
    **{fact: Wall(Grant.FACT, OF_A_CASE) for fact in case_fact_models()},
}

FUNCTIONS = (
    ASKED.format(
        name="lvv_coordinates(of_case uuid)",
        kind="boolean",
        answer=f"""exists (
            select from cases_caseparty p
            where p.case_id = of_case and p.basis = 'mrt' and p.user_id is null and {RUNNING}
              and p.organisation_id in (select lvv_organisations('mrt_coordinator')))""",
    ),
    # Whether the user is a member of the MRT for this case, in the team or beside it.
    ASKED.format(
        name="lvv_sits(of_case uuid)",
        kind="boolean",
        answer=f"""exists (
            select from cases_caseparty p
            where p.case_id = of_case and p.basis = 'mrt' and p.user_id = lvv_user() and {RUNNING}
              and p.organisation_id in (select lvv_organisations()))""",
    ),
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
    # The web can't record a fact as if it were known earlier. Only the owner can, as for the demo world.
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
    # A part that has ended never runs again, and no part is made longer. A new one is made, which says who granted it.
    """create or replace function lvv_part_only_ends() returns trigger language plpgsql
        as $$
        begin
            if new.until is null or old.until < new.until then
                raise exception 'een deelname eindigt, zij wordt nooit verlengd' using errcode = 'restrict_violation';
            end if;
            return new;
        end $$""",
    # Only a municipality that has a case of both persons can merge them.
    """create or replace function lvv_merges_its_own() returns trigger language plpgsql as $$
        begin
            if not exists (select from cases_case c
                           where c.subject = new.same_as and c.municipality_id = new.municipality_id) then
                raise exception 'samenvoegen gaat over twee personen van de gemeente' using errcode = 'check_violation';
            end if;
            return new;
        end $$""",
)

TRIGGERS = (
    Trigger(CaseParty, "part_only_ends", "update", "lvv_part_only_ends"),
    Trigger(Exit, "exit_after_stay", "insert", "lvv_exit_after_stay"),
    Trigger(Merge, "merges_its_own", "insert", "lvv_merges_its_own"),
    Trigger(Case, "case_keeps_its_key", "update", "lvv_case_keeps_its_key"),
)


def _of_facts() -> Iterator[Trigger]:
    """The triggers of each fact: it can be withdrawn, and never edited or deleted."""
    for fact in fact_models():
        yield Trigger(fact, "withdrawn_never_edited", "update or delete", "lvv_guard_fact")
        yield Trigger(fact, "recorded_when_it_says", "insert", "lvv_guard_recording")
        yield never_emptied(fact)


TIES = (
    Tie(CaseParty, "case_id, municipality_id", Case, "id, municipality_id"),
    Tie(ImportedCase, "case_id, municipality_id", Case, "id, municipality_id"),
    Tie(ImportedCase, "source_id, municipality_id", Import, "id, municipality_id"),
    Tie(Case, "person_id, subject", Person, "id, subject"),
    Tie(Admission, "test_id, case_id", AdmissionTest, "id, case_id"),
)


def _ties_of_facts() -> Iterator[Tie]:
    """The ties of each fact: it has the municipality and pseudonym of its case, and replaces a fact of that case."""
    key = "municipality_id, subject"
    for fact in case_fact_models():
        yield Tie(fact, f"case_id, {key}", Case, f"id, {key}", name="same_case", is_deferred=True, has_key=True)
        yield Tie(fact, "replaces_id, case_id", fact, "id, case_id")


SECURITY = Security(
    walls=WALLS,
    functions=FUNCTIONS,
    triggers=(*TRIGGERS, *_of_facts()),
    ties=(*TIES, *_ties_of_facts()),
)
