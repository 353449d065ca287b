"""Writes that the second wall refuses, within a municipality and between two: hijacks, revivals and squatting."""

import uuid
from datetime import date, datetime

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, transaction

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from accounts.permissions import Role
from cases import parties
from cases.models import Case, CaseFact, CaseParty, IdentityStatement, PartyBasis, Stay
from monitor.publishing.export import counted_columns
from mrt.escalation import coordinating_team
from scenarios.meetings import planning
from tests.accounts.conftest import World
from tests.accounts.sql import Row, another, refused, refused_row, run, value
from tests.conftest import CaseOf, Hire


def test_a_municipality_does_not_make_itself_party_to_another_citys_case(
    sheltered: CaseOf, worker: User, outsider: User, now: datetime
) -> None:
    case = sheltered(worker)
    own = outsider.memberships.get().organisation
    assert own.municipality_id is not None
    with pytest.raises(IntegrityError, match="cases_caseparty_case_tie"), acting_as(outsider):
        CaseParty.objects.create(
            case=case, municipality_id=own.municipality_id, organisation=own, granted_by=own, basis="directs", since=now
        )


def test_a_partner_does_not_revive_its_ended_part(world: World, chair: User, ind_member: User, now: datetime) -> None:
    part = CaseParty.objects.filter(organisation=ind_member.memberships.get().organisation)
    with acting_as(chair):
        parties.let_go(part.get(case=world.stuck), by=chair, at=now)
    with acting_as(ind_member):
        assert part.update(until=None) == 0
    with pytest.raises(DatabaseError, match="nooit verlengd"), acting_as(chair):
        part.update(until=None)


def test_knowing_the_id_of_a_person_does_not_tie_them_to_a_case(
    sheltered: CaseOf, worker: User, outsider: User, today: date
) -> None:
    case = sheltered(worker)
    municipality = outsider.memberships.get().organisation.municipality
    assert municipality is not None
    with pytest.raises(IntegrityError, match="cases_case_person_tie"), acting_as(outsider):
        Case.objects.create(
            number="UTR-99999",
            municipality=municipality,
            person_id=case.person_id,
            subject="00000000-0000-0000-0000-000000000001",
            registered_on=today,
            worker=outsider,
        )


def test_the_monitor_reads_codes_and_dates_and_no_free_text(db: None) -> None:
    for model in (m for m in apps.get_models() if issubclass(m, CaseFact)):
        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            expected = field.attname in counted_columns(model)
            assert (
                value("select has_column_privilege('lvv_monitor', %s, %s, 'select')", table, field.attname) is expected
            )
    assert "location" not in counted_columns(Stay)
    assert "over_capacity_reason" not in counted_columns(Stay)


def test_a_partner_does_not_close_or_cut_loose_a_case(
    sheltered: CaseOf, worker: User, ind_member: User, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(worker):
        parties.bring_in(case, ind_member.memberships.get().organisation, by=worker, at=now)
    for change in ("person_id = null", "closed_on = current_date", f"worker_id = {ind_member.pk}"):
        with acting_as(ind_member):
            assert "alleen de gemeente" in refused(f"update cases_case set {change} where id = %s", case.pk)
            assert refused("update cases_case set version = version + 1 where id = %s", case.pk) == ""


def test_a_partner_does_not_move_a_meeting_or_its_agenda(world: World, ind_member: User) -> None:
    with acting_as(ind_member):
        assert run("update scenarios_meeting set held_on = held_on - 300") == 0
        assert run("delete from scenarios_agendaitem") == 0
        assert run("update scenarios_attendance set is_present = true") == 0
    with acting_as(ind_member):
        assert "permission denied" in refused("update scenarios_agendaitem set question = 'x'")


def test_a_held_meeting_stays_held_on_its_day(world: World, chair: User) -> None:
    for change in ("status = 'planned'", "held_on = held_on - 300"):
        with acting_as(chair):
            assert "overleg verandert niet" in refused(f"update scenarios_meeting set {change}")


def test_a_case_is_not_put_on_another_citys_agenda(
    sheltered: CaseOf, worker: User, outsider: User, today: date, now: datetime
) -> None:
    case = sheltered(worker)
    with acting_as(outsider):
        municipality = outsider.memberships.get().organisation.municipality
        assert municipality is not None
        meeting = planning.plan(municipality, held_on=today, place="U", by=outsider, at=now)
    with acting_as(worker):
        message = refused(
            'insert into scenarios_agendaitem (id, meeting_id, case_id, purpose, question, "order")'
            " values (gen_random_uuid(), %s, %s, 'scenario', '', 1)",
            meeting.pk,
            case.pk,
        )
    assert "eigen gemeente" in message


@pytest.mark.parametrize("table", ["mrt_seat", "mrt_discussion", "mrt_preparation"])
def test_a_row_of_the_mrt_is_not_tied_to_another_case(world: World, chair: User, table: str) -> None:
    """Its owner could not see it, and it would take a place that only one row can have."""
    with acting_as(chair):
        row: Row = another(table) | {"case_id": str(world.case.pk), "subject": str(world.case.subject)}
        message = refused_row(table, row)
    assert f"{table}_escalation_tie" in message, message


def test_a_correction_does_not_replace_a_fact_of_another_case(world: World, chair: User, now: datetime) -> None:
    with acting_as(chair):
        foreign = str(value("select id from cases_procedure limit 1"))
        row: Row = another("cases_procedure") | {
            "case_id": str(world.stuck.pk),
            "subject": str(world.stuck.subject),
            "replaces_id": foreign,
        }
        assert "cases_procedure_replaces_tie" in refused_row("cases_procedure", row)


def test_nobody_writes_a_note_in_the_name_of_another(
    sheltered: CaseOf, worker: User, ind_member: User, now: datetime
) -> None:
    case = sheltered(worker)
    own, other = ind_member.memberships.get().organisation, worker.memberships.get().organisation
    with acting_as(worker):
        parties.bring_in(case, own, by=worker, at=now)
    for organisation, writer in ((other, ind_member), (own, worker)):
        with acting_as(ind_member):
            row: Row = {"id": str(value("select gen_random_uuid()")), "case_id": str(case.pk), "compartment": "shared"}
            row |= {"organisation_id": organisation.pk, "written_by_id": writer.pk, "text": "x", "written_at": "now"}
            assert "row-level security" in refused_row("cases_note", row)


def test_the_log_of_what_was_shown_is_for_the_privacy_officer_of_that_city(
    case_of: CaseOf, worker: User, outsider: User, hire: Hire, now: datetime
) -> None:
    case = case_of(worker)
    bureau, own, other = (
        hire(Role.PRIVACY_OFFICER, where) for where in ("Programmabureau LVV", "Gemeente Amsterdam", "Gemeente Utrecht")
    )
    line = {"at": now, "page": "x", "permission": "see_cases"}
    with acting_as(worker):
        Disclosure.objects.create(user_id=worker.pk, persons=[case.person_id], **line)
        Disclosure.objects.create(user_id=worker.pk, persons=[uuid.uuid4()], **line)
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Disclosure.objects.create(user_id=outsider.pk, persons=[], **line)
    seen = {}
    for user in (worker, outsider, bureau, own, other):
        with acting_as(user):
            in_application = Disclosure.objects.visible_to(user).count()
            seen[user] = (in_application, Disclosure.objects.count())
    # Who was shown a person adds the line, so the database shows it to them; no page does.
    assert seen == {worker: (0, 2), outsider: (0, 0), bureau: (2, 2), own: (1, 1), other: (0, 0)}


def test_a_line_of_the_log_belongs_to_the_cities_whose_cases_were_seen(
    sheltered: CaseOf, worker: User, outsider: User, hire: Hire, now: datetime
) -> None:
    cases = [sheltered(worker), sheltered(outsider)]
    user = hire(Role.MRT_MEMBER, "IND, specialisten MRT")
    for case, by in zip(cases, (worker, outsider), strict=True):
        with acting_as(by):
            parties.bring_in(case, user.memberships.get().organisation, by=by, at=now)
    ours, theirs = (case.municipality_id for case in cases)
    shown: dict[User, list[list[int]]] = {}
    for seer in (user, worker):
        with acting_as(seer):
            # Who says so themselves is not believed.
            Disclosure.objects.create(
                at=now,
                user_id=seer.pk,
                page="x",
                permission="see_cases",
                persons=sorted((case.person_id for case in cases), key=str),
                municipalities=[theirs],
            )
            shown[seer] = list(Disclosure.objects.values_list("municipalities", flat=True))
    assert shown == {user: [sorted([ours, theirs])], worker: [[ours]]}


def test_a_temporary_table_does_not_stand_in_for_one_of_ours(sheltered: CaseOf, worker: User, outsider: User) -> None:
    sheltered(worker)
    with acting_as(outsider):
        run(
            "create temporary table accounts_membership on commit drop as"
            " select m.id, m.role, m.since, m.until, m.organisation_id, %s::bigint as user_id"
            " from public.accounts_membership m",
            outsider.pk,
        )
        seen = Case.objects.exists()
        run("drop table pg_temp.accounts_membership")
    assert not seen


def test_a_person_keeps_the_pseudonym(sheltered: CaseOf, worker: User) -> None:
    sheltered(worker)
    with acting_as(worker):
        assert "permission denied" in refused("update cases_person set subject = gen_random_uuid()")
        assert refused("update cases_person set v_number = '1'") == ""
        assert IdentityStatement.objects.exists()


def test_members_of_a_team_are_let_in_by_name_only(world: World, chair: User, coordinator: User, now: datetime) -> None:
    team = coordinator.memberships.get().organisation_id
    with acting_as(chair):
        parties.bring_in(world.stuck, coordinating_team(), by=chair, at=now, basis=PartyBasis.MRT)
    with acting_as(coordinator):
        row: Row = {"id": str(value("select gen_random_uuid()")), "case_id": str(world.stuck.pk), "basis": "mrt"}
        row |= {"municipality_id": world.stuck.municipality_id, "granted_by_id": team, "since": "now"}
        row["organisation_id"] = chair.memberships.get().organisation_id
        assert "row-level security" in refused_row("cases_caseparty", row)
        assert refused_row("cases_caseparty", row | {"user_id": chair.pk}) == ""
