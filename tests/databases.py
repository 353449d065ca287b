"""The databases of the tests: each kind is made once, kept as a template, and cloned by whoever needs one.

A template has in its name a hash of all that shaped it. It stays when the tests end, so that the next run finds it;
when the hash changes a new one is made and takes its place. A clone takes a fifth of a second, so nobody has to share.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from psycopg.sql import SQL, Identifier

from cases import covenants
from core import walls
from lvv.trial.backing import tests_backing, tests_folder
from lvv.trial.folders import make_folder
from lvv.trial.keeper import FLEETING

ROOT = Path(settings.BASE_DIR)
OF_A_KIND = "select datname from pg_database where starts_with(datname, %s)"
_numbers = count(1)


@dataclass(frozen=True)
class Template:
    """A kind of database: `fill` makes it out of a clone of `base`, from all that `shape` tells.

    Both run while this process is connected: `shape` with the base, `fill` with what becomes the template.
    """

    kind: str
    base: "Template | None"
    shape: Callable[[], Iterable[str | Path]]
    fill: Callable[[], None]


def addresses(name: str) -> dict[str, str]:
    """How the owner and the web reach a database on the server of the tests."""
    variables = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return {variable: urlsplit(os.environ[variable])._replace(path=f"/{name}").geturl() for variable in variables}


@contextmanager
def connected(name: str, role: str = "none") -> Iterator[None]:
    """This process on another database, as its owner or under another role."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {"NAME": name, "OPTIONS": {"options": f"-c role={role}"}}
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before


@contextmanager
def cloned(template: Template) -> Iterator[str]:
    """The name of a database of one's own, gone afterwards. Who asks first makes the template; others wait for it."""
    name = f"{FLEETING}{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as link:
        copy(link, template, name)
    try:
        yield name
    finally:
        with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as link:
            drop(link, name)


def copy(link: psycopg.Connection, template: Template | None, name: str) -> None:
    """Make a database that is like the template, or an empty one."""
    drop(link, name)
    if template is None:
        link.execute(SQL("create database {}").format(Identifier(name)))
        return
    with alone(link, template.kind):
        source = made(link, template)
        statement = SQL("create database {} template {} strategy file_copy")
        link.execute(statement.format(Identifier(name), Identifier(source)))


def made(link: psycopg.Connection, template: Template) -> str:
    """The name of the template; if it is not there yet, it is made in place of what had another hash."""
    half = f"{FLEETING}{template.kind}"
    wanted = f"{template.kind}_{_hash(link, template)}"
    there = [str(name) for (name,) in link.execute(OF_A_KIND, [f"{template.kind}_"])]
    if wanted not in there:
        for old in there:
            drop(link, old)
        copy(link, template.base, half)
        with connected(half):
            template.fill()
        link.execute(SQL("alter database {} rename to {}").format(Identifier(half), Identifier(wanted)))
    return wanted


def drop(link: psycopg.Connection, name: str) -> None:
    link.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


@contextmanager
def alone(link: psycopg.Connection, kind: str) -> Iterator[None]:
    """Whoever makes or clones this kind does so alone: PostgreSQL clones no database to which somebody is connected."""
    link.execute("select pg_advisory_lock(hashtext(%s))", [kind])
    try:
        yield
    finally:
        link.execute("select pg_advisory_unlock(hashtext(%s))", [kind])


def _hash(link: psycopg.Connection, template: Template) -> str:
    """Of all that shapes a template and what it is made from."""
    if template.base is None:
        return digest(template.shape())
    with alone(link, template.base.kind):
        base = made(link, template.base)
        with connected(base):
            return digest([base, *template.shape()])


def digest(parts: Iterable[str | Path]) -> str:
    """A hash of texts, and of files by their place and content."""
    found = hashlib.sha256()
    for part in parts:
        name, content = (str(part.relative_to(ROOT)), part.read_bytes()) if isinstance(part, Path) else (part, b"")
        for piece in (name.encode(), content):
            found.update(len(piece).to_bytes(8) + piece)
    return found.hexdigest()[:16]


def our_folders() -> list[Path]:
    """The folders of our own apps."""
    return [Path(app.path) for app in apps.get_app_configs() if Path(app.path).parent == ROOT]


def files(folders: Iterable[Path], pattern: str = "**/*") -> list[Path]:
    """All files in these folders that somebody wrote."""
    found = sorted(path for folder in folders for path in folder.glob(pattern) if path.is_file())
    return [path for path in found if "__pycache__" not in path.parts]


def _shape_of_tables() -> Iterable[str | Path]:
    yield repr((settings.INSTALLED_APPS, settings.CACHES))
    yield from files([ROOT / "requirements"])
    yield from files(our_folders(), "migrations/*.py")


def _make_tables() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def _shape_of_walls() -> Iterable[str | Path]:
    """The walls are hashed as the statements that lay them, so that it does not matter in which module they stand."""
    yield from walls.statements()
    yield Path(covenants.__file__)


def _lay_walls() -> None:
    walls.build()
    covenants.load_reference()


def _shape_of_the_demo_world() -> Iterable[str | Path]:
    """Any module may have a hand in it, and it is built around today."""
    yield timezone.localdate().isoformat()
    yield from files([*our_folders(), ROOT / "templates"])


def _build_the_demo_world() -> None:
    run_manage("prepare", "--demo", environment=product(str(connection.settings_dict["NAME"])))


def product(name: str) -> dict[str, str]:
    """The environment of the product, as in a trial run, on one of these databases."""
    return {**os.environ, **addresses(name), "LVV_TRIAL": "1", "DJANGO_SETTINGS_MODULE": "lvv.settings"}


def collected_static_files() -> Path:
    """The folder with the static files as the product serves them, collected once for each state of theirs."""
    sources = [ROOT / "lvv" / "static", ROOT / "lvv" / "vendor.py", ROOT / "package-lock.json"]
    key = digest([path for source in sources for path in (files([source]) if source.is_dir() else [source])])
    folder = make_folder(tests_folder() / "static") / key
    if not folder.exists():
        half = Path(mkdtemp(dir=folder.parent))
        run_manage("collectstatic", "--no-input", environment=product("none") | {"LVV_STATIC_ROOT": str(half)})
        with suppress(OSError):  # Another was first.
            half.rename(folder)
    return folder


def run_manage(*arguments: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


TABLES = Template("tables", None, _shape_of_tables, _make_tables)
# What the web finds: walls and reference data.
PREPARED = Template("prepared", TABLES, _shape_of_walls, _lay_walls)
DEMO = Template("demo", PREPARED, _shape_of_the_demo_world, _build_the_demo_world)


def make_all() -> None:
    """Make every template that is not there yet."""
    with tests_backing(), cloned(DEMO):
        pass
