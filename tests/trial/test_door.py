"""The file `run`, under the conditions in which it has to say no."""

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.trial.conftest import SOURCE, bare_environment

OLD = "import runpy, sys; sys.version_info = (3, 9, 2, 'final', 0); runpy.run_path('run', run_name='__main__')"


@pytest.fixture
def door(folder: Path) -> Path:
    """A checkout with nothing installed, whose lock names a package that is nowhere."""
    shutil.copy(SOURCE / "run", folder)
    (folder / "requirements").mkdir()
    nowhere = f"lvv-is-nowhere==1.0 --hash=sha256:{'0' * 64}\n"
    (folder / "requirements" / "trial.txt").write_text(nowhere)
    return folder


def knock(door: Path, *command: str, **settings: str) -> tuple[int, str]:
    """Run a Python command at the door; answers the exit code and the last line."""
    environment = {name: value for name, value in bare_environment().items() if not name.startswith(("PIP_", "UV_"))}
    done = subprocess.run(
        [sys.executable, *command], cwd=door, env=environment | settings, capture_output=True, text=True, timeout=60
    )
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode, lines[-1]


def test_an_old_python_can_read_it() -> None:
    ast.parse((SOURCE / "run").read_text(), feature_version=(3, 6))


def test_an_old_python_is_told_which_one_is_needed(door: Path) -> None:
    code, sentence = knock(door, "-c", OLD, PATH="/nowhere")

    assert code == 1
    assert sentence.startswith("Deze computer heeft Python 3.9. LVV heeft Python 3.11 tot en met 3.14 nodig. ")


def test_help_needs_nothing_installed(door: Path) -> None:
    code, sentence = knock(door, "run", "--help")

    assert code == 0
    assert "DATABASE_URL" in sentence
    assert not (door / ".venv").exists()


def test_an_unknown_command_is_refused_before_anything_is_installed(door: Path) -> None:
    assert knock(door, "run", "strat") == (1, "Onbekende opdracht: strat. Zie ./run --help.")
    assert not (door / ".venv").exists()


def test_stop_before_the_first_start_is_no_mistake(door: Path) -> None:
    assert knock(door, "run", "stop") == (0, "Er draait niets.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_refused(door: Path) -> None:
    door.chmod(0o555)
    code, sentence = knock(door, "run")
    door.chmod(0o755)

    assert code == 1
    assert sentence.startswith("U mag niet schrijven in de map")


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="uv made this environment")
def test_without_network_the_first_start_says_so(door: Path) -> None:
    # Our own environment under another name: making one takes seconds.
    (door / ".venv" / "bin").mkdir(parents=True)
    (door / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (door / ".venv" / "lib").symlink_to(Path(sys.prefix, "lib"))
    shutil.copy(Path(sys.prefix, "pyvenv.cfg"), door / ".venv")
    nobody = "http://127.0.0.1:9/simple"
    code, sentence = knock(door, "run", PATH=os.defpath, PIP_INDEX_URL=nobody, PIP_CONFIG_FILE=os.devnull)

    assert code == 1
    assert sentence.startswith("Geen netwerk: de pakketten zijn niet op te halen.")
    assert not (door / ".venv" / "lvv-installed.json").exists()
