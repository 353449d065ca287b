"""The databases of the tests: made once, cloned often, and made again when anything that shapes them changes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.databases import DEMO, PREPARED, ROOT, TABLES, Template, addresses, cloned, digest, drop, files, our_folders

IN_DATABASE = "select tablename from pg_tables where schemaname = 'public'"
PRINT_WALLS = """
import django
django.setup()
from core.walls import statements
print("; ".join(statements()))
"""


def tables_of(name: str) -> set[str]:
    with psycopg.connect(addresses(name)["DATABASE_OWNER_URL"]) as link:
        return {str(table) for (table,) in link.execute(IN_DATABASE)}


def made_of(*pieces: str, base: Template | None = None) -> Template:
    """A database with a table for each piece."""

    def fill() -> None:
        with connection.cursor() as cursor:
            for piece in pieces:
                cursor.execute(f"create table {piece} (number integer)")

    kind = f"proof{'on' if base else ''}{os.getpid()}"
    return Template(kind, base, lambda: pieces, fill)


@pytest.fixture(autouse=True)
def unblocked(services: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """May make databases; which are gone afterwards."""
    with django_db_blocker.unblock():
        yield
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as link:
        names = link.execute("select datname from pg_database where datname ~ %s", [f"^proof(on)?{os.getpid()}_"])
        for (name,) in names.fetchall():
            drop(link, name)


def test_a_template_is_filled_once_and_each_clone_is_of_its_own() -> None:
    template = made_of("a")
    with cloned(template) as first, cloned(replace(template, fill=pytest.fail)) as second:
        with psycopg.connect(addresses(first)["DATABASE_OWNER_URL"]) as link:
            link.execute("create table only_here (number integer)")
        assert (tables_of(first), tables_of(second)) == ({"a", "only_here"}, {"a"})


def test_another_shape_is_another_database_and_so_is_one_on_another_base() -> None:
    for base in (made_of("a"), made_of("b")):
        with cloned(made_of("c", base=base)) as on_base:
            assert tables_of(on_base) == {*base.shape(), "c"}


def test_a_clone_is_gone_when_it_is_not_needed() -> None:
    with cloned(made_of("a")) as name:
        pass
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        tables_of(name)


def test_a_template_whose_making_failed_is_made_again() -> None:
    def fill_half() -> None:
        made_of("a").fill()
        pytest.fail("halverwege")

    half = replace(made_of("a"), fill=fill_half)
    with pytest.raises(pytest.fail.Exception), cloned(half):
        pass
    with cloned(made_of("a")) as name:
        assert tables_of(name) == {"a"}


def test_a_file_that_shapes_a_database_counts_with_its_place_and_content() -> None:
    migrations, walls, demo = (list(kind.shape()) for kind in (TABLES, PREPARED, DEMO))
    assert set(files(our_folders(), "migrations/*.py")) <= set(migrations)
    assert "create policy" in " ".join(map(str, walls))
    assert set(files(our_folders(), "**/*.py")) <= set(demo)
    assert len({digest(demo), digest(demo[:-1]), digest([*demo[:-1], ROOT / "README.md"])}) == 3


def test_the_walls_are_told_in_one_order_or_each_run_would_make_them_anew(db: None) -> None:
    environment = {**os.environ, **addresses(str(connection.settings_dict["NAME"]))}
    told = {
        subprocess.check_output(
            [sys.executable, "-c", PRINT_WALLS], cwd=ROOT, env=environment | {"PYTHONHASHSEED": seed}
        )
        for seed in "12"
    }
    assert len(told) == 1
