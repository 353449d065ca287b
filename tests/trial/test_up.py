"""The launcher as a whole: start, kill, start again, stop, reset."""

import signal
import socket
import subprocess
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
THROW_AWAY = """
import time
from lvv.trial.backing import throw_away_backing
with throw_away_backing() as backing:
    backing.start()
    print(backing.folder, flush=True)
    time.sleep(%d)
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
def serving(product: Product, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A run that serves; whoever is inside stops or kills it."""
    with product.start(*arguments, "--port", str(port)) as launcher:
        try:
            read_until(launcher, "Stoppen: Ctrl-C")
            yield launcher
        finally:
            launcher.send_signal(signal.SIGTERM)


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


def test_a_command_of_manage_gets_the_settings_and_gives_its_exit_code(product: Product) -> None:
    assert product.run("manage", "prepare") == (0, "")
    code, sentence = product.run("manage", "setting", "DATABASE_URL")

    assert code == 7
    assert sentence.startswith("postgres://lvv_web@%2F")
    assert product.run("stop") == (0, "Er draait niets.\n")


@needs_proc
def test_what_a_killed_test_run_left_is_swept_away_by_the_next(product: Product) -> None:
    with product.python("-c", THROW_AWAY % 60) as killed:
        assert killed.stdout is not None
        left = Path(killed.stdout.readline().strip())
        killed.kill()
    assert (left / "postgres" / "data" / "postmaster.pid").exists()

    with product.python("-c", THROW_AWAY % 0) as second:
        second.communicate(timeout=START_LIMIT)

    assert not left.exists()
    assert programs_of(product.folder) == []
