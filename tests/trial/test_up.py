"""The launcher as a whole: start, kill, start again, stop, reset."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lvv.trial.console import TrialError
from lvv.trial.up import port_of
from tests.trial.conftest import Product

START_LIMIT = 30  # seconds
needs_proc = pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="asks Linux which programs run")
TESTING = """
import sys
import psycopg
from lvv.trial.backing import tests_backing
from lvv.trial.postgres import OWNER
with tests_backing() as backing:
    with psycopg.connect(backing.database.url(OWNER), autocommit=True) as link:
        link.execute(f"create database {sys.argv[1]}")
        print(*(name for (name,) in link.execute("select datname from pg_database order by 1")), flush=True)
    sys.stdin.read(1)
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def visit(port: int) -> str:
    link = HTTPConnection("127.0.0.1", port, timeout=5)
    link.request("GET", "/visit")
    answer = link.getresponse().read().decode()
    link.close()
    return answer


def read_until(launcher: subprocess.Popen[str], sentence: str) -> None:
    """Read what the launcher prints until this comes by."""
    assert launcher.stdout is not None
    lines = []
    for line in launcher.stdout:
        lines.append(line)
        if sentence in line:
            return
    raise AssertionError("".join(lines))


@contextmanager
def started(product: Product, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run, stopped at the end."""
    with product.start(*arguments, "--port", str(port)) as launcher:
        try:
            yield launcher
        finally:
            launcher.send_signal(signal.SIGTERM)


@contextmanager
def serving(product: Product, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run that serves; whoever is inside stops or kills it."""
    with started(product, port, *arguments) as launcher:
        read_until(launcher, "Stoppen: Ctrl-C")
        yield launcher


def programs_of(folder: Path) -> list[str]:
    """What runs below the folder, or was started from it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            if str(folder) in command or (process / "cwd").readlink() == folder:
                found.append(command)
        except OSError:
            continue  # It is gone, or somebody else's.
    return found


def test_the_first_start_serves_while_it_fills_and_says_how_far_it_is(product: Product, port: int) -> None:
    (product.folder / "hold").touch()
    with started(product, port) as launcher:
        read_until(launcher, f"LVV draait op http://127.0.0.1:{port}/")
        read_until(launcher, "Voorbeeldgegevens maken: 50% mensen")
        assert visit(port) == "1"
        (product.folder / "hold").unlink()
        read_until(launcher, "anna@lvv.example")


def test_a_demo_world_that_fails_stops_the_run_and_says_why(product: Product, port: int) -> None:
    (product.folder / "fail").touch()
    code, sentence = product.run("--port", str(port))
    assert code == 1
    assert "Het maken van de voorbeeldgegevens is mislukt:" in sentence
    assert "geen mensen" in sentence


@needs_proc
def test_a_killed_run_is_cleaned_up_and_loses_nothing(product: Product, port: int) -> None:
    with serving(product, port) as killed:
        assert visit(port) == "1"
        killed.kill()
    with serving(product, port) as second:
        assert visit(port) == "2"
        code, sentence = product.run("--port", "9")
        assert (code, sentence) == (
            1,
            f"LVV draait hier al, op http://127.0.0.1:{port}/. Stoppen kan met ./run stop.\n",
        )
    assert second.returncode == 0
    assert programs_of(product.folder) == []


def test_reset_stops_the_run_and_starts_with_nothing(product: Product, port: int) -> None:
    with serving(product, port) as first:
        assert visit(port) == "1"
        with serving(product, port, "reset"):
            assert first.wait(START_LIMIT) == 0
            assert visit(port) == "1"


def test_a_taken_port_is_named_with_the_way_out(product: Product, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()

        code, sentence = product.run("--port", str(port))

    assert (code, sentence) == (1, f"Poort {port} is al in gebruik. Kies een andere: ./run --port {port + 1}\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--prot", "1"], "Onbekende optie: --prot 1. Zie ./run --help."),
        (["--port"], "Onbekende optie: --port. Zie ./run --help."),
        (["--port", "http"], "Poort http bestaat niet. Kies een getal van 1024 tot en met 65535."),
        (["--port=70000"], "Poort 70000 bestaat niet. Kies een getal van 1024 tot en met 65535."),
    ],
)
def test_a_slip_on_the_command_line_is_named(arguments: list[str], sentence: str) -> None:
    with pytest.raises(TrialError) as refused:
        port_of(arguments)

    assert str(refused.value) == sentence


def test_one_database_address_without_the_other_is_named(product: Product) -> None:
    product.environment["DATABASE_URL"] = "postgres://lvv_web@db/lvv"

    assert product.run("manage", "setting", "PATH") == (
        1,
        "Zet DATABASE_URL en DATABASE_OWNER_URL allebei, of geen van beide.\n",
    )


def test_a_given_database_that_is_silent_is_named(product: Product) -> None:
    product.environment |= {name: "postgres://u@127.0.0.1:9/lvv" for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}

    code, sentence = product.run("manage", "setting", "PATH")

    assert code == 1
    assert sentence.startswith("De database van DATABASE_OWNER_URL is niet te bereiken")
    assert not (product.folder / "var" / "postgres").exists()


def test_a_command_of_manage_before_the_first_start_says_what_comes_first(product: Product) -> None:
    assert product.run("manage", "setting", "PATH") == (
        1,
        "De database is nog leeg. Start eerst eenmaal ./run, dat haar klaarzet.\n",
    )


def test_migrations_are_made_before_the_first_start_and_by_the_owner_of_the_database(product: Product) -> None:
    assert product.run("manage", "makemigrations") == (0, "lvv_owner\n")


def test_named_tests_run_on_the_console_of_who_asks(product: Product) -> None:
    (product.folder / "test_one.py").write_text("def test_one():\n    half = 21\n    assert half == 42\n")
    with product.start(
        "test", "test_one.py", "--pdb", "--durations=1", "-p", "no:xdist", "-p", "no:django"
    ) as launcher:
        output, _ = launcher.communicate("p half * 2\nq\n", timeout=START_LIMIT)
    assert launcher.returncode == 2
    assert "(Pdb) 42\n" in output
    assert "slowest 1 durations" in output


def test_a_command_of_manage_gets_the_settings_and_gives_its_exit_code(product: Product) -> None:
    assert product.run("manage", "prepare") == (0, "")
    code, sentence = product.run("manage", "setting", "DATABASE_URL")

    assert code == 7
    assert sentence.startswith("postgres://lvv_web@%2F")
    assert product.run("stop") == (0, "Er draait niets.\n")


@contextmanager
def run_of_tests(product: Product, database: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """A run of the tests that makes a database, and the names of all that there are; it ends with this block."""
    with product.python("-c", TESTING, database) as run:
        assert run.stdin is not None and run.stdout is not None
        yield run, run.stdout.readline().split()
        run.stdin.close()


def wait_until_all_is_gone(folder: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while programs_of(folder):
        assert time.monotonic() < deadline, programs_of(folder)
        time.sleep(0.05)


@needs_proc
def test_a_killed_test_run_leaves_no_server_behind_and_no_database_of_its_own(product: Product) -> None:
    with run_of_tests(product, "test_1") as (killed, _):
        killed.kill()
    wait_until_all_is_gone(product.folder)

    with run_of_tests(product, "kept") as (_, databases):
        assert "test_1" not in databases
    wait_until_all_is_gone(product.folder)

    with run_of_tests(product, "test_2") as (_, databases):
        assert "kept" in databases


@needs_proc
def test_two_test_runs_share_the_services_until_the_last_one_ends(product: Product) -> None:
    with run_of_tests(product, "test_1") as (_, _), run_of_tests(product, "test_2") as (last, databases):
        assert {"test_1", "test_2"} <= set(databases)
        with run_of_tests(product, "test_3") as (_, _):
            pass
        assert product.run("stop") == (0, "Er draait niets.\n")
        assert [program for program in programs_of(product.folder) if "postgres" in program]
    wait_until_all_is_gone(product.folder)


@needs_proc
def test_after_a_hard_stop_the_tests_begin_with_a_new_server(product: Product) -> None:
    """Its data are written without waiting for the disk: after a power cut they may be wrong."""
    with run_of_tests(product, "kept") as (_, _):
        (server,) = product.folder.glob("var/test/postgres/data/postmaster.pid")
        os.kill(int(server.read_text().split()[0]), signal.SIGKILL)
    wait_until_all_is_gone(product.folder)

    with run_of_tests(product, "test_1") as (_, databases):
        assert "kept" not in databases
