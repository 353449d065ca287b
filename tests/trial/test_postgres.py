"""The embedded PostgreSQL, started for real."""

import os
import signal
from collections.abc import Iterator

import psycopg
import pytest

from lvv.trial.account import postgres_account
from lvv.trial.binaries import readable_postgres
from lvv.trial.console import TrialError
from lvv.trial.postgres import OWNER, Postgres
from tests.trial.conftest import passable_folder


@pytest.fixture(scope="module")
def lasting() -> Iterator[Postgres]:
    """One cluster for all: making one is the slow part."""
    with passable_folder() as folder:
        account = postgres_account()
        made = Postgres(folder / "postgres", binaries=readable_postgres(account, folder), account=account)
        half = made.folder / "data.new"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n")
        made.start()
        yield made
        made.remove()


@pytest.fixture
def cluster(lasting: Postgres) -> Postgres:
    """The cluster, running, whatever the test before did to it."""
    lasting.start()
    return lasting


def postmaster(cluster: Postgres) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def connect(cluster: Postgres) -> psycopg.Connection:
    return psycopg.connect(cluster.url(OWNER), autocommit=True)


def test_the_owner_gets_a_database_with_one_order_of_signs_and_no_way_in_but_the_socket(cluster: Postgres) -> None:
    with connect(cluster) as link:
        assert link.execute("SHOW listen_addresses").fetchone() == ("",)
        rights = link.execute("SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert rights.fetchone() == (False, True, True)
        locale = link.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()")
        assert locale.fetchone() == ("b", "C.UTF-8")
        for extension in ("btree_gist", "pg_trgm", "unaccent"):
            link.execute(f"CREATE EXTENSION {extension}")


def test_no_acknowledged_row_is_lost_when_the_server_is_killed(cluster: Postgres) -> None:
    with connect(cluster) as link:
        link.execute("CREATE TABLE row (number integer)")
        for number in range(50):
            link.execute("INSERT INTO row VALUES (%s)", [number])
        os.kill(postmaster(cluster), signal.SIGKILL)

    cluster.start()

    with connect(cluster) as link:
        assert link.execute("SELECT count(*), max(number) FROM row").fetchone() == (50, 49)


def test_a_server_that_runs_is_adopted(cluster: Postgres) -> None:
    first = postmaster(cluster)

    Postgres(cluster.folder, binaries=cluster.binaries, account=cluster.account).start()

    assert postmaster(cluster) == first


def test_a_cluster_that_was_half_made_is_made_again(cluster: Postgres) -> None:
    assert cluster.is_answering()
    assert not (cluster.folder / "data.new").exists()


def test_a_cluster_of_another_version_is_refused_with_the_way_out(cluster: Postgres) -> None:
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    real = version.read_text()
    version.write_text("14\n")

    with pytest.raises(TrialError, match=r"PostgreSQL 14 .* ./run reset"):
        cluster.start()
    version.write_text(real)


def test_a_project_that_was_opened_to_all_is_closed_again(cluster: Postgres) -> None:
    cluster.stop()
    cluster.data.chmod(0o755)

    cluster.start()

    assert cluster.is_answering()
