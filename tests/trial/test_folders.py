"""The rules of the places where the trial run keeps its things."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lvv.trial.console import TrialError
from lvv.trial.folders import make_folder, make_own_folder, secret, socket_folder

LONG = Path("/home", "x" * 90, "sock")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_a_short_plain_path_holds_its_own_sockets() -> None:
    assert socket_folder(Path("/home/lvv/var/postgres/sock")) == Path("/home/lvv/var/postgres/sock")


@pytest.mark.parametrize("path", [LONG, Path("/home/mijn map/sock"), Path("/home/a,b/sock"), Path("/home/é/sock")])
def test_a_long_or_odd_path_gets_a_short_plain_socket_folder(path: Path) -> None:
    place = socket_folder(path)

    assert place.parent == Path(tempfile.gettempdir())
    assert place.name.startswith(f"lvv-{os.getuid()}-")
    assert place == socket_folder(path)
    assert place != socket_folder(path.with_name("other"))


def test_a_folder_gets_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    with umask(0o077):
        made = make_folder(tmp_path / "var", 0o711)

    assert made.stat().st_mode & 0o777 == 0o711


def test_an_own_folder_is_closed_to_others(tmp_path: Path) -> None:
    with umask(0o000):
        made = make_own_folder(tmp_path / "sock", os.getuid())

    assert made.stat().st_mode & 0o777 == 0o700


def test_a_link_put_in_the_place_of_an_own_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "sock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(TrialError, match="van een andere gebruiker"):
        make_own_folder(tmp_path / "sock", os.getuid())


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = secret(tmp_path / "secret_key", size=50)

    assert len(made) >= 50
    assert secret(tmp_path / "secret_key", size=50) == made
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()

    assert len(secret(tmp_path / "secret_key", size=50)) >= 50
