"""Independence of members of IND and DT&V: every kind of involvement is planted once, and found."""

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.acting import acting_as
from accounts.models import Disclosure, User
from accounts.permissions import Role
from cases import corrections, exits, merging
from cases.models import Case
from mrt import independence
from mrt.independence import Finding, Involvement, Source, sources
from mrt.models import Escalation
from tests.accounts.conftest import World, world  # noqa: F401
from tests.accounts.sql import another, insertion, run, value
from tests.conftest import CaseOf, Hire, as_owner, undone
from tests.mrt.review import seated

PLANTED_ON = date(2020, 5, 17)
# Finds one check or foreign key of a table, or a foreign key to it, with the statement that drops it.
DROPPING = """select format('alter table %%s drop constraint %%I', conrelid::regclass, conname) from pg_constraint
    where (conrelid = %s::regclass and contype in ('c', 'f')) or (confrelid = %s::regclass and contype = 'f') limit 1"""
# Columns with a user that are no involvement: the party row of a seat, and the member for whom a waiver was asked.
NOT_INVOLVED = {("caseparty", "user"), ("waiver", "user")}


@pytest.fixture
def clean(hire: Hire) -> User:
    return hire(Role.MRT_MEMBER, "IND, specialisten MRT", "schoon@mrt.example")


@pytest.fixture
def reviews(world: World, chair: User) -> tuple[str, str]:  # noqa: F811
    """A new escalation, without a team, of each of the two cases of the world."""
    decision = "select id from scenarios_decision where case_id = %s and outcome = %s"
    with acting_as(chair):
        run("set local role none")
        rows = []
        for case, outcome in ((world.case, "adopted"), (world.stuck, "advice_adopted")):
            row = another("mrt_escalation") | {"case_id": str(case.pk)}
            row["decision_id"] = str(value(decision, case.pk, outcome))
            run(insertion("mrt_escalation"), json.dumps([row], default=str))
            rows.append(row["id"])
        run("set local role lvv_web")
    return rows[0], rows[1]


def involvements_of(users: list[User], escalation: uuid.UUID | str, as_whom: User) -> dict[int, list[Finding]]:
    with acting_as(as_whom):
        return independence.involvements(Escalation.objects.select_related("case").get(pk=escalation), users)


def planted(source: Source, user: User, reviews: tuple[str, str]) -> Iterator[object]:
    """Put this user in one row of the source, but not of the new escalations, past the checks of the database."""
    table = source.model._meta.db_table
    with as_owner():
        run("set constraints all immediate")
        run(f"alter table {table} no force row level security")
        run(f"alter table {table} disable trigger user")
        while dropping := value(f"select ({DROPPING})", table, table):
            run(str(dropping))
        key = source.model._meta.pk.column
        others = f"from {table} where {key}::text <> all (%s)"
        case = value(f"select case_id {others} order by {source.user} nulls last limit 1", list(reviews))
        moment = f"{PLANTED_ON} 12:00+02" if source.has_hours else str(PLANTED_ON)
        run(
            f"update {table} set {source.user} = %s, {source.moment} = %s where {key} = ("
            f"select {key} {others} and case_id = %s limit 1)",
            user.pk,
            moment,
            list(reviews),
            case,
        )
        run(f"alter table {table} force row level security")
    yield case


def test_every_planted_involvement_is_found_and_nothing_on_a_clean_member(
    world: World,  # noqa: F811
    reviews: tuple[str, str],
    chair: User,
    clean: User,
    hire: Hire,
    subtests: pytest.Subtests,
) -> None:
    involved = hire(Role.MRT_MEMBER, "IND, specialisten MRT", "betrokken@mrt.example")
    for source in sources():
        with subtests.test(source=f"{source.model.__name__}.{source.user}"), undone():
            (case,) = planted(source, involved, reviews)
            escalation = reviews[0] if case == world.case.pk else reviews[1]
            assert case in (world.case.pk, world.stuck.pk)
            found = involvements_of([involved, clean], escalation, chair)
            assert found == {involved.pk: [Finding(source.kind, 1, PLANTED_ON, PLANTED_ON)]}


def test_every_user_column_of_a_case_row_is_a_source() -> None:
    """A new column with a user has to be compared, or named in `NOT_INVOLVED`."""
    columns = {
        (model._meta.model_name, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User and getattr(_case(model), "related_model", None) is Case
    }
    compared = {(source.model._meta.model_name, source.user.removesuffix("_id")) for source in sources()}
    assert compared <= columns
    assert columns - compared == NOT_INVOLVED


def _case(model: type) -> object:
    return next((field for field in model._meta.concrete_fields if field.name == "case"), None)  # type: ignore[attr-defined]


def test_every_kind_of_involvement_has_a_source() -> None:
    assert set(Involvement) == {source.kind for source in sources()} | {Involvement.TABLE, Involvement.DISCLOSURE}


def shown(user: User, case: Case, at: datetime) -> None:
    with acting_as(user):
        Disclosure.objects.create(at=at, user_id=user.pk, page="case", permission="", persons=[case.person_id])


def test_who_read_the_file_was_involved(
    requested: Escalation, stuck: Case, coordinator: User, ind_specialist: User, clean: User
) -> None:
    shown(ind_specialist, stuck, timezone.now() - timedelta(days=9))
    found = involvements_of([ind_specialist, clean], requested.pk, coordinator)
    day = timezone.localdate() - timedelta(days=9)
    assert found == {ind_specialist.pk: [Finding(Involvement.DISCLOSURE, 1, day, day)]}


def test_what_a_member_reads_for_the_seat_is_no_involvement(
    requested: Escalation, stuck: Case, coordinator: User, ind_specialist: User
) -> None:
    seated(coordinator, requested, "ind", ind_specialist)
    shown(ind_specialist, stuck, timezone.now())
    assert involvements_of([ind_specialist], requested.pk, coordinator) == {}


def test_another_case_of_the_same_person_counts_too(
    requested: Escalation, stuck: Case, coordinator: User, chair: User, hire: Hire
) -> None:
    """The other case is in a city that the coordinator does not see."""
    elsewhere = hire(Role.IND_MEMBER, "IND, LSO Utrecht", "ind@utrecht.example")
    utrecht = hire(Role.CASE_WORKER, "Gemeente Utrecht", "w@utrecht.example")
    with acting_as(chair):
        run("set local role none")
        run("set constraints all immediate")
        row = another("cases_case") | {"number": "UTR-1", "closed_on": "2020-06-01", "registered_on": "2020-01-01"}
        row["municipality_id"] = utrecht.memberships.get().organisation.municipality_id
        run("alter table cases_case no force row level security")
        run("alter table cases_note no force row level security")
        run(insertion("cases_case"), json.dumps([row], default=str))
        run(
            "insert into cases_note (id, case_id, organisation_id, compartment, text, written_by_id, written_at)"
            " values (gen_random_uuid(), %s, %s, 'shared', 'x', %s, '2020-03-01')",
            row["id"],
            elsewhere.memberships.get().organisation_id,
            elsewhere.pk,
        )
        run("alter table cases_case force row level security")
        run("alter table cases_note force row level security")
        run("set local role lvv_web")
    found = involvements_of([elsewhere], requested.pk, coordinator)
    assert [finding.kind for finding in found[elsewhere.pk]] == [Involvement.NOTE]


def test_what_was_read_of_the_same_person_under_another_name_counts_too(
    requested: Escalation,
    stuck: Case,
    case_of: CaseOf,
    worker: User,
    coordinator: User,
    ind_specialist: User,
    clean: User,
) -> None:
    """Over two merges, with this case in the middle of the chain, until one of them is undone."""
    now, today = timezone.now(), timezone.localdate()
    second, third = case_of(worker), case_of(worker)
    shown(ind_specialist, third, now - timedelta(days=9))
    with acting_as(worker):
        for one in (second, third):
            exits.close_without_stay(one, by=worker, on=today, at=now)
        merging.merge(second, stuck, grounds="Zelfde foto.", by=worker, at=now)
        last = merging.merge(second, third, grounds="Zelfde foto.", by=worker, at=now)
    found = involvements_of([ind_specialist, clean], requested.pk, coordinator)
    assert [finding.kind for finding in found.pop(ind_specialist.pk)] == [Involvement.DISCLOSURE]
    assert found == {}
    with acting_as(worker):
        corrections.withdraw(last, reason="Een neef.", by=worker, at=timezone.now())
    assert involvements_of([ind_specialist], requested.pk, coordinator) == {}


def test_the_comparison_reads_no_text(requested: Escalation, coordinator: User) -> None:
    """The role of the comparison may read who and when, and no text."""
    with acting_as(coordinator):
        run("set local role lvv_comparer")
        granted = """select table_name || '.' || column_name from information_schema.column_privileges
            where grantee = 'lvv_comparer'"""
        columns = {str(value(f"{granted} order by 1 offset {n} limit 1")) for n in range(int(str(_count(granted))))}
        run("set local role lvv_web")
    allowed = {
        f"{model._meta.db_table}.{column}" for model, names in independence.columns_read().items() for column in names
    }
    assert columns == allowed
    texts = {column for column in columns if column.rpartition(".")[2] in {"text", "reason", "note", "answer"}}
    assert texts == set()


def _count(query: str) -> object:
    return value(f"select count(*) from ({query}) q")


def test_a_finding_says_what_how_often_and_when() -> None:
    kind = Involvement.NOTE
    assert str(Finding(Involvement.TABLE)) == "zat aan tafel bij het LSO over deze zaak"
    assert str(Finding(kind, 1, PLANTED_ON, PLANTED_ON)) == "schreef een notitie (17-05-2020)"
    later = PLANTED_ON + timedelta(days=1)
    assert str(Finding(kind, 2, PLANTED_ON, later)) == "schreef een notitie (2 keer, 17-05-2020 tot 18-05-2020)"
