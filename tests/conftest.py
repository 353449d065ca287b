"""The cast: one person for each role at Amsterdam's table, some at national level, and an outsider in Utrecht."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from accounts.acting import acting_as
from accounts.models import Membership, Municipality, Organisation, OrganisationKind, User
from accounts.permissions import Role
from cases import admission, covenants, intake, stays
from cases.admission import Reading
from cases.models import Case
from core.roles import WEB
from lvv.trial.assets import install_assets
from lvv.trial.backing import tests_backing
from tests.databases import DEMO, PREPARED, cloned, collected_static_files, connected, product
from tests.ids import name_of


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    return (name_of(val) or argname) if isinstance(val, str | bytes) else None


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    """The database server and the broker: ours, unless the environment names others."""
    install_assets()
    with tests_backing():
        yield


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database of this process alone; every connection has the rights of the web, no more."""
    with ExitStack() as held:
        with django_db_blocker.unblock():
            name = held.enter_context(cloned(PREPARED))
        held.enter_context(connected(name, WEB))
        yield


@contextmanager
def as_owner() -> Iterator[None]:
    """The database's owner: records in the past, as an import does. Row-level security holds for the owner too."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("set local role none")
        yield
        with connection.cursor() as cursor:
            cursor.execute("set local role lvv_web")


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is done inside is undone: what takes long to make is there for the next attempt as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def owner(db: None) -> Callable[[], AbstractContextManager[None]]:
    return as_owner


@pytest.fixture
def now(db: None) -> datetime:
    return timezone.now()


@pytest.fixture
def today(now: datetime) -> date:
    return timezone.localdate(now)


@pytest.fixture
def amsterdam(db: None) -> Municipality:
    return Municipality.objects.get(name="Amsterdam")


@pytest.fixture
def utrecht(db: None) -> Municipality:
    return Municipality.objects.get(name="Utrecht")


Hire = Callable[..., User]


def hired(role: Role, organisation: str, email: str = "") -> User:
    """A user with a role: `hired(Role.CHAIR, "Gemeente Amsterdam")`."""
    with as_owner():
        user = User.objects.create_user(
            email or f"{role}.{organisation}".lower().replace(" ", "-").replace(",", "") + "@lvv.example",
            "een-lang-wachtwoord",
            full_name=f"{role.label} {organisation}",
        )
        Membership.objects.create(
            user=user,
            organisation=Organisation.objects.get(name=organisation),
            role=role,
            since=date(2019, 1, 1),
        )
    return user


@pytest.fixture
def hire(db: None) -> Hire:
    return hired


def founded(municipality: Municipality) -> Organisation:
    """An NGO of this municipality."""
    with as_owner():
        return Organisation.objects.create(
            name="Stichting Voorbeeld", kind=OrganisationKind.NGO, municipality=municipality
        )


@pytest.fixture
def ngo(amsterdam: Municipality) -> Organisation:
    return founded(amsterdam)


@pytest.fixture
def worker(hire: Hire) -> User:
    return hire(Role.CASE_WORKER, "Gemeente Amsterdam")


@pytest.fixture
def chair(hire: Hire) -> User:
    return hire(Role.CHAIR, "Gemeente Amsterdam")


@pytest.fixture
def counsellor(hire: Hire, ngo: Organisation) -> User:
    return hire(Role.COUNSELLOR, ngo.name)


@pytest.fixture
def care_professional(hire: Hire, ngo: Organisation) -> User:
    return hire(Role.CARE_PROFESSIONAL, ngo.name)


@pytest.fixture
def ind_member(hire: Hire) -> User:
    return hire(Role.IND_MEMBER, "IND, LSO Amsterdam")


@pytest.fixture
def dtv_member(hire: Hire) -> User:
    return hire(Role.DTV_MEMBER, "DT&V, LSO Amsterdam")


@pytest.fixture
def coordinator(hire: Hire) -> User:
    return hire(Role.MRT_COORDINATOR, "Multidisciplinair Team")


@pytest.fixture
def monitor_coordinator(hire: Hire) -> User:
    return hire(Role.MONITOR_COORDINATOR, "Programmabureau LVV")


@pytest.fixture
def outsider(hire: Hire) -> User:
    return hire(Role.CASE_WORKER, "Gemeente Utrecht")


CaseOf = Callable[..., Case]


@pytest.fixture
def second_chair(hire: Hire) -> User:
    return hire(Role.CHAIR, "Gemeente Amsterdam", "tweede@lvv.example")


def registering(today: date, now: datetime) -> CaseOf:
    """What registers cases: `case_of(worker, "Testpersoon")`; the user's first municipality is the case's."""
    made = 0

    def registered(user: User, family_name: str = "", **identity: object) -> Case:
        nonlocal made
        made += 1
        municipality = user.memberships.get().organisation.municipality
        assert municipality is not None
        name = family_name or f"Testpersoon{made}"
        with acting_as(user):
            return intake.register(
                municipality,
                identity=intake.Identity(family_name=name, **identity),  # type: ignore[arg-type]
                by=user,
                on=today - timedelta(days=30),
                at=now,
            )

    return registered


@pytest.fixture
def case_of(db: None, today: date, now: datetime) -> CaseOf:
    return registering(today, now)


def met(case: Case, on: date) -> dict[str, Reading]:
    """All criteria of the covenant in force, answered with yes."""
    covenant = covenants.Covenant.objects.in_force(case.municipality, on)
    assert covenant is not None
    return {criterion.code: Reading("yes") for criterion in admission.criteria_of(covenant)}


def sheltering(case_of: CaseOf, today: date, now: datetime) -> CaseOf:
    """What makes cases that are admitted inside the covenant and have a place since twenty days."""

    def placed(user: User, family_name: str = "", **identity: object) -> Case:
        case = case_of(user, family_name, **identity)
        on = today - timedelta(days=20)
        with acting_as(user):
            admission.test(case, readings=met(case, on), by=user, on=on, at=now)
            admission.decide(case, outcome="admitted", by=user, on=on, at=now)
            stays.place(case, location="Locatie Oost", by=user, on=on, at=now)
        return case

    return placed


@pytest.fixture
def sheltered(case_of: CaseOf, today: date, now: datetime) -> CaseOf:
    return sheltering(case_of, today, now)


@dataclass(frozen=True)
class DemoWorld:
    """A database of its own that `manage.py prepare --demo` filled: by its ordinary acts, as for a trial run."""

    name: str
    environment: dict[str, str]

    @property
    def owner_url(self) -> str:
        return self.environment["DATABASE_OWNER_URL"]


@pytest.fixture(scope="module")
def demo_world(services: None, django_db_blocker: DjangoDbBlocker) -> Iterator[DemoWorld]:
    """A clone for the tests of one module: what they do in it no other module sees."""
    with ExitStack() as held:
        with django_db_blocker.unblock():
            name = held.enter_context(cloned(DEMO))
        yield DemoWorld(name, product(name) | {"LVV_STATIC_ROOT": str(collected_static_files())})


@pytest.fixture(scope="module")
def in_demo_world(demo_world: DemoWorld, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """This process on the demo world's database, under the rights of the web."""
    with django_db_blocker.unblock(), connected(demo_world.name, WEB):
        yield
