"""A small product in a folder of its own, so that the launcher can be started, killed and started again."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SOURCE = HERE.parents[1]
# The addresses of the tests' own services must not reach a launcher that is to start its own.
OURS = ("DATABASE_", "REDIS_", "LVV_", "PORT", "PYTEST_", "SECRET_KEY", "DJANGO_")


def bare_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@contextmanager
def passable_folder() -> Iterator[Path]:
    """A folder with a short name that PostgreSQL's account can pass through, as a checkout usually is."""
    place = Path(tempfile.mkdtemp(prefix="lvv-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def folder() -> Iterator[Path]:
    with passable_folder() as place:
        yield place


@dataclass
class Product:
    """The launcher with a small product, below one folder."""

    folder: Path
    environment: dict[str, str] = field(default_factory=bare_environment)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the launcher."""
        return self.python("-m", "lvv.trial.up", *arguments)

    def python(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Python in the folder."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run a command of the launcher to its end; answers its exit code and what it printed."""
        with self.start(*arguments) as launcher:
            output, _ = launcher.communicate(timeout=60)
        return launcher.returncode, output


@pytest.fixture
def product(folder: Path) -> Iterator[Product]:
    shutil.copytree(SOURCE / "lvv" / "trial", folder / "lvv" / "trial")
    shutil.copytree(HERE / "product", folder, dirs_exist_ok=True)
    assets = b""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, folder)
        assets += (folder / name).read_bytes()
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / ".lvv-installed").write_text(hashlib.sha256(assets).hexdigest())
    made = Product(folder)
    yield made
    if (folder / "var").exists():
        made.run("stop")
