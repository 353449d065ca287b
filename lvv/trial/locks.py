"""File locks: the kernel drops them when the process dies, however it dies, so none is ever left behind."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def hold(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[IO[str]]:
    """Hold a lock on the file while inside; BlockingIOError when it is taken and we do not wait."""
    with path.open("a+") as file:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)
        yield file


def is_last_holder(file: IO[str]) -> bool:
    """Whether nobody else shares this lock any more; if so, nobody takes it before we let go."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_note(file: IO[str], note: str) -> None:
    """Leave a note in a held lock file for who finds it taken."""
    file.seek(0)
    file.truncate()
    file.write(note)
    file.flush()


def holder_note(path: Path) -> str | None:
    """What the present holder wrote in its lock file; None if nobody holds it."""
    if not os.access(path, os.R_OK | os.W_OK):
        return None
    try:
        with hold(path, wait=False):
            return None
    except BlockingIOError:
        return path.read_text()
