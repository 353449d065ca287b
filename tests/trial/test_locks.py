"""Locks are held by one, shared by many, and never left behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from lvv.trial.locks import hold, holder_note, is_last_holder, write_note

HOLDER = """
import sys, time
from pathlib import Path
from lvv.trial.locks import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_held_lock_is_refused_to_the_second(tmp_path: Path) -> None:
    with hold(tmp_path / "lock"), pytest.raises(BlockingIOError), hold(tmp_path / "lock", wait=False):
        pass


def test_the_note_is_there_as_long_as_the_lock_is_held(tmp_path: Path) -> None:
    with hold(tmp_path / "lock") as lock:
        write_note(lock, "a much longer note")
        write_note(lock, "here")
        assert holder_note(tmp_path / "lock") == "here"
    assert holder_note(tmp_path / "lock") is None


def test_only_the_last_of_those_who_share_is_the_last(tmp_path: Path) -> None:
    with hold(tmp_path / "lock", shared=True) as first:
        with hold(tmp_path / "lock", shared=True):
            assert not is_last_holder(first)
        assert is_last_holder(first)


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), hold(tmp_path / "lock", wait=False):
            pass
        holder.kill()

    with hold(tmp_path / "lock", wait=False):
        pass
