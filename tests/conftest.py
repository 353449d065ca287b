"""The cast: one person for each role at Amsterdam's table, some at national level, and an outsider in Utrecht."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from inspect import signature
from typing import Any

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


# What makes each kept world, by the name of its fixture; a later one holds what the earlier ones of its module hold.
MAKERS: dict[str, Callable[[], Any]] = {}


def kept(make: Callable[[], Any]) -> Callable[..., Any]:
    """Make a fixture of a world that takes long to make. A process makes it once, and each test finds it as it was."""
    MAKERS[make.__name__] = make

    @pytest.fixture(name=make.__name__)
    def fixture(db: None, home: Any) -> Any:
        return home

    return fixture


@pytest.fixture(scope="session")
def worlds(services: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[str], tuple[str, Any]]]:
    """What gives a kept world and the name of its database; who asks first makes it."""
    known: dict[str, tuple[str, Any]] = {}
    with ExitStack() as databases:

        def world(name: str) -> tuple[str, Any]:
            if name not in known:
                with django_db_blocker.unblock():
                    database = databases.enter_context(cloned(PREPARED))
                    with connected(database, WEB):
                        known[name] = database, MAKERS[name]()
            return known[name]

        yield world


@pytest.fixture
def home(
    request: pytest.FixtureRequest, django_db_setup: None, worlds: Callable[[str], tuple[str, Any]]
) -> Iterator[Any]:
    """The kept world that the test asks for, while this process is on its database; None if it asks for none.

    A test that is run for several worlds has their names as its parameter `stage`, and asks for them by `request`.
    """
    asked = {*request.fixturenames, *_stage_of(request)}
    names = [name for name in MAKERS if name in asked]
    if not names:
        yield None
        return
    database, world = worlds(names[-1])
    with connected(database, WEB):
        yield deepcopy(world)


def _stage_of(request: pytest.FixtureRequest) -> set[str]:
    if "request" not in signature(request.function).parameters:
        return set()
    return {str(value) for name, value in request.node.callspec.params.items() if name == "stage"}


@pytest.fixture
def db(home: Any, db: None) -> None:
    """The transaction of a test begins when this process is on the database that the test asks for."""


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
    """A user with a role: `hired(Role.CHAIR, "Gemeente Amsterdam")`. Who works there already is that user."""
    email = email or f"{role}.{organisation}".lower().replace(" ", "-").replace(",", "") + "@lvv.example"
    if there := User.objects.filter(email=email).first():
        return there
    with as_owner():
        user = User.objects.create_user(
            email,
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
    """The NGO of this municipality; founded if it is not there."""
    with as_owner():
        ngo, _ = Organisation.objects.get_or_create(
            name="Stichting Voorbeeld", kind=OrganisationKind.NGO, municipality=municipality
        )
        return ngo


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
