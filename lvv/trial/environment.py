"""The settings that each process gets by environment, as in production."""

from lvv.trial.backing import Backing
from lvv.trial.folders import VAR, secret


def trial_environment(backing: Backing, *, port: int) -> dict[str, str]:
    """The settings of the trial run; what the caller set wins."""
    origins = ",".join(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost"))
    ours = {
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "CSRF_TRUSTED_ORIGINS": origins,
        "SECRET_KEY": secret(VAR / "secret_key", size=50),
        "RELEASE_KEY": secret(VAR / "release_key", size=32),
    }
    return ours | backing.environment() | {"LVV_TRIAL": "1"}


def check_environment(backing: Backing) -> dict[str, str]:
    """The settings of the checks and the tests."""
    ours = {
        "SECRET_KEY": "only-for-tests",
        "RELEASE_KEY": "0" * 43,
        "LVV_AUDIT_ANCHOR": str(backing.folder / "audit-anchor.log"),
    }
    return ours | backing.environment()


def as_owner(environment: dict[str, str]) -> dict[str, str]:
    """For a command that has to see all tables."""
    return environment | {"DATABASE_URL": environment["DATABASE_OWNER_URL"]}


def as_web(environment: dict[str, str]) -> dict[str, str]:
    """For what serves and works: it never learns the owner's address."""
    return {name: value for name, value in environment.items() if name != "DATABASE_OWNER_URL"}
