"""The two cities: made once in each process, and after every test as they were."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from accounts.models import User
from accounts.permissions import Role
from core.roles import WEB
from tests.conftest import undone
from tests.databases import PREPARED, cloned, connected
from tests.lvv.cities import Cities, City, build


@pytest.fixture(scope="session")
def built(services: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[str, Cities]]:
    """The two cities, and the name of their database."""
    with django_db_blocker.unblock(), cloned(PREPARED) as name:
        with connected(name, WEB):
            cities = build()
        yield name, cities


@pytest.fixture
def cities(built: tuple[str, Cities], django_db_blocker: DjangoDbBlocker) -> Iterator[Cities]:
    """The two cities, in the database that this process is connected with as long as the test runs."""
    name, cities = built
    with django_db_blocker.unblock(), connected(name, WEB), undone():
        yield cities


@pytest.fixture
def cast(cities: Cities) -> dict[Role, User]:
    """One user for each role, at Amsterdam's table or nationally."""
    return cities.cast


@pytest.fixture
def city(cities: Cities) -> City:
    """Amsterdam."""
    return cities.amsterdam


@pytest.fixture
def other_city(cities: Cities) -> City:
    """Utrecht."""
    return cities.utrecht
