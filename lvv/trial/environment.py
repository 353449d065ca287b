"""The settings that each process gets by environment, as in production."""

import os

from lvv.trial import broker, postgres
from lvv.trial.backing import Backing, is_broker_given, is_database_given, tests_folder
from lvv.trial.folders import VAR, secret
from lvv.trial.postgres import OWNER, WEB


def trial_environment(backing: Backing, *, port: int) -> dict[str, str]:
    """The settings of the trial run; what the caller set wins."""
    origins = ",".join(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost"))
    ours = {
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": origins,
        "SECRET_KEY": secret(VAR / "secret_key", size=50),
        "RELEASE_KEY": secret(VAR / "release_key", size=32),
    }
    own = {"LVV_TRIAL": "1", "LVV_DEMO_PROGRESS": str(VAR / "demo-progress")}
    return ours | backing.environment() | own


def set_tests_environment() -> None:
    """Give this process, and what it starts, the settings of the tests; what the caller set wins.

    The services need not run yet: an embedded one has the same address whenever it does.
    """
    folder = tests_folder()
    ours = {
        "SECRET_KEY": "only-for-tests",
        "RELEASE_KEY": "0" * 43,
        "LVV_AUDIT_ANCHOR": str(folder / "audit-anchor.log"),
    }
    if not is_broker_given(folder):
        ours["REDIS_URL"] = broker.address(folder / "broker")
    if not is_database_given(folder):
        ours["DATABASE_URL"] = postgres.address(folder / "postgres", WEB)
        ours["DATABASE_OWNER_URL"] = postgres.address(folder / "postgres", OWNER)
        # The variables of libpq would lead its guests astray.
        for name in [name for name in os.environ if name.startswith("PG") and name != "PG_BIN"]:
            del os.environ[name]
    for name, value in ours.items():
        os.environ[name] = os.environ.get(name) or value


def as_owner(environment: dict[str, str]) -> dict[str, str]:
    """For a command that has to see all tables."""
    return environment | {"DATABASE_URL": environment["DATABASE_OWNER_URL"]}


def as_web(environment: dict[str, str]) -> dict[str, str]:
    """For what serves and works: it never learns the owner's address."""
    return {name: value for name, value in environment.items() if name != "DATABASE_OWNER_URL"}
